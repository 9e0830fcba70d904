"""Lives through seeds in a process of its own, and tells of one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import json
import os
import subprocess
import sys
from typing import Any

from .clocks import WORKER
from .watch import AGED, REPORTED

ALIKE = {"PYTHONHASHSEED": "0"}
"""With it sets have one order in all processes."""

SHORT_DAYS = 3

type Row = Mapping[str, Any]


class Lives:
    """What comes of the seeds that another process lives through."""

    def __init__(self, seeds: Sequence[int], process: subprocess.Popen[str]) -> None:
        """Begin to listen."""
        self._seeds = seeds
        self._process = process
        self._rows: dict[int, Row] = {}

    @property
    def all(self) -> list[Row]:
        """Return what came of all seeds, once they are lived through."""
        return [self.of(seed) for seed in self._seeds]

    def of(self, seed: int) -> Row:
        """Return what came of a seed, once it is lived through."""
        assert self._process.stdout is not None
        while seed not in self._rows:
            line = self._process.stdout.readline()
            assert line, "The process has ended too early"
            row: Row = json.loads(line)
            self._rows[row["seed"]] = row
        return self._rows[seed]


@contextmanager
def lives(
    seeds: Sequence[int], days: float = SHORT_DAYS, *more: str
) -> Iterator[Lives]:
    """Live through the short form of successive seeds while tests wait."""
    with _started(
        "-m",
        "benchmarks.soak",
        "--short",
        "--json",
        *more,
        f"--days={days}",
        f"--first={seeds[0]}",
        f"--seeds={len(seeds)}",
    ) as process:
        yield Lives(seeds, process)


def lived(seed: int, days: float) -> Row:
    """Return what came of one short life."""
    found: Row = answer(
        "-m", "benchmarks.soak", "--short", "--json", f"--seed={seed}", f"--days={days}"
    )
    return found


def answer(*arguments: str) -> Any:
    """Return what another process prints as JSON."""
    with _started(*arguments) as process:
        told, _ = process.communicate(timeout=600)
    return json.loads(told)


@contextmanager
def _started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python until nobody needs it any more."""
    # Who shares the machine with other workers stays on another processor.
    worker = {name: told for name, told in os.environ.items() if name == WORKER}
    with subprocess.Popen(  # noqa: S603 - the command is our own
        [sys.executable, *arguments],
        env=ALIKE | worker,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def look_for_falsehood(row: Row) -> None:
    """Fail if anything was shown, lost or asked that must not be.

    `scripts/benchmark soak --short --days 3 --seed N` lives through it again.
    """
    assert row["days"] == SHORT_DAYS
    assert row["violations"] == []
    assert row["resources"]


def look_for_life(rows: Sequence[Row]) -> None:
    """Fail if too little happened: a quiet life would prove nothing."""
    total = {
        name: sum(row["counts"].get(name, 0) for row in rows)
        for row in rows
        for name in row["counts"]
    }
    assert len({kind for row in rows for kind in row["people"]}) == 4
    for name in ("restart", "crash", "reload", "suspend", "jump", "Down"):
        assert total[name] > 0, name
    assert {key for row in rows for key in row["seen"]} == {*AGED, REPORTED}
    assert total["readings"] > 50_000
    assert total["alarms raised"] > 50
    assert total["treatments"] > 20
