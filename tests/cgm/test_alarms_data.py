"""What alarms make of data that are old, late or corrected."""

from dataclasses import replace
from datetime import time

import pytest

from custom_components.glucose_follow.cgm.alarm_levels import Level, Window
from custom_components.glucose_follow.cgm.alarms import step
from custom_components.glucose_follow.cgm.models import SensorFault, SensorStatus
from custom_components.glucose_follow.cgm.timeline import Timeline

from .alarm_support import (
    HIGH,
    HIGHS,
    LOW,
    LOWS,
    MINUTE,
    SIGNAL_LOST,
    URGENT_LOW,
    Night,
    at,
    on,
    reading,
    wanted,
)


def test_going_stale_clears_nothing_and_repeats_nothing() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=5)}))

    night.live([50, *[None] * 12])

    assert night.lines == [
        "0 raised urgent_low",
        "5 repeated urgent_low",
        "10 repeated urgent_low",
        "15 raised signal_lost",
    ]
    assert night.state.active == [URGENT_LOW, SIGNAL_LOST]


@pytest.mark.parametrize("is_on", [True, False])
def test_a_signal_lost_during_a_low_is_told_whatever_was_silenced(
    is_on: bool,
) -> None:
    lost = replace(on(persistence=60, repeat=20), is_on=is_on)
    night = Night(settings=wanted({LOW: on(), SIGNAL_LOST: lost}))
    night.live([65, 65])
    night.snooze(SIGNAL_LOST, 60)
    night.snooze(LOW, 60)

    night.live([None] * 17)

    repeated = ["70 repeated signal_lost", "90 repeated signal_lost"]
    assert night.lines == [
        "5 raised low",
        "10 snoozed signal_lost",
        "10 snoozed low",
        "20 raised signal_lost",
        *(repeated if is_on else []),
    ]


def test_a_signal_lost_during_a_low_is_told_at_any_hour() -> None:
    by_day = replace(on(), window=Window(start=time(7), end=time(22)))
    night = Night(settings=wanted({LOW: on(repeat=20), SIGNAL_LOST: by_day}))

    night.live([65, 65, *[None] * 12])

    assert night.lines == [
        "5 raised low",
        "20 raised signal_lost",
        "40 repeated signal_lost",
        "60 repeated signal_lost",
    ]


def test_a_low_without_readings_is_told_as_often_as_before() -> None:
    night = Night(
        settings=wanted(
            {URGENT_LOW: on(repeat=5), LOW: on(), SIGNAL_LOST: on(repeat=30)}
        )
    )

    night.live([50, *[None] * 4, 100, *[None] * 10])

    assert night.lines == [
        "0 raised urgent_low",
        "5 repeated urgent_low",
        "10 repeated urgent_low",
        "15 raised signal_lost",
        "20 repeated signal_lost",
        "25 cleared urgent_low",
        "25 cleared signal_lost",
        "40 raised signal_lost",
        "70 repeated signal_lost",
    ]
    assert [event.is_during_low for _, event in night.told] == [
        *[False] * 3,
        *[True] * 2,
        *[False] * 4,
    ]


def test_a_low_without_readings_is_told_again_if_only_the_low_repeats() -> None:
    night = Night(settings=wanted({LOW: on(repeat=10), SIGNAL_LOST: on()}))

    night.live([65, *[None] * 5])

    assert night.lines == [
        "7 raised low",
        "15 raised signal_lost",
        "25 repeated signal_lost",
    ]


def test_a_low_that_was_not_told_yet_is_a_low_too() -> None:
    night = Night(settings=wanted({LOW: on(persistence=30)}))

    night.live([65, *[None] * 5])

    assert night.lines == ["15 raised signal_lost"]


def test_a_low_in_hours_in_which_lows_are_not_wanted_is_none() -> None:
    nightly = replace(on(), window=Window(start=time(22), end=time(6)))
    night = Night(settings=wanted({LOW: nightly}), now=at(600))

    night.live([65, 65, *[None] * 5])

    assert night.lines == []


def test_the_signal_returns_and_the_low_goes_on() -> None:
    night = Night(settings=wanted({LOW: on(repeat=30)}))

    night.live([65, 65, *[None] * 5, 66, 80])

    assert night.lines == [
        "5 raised low",
        "20 raised signal_lost",
        "35 cleared signal_lost",
        "35 repeated low",
        "40 cleared low",
    ]


def test_a_lost_signal_is_told_after_its_persistence_and_repeated() -> None:
    night = Night(settings=wanted({SIGNAL_LOST: on(persistence=15, repeat=30)}))

    night.live([100, *[None] * 13, 100])

    assert night.lines == [
        "30 raised signal_lost",
        "60 repeated signal_lost",
        "70 cleared signal_lost",
    ]


def test_a_short_loss_is_not_told() -> None:
    night = Night(settings=wanted({SIGNAL_LOST: on(persistence=15)}))

    night.live([100, *[None] * 4, 100])

    assert night.lines == []


def test_a_source_that_never_had_a_reading_is_a_lost_signal() -> None:
    night = Night(settings=wanted({SIGNAL_LOST: on(persistence=15)}))

    night.live([None] * 4)

    assert night.lines == ["15 raised signal_lost"]
    assert night.told[0][1].minutes == 15


def test_a_signal_that_nobody_wants_to_hear_of_ends_with_the_low() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([65, 65, None, None, None])

    night.settings = wanted()
    night.look()

    assert night.lines[-2:] == ["25 cleared low", "25 cleared signal_lost"]
    assert night.state.active == []


def test_no_alarm_uses_what_may_still_be_shown() -> None:
    """A person can have readings shown for 20 minutes; alarms end at 15."""
    night = Night(settings=wanted({URGENT_LOW: on(repeat=7)}), stale_after=20 * MINUTE)

    night.live([50, *[None] * 5])

    assert night.lines == [
        "0 raised urgent_low",
        "7 repeated urgent_low",
        "14 repeated urgent_low",
        "20 raised signal_lost",
    ]


def test_a_quarter_of_an_hour_is_too_old_for_an_alarm() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=15)}), stale_after=20 * MINUTE)

    night.live([50, *[None] * 5])

    assert night.lines == ["0 raised urgent_low", "20 raised signal_lost"]


def test_a_clock_that_goes_back_makes_no_loss_shorter_than_nothing() -> None:
    night = Night(settings=wanted({SIGNAL_LOST: on()}))
    night.live([100])
    night.now = at(30)
    data = night.data

    (event,) = step(night.state, data, night.settings, at(-5)).events

    assert (event.level, event.minutes) == (SIGNAL_LOST, 0)


def test_a_reading_is_as_old_as_when_it_was_first_seen() -> None:
    """A phone whose clock is ahead makes nothing younger."""
    night = Night(settings=wanted({URGENT_LOW: on(repeat=4)}), stale_after=20 * MINUTE)
    night.receive(reading(9, 50))

    night.wait_until(at(19))

    assert night.lines[-1] == "12 repeated urgent_low"


def test_an_old_reading_raises_nothing() -> None:
    night = Night(settings=wanted(LOWS), now=at(60))

    night.receive(reading(40, 50), reading(45, 50))
    night.wait_until(at(120))

    assert night.lines == []


def test_a_sensor_error_is_no_end_of_a_low() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=3)}))
    night.live([50])
    fault = SensorFault(at=at(5), status=SensorStatus.SENSOR_ERROR)

    night.receive(fault)
    night.live([None] * 3)

    assert night.lines == [
        "0 raised urgent_low",
        "3 repeated urgent_low",
        "15 raised signal_lost",
    ]


def test_a_batch_is_judged_once_by_its_newest_reading() -> None:
    night = Night(settings=wanted(LOWS | HIGHS))
    night.live([100])
    night.wait_until(at(60))

    night.receive(*(reading(5 * n, value) for n, value in enumerate([100, 50, 300])))
    night.receive(*(reading(30 + 5 * n, 68) for n in range(6)), reading(60, 67))

    assert night.lines == ["60 raised low"]


def test_what_fills_a_gap_raises_nothing() -> None:
    night = Night(settings=wanted(LOWS | HIGHS))
    night.live([100])
    night.wait_until(at(60))
    night.receive(reading(60, 73))

    night.receive(*(reading(5 * n, 60) for n in range(1, 12)))

    assert night.lines == []


def test_persistence_counts_what_a_batch_tells() -> None:
    night = Night(settings=wanted({HIGH: on(persistence=30)}), now=at(60))

    night.receive(*(reading(20 + 5 * n, 200) for n in range(9)))

    assert night.lines == ["60 raised high"]
    assert night.told[0][1].minutes == 40


def test_a_low_that_began_and_ended_unseen_does_not_hide_the_next() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([65, 65])
    night.now = at(60)

    night.receive(
        *(reading(10 + 5 * n, 110) for n in range(8)),
        reading(50, 66),
        reading(55, 66),
        reading(60, 66),
    )

    assert night.lines == ["5 raised low", "60 cleared low", "60 raised low"]


def test_a_new_low_that_has_nearly_gone_back_again_is_not_raised() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([65, 65])
    night.now = at(60)

    night.receive(
        *(reading(10 + 5 * n, 110) for n in range(8)), reading(50, 66), reading(60, 73)
    )

    assert night.lines == ["5 raised low", "60 cleared low"]


def test_a_filled_gap_does_not_tell_a_low_twice() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([65, 65])
    night.now = at(50)
    night.receive(reading(45, 66), reading(50, 66))
    lines = night.lines
    night.now = at(51)

    night.receive(*(reading(10 + 5 * n, 66) for n in range(7)))

    assert night.lines == lines


def test_a_corrected_reading_does_not_tell_a_low_twice() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([65, 65])

    night.receive(reading(0, 100))

    assert night.lines == ["5 raised low"]


def test_a_low_that_began_earlier_than_known_has_lasted_longer() -> None:
    night = Night(settings=wanted({LOW: on(persistence=30)}), now=at(30))
    night.receive(reading(25, 66), reading(30, 66))

    night.receive(*(reading(5 * n, 66) for n in range(5)))

    assert night.lines == ["30 raised low"]


def test_a_day_of_highs_is_one() -> None:
    """Older readings are forgotten; that does not begin it anew."""
    night = Night(settings=wanted({HIGH: on()}))

    night.live([200] * 320)

    assert night.lines == ["5 raised high"]


@pytest.mark.parametrize("level", [LOW, HIGH])
def test_what_was_not_confirmed_before_a_restart_waits_for_readings(
    level: Level,
) -> None:
    """The source may not answer at once, and nothing is known until it does."""
    night = Night(settings=wanted(LOWS | HIGHS))
    night.receive(reading(0, {LOW: 65, HIGH: 200}[level]))
    readings, newest = night.timeline.readings, night.timeline.newest_at
    night.timeline = Timeline(newest, night.timeline.newest_seen)

    night.wait_until(at(6))
    night.look()

    assert night.lines == []
    night.receive(*readings, reading(6, {LOW: 64, HIGH: 201}[level]))
    assert night.lines == [f"6 raised {level}"]
