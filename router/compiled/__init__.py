"""Compiled rulebooks on disk: kept by content, opened in a moment, and only by their owner."""
