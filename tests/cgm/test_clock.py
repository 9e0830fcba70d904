"""What time it is, by three clocks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.clock import SKEW, Clock, Moment

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def by(ours: datetime, monotonic: float) -> Moment:
    """Return a moment by two clocks."""
    return Moment(ours=ours, monotonic=monotonic)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that began at noon, 1000 s after the machine did."""
    return Clock(by(NOON, 1000))


def compared(clock: Clock, ahead: timedelta, at: datetime = NOON) -> None:
    """Let a source tell a time that is `ahead` of ours, without a delay."""
    moment = by(at, 1000 + (at - NOON).total_seconds())
    assert clock.compare(moment, moment, at + ahead)


def test_our_clock_is_believed_at_first(clock: Clock) -> None:
    assert clock.now(by(NOON + 10 * SECOND, 1010)) == NOON + 10 * SECOND
    assert clock.skew == timedelta()


def test_a_clock_that_is_set_back_makes_nothing_younger(clock: Clock) -> None:
    assert clock.now(by(NOON - HOUR, 1060)) == NOON + 60 * SECOND


def test_a_clock_that_jumps_forward_is_believed(clock: Clock) -> None:
    """A machine that slept looks the same, and its readings are old."""
    assert clock.now(by(NOON + HOUR, 1001)) == NOON + HOUR


@pytest.mark.parametrize("ahead", [0, 3])
def test_a_machine_that_sleeps_after_its_clock_was_set_back_makes_nothing_younger(
    clock: Clock, ahead: int
) -> None:
    """From right to wrong, or from wrong to right."""
    compared(clock, -ahead * HOUR)
    back = NOON - 3 * HOUR
    before = clock.now(by(back + 10 * SECOND, 1010))

    after = clock.now(by(back + HOUR, 1020))

    assert before == NOON - ahead * HOUR + 10 * SECOND
    assert after == NOON - ahead * HOUR + HOUR


def test_a_clock_that_is_set_back_after_its_machine_slept_makes_nothing_younger(
    clock: Clock,
) -> None:
    slept = clock.now(by(NOON + HOUR, 1010))

    assert clock.now(by(NOON + 10 * SECOND, 1020)) == slept + 10 * SECOND


def test_an_answer_ends_a_clock_set_back(clock: Clock) -> None:
    back = NOON - HOUR

    clock.compare(by(back, 1000), by(back, 1000), NOON)

    assert clock.skew == HOUR
    assert clock.now(by(back + SECOND, 1001)) == NOON + SECOND


def test_an_answer_ends_a_jump_forward(clock: Clock) -> None:
    ahead = NOON + HOUR

    clock.compare(by(ahead, 1000), by(ahead, 1000), NOON)

    assert clock.now(by(ahead + SECOND, 1001)) == NOON + SECOND


@pytest.mark.parametrize("ahead", [SKEW, -SKEW, timedelta()])
def test_a_small_difference_is_our_own_business(clock: Clock, ahead: timedelta) -> None:
    compared(clock, ahead)

    assert clock.skew == timedelta()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_large_difference_makes_ages_the_sources(clock: Clock, sign: int) -> None:
    ahead = sign * (SKEW + SECOND)

    compared(clock, ahead)

    assert clock.skew == ahead
    assert clock.now(by(NOON, 1000)) == NOON + ahead


@pytest.mark.parametrize("sign", [1, -1])
def test_a_skew_ends_only_well_below_where_it_began(clock: Clock, sign: int) -> None:
    compared(clock, sign * (SKEW + SECOND))

    compared(clock, sign * 91 * SECOND)
    assert clock.skew == sign * 91 * SECOND

    compared(clock, sign * 90 * SECOND)
    assert clock.skew == timedelta()


def test_the_source_is_asked_in_the_middle_of_the_request(clock: Clock) -> None:
    answered = NOON + 10 * SECOND
    theirs = NOON + 5 * SECOND + HOUR

    clock.compare(by(NOON, 1000), by(answered, 1010), theirs)

    assert clock.skew == HOUR


def test_a_silent_source_changes_no_skew(clock: Clock) -> None:
    compared(clock, HOUR)
    later = NOON + 60 * SECOND

    assert clock.compare(by(later, 1060), by(later, 1060), None)

    assert clock.skew == HOUR
    assert clock.now(by(later, 1060)) == later + HOUR


def test_an_answer_that_tells_no_time_proves_nothing(clock: Clock) -> None:
    """A clock that was set back would make old readings young."""
    back = NOON - HOUR

    clock.compare(by(back, 1060), by(back, 1060), None)

    assert clock.now(by(back + SECOND, 1061)) == NOON + 61 * SECOND


@pytest.mark.parametrize("jump", [18 * 60, 7200, -7200])
def test_a_jump_during_a_request_proves_nothing(clock: Clock, jump: int) -> None:
    """A machine that sleeps with the answer in its hands reads it later."""
    asked, answered = by(NOON, 1000), by(NOON + jump * SECOND, 1001)

    assert not clock.compare(asked, answered, NOON)

    assert clock.skew == timedelta()
    assert clock.now(by(NOON + jump * SECOND, 1001)) >= NOON


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.timedeltas(timedelta(days=-9), timedelta(days=9)),
)
def test_time_never_passes_slower_than_the_clock_that_never_jumps(
    first: float, then: float, jump: timedelta
) -> None:
    clock = Clock(by(NOON, 0))
    before = clock.now(by(NOON + first * SECOND, first))

    after = clock.now(by(NOON + (first + then) * SECOND + jump, first + then))

    assert after - before >= then * SECOND - timedelta(milliseconds=1)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e5), st.timedeltas(timedelta(days=-9), timedelta(days=9))
        ),
        max_size=9,
    )
)
def test_no_jump_takes_back_what_another_one_did(
    steps: list[tuple[float, timedelta]],
) -> None:
    """But for a few seconds, which network and scheduling take too."""
    clock, ours, monotonic = Clock(by(NOON, 0)), NOON, 0.0
    for then, passed in steps:
        before = clock.now(by(ours, monotonic))
        ours, monotonic = ours + passed, monotonic + then

        after = clock.now(by(ours, monotonic))

        assert after - before >= max(then * SECOND, passed) - 5.001 * SECOND
