"""Models by reference: where they come from, where they are kept, whether they are intact."""
