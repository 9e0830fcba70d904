"""Delta, rate and direction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import Direction, Reading, ReadingKind
from custom_components.glucose_follow.cgm.trend import (
    delta,
    direction,
    direction_of_rate,
    rate,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

type Series = Sequence[tuple[float, int]]
"""Minutes before noon, and mg/dL."""


def readings(series: Series) -> list[Reading]:
    """Return readings, oldest first."""
    return [
        Reading(at=NOON - ago * MINUTE, mgdl=mgdl)
        for ago, mgdl in sorted(series, reverse=True)
    ]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        pytest.param([(0, 107), (5, 100)], 7, id="five minutes"),
        pytest.param([(0, 93), (5, 100)], -7, id="falling"),
        pytest.param([(0, 100), (5, 100), (10, 80)], 0, id="unchanged"),
        pytest.param([(0, 112), (10, 100)], 6, id="one lost packet, scaled"),
        pytest.param([(0, 100), (12.5, 75)], 10, id="the furthest bridged"),
        pytest.param([(0, 105), (2.5, 100)], 10, id="the closest that counts"),
        pytest.param(
            [(ago, 100 - ago) for ago in range(13)], 5, id="a one-minute sensor"
        ),
        pytest.param([(0, 110), (4, 100), (7, 0)], 12.5, id="closest to five minutes"),
        pytest.param([(0, 100)], None, id="one reading"),
        pytest.param([], None, id="no reading"),
        pytest.param([(0, 100), (2.4, 90)], None, id="too close"),
        pytest.param([(0, 100), (12.6, 90)], None, id="a gap"),
        pytest.param([(0, 100), (15, 90), (20, 80)], None, id="two lost packets"),
    ],
)
def test_delta_is_the_change_in_five_minutes(
    series: Series, expected: float | None
) -> None:
    assert delta(readings(series)) == (
        None if expected is None else pytest.approx(expected)
    )


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", [ReadingKind.LOW, ReadingKind.HIGH])
def test_a_sensors_limit_is_not_a_number_to_subtract(
    place: int, kind: ReadingKind
) -> None:
    series = readings([(0, 107), (5, 100)])
    series[place] = replace(series[place], kind=kind)

    assert delta(series) is None


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        pytest.param(7, 7, id="before the earlier reading"),
        pytest.param(5, 7, id="at the earlier reading"),
        pytest.param(3, None, id="between the two"),
        pytest.param(0, None, id="at the newest reading"),
        pytest.param(-1, 7, id="after the newest reading"),
    ],
)
def test_no_change_is_measured_across_a_break(
    ago: float, expected: float | None
) -> None:
    series = readings([(0, 107), (5, 100)])

    assert delta(series, [NOON - ago * MINUTE]) == expected


def test_the_newest_of_several_breaks_counts() -> None:
    series = readings([(0, 107), (5, 100)])
    breaks = [NOON - 3 * MINUTE, NOON - 60 * MINUTE, NOON + MINUTE]

    assert delta(series, breaks) is None


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        pytest.param([(0, 120), (5, 110), (10, 100)], 2, id="three readings"),
        pytest.param([(0, 70), (5, 85), (10, 100), (15, 115)], -3, id="four readings"),
        pytest.param([(0, 120), (5, 110), (10, 100), (18, 0)], 2, id="older ones"),
        pytest.param(
            [(ago, 100 - ago) for ago in range(30)], 1, id="a one-minute sensor"
        ),
        pytest.param([(0, 100), (5, 106), (10, 100)], 0, id="through all of them"),
        pytest.param([(0, 119), (4.8, 109), (9.6, 100)], 1.98, id="jitter"),
        pytest.param([(0, 110), (5, 100)], None, id="two readings"),
        pytest.param([(0, 110)], None, id="one reading"),
        pytest.param([], None, id="no reading"),
        pytest.param([(0, 108), (4, 104), (8, 100)], None, id="less than ten minutes"),
        pytest.param([(0, 110), (13, 100), (17, 95)], None, id="a gap"),
    ],
)
def test_rate_is_the_slope_of_the_last_quarter_of_an_hour(
    series: Series, expected: float | None
) -> None:
    assert rate(readings(series)) == (
        None if expected is None else pytest.approx(expected, abs=0.005)
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_slope_is_drawn_through_a_sensors_limit(place: int) -> None:
    series = readings([(0, 120), (5, 110), (10, 100)])
    series[place] = replace(series[place], kind=ReadingKind.HIGH)

    assert rate(series) is None


def test_no_slope_is_drawn_across_a_break() -> None:
    series = readings([(0, 120), (5, 110), (10, 100), (15, 90)])

    assert rate(series, [NOON - 12 * MINUTE]) == pytest.approx(2)
    assert rate(series, [NOON - 7 * MINUTE]) is None


@pytest.mark.parametrize(
    ("mgdl_per_minute", "expected"),
    [
        (0, Direction.FLAT),
        (1, Direction.FLAT),
        (-1, Direction.FLAT),
        (1.01, Direction.FORTY_FIVE_UP),
        (2, Direction.FORTY_FIVE_UP),
        (2.01, Direction.SINGLE_UP),
        (3, Direction.SINGLE_UP),
        (3.01, Direction.DOUBLE_UP),
        (-1.01, Direction.FORTY_FIVE_DOWN),
        (-2, Direction.FORTY_FIVE_DOWN),
        (-2.01, Direction.SINGLE_DOWN),
        (-3, Direction.SINGLE_DOWN),
        (-3.01, Direction.DOUBLE_DOWN),
    ],
)
def test_the_arrow_follows_the_rate(
    mgdl_per_minute: float, expected: Direction
) -> None:
    assert direction_of_rate(mgdl_per_minute) is expected


def test_a_reported_direction_comes_first() -> None:
    series = readings([(0, 140), (5, 120), (10, 100)])
    series[-1] = replace(series[-1], direction=Direction.FLAT)

    assert direction(series) is Direction.FLAT


def test_a_direction_reported_earlier_is_not_the_newest() -> None:
    series = readings([(0, 140), (5, 120), (10, 100)])
    series[-2] = replace(series[-2], direction=Direction.FLAT)

    assert direction(series) is Direction.DOUBLE_UP


@pytest.mark.parametrize("series", [[], [(0, 100)], [(0, 110), (5, 100)]])
def test_a_direction_that_cannot_be_known_is_none(series: Series) -> None:
    assert direction(readings(series)) is None


def test_no_direction_is_computed_across_a_break() -> None:
    series = readings([(0, 120), (5, 110), (10, 100)])

    assert direction(series, [NOON - 7 * MINUTE]) is None


def test_what_is_reported_holds_across_a_break() -> None:
    series = readings([(0, 120)])
    series[0] = replace(series[0], direction=Direction.SINGLE_UP)

    assert direction(series, [NOON]) is Direction.SINGLE_UP


samples = st.lists(
    st.tuples(st.integers(0, 40).map(lambda half: half / 2), st.integers(39, 600)),
    max_size=12,
    unique_by=lambda sample: sample[0],
).map(readings)
breaks = st.lists(
    st.integers(-5, 30).map(lambda minutes: NOON - minutes * MINUTE), max_size=3
)
_MIRRORED = dict(zip(Direction, reversed(Direction), strict=True))


@given(
    st.lists(
        st.builds(
            Reading,
            at=st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 2)),  # noqa: DTZ001 - hypothesis wants it naive
            mgdl=st.integers(39, 600),
            direction=st.none() | st.sampled_from(Direction),
            kind=st.sampled_from(ReadingKind),
        )
    ).map(lambda listed: sorted(listed, key=lambda reading: reading.at)),
    st.lists(st.datetimes(timezones=st.just(UTC))),
)
def test_no_series_is_too_strange(
    series: list[Reading], moments: list[datetime]
) -> None:
    assert isinstance(delta(series, moments), float | None)
    assert isinstance(rate(series, moments), float | None)
    assert isinstance(direction(series, moments), Direction | None)


@given(samples, st.floats(12.6, 600))
def test_nothing_is_measured_across_a_gap(
    series: list[Reading], minutes: float
) -> None:
    at = NOON + minutes * MINUTE
    alone = [*series, Reading(at=at, mgdl=100)]

    assert delta(alone) is None
    assert rate(alone) is None


@given(samples, breaks, st.integers(-30, 30), st.integers(-500, 500))
def test_a_shifted_series_changes_alike(
    series: list[Reading], moments: list[datetime], minutes: int, mgdl: int
) -> None:
    shifted = [
        replace(reading, at=reading.at + minutes * MINUTE, mgdl=reading.mgdl + mgdl)
        for reading in series
    ]
    later = [moment + minutes * MINUTE for moment in moments]

    assert delta(shifted, later) == delta(series, moments)
    assert rate(shifted, later) == pytest.approx(rate(series, moments), abs=1e-6)


@given(st.floats(-20, 20))
def test_a_mirrored_rate_has_the_mirrored_arrow(mgdl_per_minute: float) -> None:
    arrow = direction_of_rate(mgdl_per_minute)

    assert direction_of_rate(-mgdl_per_minute) is _MIRRORED[arrow]


@given(samples)
def test_a_mirrored_series_falls_as_it_rose(series: list[Reading]) -> None:
    mirrored = [replace(reading, mgdl=639 - reading.mgdl) for reading in series]
    change, slope = delta(series), rate(series)

    assert delta(mirrored) == (None if change is None else -change)
    assert rate(mirrored) == (None if slope is None else pytest.approx(-slope))
