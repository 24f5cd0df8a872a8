"""Translate: the chosen captions into the target languages, each distinct sentence once."""
