"""Many teachers write a candidate caption for each clip."""
