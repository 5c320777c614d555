"""Tests of reading TOML and finding places in it."""
