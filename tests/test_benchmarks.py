"""Benchmarks are run by hand; that they still run is tested."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
import json
from pathlib import Path
import re
import socket
import subprocess
import sys
from typing import Any

from homeassistant.const import SERVER_PORT
import pytest

from benchmarks import cost, report
from benchmarks.alarms import counts, live
from custom_components.glucose_follow.cgm import alarm_state, alarms
from custom_components.glucose_follow.cgm.alarm_state import AlarmState

MEASURE = """
from importlib import import_module
import os
import sys

from benchmarks import alarms, cost, day, freshness, push

for line in sys.stdin:
    if os.fork() == 0:
        sys.argv = line.split()
        import_module(sys.argv[0]).main()
        break
    if os.wait()[1]:
        break
"""

ABOUT = re.compile(
    r"Last run on \d{4}-\d\d-\d\d: version [\d.]+, Home Assistant [\d.]+, "
    r"Python [\d.]+, \d+ cores, .+\."
)

type Measure = Callable[[str], Any]


@pytest.fixture(scope="module")
def measure() -> Iterator[Measure]:
    """Return what a benchmark prints, each in a process of its own.

    All are copies of one that has imported everything, which takes longest.
    """
    with subprocess.Popen(  # noqa: S603 - the command is our own
        [sys.executable, "-c", MEASURE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def printed(command: str) -> Any:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"benchmarks.{command}\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        try:
            yield printed
        finally:
            process.kill()


@pytest.fixture
def is_home_elsewhere(socket_enabled: None) -> Iterator[None]:
    """Be where a Home Assistant of this machine would be, if none is there yet."""
    with socket.socket() as elsewhere:
        with suppress(OSError):
            elsewhere.bind(("127.0.0.1", SERVER_PORT))
            elsewhere.listen()
        yield


@pytest.mark.usefixtures("is_home_elsewhere")
def test_a_running_integration_asks_within_its_budget(measure: Measure) -> None:
    # When to ask is left to chance a little; over two hours that showed.
    days = measure("day --hours 4 --quiet")

    quiet, busy = days["five minutes, quiet"], days["one minute, quiet"]
    # Nine are asked at the start only, and every six hours again.
    assert (quiet["total"] - quiet["socket"] - 9) / 4 <= 33
    assert (busy["total"] - busy["socket"] - 9) / 4 <= 87
    # A site without sockets is tried again and again, more and more gently.
    assert quiet["socket"] / 4 <= 7.5


def test_a_day_of_dropping_sockets_loses_nothing_and_costs_little(
    measure: Measure,
) -> None:
    found = measure("push --json --count 20 --quiet 1 --days 1")

    # A real site waits for so long before it tells.
    assert found["latency"]["median_ms"] >= 67
    assert found["quiet"]["requests_per_hour"] <= 8
    assert found["rough"]["rest_per_hour"] <= 12
    # A socket that will not come up is tried again, more and more gently.
    assert found["rough"]["socket_per_hour"] <= 2
    assert found["rough"]["connections"] > 5
    for kind in ("quiet", "rough"):
        row = found[kind]
        assert row["readings"] > 250
        assert row["treatments"] > 5
        for fault in ("lost", "told_twice", "not_told"):
            assert row[f"treatments_{fault}"] == 0
        for fault in ("lost", "shown_twice"):
            assert row[f"readings_{fault}"] == 0


def test_simulated_days_break_no_rule_of_alarms(measure: Measure) -> None:
    found = measure("alarms --days 4 --json")

    counts = found["counts"]
    assert counts["alarms from old data"] == 0
    assert counts["urgent lows not told at their first reading"] == 0
    assert counts["lows not told at their second reading"] == 0
    assert counts["lows told more than once"] == 0
    assert counts["raised low"] > 0
    assert counts["restarts"] > 0
    per_day = found["per_day"]
    ours, plain = (
        per_day["low soon: ours"],
        per_day["low soon: numeric_state below 80"],
    )
    assert ours["false"] <= plain["false"]
    assert ours["missed"] <= plain["missed"]


def test_a_referee_who_sees_a_rule_broken_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A soak that cannot fail would prove nothing."""
    monkeypatch.setattr(alarms._Look, "_is_confirmed", lambda look, level: False)
    monkeypatch.setattr(alarm_state, "from_json", lambda stored: AlarmState())

    home = live(seed=7, days=10, period=timedelta(minutes=5))

    found = counts(home)
    assert found["lows not told at their second reading"] > 0
    assert found["lows told more than once"] > 0


def test_following_costs_little_beside_the_peers(measure: Measure) -> None:
    found = measure("cost --json --hours 1 --rounds 1 --crowd 1 --people")

    beside = found["beside"]
    ours, theirs = beside["ours"], beside["nightscout"]
    assert ours["requests_per_hour"] < theirs["requests_per_hour"]
    # A machine that is busy takes time that is not simulated.
    assert theirs["requests_per_hour"] == pytest.approx(60, abs=2)
    assert beside["ours, share"]["requests_per_hour"] < 20
    assert beside["dexcom"]["requests_per_hour"] == pytest.approx(20, abs=2)
    for row in beside.values():
        assert row["kib_per_hour"] > 0
        assert row["cpu_ms_per_hour"] > 0
    # The other targets are of time, which others on the machine take as well.
    assert found["targets"]["ten times its entities"]
    assert found["targets"]["at most 1.5 MB for a person's day"]


def test_whoever_costs_more_among_many_is_not_linear() -> None:
    few = {"cpu_ms_per_hour": 60.0, "setup_ms": 40.0, "rss_kib": 400.0}
    first = few | {"setup_ms": 400.0}

    def is_linear(**most: float) -> bool:
        rows = {"1": first, "10": few, "100": few, "1000": few | most}
        return cost.is_linear(rows)["linear to 1000 people"]

    assert is_linear()
    assert is_linear(cpu_ms_per_hour=73)
    assert not is_linear(cpu_ms_per_hour=75)
    assert not is_linear(rss_kib=500)


def test_a_running_home_shows_readings_before_its_peers_do(measure: Measure) -> None:
    found = measure("freshness --running --json --hours 1 --people 1")["running"]

    assert all(row["readings"] >= 10 for row in found.values())
    for follower in ("ours, push", "ours, poll", "ours, share"):
        assert found[follower]["missed"] == 0
    assert found["ours, push"]["p95_s"] < 1
    assert found["ours, poll"]["median_s"] < found["nightscout"]["median_s"]
    assert found["ours, share"]["median_s"] < found["dexcom"]["median_s"]


def test_what_a_benchmark_prints_replaces_what_it_printed_before() -> None:
    begin = "Before.\n<!-- benchmark: report --help -->\n"
    page = f"{begin}Old.\n<!-- /benchmark -->\nAfter.\n"

    found = report.written(page, [])

    assert found.startswith(f"{begin}\nLast run on ")
    assert "usage: benchmark report" in found
    assert "Old." not in found
    assert found.endswith("\n<!-- /benchmark -->\nAfter.\n")
    assert report.written(page, ["cost"]) == page


def test_every_table_of_the_page_says_when_and_where_it_was_measured() -> None:
    page = report.PAGE.read_text(encoding="utf-8")

    told = re.findall(r"<!-- benchmark: .+ -->\n+(.+)", page)

    assert len(told) == len(report.commands(page))
    for line in (report.about(), *told):
        assert ABOUT.fullmatch(line)


def test_every_benchmark_of_the_page_exists() -> None:
    page = report.PAGE.read_text(encoding="utf-8")

    for name, *_ in report.commands(page):
        assert Path("benchmarks", f"{name}.py").is_file()
