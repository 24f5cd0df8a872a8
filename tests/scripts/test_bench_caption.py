"""The benchmark of the vlm teacher works, and says what it measured."""

from __future__ import annotations

import json

import pytest

from scripts import bench_caption


def test_it_reports_both_kinds_of_server(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--slots", "4", "--service-s", "0.05", "--clips", "40", "--repeats", "1", "--json"]
    assert bench_caption.main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["capacity_per_s"] == 80
    for kind in ("queues", "refuses"):
        found = result[kind]
        assert found["kept"] == 40
        assert 0 < found["whole_share"] <= 1.01
        assert 0 < found["busy_share"] <= 1.01
        assert found["sustained_share"] > 0
    assert result["queues"]["n_refused"] == 0


@pytest.mark.bench
def test_the_teacher_sustains_the_servers_capacity() -> None:
    result = bench_caption.measure(16, 1.0, 600, 600, repeats=1)
    assert result["queues"]["sustained_share"] >= 0.95
    assert result["refuses"]["sustained_share"] >= 0.95
