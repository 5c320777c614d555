"""Tests of `router.importing`."""
