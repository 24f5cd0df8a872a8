"""Ingest: what there is to work on. Lists the input, probes every video, reads what lies beside
and inside it, and groups the sources into units."""
