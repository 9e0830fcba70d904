"""What is written down of alarms, and what never happens whatever comes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
import json
from typing import override
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.glucose_follow.cgm.alarm_levels import (
    AlarmKind,
    AlarmSettings,
    Level,
    LevelSettings,
    Window,
)
from custom_components.glucose_follow.cgm.alarm_state import (
    AlarmState,
    Held,
    from_json,
    snooze,
    to_json,
)
from custom_components.glucose_follow.cgm.ranges import LOWS, range_of, run_within

from .alarm_support import MINUTE, Night, at, reading, wanted

ALL_ON = wanted(
    {level: LevelSettings(is_on=True, repeat=timedelta(minutes=10)) for level in Level}
)


def test_a_state_is_written_down_and_read_again() -> None:
    state = AlarmState(
        held={
            Level.LOW: Held(
                first_at=at(0), since=at(0.3), told_at=at(5), unanswered_since=at(7)
            ),
            Level.SIGNAL_LOST: Held(first_at=at(1), since=at(1), told_at=at(2)),
        },
        snoozed={Level.HIGH: at(60)},
    )

    assert from_json(json.loads(json.dumps(to_json(state)))) == state
    assert from_json(to_json(AlarmState())) == AlarmState()


def test_a_level_of_a_newer_version_is_left_out() -> None:
    stored = to_json(AlarmState(snoozed={Level.HIGH: at(60)}))
    stored["snoozed"]["bored"] = at(60).isoformat()
    stored["held"]["bored"] = {
        "first_at": at(0).isoformat(),
        "since": at(0).isoformat(),
        "told_at": None,
    }

    assert from_json(stored) == AlarmState(snoozed={Level.HIGH: at(60)})


def test_an_older_version_knew_of_no_answers() -> None:
    stored = to_json(
        AlarmState(held={Level.LOW: Held(first_at=at(0), since=at(0), told_at=at(5))})
    )
    del stored["held"]["low"]["unanswered_since"]

    (held,) = from_json(stored).held.values()

    assert held.unanswered_since == at(5)


def test_what_is_active_was_told_and_is_most_important_first() -> None:
    told = Held(first_at=at(0), since=at(0), told_at=at(1))
    state = AlarmState(
        held={
            Level.HIGH: told,
            Level.SIGNAL_LOST: told,
            Level.LOW: told,
            Level.RISING_FAST: replace(told, told_at=None),
        }
    )

    assert state.active == [Level.SIGNAL_LOST, Level.LOW, Level.HIGH]
    assert state.snoozed_until is None


@pytest.mark.parametrize("low", [Level.URGENT_LOW, Level.LOW])
def test_a_signal_lost_during_a_low_is_most_important_even_before_that_was_told(
    low: Level,
) -> None:
    begun = Held(first_at=at(0), since=at(0))
    told = replace(begun, told_at=at(1))
    state = AlarmState(held={low: begun, Level.LOW_SOON: told, Level.SIGNAL_LOST: told})

    silenced, _ = snooze(state, None, 30 * MINUTE, at(2))

    assert state.active == [Level.SIGNAL_LOST, Level.LOW_SOON]
    assert set(Level) - silenced.snoozed.keys() == {Level.URGENT_LOW}


def test_silencing_all_is_as_long_as_was_asked_for_and_shorter_for_an_urgent_low() -> (
    None
):
    before = AlarmState(snoozed={Level.LOW: at(60)})

    state, event = snooze(before, None, 40 * MINUTE, at(0))

    assert state.snoozed == {**dict.fromkeys(Level, at(40)), Level.URGENT_LOW: at(30)}
    assert event.minutes == 40


TICK = timedelta(seconds=20)

moments = st.sampled_from(
    [time(hour, 20 * part) for hour in (0, 1, 2) for part in (0, 1)]
)
levels = st.builds(
    LevelSettings,
    is_on=st.sampled_from([True, True, True, False]),
    persistence=st.sampled_from([0, 0, 3, 10, 30]).map(lambda n: n * MINUTE),
    repeat=st.sampled_from([None, 5, 15]).map(
        lambda n: None if n is None else n * MINUTE
    ),
    window=st.none() | st.builds(Window, start=moments, end=moments),
)
every_settings = st.builds(
    AlarmSettings,
    levels=st.fixed_dictionaries(dict.fromkeys(Level, levels)),
    zone=st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")]),
)

type Happening = Callable[[Night], None]


def _wait(minutes: float) -> Happening:
    """Return that time passes."""
    return lambda night: night.wait_until(night.now + minutes * MINUTE)


def _read(mgdl: int, minutes: float) -> Happening:
    """Return that a reading comes, and time passes."""

    def happen(night: Night) -> None:
        night.receive(reading(night.minutes, mgdl))
        night.wait_until(night.now + minutes * MINUTE)

    return happen


def _fill(mgdl: int, ago: float) -> Happening:
    """Return that an older reading is filled in."""
    return lambda night: night.receive(reading(night.minutes - ago, mgdl))


def _snooze(level: Level | None, minutes: int) -> Happening:
    """Return that somebody silences something."""
    return lambda night: night.snooze(level, minutes)


glucose = st.integers(45, 80) | st.integers(39, 401)
readings = st.builds(_read, glucose, st.sampled_from([1, 5, 5, 5, 10]))
happenings = st.lists(
    readings
    | readings
    | readings
    | st.builds(_wait, st.sampled_from([3, 16, 60]))
    | st.builds(_fill, glucose, st.floats(1, 60))
    | st.builds(
        _snooze, st.none() | st.sampled_from(Level), st.sampled_from([5, 15, 120])
    )
    | st.just(Night.end_snooze),
    max_size=25,
)


@settings(deadline=None)
@given(every_settings, happenings)
def test_every_alarm_has_one_life(
    wishes: AlarmSettings, nights: list[Happening]
) -> None:
    """Raised once, repeated while it is active, cleared once."""
    night = Night(settings=wishes)

    for happen in nights:
        happen(night)

    active: set[Level | None] = set()
    for _, event in night.told:
        if event.kind is AlarmKind.RAISED:
            assert event.level not in active
            active.add(event.level)
        elif event.kind is not AlarmKind.SNOOZED:
            assert event.level in active
            if event.kind is AlarmKind.CLEARED:
                active.remove(event.level)
    assert active == set(night.state.active)


class Suspicious(Night):
    """A night in which every alarm is checked when it is told."""

    @override
    def look(self) -> None:
        """Look, and see that nothing came of old data."""
        before = len(self.told)
        super().look()
        since = self.data.newest_since
        for _, event in self.told[before:]:
            is_glucose = event.level is not Level.SIGNAL_LOST
            if is_glucose and event.kind is not AlarmKind.SNOOZED:
                assert since is not None
                assert self.now - since < 15 * MINUTE
                assert event.mgdl == self.data.readings[-1].mgdl


@settings(deadline=None)
@given(every_settings, happenings)
def test_no_alarm_ever_comes_of_old_data(
    wishes: AlarmSettings, nights: list[Happening]
) -> None:
    night = Suspicious(settings=wishes, stale_after=20 * MINUTE)

    for happen in nights:
        happen(night)


@settings(deadline=None)
@given(every_settings, happenings)
def test_a_restart_at_any_moment_changes_nothing(
    wishes: AlarmSettings, nights: list[Happening]
) -> None:
    steady = Night(settings=wishes)
    restarted = Night(settings=wishes, is_restarted_always=True)

    for happen in nights:
        happen(steady)
        happen(restarted)

    assert restarted.told == steady.told
    assert restarted.state == steady.state


class Restless(Night):
    """A night in which somebody looks every 20 seconds as well."""

    @override
    def wait_until(self, moment: datetime) -> None:
        """Let time pass, a little at a time."""
        while self.now + TICK < moment:
            super().wait_until(self.now + TICK)
            self.look()
        super().wait_until(moment)


@settings(deadline=None, max_examples=50)
@given(every_settings, happenings)
def test_looking_more_often_finds_nothing_more(
    wishes: AlarmSettings, nights: list[Happening]
) -> None:
    """What is due is always announced; only closing windows are left to the tick."""
    levels = {
        level: replace(each, window=None) for level, each in wishes.levels.items()
    }
    calm = Night(settings=replace(wishes, levels=levels))
    restless = Restless(settings=replace(wishes, levels=levels))
    calm.look()
    restless.look()

    for happen in nights:
        happen(calm)
        happen(restless)

    assert restless.lines == calm.lines


@settings(deadline=None)
@given(st.lists(glucose, max_size=60))
def test_a_low_is_told_once_for_each_time_it_was_low(values: list[int]) -> None:
    night = Night(settings=wanted({Level.LOW: ALL_ON.levels[Level.LOW]}))

    night.live([*values])

    seen = [reading(5 * number, value) for number, value in enumerate(values)]
    runs = {
        run[0].at
        for end in range(1, len(seen) + 1)
        if (run := run_within(seen[:end], night.thresholds, LOWS))
    }
    raised = [event for _, event in night.told if event.kind is AlarmKind.RAISED]
    assert len(raised) <= len(runs)
    confirmed = [
        later.at
        for earlier, later in pairwise(seen)
        if {range_of(earlier, night.thresholds), range_of(later, night.thresholds)}
        <= LOWS
    ]
    first = min(confirmed, default=None)
    told = min((moment for moment, _ in night.told), default=None)
    if first is not None:
        assert told is not None
        assert told <= first
