"""Split: one decode pass over each source gives its shots and everything that later stages need
from its pixels and its sound."""
