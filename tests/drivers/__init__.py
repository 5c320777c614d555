"""Tests of `router.drivers`."""
