"""Many teachers write a candidate caption for each clip; a selector picks one and says why."""
