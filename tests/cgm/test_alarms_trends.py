"""Alarms of what is expected, of fast changes, and new sensors."""

from dataclasses import replace

from custom_components.glucose_follow.cgm.alarms import step
from custom_components.glucose_follow.cgm.models import Treatment, TreatmentKind

from .alarm_support import (
    FALLING_FAST,
    HIGHS,
    LOW,
    LOW_SOON,
    LOWS,
    RISING_FAST,
    SIGNAL_LOST,
    Night,
    at,
    on,
    wanted,
)


def test_a_low_that_is_near_is_told_and_then_the_low() -> None:
    night = Night(settings=wanted({LOW: on(), LOW_SOON: on(), FALLING_FAST: on()}))

    night.live([140, 132, 124, 116, 104, 92, 80, 69, 66, 80, 90, 100])

    assert night.lines == [
        "25 raised falling_fast",
        "30 raised low_soon",
        "40 raised low",
        "45 cleared low",
        "45 cleared low_soon",
        "45 cleared falling_fast",
    ]


def test_a_low_that_has_come_is_not_told_as_near() -> None:
    night = Night(settings=wanted({LOW: on(), LOW_SOON: on()}))

    night.live([100, 100, 100, 100, 69])

    assert night.lines == []


def test_a_fast_fall_is_told_until_it_is_slow() -> None:
    night = Night(settings=wanted({FALLING_FAST: on(), RISING_FAST: on()}))

    night.live([300, 288, 276, 264, 264, 264, 264])

    assert night.lines == ["10 raised falling_fast", "25 cleared falling_fast"]


def test_what_is_not_known_after_a_gap_is_not_over() -> None:
    night = Night(settings=wanted({FALLING_FAST: on(repeat=5)}))

    night.live([300, 288, 276, None, None, None, 260, 250, 248, 246])

    assert night.lines == [
        "10 raised falling_fast",
        "15 repeated falling_fast",
        "20 repeated falling_fast",
        "40 cleared falling_fast",
    ]


def started(minutes: float) -> Treatment:
    """Return a sensor that was started some minutes after midnight."""
    return Treatment(at=at(minutes), id="sensor", kind=TreatmentKind.SENSOR_START)


def test_a_new_sensor_is_quiet_for_two_and_a_half_hours_but_for_lows() -> None:
    night = Night(
        settings=wanted({**LOWS, **HIGHS, SIGNAL_LOST: on(repeat=10)}),
        treatments=(started(0),),
    )

    night.live([200, 200, 260, 200, 65, 65, 50, 100, *[None] * 22, 200, 200, 200])

    assert night.lines == [
        "10 raised urgent_high",
        "15 cleared urgent_high",
        "25 raised low",
        "30 raised urgent_low",
        "35 cleared urgent_low",
        "35 cleared low",
        "155 raised high",
    ]


def test_a_low_before_a_new_sensor_is_not_forgotten() -> None:
    night = Night(
        settings=wanted({LOW: on(), SIGNAL_LOST: on(repeat=10)}),
        treatments=(started(7),),
    )

    night.live([65, 65, *[None] * 5])

    assert night.lines == [
        "5 raised low",
        "20 raised signal_lost",
        "30 repeated signal_lost",
    ]


def test_a_sensor_that_was_replaced_may_stay_silent_no_longer() -> None:
    night = Night(
        settings=wanted({SIGNAL_LOST: on()}), treatments=(started(-60), started(400))
    )

    night.live([100, *[None] * 20])

    assert night.lines == ["90 raised signal_lost"]


def test_the_newest_sensor_is_the_one_that_warms_up() -> None:
    night = Night(
        settings=wanted({SIGNAL_LOST: on()}), treatments=(started(-100), started(0))
    )

    night.live([100, *[None] * 31])

    assert night.lines == ["150 raised signal_lost"]


def test_a_loop_may_report_the_new_sensor() -> None:
    night = Night(settings=wanted({SIGNAL_LOST: on()}))
    night.live([100])
    night.now = at(30)
    data = night.data
    told = replace(data, status=replace(data.status, sensor_started=at(2)))

    quiet = step(night.state, told, night.settings, at(30))
    loud = step(night.state, told, night.settings, at(152))

    assert quiet.events == ()
    assert quiet.next_at == at(152)
    assert [event.level for event in loud.events] == [SIGNAL_LOST]
