"""When alarms are silent: snoozes, and hours in which they are not wanted."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from custom_components.glucose_follow.cgm.alarm_levels import (
    AlarmEvent,
    AlarmKind,
    Level,
    LevelSettings,
    Window,
)

from .alarm_support import (
    FALLING_FAST,
    HIGH,
    LOW,
    LOW_SOON,
    MIDNIGHT,
    RISING_FAST,
    SIGNAL_LOST,
    URGENT_HIGH,
    URGENT_LOW,
    Night,
    at,
    on,
    reading,
    wanted,
)


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
