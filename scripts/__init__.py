"""Thin commands around `pipeline`: dry run, job submission, manifest inspection, building."""
