"""Scores for every candidate, and the choice among them: one algorithm in each file."""
