"""When it is worth looking at the clock again."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.glucose_follow.cgm.clock import Moment
from custom_components.glucose_follow.cgm.watch import Watch

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def moment(wall: float, monotonic: float | None = None) -> Moment:
    """Return a moment so many seconds after noon by both clocks."""
    passed = wall if monotonic is None else monotonic
    return Moment(ours=NOON + wall * SECOND, monotonic=1000.0 + passed)


@pytest.fixture
def watch() -> Watch:
    """Return what looked at noon, and need not look for a minute."""
    watch = Watch()
    watch.looked(moment(0), NOON, NOON + 60 * SECOND)
    return watch


def test_who_never_looked_looks() -> None:
    assert Watch().is_due(moment(0), NOON)


def test_who_knows_no_end_looks_each_time() -> None:
    watch = Watch()
    watch.looked(moment(0), NOON, None)

    assert watch.is_due(moment(0), NOON)


@pytest.mark.parametrize(("passed", "is_due"), [(0, 0), (20, 0), (59.9, 0), (60, 1)])
def test_time_is_up_at_the_end(watch: Watch, passed: float, is_due: int) -> None:
    found = watch.is_due(moment(passed), NOON + passed * SECOND)

    assert found is bool(is_due)


def test_the_clock_to_believe_may_go_back(watch: Watch) -> None:
    assert watch.is_due(moment(20), NOON - SECOND)


@pytest.mark.parametrize("wall", [-3600, 19.9, 20.1, 3600])
def test_a_clock_that_jumped_is_noticed(watch: Watch, wall: float) -> None:
    assert watch.is_due(moment(wall, 20), NOON + 20 * SECOND)


def test_clocks_are_not_read_at_the_same_time(watch: Watch) -> None:
    assert not watch.is_due(moment(20.01, 20), NOON + 20 * SECOND)
