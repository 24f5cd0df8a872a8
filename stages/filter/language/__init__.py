"""Language identification that can be believed on short captions: see identify.py."""
