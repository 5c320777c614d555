"""Tests of `router.pins`."""
