"""Executors: in this process, or on Ray. Both run `pipeline.runner` and differ in nothing else."""
