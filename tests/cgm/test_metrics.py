"""What a period was like."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.metrics import (
    CONSENSUS,
    Episode,
    Statistics,
    statistics,
)
from custom_components.glucose_follow.cgm.models import Reading, Thresholds

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
OURS = Thresholds()


def at(minutes: float) -> datetime:
    """Return a time of the night."""
    return MIDNIGHT + minutes * MINUTE


def readings(
    values: Sequence[int], *, start: float = 0, every: float = 5
) -> list[Reading]:
    """Return readings from some minutes after midnight on."""
    return [
        Reading(at=at(start + every * number), mgdl=value)
        for number, value in enumerate(values)
    ]


def of(
    known: Sequence[Reading],
    end: float = 60,
    thresholds: Thresholds = CONSENSUS,
    start: float = 0,
) -> Statistics:
    """Return what the minutes after midnight were like."""
    return statistics(known, at(start), at(end), thresholds)


def shares(found: Statistics) -> list[float | None]:
    """Return the five shares of time, lowest range first."""
    return [found.very_low, found.low, found.in_range, found.high, found.very_high]


def test_nothing_is_said_about_a_period_without_readings() -> None:
    assert of([]) == Statistics(count=0, active=0)
    assert of(readings([100], start=-30)) == Statistics(count=0, active=0)
    assert of(readings([100], start=60)) == Statistics(count=0, active=0)


def test_one_reading_has_a_mean_and_no_spread() -> None:
    found = of(readings([100], start=10))

    assert found.count == 1
    assert found.mean == 100
    assert found.sd is None
    assert found.cv is None
    assert found.active == pytest.approx(12.5)
    assert found.in_range == 100


def test_steady_glucose_is_what_textbooks_say() -> None:
    found = of(readings([154] * 12))

    assert found.count == 12
    assert found.active == 100
    assert found.mean == 154
    assert found.sd == 0
    assert found.cv == 0
    # Bergenstal 2018: 3.31 + 0.02392 x mean.
    assert found.gmi == pytest.approx(6.99, abs=0.005)


def test_spread_is_the_samples() -> None:
    found = of(readings([100, 140] * 6))

    assert found.mean == 120
    assert found.sd == pytest.approx(20.889, abs=0.001)
    assert found.cv == pytest.approx(17.41, abs=0.01)


@pytest.mark.parametrize(
    ("mgdl", "place"),
    [
        (39, 0),
        (53, 0),
        (54, 1),
        (69, 1),
        (70, 2),
        (180, 2),
        (181, 3),
        (250, 3),
        (251, 4),
        (401, 4),
    ],
)
def test_bounds_are_those_of_the_consensus(mgdl: int, place: int) -> None:
    found = shares(of(readings([mgdl] * 12)))

    assert found == [100 * (number == place) for number in range(5)]


@pytest.mark.parametrize(
    ("mgdl", "place"), [(55, 0), (56, 1), (249, 3), (250, 4), (70, 2)]
)
def test_a_person_can_have_other_bounds(mgdl: int, place: int) -> None:
    found = shares(of(readings([mgdl] * 12), thresholds=OURS))

    assert found == [100 * (number == place) for number in range(5)]


def test_time_counts_and_not_readings() -> None:
    """A one-minute sensor says more often what a five-minute one says once."""
    known = readings([60] * 6) + readings([120] * 30, start=30, every=1)

    found = of(known)

    assert found.count == 36
    assert found.mean == 90
    assert shares(found) == [0, 50, 50, 0, 0]


def test_a_gap_is_nobodys_time() -> None:
    known = [*readings([60]), *readings([120] * 6, start=30)]

    found = of(known)

    assert found.active == pytest.approx(100 * 37.5 / 60)
    assert found.low == pytest.approx(100 * 7.5 / 37.5)
    assert found.lows == ()


def test_a_reading_just_before_the_period_speaks_for_its_beginning() -> None:
    found = of(readings([60, 120], start=-4), end=6)

    assert found.count == 1
    assert found.active == 100
    assert found.low == pytest.approx(100 / 6)


def test_the_newest_reading_speaks_until_the_end_at_most() -> None:
    found = of(readings([100, 100]), end=7)

    assert found.active == 100


def test_a_reading_sent_twice_counts_once() -> None:
    once = of(readings([100, 150]))
    twice = of([*readings([100]), *readings([100, 150])])

    assert shares(twice) == shares(once)
    assert twice.mean == once.mean


def test_a_low_of_a_quarter_of_an_hour_is_an_episode() -> None:
    found = of(readings([110, 69, 53, 68, 110, 110, 110]))

    assert found.lows == (Episode(start=at(5), end=at(20), mgdl=53, is_urgent=True),)
    assert found.highs == ()


def test_a_shorter_low_is_none() -> None:
    assert of(readings([110, 69, 60, 110, 110, 110])).lows == ()


def test_a_high_of_a_quarter_of_an_hour_is_an_episode() -> None:
    found = of(readings([110, 181, 240, 250, 110, 110, 110]))

    assert found.highs == (Episode(start=at(5), end=at(20), mgdl=250, is_urgent=False),)
    assert found.lows == ()


def test_what_is_urgent_is_the_persons_own() -> None:
    values = [250, 190, 200, 110, 110, 110, 55, 60, 65]

    found = of(readings(values), end=45, thresholds=OURS)

    assert [high.is_urgent for high in found.highs] == [True]
    assert [low.is_urgent for low in found.lows] == [True]


def test_jitter_of_the_stamps_does_not_shorten_an_episode() -> None:
    known = readings([60, 60, 60, 110, 110, 110], every=4.99)

    assert len(of(known, end=25).lows) == 1


def test_a_short_return_does_not_part_an_episode() -> None:
    known = readings([60, 60, 60, 75, 75, 60, 110, 110, 110, 60])

    assert of(known).lows == (
        Episode(start=at(0), end=at(30), mgdl=60, is_urgent=False),
    )


def test_a_quarter_of_an_hour_back_parts_two_episodes() -> None:
    known = readings([60, 60, 60, 75, 75, 75, 61, 61, 61])

    assert [(low.start, low.end) for low in of(known, end=45).lows] == [
        (at(0), at(15)),
        (at(30), at(45)),
    ]


def test_a_low_across_a_short_gap_is_one() -> None:
    known = readings([60] * 3) + readings([60] * 3, start=50)

    assert [(low.start, low.end) for low in of(known, end=65).lows] == [
        (at(0), at(65)),
    ]


def test_nobody_knows_about_a_low_across_a_long_gap() -> None:
    known = readings([60] * 3) + readings([60] * 3, start=80)

    assert [(low.start, low.end) for low in of(known, end=120).lows] == [
        (at(0), at(17.5)),
        (at(80), at(97.5)),
    ]


def test_time_that_is_not_known_makes_no_episode() -> None:
    """Two readings half an hour apart are no half hour of low."""
    known = readings([60, 60], every=25) + readings([110] * 3, start=30)

    assert of(known).lows == ()


def test_a_low_from_before_the_period_keeps_its_beginning() -> None:
    known = readings([60] * 5 + [110] * 5, start=-15)

    assert of(known).lows == (
        Episode(start=at(-15), end=at(10), mgdl=60, is_urgent=False),
    )
    assert of(known, start=10).lows == ()


def test_a_low_that_goes_on_ends_with_what_is_known() -> None:
    assert of(readings([60] * 4), end=18).lows == (
        Episode(start=at(0), end=at(18), mgdl=60, is_urgent=False),
    )


@given(
    st.lists(st.integers(39, 401), max_size=50),
    st.lists(st.floats(0.5, 90), min_size=50, max_size=50),
)
def test_shares_are_all_the_time_that_is_known(
    values: list[int], gaps: list[float]
) -> None:
    known: list[Reading] = []
    minutes = 0.0
    for value, gap in zip(values, gaps, strict=False):
        known.append(Reading(at=at(minutes), mgdl=value))
        minutes += gap

    found = of(known, end=600)

    assert 0 <= found.active <= 100
    inside = [reading.mgdl for reading in known if reading.at < at(600)]
    assert found.count == len(inside)
    if inside:
        assert sum(share or 0 for share in shares(found)) == pytest.approx(100)
        assert found.mean is not None
        assert min(inside) - 1e-6 <= found.mean <= max(inside) + 1e-6
    for episode in (*found.lows, *found.highs):
        assert episode.end - episode.start >= 14 * MINUTE
