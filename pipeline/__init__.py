"""The runtime of Polyreel: configuration, planning, executors, storage, models, commands."""

__version__ = "0.1.0"
