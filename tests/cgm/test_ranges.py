"""Where glucose is, and whether it changes fast."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import (
    GlucoseRange,
    Reading,
    ReadingKind,
    Thresholds,
)
from custom_components.glucose_follow.cgm.ranges import (
    HIGHS,
    LOWS,
    glucose_range,
    is_falling_fast,
    is_rising_fast,
    range_of,
    run_within,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
OURS = Thresholds()

URGENT_LOW, LOW = GlucoseRange.URGENT_LOW, GlucoseRange.LOW
IN_RANGE = GlucoseRange.IN_RANGE
HIGH, URGENT_HIGH = GlucoseRange.HIGH, GlucoseRange.URGENT_HIGH


def readings(values: Sequence[int]) -> list[Reading]:
    """Return readings five minutes apart, the newest at noon."""
    start = NOON - FIVE_MINUTES * (len(values) - 1)
    return [
        Reading(at=start + FIVE_MINUTES * number, mgdl=value)
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("mgdl", "expected"),
    [
        (40, URGENT_LOW),
        (55, URGENT_LOW),
        (56, LOW),
        (69, LOW),
        (70, IN_RANGE),
        (180, IN_RANGE),
        (181, HIGH),
        (249, HIGH),
        (250, URGENT_HIGH),
        (400, URGENT_HIGH),
    ],
)
def test_a_range_begins_without_hesitation(mgdl: int, expected: GlucoseRange) -> None:
    assert glucose_range(readings([mgdl]), OURS) is expected
    assert glucose_range(readings([110, mgdl]), OURS) is expected
    assert range_of(readings([mgdl])[0], OURS) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([55, 60], URGENT_LOW),
        ([55, 61], LOW),
        ([55, 74], LOW),
        ([55, 75], IN_RANGE),
        ([69, 74], LOW),
        ([69, 75], IN_RANGE),
        ([69, 75, 74], IN_RANGE),
        ([69, 74, 72, 74], LOW),
        ([60, 56], LOW),
        ([181, 176], HIGH),
        ([181, 175], IN_RANGE),
        ([181, 175, 176], IN_RANGE),
        ([250, 245], URGENT_HIGH),
        ([250, 244], HIGH),
        ([250, 176], HIGH),
        ([250, 175], IN_RANGE),
        ([300, 60], LOW),
        ([50, 200], HIGH),
    ],
)
def test_a_range_is_left_five_later_than_it_began(
    values: list[int], expected: GlucoseRange
) -> None:
    assert glucose_range(readings(values), OURS) is expected


def test_thresholds_close_together_do_not_hold_both_sides() -> None:
    close = Thresholds(urgent_low=90, low=100, high=102, urgent_high=110)

    assert glucose_range(readings([99, 103]), close) is HIGH
    assert glucose_range(readings([103, 99]), close) is LOW
    assert glucose_range(readings([99, 101]), close) is LOW
    assert glucose_range(readings([103, 101]), close) is HIGH


@pytest.mark.parametrize(
    ("kind", "mgdl", "expected"),
    [
        (ReadingKind.LOW, 39, URGENT_LOW),
        (ReadingKind.HIGH, 401, URGENT_HIGH),
    ],
)
def test_beyond_the_sensor_is_urgent_wherever_the_thresholds_are(
    kind: ReadingKind, mgdl: int, expected: GlucoseRange
) -> None:
    wide = Thresholds(urgent_low=38, low=60, high=300, urgent_high=500)
    reading = Reading(at=NOON, mgdl=mgdl, kind=kind)

    assert glucose_range([reading], wide) is expected


def test_nothing_has_no_range() -> None:
    assert glucose_range([], OURS) is None
    assert run_within([], OURS, LOWS) == []


def test_a_gap_does_not_end_what_was() -> None:
    """What fills the gap afterwards must not begin it again."""
    before = Reading(at=NOON - timedelta(hours=2), mgdl=65)

    assert glucose_range([before, *readings([73])], OURS) is LOW


def test_a_run_is_what_has_not_been_left_since() -> None:
    values = [60, 110, 65, 54, 61, 74]

    lows = run_within(readings(values), OURS, LOWS)
    urgent = run_within(readings([*values, 50, 58]), OURS, {URGENT_LOW})

    assert [reading.mgdl for reading in lows] == [65, 54, 61, 74]
    assert [reading.mgdl for reading in urgent] == [50, 58]
    assert run_within(readings(values), OURS, HIGHS) == []


@given(
    st.lists(st.integers(39, 401), min_size=1, max_size=60),
    st.lists(st.integers(40, 400), min_size=4, max_size=4, unique=True),
)
def test_looking_back_finds_what_living_through_it_would(
    values: list[int], bounds: list[int]
) -> None:
    urgent_low, low, high, urgent_high = sorted(bounds)
    theirs = Thresholds(
        urgent_low=urgent_low, low=low, high=high, urgent_high=urgent_high
    )
    lived = IN_RANGE
    for value in values:
        is_low = value < low + 5 * (lived in {LOW, URGENT_LOW})
        is_high = value > high - 5 * (lived in {HIGH, URGENT_HIGH})
        if value < low or (is_low and value <= high):
            is_urgent = value <= urgent_low + 5 * (lived is URGENT_LOW)
            lived = URGENT_LOW if is_urgent else LOW
        elif is_high:
            is_urgent = value >= urgent_high - 5 * (lived is URGENT_HIGH)
            lived = URGENT_HIGH if is_urgent else HIGH
        else:
            lived = IN_RANGE

    assert glucose_range(readings(values), theirs) is lived


@pytest.mark.parametrize(
    ("values", "is_fast"),
    [
        ([110, 110, 110, 110], False),
        ([110, 120, 130, 140], True),
        ([110, 119, 128, 137], False),
        # Held by what came before, until it is clearly slower.
        ([100, 110, 120, 130, 139, 148, 157], True),
        ([100, 110, 120, 130, 137, 144, 151, 158], False),
        ([140, 140, 140, 149, 158, 167, 176], False),
        ([110], None),
        ([110, 130], None),
    ],
)
def test_fast_is_two_a_minute_and_ends_below_one_and_a_half(
    values: list[int], is_fast: bool | None
) -> None:
    falling = [250 - value for value in values]

    assert is_rising_fast(readings(values)) is is_fast
    assert is_falling_fast(readings(falling)) is is_fast
    if is_fast:
        assert is_falling_fast(readings(values)) is False
        assert is_rising_fast(readings(falling)) is False


def test_nothing_is_fast_across_a_new_sensor() -> None:
    rising = readings([110, 120, 130, 140])

    assert is_rising_fast(rising, [NOON - FIVE_MINUTES * 1.5]) is None


def test_what_was_fast_before_a_gap_does_not_hold_after_it() -> None:
    before = [
        Reading(at=reading.at - timedelta(hours=1), mgdl=reading.mgdl)
        for reading in readings([100, 110, 120, 130])
    ]

    assert is_rising_fast([*before, *readings([110, 119, 128, 137])]) is False
