"""Tests of reading rules from disk."""
