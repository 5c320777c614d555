"""Tests of what other programs are served."""
