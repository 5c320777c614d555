"""Tests of `router/rulebook/check/`."""
