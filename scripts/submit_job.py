#!/usr/bin/env python3
"""Submit a `polyreel` command line to a Ray cluster with Ray's job API.

    python scripts/submit_job.py --address http://HEAD:8265 [--wait] -- \\
        run --input s3://bucket/videos --output s3://bucket/run

What follows `--` is the same command line that runs on a laptop. The code of this checkout goes
along as the job's working directory; with --installed the cluster's own Polyreel is used. A
cluster that asks for a token finds it in RAY_AUTH_TOKEN or ~/.ray/auth_token.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_NOT_CODE = [".git", ".venv", "demo", "runs", "tests", "docs", "build", "**/__pycache__"]
_POLL_S = 1.0


def parse(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", required=True, help="the head's job server, http://HOST:8265")
    parser.add_argument("--installed", action="store_true", help="send no code along")
    parser.add_argument("--wait", action="store_true", help="show the log; exit as the job does")
    parser.add_argument("--env", action="append", default=[], help="NAME=VALUE for the job")
    parser.add_argument("command", nargs="+", help="a polyreel command line, after --")
    return parser.parse_args(given)


def runtime_env(options: argparse.Namespace) -> dict[str, Any]:
    """What Ray prepares on the cluster for the job."""
    environment: dict[str, Any] = {}
    if options.env:
        environment["env_vars"] = dict(item.split("=", 1) for item in options.env)
    if not options.installed:
        environment |= {"working_dir": str(_ROOT), "excludes": _NOT_CODE}
    return environment


def submit(options: argparse.Namespace) -> int:
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobStatus, JobSubmissionClient

    try:
        client = JobSubmissionClient(options.address)
    except (ConnectionError, RuntimeError, AuthenticationError) as error:
        print(f"submit_job: {options.address}: {error}", file=sys.stderr)
        return 2
    job_id = client.submit_job(
        entrypoint="python -m pipeline " + shlex.join(options.command),
        runtime_env=runtime_env(options),
    )
    print(f"submitted {job_id}", flush=True)
    if not options.wait:
        print(f"follow it: ray job logs --address {options.address} --follow {job_id}")
        return 0
    shown = 0
    while True:
        status = client.get_job_status(job_id)
        log = client.get_job_logs(job_id)
        print(log[shown:], end="", flush=True)
        shown = len(log)
        if status.is_terminal():
            print(f"{job_id}: {status}")
            return 0 if status == JobStatus.SUCCEEDED else 1
        time.sleep(_POLL_S)


if __name__ == "__main__":
    sys.exit(submit(parse()))
