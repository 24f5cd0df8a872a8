"""Measuring translation checks: parallel text, its corruption, and what is learned from it."""
