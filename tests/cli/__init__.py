"""Tests of `router.cli`."""
