"""Export: shuffle the clips into tar shards, with manifests that need no tar to be opened."""
