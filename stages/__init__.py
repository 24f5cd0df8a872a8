"""The stages of Polyreel in the order of the data: ingest, split, dedup, caption, select,
translate, filter, cut, export. Each folder holds config.py, stage.py and one file per algorithm."""
