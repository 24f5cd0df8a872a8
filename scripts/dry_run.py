#!/usr/bin/env python3
"""Try a configuration on the first few inputs, on this machine and in one process.

    python scripts/dry_run.py --input VIDEOS [-n 3] [--output dry-run] [--config F] [--set k=v]

The same as `polyreel run --limit N --set engine.kind=local`: no Ray is started, so a debugger
and a profiler see everything.
"""

from __future__ import annotations

import argparse
import sys

from pipeline.cli import main as polyreel


def arguments(given: list[str] | None = None) -> list[str]:
    """The `polyreel` command line that a dry run stands for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--input", required=True, help="folder, file, glob or table of videos")
    parser.add_argument("--output", default="dry-run", help="run folder (default: dry-run)")
    parser.add_argument("-n", "--limit", type=int, default=3, help="first N inputs (default: 3)")
    parser.add_argument("--config", help="YAML file with settings")
    parser.add_argument("--set", action="append", default=[], help="one setting, key=value")
    options = parser.parse_args(given)
    command = ["run", "--input", options.input, "--output", options.output]
    command += ["--limit", str(options.limit), "--set", "engine.kind=local"]
    command += ["--config", options.config] if options.config else []
    return command + [part for setting in options.set for part in ("--set", setting)]


if __name__ == "__main__":
    sys.argv[1:] = arguments()
    polyreel()
