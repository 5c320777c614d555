"""The record of what was asked."""
