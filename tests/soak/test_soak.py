"""Simulated days in which everything fails, and nothing false is shown."""

from collections.abc import Mapping
import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)

SHORT = ("--short", "--days", "3", "--seeds", "10")
MUTATED = """
from datetime import timedelta
import json
from unittest.mock import patch

from benchmarks.soak import lived
from custom_components.glucose_follow.alarms import CgmAlarms
from custom_components.glucose_follow.cgm import budget, data
from custom_components.glucose_follow.cgm.timeline import Timeline

fresh, tell = data.fresh_until, CgmAlarms._tell
ten = timedelta(minutes=10)
mutations = {
    "none": patch.object(data, "SPAN", data.SPAN),
    "old": patch.object(data, "fresh_until", lambda *told: (at := fresh(*told)) and at + ten),
    "twice": patch.object(CgmAlarms, "_tell", lambda self, told: tell(self, told + told)),
    "often": patch.object(budget.Budget, "_is_affordable", lambda *_: True),
    "lost": patch.object(Timeline, "_trim", lambda self, _: self._readings.__delitem__(slice(0, -50))),
}
found = {}
for name, mutation in mutations.items():
    with mutation:
        life, _ = lived(5, days=1, is_short=True)
        found[name] = sorted({each.rule for each in life.violations})
print(json.dumps(found))
"""


def _run(*arguments: str) -> Any:
    """Return what another process, whose sets have one order, prints as JSON."""
    answer = subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, *arguments],
        capture_output=True,
        check=False,
        env={"PYTHONHASHSEED": "0"},
        text=True,
        timeout=600,
    )
    assert answer.stdout, answer.stderr[-2000:]
    return json.loads(answer.stdout)


def _soak(*arguments: str) -> list[Mapping[str, Any]]:
    """Return what came of some seeds."""
    seeds: list[Mapping[str, Any]] = _run(
        "-m", "benchmarks.soak", "--json", *arguments
    )["seeds"]
    return seeds


def test_nothing_false_is_shown_and_nothing_lost_whatever_fails() -> None:
    """A seed that fails here is lived through again by `scripts/benchmark soak`."""
    seeds = _soak(*SHORT)

    assert [
        (each["seed"], each["violations"]) for each in seeds if each["violations"]
    ] == []
    total = {
        name: sum(each["counts"].get(name, 0) for each in seeds)
        for each in seeds
        for name in each["counts"]
    }
    # A quiet life would prove nothing.
    assert len({kind for each in seeds for kind in each["people"]}) == 4
    for name in ("restart", "crash", "reload", "suspend", "jump", "Down"):
        assert total[name] > 0, name
    assert total["readings"] > 50_000
    assert total["alarms raised"] > 50
    assert total["treatments"] > 20
    assert all(each["resources"] for each in seeds)


def test_a_seed_lives_through_the_same_days_again() -> None:
    once, again = (
        _soak("--short", "--seed", "6", "--days", "0.3")[0] for _ in range(2)
    )

    assert once["trace"] == again["trace"]
    assert {**once, "cpu_seconds": 0} == {**again, "cpu_seconds": 0}


def test_a_home_that_is_broken_is_found_out() -> None:
    """A soak that cannot fail would prove nothing."""
    found = _run("-c", MUTATED)

    assert found["none"] == []
    assert "shown past its time" in found["old"]
    assert "alarms not as the engine says" in found["twice"]
    assert "asked too often" in found["often"]
    assert "reading lost" in found["lost"]
