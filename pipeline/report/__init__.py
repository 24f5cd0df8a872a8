"""The report of a run: one HTML file that explains itself, without network or scripts."""

from __future__ import annotations

from pipeline.accounts import Account
from pipeline.storage import Storage

REPORT_PATH = "report/index.html"


def write_report(storage: Storage, account: Account) -> str:
    """Write the report of the run in `storage`; returns its path below the run folder."""
    from pipeline.report.build import build_report
    from pipeline.report.data import load_report_data

    html = build_report(load_report_data(storage), account)
    storage.write_bytes(REPORT_PATH, html.encode())
    return REPORT_PATH
