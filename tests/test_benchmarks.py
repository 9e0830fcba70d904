"""Benchmarks are run by hand; that they still run is tested."""

import json
import subprocess
import sys


def test_a_running_integration_asks_within_its_budget() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.day", "--hours", "2"],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    ).stdout

    days = json.loads(answer)
    # Of which eight are asked at the start only, and every six hours again.
    assert days["five minutes, quiet"]["per_hour"] <= 38
    assert days["one minute, quiet"]["per_hour"] <= 90
