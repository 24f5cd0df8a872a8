"""Decides what only the whole corpus can tell: shares of the best, captions that many clips have,
concepts that are full."""
