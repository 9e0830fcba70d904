"""When whom is told what: sequences of readings and what comes of them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.glucose_follow.cgm.alarm_levels import (
    DEFAULTS,
    AlarmEvent,
    AlarmKind,
    AlarmSettings,
    Level,
    LevelSettings,
    Window,
)
from custom_components.glucose_follow.cgm.alarms import step
from custom_components.glucose_follow.cgm.models import (
    SensorFault,
    SensorStatus,
    Thresholds,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.timeline import Timeline

from .alarm_support import MIDNIGHT, MINUTE, Night, at, on, reading, wanted

URGENT_LOW, LOW, LOW_SOON = Level.URGENT_LOW, Level.LOW, Level.LOW_SOON
URGENT_HIGH, HIGH = Level.URGENT_HIGH, Level.HIGH
FALLING_FAST, RISING_FAST = Level.FALLING_FAST, Level.RISING_FAST
SIGNAL_LOST = Level.SIGNAL_LOST

LOWS = {URGENT_LOW: on(), LOW: on()}
HIGHS = {URGENT_HIGH: on(), HIGH: on()}


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
        ({HIGH: on()}, [100, 181], []),
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
    levels: dict[Level, LevelSettings], values: list[int], lines: list[str]
) -> None:
    night = Night(settings=wanted(levels))

    night.live([*values])

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


# Old data.


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


# Batches.


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


# Snoozes.


def test_a_snoozed_alarm_is_told_again_when_the_snooze_ends() -> None:
    night = Night(settings=wanted({LOW: on(repeat=10)}))
    night.live([65, 65])

    night.snooze(LOW, 20)
    night.live([65] * 6)

    assert night.lines == [
        "5 raised low",
        "10 snoozed low",
        "30 repeated low",
    ]


def test_a_worse_level_breaks_through_and_a_fall_back_is_still_quiet() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(), LOW: on(repeat=5)}))
    night.live([65, 65])

    night.snooze(LOW, 60)
    night.live([54, 54, 65, 65, 80, 65, 65])

    assert night.lines == [
        "5 raised low",
        "10 snoozed low",
        "10 raised urgent_low",
        "20 cleared urgent_low",
        "30 cleared low",
    ]


def test_a_snooze_takes_what_is_less_important_with_it() -> None:
    night = Night(settings=wanted({URGENT_LOW: on(repeat=5), LOW: on(repeat=5)}))
    night.live([65, 50])

    night.snooze(URGENT_LOW, 20)
    night.live([65] * 5)

    assert night.lines == [
        "5 raised urgent_low",
        "10 snoozed urgent_low",
        "10 cleared urgent_low",
        "30 raised low",
    ]


@pytest.mark.parametrize(
    ("level", "minutes", "until"),
    [
        (URGENT_LOW, 20, {URGENT_LOW: 20, LOW: 20, LOW_SOON: 20, FALLING_FAST: 20}),
        (URGENT_LOW, 60, {URGENT_LOW: 30, LOW: 30, LOW_SOON: 30, FALLING_FAST: 30}),
        (LOW, 60, {LOW: 60, LOW_SOON: 60, FALLING_FAST: 60}),
        (LOW_SOON, 60, {LOW_SOON: 60, FALLING_FAST: 60}),
        (URGENT_HIGH, 60, {URGENT_HIGH: 60, HIGH: 60, RISING_FAST: 60}),
        (HIGH, 240, {HIGH: 120}),
        (SIGNAL_LOST, 60, {SIGNAL_LOST: 60}),
        (None, 60, {**dict.fromkeys(Level, 60), URGENT_LOW: 30}),
    ],
)
def test_a_snooze_is_as_long_as_it_may_be(
    level: Level | None, minutes: float, until: dict[Level, int]
) -> None:
    night = Night(settings=wanted())

    night.snooze(level, minutes)

    assert night.state.snoozed == {
        level: at(minutes) for level, minutes in until.items()
    }
    assert night.state.snoozed_until == at(max(until.values()))
    assert night.told[0][1] == AlarmEvent(
        kind=AlarmKind.SNOOZED,
        level=level,
        minutes=60 if level is None else until[level],
    )


@pytest.mark.parametrize(
    ("levels", "values", "loud"),
    [
        (
            {HIGH: on()},
            [200, 200],
            {URGENT_LOW, LOW, LOW_SOON, URGENT_HIGH, SIGNAL_LOST},
        ),
        ({LOW: on()}, [65, 65], {URGENT_LOW, SIGNAL_LOST}),
        ({URGENT_LOW: on()}, [50], set()),
        ({URGENT_HIGH: on()}, [260], {URGENT_LOW, LOW, LOW_SOON}),
        # Only what was told is active.
        ({LOW: on()}, [65], set()),
    ],
)
def test_silencing_all_leaves_what_is_worse_than_the_present(
    levels: dict[Level, LevelSettings], values: list[int | None], loud: set[Level]
) -> None:
    night = Night(settings=wanted(levels))
    for number, value in enumerate(values):
        night.now = at(5 * number)
        night.receive(reading(5 * number, value or 0))

    night.snooze(None, 30)

    assert set(Level) - night.state.snoozed.keys() == loud


def test_a_snooze_of_something_worse_does_not_shorten_another() -> None:
    night = Night(settings=wanted())
    night.snooze(LOW, 60)

    night.snooze(URGENT_LOW, 10)
    longer = night.state.snoozed[LOW]
    night.snooze(LOW, 20)

    assert longer == at(60)
    assert night.state.snoozed[LOW] == at(20)


def test_a_snooze_can_be_ended() -> None:
    night = Night(settings=wanted({LOW: on(repeat=5), HIGH: on()}))
    night.live([65, 65])
    night.snooze(LOW, 60)
    night.snooze(HIGH, 60)
    night.live([65])

    night.end_snooze(LOW)

    assert night.lines[-1] == "15 repeated low"
    assert night.state.snoozed.keys() == {HIGH}
    night.end_snooze()
    assert night.state.snoozed_until is None


def test_a_snooze_is_forgotten_when_it_has_ended() -> None:
    night = Night(settings=wanted())

    night.snooze(LOW, 20)
    ends = night.next_at
    night.wait_until(at(21))

    assert ends == at(20)
    assert night.state.snoozed == {}


# Windows.

NIGHTLY = Window(start=time(22), end=time(7))


@pytest.mark.parametrize(
    ("hour", "is_open"),
    [(21.99, False), (22, True), (23.9, True), (0, True), (6.99, True), (7, False)],
)
def test_a_window_may_cross_midnight(hour: float, is_open: bool) -> None:
    assert NIGHTLY.is_open(at(hour * 60), UTC) is is_open
    daily = Window(start=time(7), end=time(22))
    assert daily.is_open(at(hour * 60), UTC) is not is_open


def test_a_window_from_and_until_the_same_is_the_whole_day() -> None:
    always = Window(start=time(7), end=time(7))

    assert all(always.is_open(at(60 * hour), UTC) for hour in range(24))


def test_what_holds_when_its_window_opens_is_told_then() -> None:
    nightly = replace(on(repeat=60), window=NIGHTLY)
    night = Night(settings=wanted({HIGH: nightly}), now=at(21 * 60 + 31))

    night.live([200] * 30)

    assert night.lines == [
        "1320 raised high",
        "1380 repeated high",
        "1440 repeated high",
    ]


def test_what_holds_when_its_window_closes_is_not_repeated_but_cleared() -> None:
    nightly = replace(on(repeat=5), window=NIGHTLY)
    night = Night(settings=wanted({HIGH: nightly}), now=at(405))

    night.live([200] * 6 + [100])

    assert night.lines == [
        "410 raised high",
        "415 repeated high",
        "435 cleared high",
    ]


def test_a_worse_level_outside_its_window_silences_nothing() -> None:
    nightly = replace(on(), window=NIGHTLY)
    night = Night(
        settings=wanted({URGENT_LOW: nightly, LOW: on(repeat=5)}), now=at(415)
    )

    night.live([50, 50, 50])

    assert night.lines == [
        "415 raised urgent_low",
        "420 raised low",
        "425 repeated low",
    ]


BERLIN = ZoneInfo("Europe/Berlin")
SPRING = MIDNIGHT.replace(month=3, day=28, hour=12)
"""The day before 02:00 becomes 03:00, at 01:00 UTC."""
AUTUMN = MIDNIGHT.replace(month=10, day=24, hour=12)
"""The day before 03:00 becomes 02:00, at 01:00 UTC."""


@pytest.mark.parametrize(
    ("window", "after", "opens"),
    [
        ((22, 0, 6, 0), SPRING, SPRING.replace(hour=21)),
        ((4, 0, 6, 0), SPRING, SPRING.replace(day=29, hour=2)),
        # In the hour that does not exist.
        ((2, 30, 6, 0), SPRING, SPRING.replace(day=29, hour=1)),
        ((2, 10, 2, 50), SPRING, SPRING.replace(day=30, hour=0, minute=10)),
        ((22, 0, 6, 0), AUTUMN, AUTUMN.replace(hour=20)),
        # In the hour that exists twice.
        ((2, 30, 6, 0), AUTUMN, AUTUMN.replace(day=25, hour=0, minute=30)),
        ((4, 0, 6, 0), AUTUMN, AUTUMN.replace(day=25, hour=3)),
    ],
)
def test_a_window_opens_by_the_clock_on_the_wall(
    window: tuple[int, int, int, int], after: datetime, opens: datetime
) -> None:
    first, second, third, fourth = window
    wall = Window(start=time(first, second), end=time(third, fourth))

    assert wall.opens(after, BERLIN) == opens


def test_a_window_that_is_open_opens_now() -> None:
    assert NIGHTLY.opens(at(60), UTC) == at(60)


def test_windows_are_local() -> None:
    nightly = replace(on(), window=NIGHTLY)
    # 20:30 in UTC is 21:30 in Berlin.
    night = Night(settings=wanted({HIGH: nightly}, BERLIN), now=at(20 * 60 + 30))

    night.live([200] * 8)

    assert night.lines == ["1260 raised high"]


# Forecasts, fast changes, and new sensors.


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


# What is told.


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


# Settings that change, clocks that jump, and the settings we begin with.


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
