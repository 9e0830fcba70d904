"""What time it is, by three clocks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.clock import SKEW, Clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that began at noon, 1000 s after the machine did."""
    return Clock(NOON, 1000)


def compared(clock: Clock, ahead: timedelta, at: datetime = NOON) -> None:
    """Let a source tell a time that is `ahead` of ours, without a delay."""
    clock.compare(at, at, 1000 + (at - NOON).total_seconds(), at + ahead)


def test_our_clock_is_believed_at_first(clock: Clock) -> None:
    assert clock.now(NOON + 10 * SECOND, 1010) == NOON + 10 * SECOND
    assert clock.skew == timedelta()


def test_a_clock_that_is_set_back_makes_nothing_younger(clock: Clock) -> None:
    assert clock.now(NOON - HOUR, 1060) == NOON + 60 * SECOND


def test_a_clock_that_jumps_forward_is_believed(clock: Clock) -> None:
    """A machine that slept looks the same, and its readings are old."""
    assert clock.now(NOON + HOUR, 1001) == NOON + HOUR


def test_an_answer_ends_a_clock_set_back(clock: Clock) -> None:
    back = NOON - HOUR

    clock.compare(back, back, 1000, NOON)

    assert clock.skew == HOUR
    assert clock.now(back + SECOND, 1001) == NOON + SECOND


def test_an_answer_ends_a_jump_forward(clock: Clock) -> None:
    ahead = NOON + HOUR

    clock.compare(ahead, ahead, 1000, NOON)

    assert clock.now(ahead + SECOND, 1001) == NOON + SECOND


@pytest.mark.parametrize("ahead", [SKEW, -SKEW, timedelta()])
def test_a_small_difference_is_our_own_business(clock: Clock, ahead: timedelta) -> None:
    compared(clock, ahead)

    assert clock.skew == timedelta()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_large_difference_makes_ages_the_sources(clock: Clock, sign: int) -> None:
    ahead = sign * (SKEW + SECOND)

    compared(clock, ahead)

    assert clock.skew == ahead
    assert clock.now(NOON, 1000) == NOON + ahead


@pytest.mark.parametrize("sign", [1, -1])
def test_a_skew_ends_only_well_below_where_it_began(clock: Clock, sign: int) -> None:
    compared(clock, sign * (SKEW + SECOND))

    compared(clock, sign * 91 * SECOND)
    assert clock.skew == sign * 91 * SECOND

    compared(clock, sign * 90 * SECOND)
    assert clock.skew == timedelta()


def test_the_source_is_asked_in_the_middle_of_the_request(clock: Clock) -> None:
    answered = NOON + 10 * SECOND

    clock.compare(NOON, answered, 1010, NOON + 5 * SECOND + HOUR)

    assert clock.skew == HOUR


def test_a_silent_source_changes_no_skew(clock: Clock) -> None:
    compared(clock, HOUR)
    later = NOON + 60 * SECOND

    clock.compare(later, later, 1060, None)

    assert clock.skew == HOUR
    assert clock.now(later, 1060) == later + HOUR


def test_a_jump_is_over_after_any_answer(clock: Clock) -> None:
    back = NOON - HOUR

    clock.compare(back, back, 1000, None)

    assert clock.now(back + SECOND, 1001) == back + SECOND


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.timedeltas(timedelta(days=-9), timedelta(days=9)),
)
def test_time_never_passes_slower_than_the_clock_that_never_jumps(
    first: float, then: float, jump: timedelta
) -> None:
    clock = Clock(NOON, 0)
    before = clock.now(NOON + first * SECOND, first)

    after = clock.now(NOON + (first + then) * SECOND + jump, first + then)

    assert after - before >= then * SECOND - timedelta(milliseconds=1)
