"""The next half hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.forecast import (
    Outlook,
    Own,
    in_half_an_hour,
    outlook,
    own_forecast,
)
from custom_components.glucose_follow.cgm.models import (
    Forecast,
    Reading,
    ReadingKind,
    Reported,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def readings(values: Sequence[int], every: float = 5) -> list[Reading]:
    """Return readings of which the newest is at noon."""
    start = NOON - every * MINUTE * (len(values) - 1)
    return [
        Reading(at=start + every * MINUTE * number, mgdl=value)
        for number, value in enumerate(values)
    ]


def expected(
    known: Sequence[Reading],
    *,
    loops: Reported[Forecast] | None = None,
    breaks: Sequence[datetime] = (),
    after: float = 0,
) -> Outlook:
    """Return what is expected some minutes after noon."""
    own = Own(known, breaks, 70)
    return outlook(own, loops=loops, now=NOON + after * MINUTE)


def loop(
    values: Sequence[float], *, ago: float = 2, start: float = -2, every: float = 5
) -> Reported[Forecast]:
    """Return what a loop said some minutes ago."""
    forecast = Forecast(
        start=NOON + start * MINUTE,
        period=every * MINUTE,
        mgdl=tuple(values),
        lowest=tuple(value - 10 for value in values),
        highest=tuple(value + 10 for value in values),
    )
    return Reported(forecast, NOON - ago * MINUTE)


def test_the_model_is_nightscouts() -> None:
    """By hand: x = ln(100/140), before ln(105/140); 1.716 x - 0.723 before."""
    forecast = own_forecast(readings([115, 110, 105, 100]))

    assert forecast is not None
    assert forecast.start == NOON
    assert forecast.period == 5 * MINUTE
    assert forecast.mgdl == pytest.approx(
        [100, 96.76, 94.73, 93.54, 92.96, 92.80, 92.96], abs=0.01
    )


def test_steady_glucose_stays_about_where_it_is() -> None:
    forecast = own_forecast(readings([140] * 4))

    assert forecast is not None
    assert forecast.mgdl == (140,) * 7


def test_the_band_is_what_errors_are() -> None:
    forecast = own_forecast(readings([140] * 4))

    assert forecast is not None
    # 40 mg/dL to either side after half an hour, none at the reading itself.
    assert forecast.lowest == pytest.approx(
        [140, 129.0, 121.9, 115.8, 110.2, 105.0, 100.1], abs=0.1
    )
    assert forecast.highest[0] == 140
    assert forecast.highest[-1] == pytest.approx(179.9, abs=0.1)


def test_a_one_minute_sensor_leads_to_the_same_place() -> None:
    every_five = own_forecast(readings([130, 120, 110, 100]))
    every_one = own_forecast(readings([100 + 2 * n for n in range(20, -1, -1)], 1))

    assert every_five is not None
    assert every_one is not None
    assert every_one.mgdl == pytest.approx(every_five.mgdl)


def test_noise_of_a_one_minute_sensor_is_not_a_fall() -> None:
    noisy = readings([100, 101] * 8 + [100, 97], 1)

    assert expected(noisy).is_low_soon is False


def test_a_lost_reading_is_bridged() -> None:
    known = readings([120, 115, 110, 105, 100])
    del known[-2]

    forecast = own_forecast(known)

    assert forecast is not None
    assert forecast.mgdl[1] == pytest.approx(96.76, abs=0.01)


@pytest.mark.parametrize(
    "known",
    [
        readings([90]),
        readings([90, 80]),
        # Two lost readings are a gap.
        [readings([100] * 4)[0], *readings([80])],
        [*readings([100, 95, 90, 85, 80])[:2], *readings([80])],
        # The limit of a sensor is not a measurement.
        [
            *readings([100, 90, 80])[:-1],
            Reading(at=NOON, mgdl=401, kind=ReadingKind.HIGH),
        ],
    ],
)
def test_nothing_is_said_on_thin_data(known: list[Reading]) -> None:
    assert own_forecast(known) is None
    assert expected(known) == Outlook()


def test_nothing_is_said_across_a_new_sensor() -> None:
    known = readings([110, 100, 90, 80])

    assert expected(known, breaks=[NOON - 7 * MINUTE]) == Outlook()


def test_a_low_that_is_near_is_announced() -> None:
    found = expected(readings([120, 108, 96, 84]))

    assert found.is_low_soon is True
    assert found.low_in == 14
    assert found.forecast == own_forecast(readings([120, 108, 96, 84]))


def test_minutes_are_counted_from_the_present() -> None:
    known = readings([120, 108, 96, 84])

    assert expected(known, after=4).low_in == 10
    assert expected(known, after=14.5).low_in == 0


def test_a_low_that_is_far_is_not() -> None:
    found = expected(readings([112, 108, 104, 100]))

    assert found.is_low_soon is False
    assert found.low_in is None


def test_a_low_is_low_soon_too() -> None:
    """Who waits for it to be over must not hear "over" because it has come."""
    found = expected(readings([90, 82, 74, 69]))

    assert found.is_low_soon is True
    assert found.low_in == 0


def test_a_low_needs_no_forecast() -> None:
    assert expected(readings([69])) == Outlook(is_low_soon=True, low_in=0)


def test_what_was_expected_ends_when_it_is_clear() -> None:
    falling = [96, 88, 80]

    assert expected(readings([*falling, 74])).is_low_soon is True
    # Forecasts of 70 to 75 end nothing, and begin nothing.
    assert expected(readings([*falling, 76, 74, 74])).is_low_soon is True
    assert expected(readings([*falling, 76, 74, 74])).low_in is None
    assert expected(readings([72] * 6)).is_low_soon is False
    assert expected(readings([*falling, 80, 82, 84])).is_low_soon is False


def test_what_did_not_come_in_half_an_hour_is_not_expected_any_more() -> None:
    falling = [96, 88, 80, 74]

    assert expected(readings([*falling, *[74] * 5])).is_low_soon is True
    assert expected(readings([*falling, *[74] * 9])).is_low_soon is False


def test_the_loops_own_forecast_is_preferred() -> None:
    rising = readings([100, 105, 110, 115])

    found = expected(rising, loops=loop([110, 100, 90, 80, 69, 60, 55, 50, 45, 40]))

    assert found.is_low_soon is True
    # 80 at 13 minutes, 69 at 18.
    assert found.low_in == 18
    assert found.forecast is not None
    assert found.forecast.start == NOON - 2 * MINUTE
    assert list(found.forecast.mgdl) == [110, 100, 90, 80, 69, 60, 55]
    assert list(found.forecast.lowest) == [100, 90, 80, 70, 59, 50, 45]
    assert found.forecast.highest[0] == 120


def test_the_loop_can_know_better_that_no_low_comes() -> None:
    falling = readings([120, 108, 96, 84])

    assert expected(falling, loops=loop([84, 80, 78, 80, 90, 95])).is_low_soon is False


def test_a_loop_that_missed_a_run_is_not_asked() -> None:
    falling = readings([120, 108, 96, 84])
    old = loop([84, 80, 78, 80, 90, 95], ago=10, start=-10)

    assert expected(falling, loops=old).is_low_soon is True


def test_only_the_next_twenty_minutes_of_the_loop_count() -> None:
    steady = readings([100] * 4)

    late = loop([100, 100, 100, 100, 100, 60, 60], start=0)
    soon = loop([100, 100, 100, 100, 60, 60, 60], start=0)

    assert expected(steady, loops=late).is_low_soon is False
    assert expected(steady, loops=late).low_in is None
    assert expected(steady, loops=soon).is_low_soon is True


def test_the_loop_may_see_a_low_that_readings_have_not_reached() -> None:
    found = expected(readings([75] * 4), loops=loop([68, 66, 64, 62]))

    assert found.is_low_soon is True
    assert found.low_in == 0


@pytest.mark.parametrize(
    "useless",
    [
        loop([]),
        # Over before the newest reading.
        loop([100, 60], start=-30),
        # About another time.
        loop([100, 60], start=25),
        loop([100, 90, 80, 70, 60], start=45),
    ],
)
def test_a_loops_forecast_of_another_time_is_not_used(
    useless: Reported[Forecast],
) -> None:
    steady = readings([100] * 4)

    assert expected(steady, loops=useless).forecast == own_forecast(steady)


def test_the_loop_is_asked_on_thin_data_too() -> None:
    """It knows what we do not."""
    found = expected(readings([80]), loops=loop([80, 70, 60]))

    assert found.is_low_soon is True


def test_a_loops_forecast_may_be_short() -> None:
    found = expected(readings([100] * 4), loops=loop([100, 90]))

    assert found.is_low_soon is False
    assert found.low_in is None


def test_the_value_in_half_an_hour_is_the_last_if_it_is_that_far_ahead() -> None:
    def value(number: int) -> float | None:
        told = loop([100.0 + 5 * n for n in range(number)], start=0)
        return in_half_an_hour(told.value)

    assert [value(number) for number in (5, 6, 7)] == [None, 125, 130]


@given(
    st.lists(st.integers(39, 600), min_size=1, max_size=30),
    st.sampled_from([1.0, 5.0]),
)
def test_any_readings_have_an_outlook(values: list[int], every: float) -> None:
    known = readings(values, every)

    found = expected(known)

    if values[-1] < 70:
        assert found.is_low_soon is True
    if found.low_in is not None:
        assert 0 <= found.low_in <= 20
        assert found.is_low_soon is True
    if found.forecast is not None:
        assert len(found.forecast.mgdl) == 7
        assert all(36 <= value <= 400 for value in found.forecast.mgdl[1:])
