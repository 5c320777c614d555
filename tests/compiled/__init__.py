"""Tests of compiled rulebooks on disk: opened where nothing changed, never believed else."""
