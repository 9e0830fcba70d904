"""When what is told: sequences of readings and what comes of them."""

from datetime import timedelta

import pytest

from custom_components.glucose_follow.cgm.alarm_levels import (
    DEFAULTS,
    AlarmEvent,
    AlarmKind,
    AlarmSettings,
    Level,
    LevelSettings,
)
from custom_components.glucose_follow.cgm.models import Thresholds
from custom_components.glucose_follow.cgm.timeline import Timeline

from .alarm_support import (
    FALLING_FAST,
    HIGH,
    HIGHS,
    LOW,
    LOWS,
    SIGNAL_LOST,
    URGENT_HIGH,
    URGENT_LOW,
    Night,
    at,
    on,
    reading,
    wanted,
)


@pytest.mark.parametrize(
    ("levels", "values", "lines"),
    [
        # Urgent ones at their first reading.
        ({URGENT_LOW: on()}, [100, 55], ["5 raised urgent_low"]),
        ({URGENT_LOW: on()}, [100, 39], ["5 raised urgent_low"]),
        ({URGENT_HIGH: on()}, [100, 250], ["5 raised urgent_high"]),
        ({URGENT_HIGH: on()}, [100, 401], ["5 raised urgent_high"]),
        # The others at their second.
        ({LOW: on()}, [100, 69, 68], ["10 raised low"]),
        ({LOW: on()}, [100, 69, 50], ["10 raised low"]),
        ({LOW: on()}, [100, 50, 50], ["10 raised low"]),
        ({HIGH: on()}, [100, 181, 181], ["10 raised high"]),
        ({HIGH: on()}, [100, 181, None, None], []),
        ({HIGH: on()}, [100, 181, 150, 181], []),
        # One that has nearly gone back confirms nothing.
        ({LOW: on()}, [100, 69, 72, 74], []),
        ({LOW: on()}, [100, 69, 72, 69], ["15 raised low"]),
        ({HIGH: on()}, [100, 181, 178, 177], []),
        # Nothing that is switched off, and nothing while all is well.
        ({}, [100, 50, 50, 300, 300, 100], []),
        (LOWS | HIGHS, [100, 70, 180, 75, 175, 100], []),
        # Over only when clearly back.
        (
            {LOW: on()},
            [100, 69, 68, 74, 75, 100],
            ["10 raised low", "20 cleared low"],
        ),
        (
            {URGENT_LOW: on()},
            [100, 55, 60, 61],
            ["5 raised urgent_low", "15 cleared urgent_low"],
        ),
        (
            {URGENT_HIGH: on()},
            [100, 250, 245, 244],
            ["5 raised urgent_high", "15 cleared urgent_high"],
        ),
        # Around a threshold it is one low.
        (
            {LOW: on()},
            [100, 69, 68, 71, 69, 72, 68, 75],
            ["10 raised low", "35 cleared low"],
        ),
        # And afterwards another.
        (
            {LOW: on()},
            [69, 69, 80, 69, 69],
            ["5 raised low", "10 cleared low", "20 raised low"],
        ),
        # What ended before it was told is not cleared either.
        ({LOW: on()}, [100, 69, 80], []),
        # Worse is told at once; that it eases is no end of it.
        (
            LOWS,
            [100, 69, 68, 54, 65, 80],
            [
                "10 raised low",
                "15 raised urgent_low",
                "20 cleared urgent_low",
                "25 cleared low",
            ],
        ),
        (
            LOWS,
            [100, 54, 54, 65, 66, 80],
            [
                "5 raised urgent_low",
                "15 cleared urgent_low",
                "15 raised low",
                "25 cleared low",
            ],
        ),
        (
            HIGHS,
            [100, 190, 190, 260, 230, 100],
            [
                "10 raised high",
                "15 raised urgent_high",
                "20 cleared urgent_high",
                "25 cleared high",
            ],
        ),
    ],
)
def test_what_is_told_of_glucose(
    levels: dict[Level, LevelSettings], values: list[int | None], lines: list[str]
) -> None:
    night = Night(settings=wanted(levels))

    night.live(values)

    assert night.lines == lines


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([100, 69, None, None], ["12 raised low"]),
        ([100, 69, None, 68], ["12 raised low"]),
        # What has gone back meanwhile is not.
        ([100, 69, 75, None], []),
        ([100, 69, 73, None], []),
    ],
)
def test_a_low_waits_seven_minutes_for_its_second_reading(
    values: list[int | None], lines: list[str]
) -> None:
    night = Night(settings=wanted({LOW: on()}))

    night.live(values)

    assert night.lines == lines


def test_a_one_minute_sensor_confirms_within_a_minute() -> None:
    night = Night(settings=wanted(LOWS | HIGHS))

    night.live([100, 69, 68, 67], every=1)

    assert night.lines == ["2 raised low"]


def test_a_low_that_arrives_late_does_not_wait_again() -> None:
    """Seven minutes count from the reading, not from when it was known."""
    night = Night(settings=wanted({LOW: on()}))
    night.live([100])
    night.now = at(13)

    night.receive(reading(5, 69))

    assert night.lines == ["13 raised low"]


def test_a_stamp_ahead_of_the_clock_does_not_delay_an_alarm() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=5), LOW: on()}))

    night.receive(reading(8, 50))
    night.wait_until(at(2))
    night.receive(reading(9, 50))
    night.wait_until(at(8))

    assert night.lines == ["0 raised urgent_low", "5 repeated urgent_low"]


def test_a_stamp_ahead_of_the_clock_does_not_delay_what_is_fast() -> None:
    night = Night(settings=wanted({FALLING_FAST: on()}))

    night.receive(reading(-2, 240), reading(3, 228), reading(8, 216))
    night.wait_until(at(8))

    assert night.lines == ["0 raised falling_fast"]


def test_a_stamp_ahead_of_the_clock_does_not_raise_an_alarm_again() -> None:
    night = Night(settings=wanted({URGENT_LOW: on()}))
    night.timeline.merge([reading(-5, 100)], at(0))

    night.receive(reading(8, 50))
    night.receive(reading(3, 50))

    assert night.lines == ["0 raised urgent_low"]


@pytest.mark.parametrize(
    ("levels", "values", "lines"),
    [
        (
            {HIGH: on(persistence=30)},
            [190] * 8,
            ["30 raised high"],
        ),
        # Held by what nearly went back, too.
        ({HIGH: on(persistence=12)}, [190, 190, 178, 178], ["12 raised high"]),
        ({HIGH: on(persistence=30)}, [190, 190, 190, 170, 190, 190], []),
        ({URGENT_LOW: on(persistence=3)}, [50, 50], ["3 raised urgent_low"]),
        (
            {LOW: on(persistence=10)},
            [69, 69, 69, 80],
            ["10 raised low", "15 cleared low"],
        ),
    ],
)
def test_persistence_is_judged_by_time(
    levels: dict[Level, LevelSettings], values: list[int | None], lines: list[str]
) -> None:
    night = Night(settings=wanted(levels))

    night.live(values)

    assert night.lines == lines


def test_an_alarm_is_repeated_while_it_is_so() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=7)}))

    night.live([50] * 4 + [100])

    assert night.lines == [
        "0 raised urgent_low",
        "7 repeated urgent_low",
        "14 repeated urgent_low",
        "20 cleared urgent_low",
    ]


def test_a_worse_alarm_counts_as_told_of_what_it_includes() -> None:
    """A phone that rang for 50 need not ring at once because it is 65 again."""
    night = Night(settings=wanted({URGENT_LOW: on(repeat=5), LOW: on(repeat=15)}))

    night.live([69, 69, 50, 50, 65, 65, 65, 65, 80])

    assert night.lines == [
        "5 raised low",
        "10 raised urgent_low",
        "15 repeated urgent_low",
        "20 cleared urgent_low",
        "30 repeated low",
        "40 cleared low",
    ]


def test_the_lesser_alarm_is_silent_while_the_worse_one_speaks() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(), LOW: on(repeat=5)}))

    night.live([69, 69, 50, 50, 50, 65, 65])

    assert night.lines == [
        "5 raised low",
        "10 raised urgent_low",
        "25 cleared urgent_low",
        "25 repeated low",
        "30 repeated low",
    ]


def test_a_worse_level_that_is_switched_off_silences_nothing() -> None:
    night = Night(settings=wanted({LOW: on(repeat=5)}))

    night.live([50, 50, 50])

    assert night.lines == ["5 raised low", "10 repeated low"]


def test_a_worse_level_that_is_not_told_yet_silences_nothing() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(persistence=30), LOW: on()}))

    night.live([50, 50])

    assert night.lines == ["5 raised low"]


def test_several_alarms_are_told_most_important_first() -> None:
    night = Night(settings=wanted({HIGH: on(), FALLING_FAST: on()}))
    night.timeline.merge([reading(-10, 240), reading(-5, 225)], at(0))

    night.receive(reading(0, 210))

    assert night.lines == ["0 raised high", "0 raised falling_fast"]


def test_an_event_says_what_people_ask_first() -> None:
    night = Night(settings=wanted({LOW: on(), SIGNAL_LOST: on()}))

    night.live([66, 65, 80, *[None] * 4, 90])

    assert [event for _, event in night.told] == [
        AlarmEvent(kind=AlarmKind.RAISED, level=LOW, mgdl=65, minutes=5),
        AlarmEvent(kind=AlarmKind.CLEARED, level=LOW, mgdl=80, minutes=10),
        AlarmEvent(kind=AlarmKind.RAISED, level=SIGNAL_LOST, minutes=15),
        AlarmEvent(kind=AlarmKind.CLEARED, level=SIGNAL_LOST, mgdl=90, minutes=10),
    ]


@pytest.mark.parametrize(("mgdl", "level"), [(39, URGENT_LOW), (401, URGENT_HIGH)])
def test_beyond_the_sensor_is_said_to_be_no_measurement(
    mgdl: int, level: Level
) -> None:
    night = Night(settings=wanted({URGENT_LOW: on(), URGENT_HIGH: on()}))

    night.receive(reading(0, mgdl))

    assert [event for _, event in night.told] == [
        AlarmEvent(
            kind=AlarmKind.RAISED,
            level=level,
            mgdl=mgdl,
            is_out_of_range=True,
            minutes=0,
        )
    ]


def test_an_alarm_that_is_switched_off_is_cleared() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([65, 65, 65])

    night.settings = wanted()
    night.look()
    night.settings = wanted({LOW: on()})
    night.look()

    assert night.lines == ["5 raised low", "15 cleared low", "15 raised low"]


def test_other_thresholds_are_judged_at_once() -> None:
    night = Night(settings=wanted({LOW: on()}))
    night.live([75, 75])

    night.thresholds = Thresholds(low=80)
    night.look()
    night.thresholds = Thresholds(low=65)
    night.look()

    assert night.lines == ["10 raised low", "10 cleared low"]


def test_a_clock_that_was_ahead_silences_nothing() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=5)}), now=at(3000))
    night.receive(reading(3000, 50))
    night.snooze(SIGNAL_LOST, 120)
    night.snooze(URGENT_LOW, 5)
    night.timeline, night.now = Timeline(), at(0)

    night.look()
    quiet = dict(night.state.snoozed)
    night.live([50] * 8)

    assert quiet[SIGNAL_LOST] == at(120)
    assert quiet[URGENT_LOW] == at(30)
    assert night.lines[3:] == [
        "0 raised signal_lost",
        "0 cleared signal_lost",
        "30 repeated urgent_low",
        "35 repeated urgent_low",
    ]


def test_a_signal_that_was_lost_in_the_future_is_told_all_the_same() -> None:
    night = Night(settings=wanted({SIGNAL_LOST: on(persistence=15)}), now=at(3000))
    night.look()
    night.now = at(0)

    night.look()
    night.wait_until(at(60))

    assert night.lines == ["15 raised signal_lost"]


def test_nothing_is_told_twice_however_often_one_looks() -> None:
    night = Night(settings=wanted({**LOWS, SIGNAL_LOST: on()}))
    night.live([65, 65, 50])
    lines = night.lines

    for _ in range(5):
        night.look()

    assert night.lines == lines


def test_every_level_has_settings_and_lows_are_on() -> None:
    assert set(DEFAULTS) == set(Level) == set(AlarmSettings().levels)
    assert {level for level, usual in DEFAULTS.items() if usual.is_on} == {
        URGENT_LOW,
        LOW,
        URGENT_HIGH,
        SIGNAL_LOST,
    }
    assert DEFAULTS[URGENT_LOW].persistence == timedelta()
