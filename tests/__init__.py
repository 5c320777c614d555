"""Tests of `router`, in the order of its rooms."""
