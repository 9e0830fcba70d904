"""What only a whole life shows: what grows, what is late, what is told too seldom."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from .subjects import Subject
from .sums import Life, look_at_repetitions, look_at_resources, look_at_waits
from .watch import Watch

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOTHING = {"tasks": 3}


@pytest.fixture
def life() -> Life:
    """Return a life of which nothing is known yet."""
    return Life(seed=1, days=2, people=["tidal"])


def grown(life: Life, tasks: list[int]) -> list[str]:
    """Return what is wrong with homes that held so many tasks, hour by hour."""
    samples = [{"tasks": each} for each in tasks]
    look_at_resources(life, samples, 0, NOTHING, NOTHING, NOON, "")
    return [each.detail for each in life.violations]


def late(life: Life, waits: list[float]) -> list[str]:
    """Return what is wrong with readings that took so many seconds."""
    somebody = cast(Subject, SimpleNamespace(kind="tidal"))
    watch = Watch(subject=somebody, ids={}, sound_since=NOON, waits=waits)
    look_at_waits(life, watch, NOON)
    return [each.rule for each in life.violations]


def told(life: Life, off: int, due: int) -> list[str]:
    """Return what is wrong with repetitions of which so many are wrong."""
    life.counts.update({"repetitions off": off, "repetitions due": due})
    look_at_repetitions(life, NOON)
    return [each.rule for each in life.violations]


def test_a_task_more_each_hour_is_found_out(life: Life) -> None:
    assert grown(life, list(range(10, 40))) == ["tasks grew from 19 to 30"]


def test_noise_is_no_growth(life: Life) -> None:
    assert grown(life, [10, 12, 11] * 10) == []


def test_what_is_left_at_the_end_is_found_out(life: Life) -> None:
    look_at_resources(life, [], 0, NOTHING, {"tasks": 4}, NOON, "its name")

    assert [each.detail for each in life.violations] == ["tasks: 4 left of 3 its name"]


def test_readings_that_are_always_late_are_found_out(life: Life) -> None:
    assert late(life, [31.0] * 100) == ["known late"]


def test_readings_of_which_many_are_late_are_found_out(life: Life) -> None:
    assert late(life, [1.0] * 85 + [300.0] * 15) == ["known late"]


def test_a_few_late_readings_are_no_fault(life: Life) -> None:
    assert late(life, [5.0] * 95 + [300.0] * 5) == []


def test_repetitions_that_are_left_out_here_and_there_are_found_out(
    life: Life,
) -> None:
    assert told(life, 60, 5000) == ["repeated too seldom"]


def test_a_repetition_that_ends_as_it_comes_is_no_fault(life: Life) -> None:
    assert told(life, 3, 20) == []
