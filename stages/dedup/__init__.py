"""Finds clips that show the same footage and keeps the best of each."""
