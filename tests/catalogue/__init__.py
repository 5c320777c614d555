"""Tests of `router.catalogue`."""
