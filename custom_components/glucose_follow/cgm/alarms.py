"""When to alarm whom about what: a pure function, so that a restart changes nothing.

A level is *held* from the reading that reached it to the one that left it. It is
told once it has been held for as long as the person wants, and told again at the
person's interval, but never by old data: what is then not known to be over is not
cleared either, and that the signal is lost is told instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from .alarm_levels import (
    LESSER,
    QUIET_IN_WARMUP,
    AlarmEvent,
    AlarmKind,
    AlarmSettings,
    Level,
)
from .alarm_state import AlarmState, Held, believed
from .data import CgmData
from .models import GlucoseRange, Reading, TreatmentKind
from .ranges import HIGHS, LOWS, range_of, run_within

OLDEST = timedelta(minutes=15)
"""No alarm comes of a reading older than this, whatever is still shown."""

_UNCONFIRMED_LOW = timedelta(minutes=7)
"""A low whose second reading is late does not wait longer than this."""

_MINUTE = timedelta(minutes=1)

_WARMUP = timedelta(hours=2.5)
"""The longest warm-up of a sensor, and a little more."""

_WITHIN: Mapping[Level, frozenset[GlucoseRange]] = {
    Level.URGENT_LOW: frozenset({GlucoseRange.URGENT_LOW}),
    Level.LOW: LOWS,
    Level.HIGH: HIGHS,
    Level.URGENT_HIGH: frozenset({GlucoseRange.URGENT_HIGH}),
}
"""The ranges in which a level is held."""


class Step(NamedTuple):
    """What comes of looking at the data once."""

    state: AlarmState
    """What to remember."""

    events: tuple[AlarmEvent, ...]
    """What happened, in the order to be told: first what is over."""

    next_at: datetime | None
    """When to look again even if the data stay as they are, None for never."""


def step(
    state: AlarmState, data: CgmData, settings: AlarmSettings, now: datetime
) -> Step:
    """Return what has to be told now, and what to remember.

    Call it whenever the data changed and when `next_at` has come; more often does
    no harm. A batch of readings is judged once, by the newest.

    Args:
        state: What the last step returned, however long ago.
        data: What is known at `now`.
        settings: How the person wants it.
        now: The present; aware.
    """
    look = _Look(believed(state, now), data, settings, now)
    cleared = tuple(look.follow())
    told = tuple(look.tell())
    state = replace(look.state, held=look.held)
    return Step(state, cleared + told, look.next_at())


class _Look:
    """One look at the data; `held` changes while it goes on."""

    def __init__(
        self, state: AlarmState, data: CgmData, settings: AlarmSettings, now: datetime
    ) -> None:
        """Keep what was given."""
        self.state = state
        self.held = dict(state.held)
        self._data = data
        self._settings = settings
        self._now = now
        self._latest = _usable(data, now)
        self._runs: dict[Level, list[Reading]] = {}

    def follow(self) -> Iterator[AlarmEvent]:
        """Yield what is over, and notice what has begun."""
        # Last the signal: a low that is active decides about it.
        for level in sorted(Level, key=lambda level: level is Level.SIGNAL_LOST):
            before = self.held.pop(level, None)
            after = self._followed(level, before)
            if after is not None:
                self.held[level] = after
            is_over = not self._is_raised(level)
            if before is not None and before.is_raised and is_over:
                yield self._event(AlarmKind.CLEARED, level, before)

    def tell(self) -> Iterator[AlarmEvent]:
        """Yield what is due, most important first, and nothing that it includes."""
        for level in [level for level in Level if level in self.held]:
            due = self._due_at(level)
            if due is None or due > self._now or self._is_included(level):
                continue
            held = self.held[level]
            kind = AlarmKind.REPEATED if held.is_raised else AlarmKind.RAISED
            for told in {each for each in LESSER[level] if self._is_raised(each)}:
                self.held[told] = replace(self.held[told], told_at=self._now)
            self.held[level] = replace(
                held, told_at=self._now, unanswered_since=self._asked_at(level, held)
            )
            yield self._event(kind, level, self.held[level])

    def next_at(self) -> datetime | None:
        """Return when something is due that is not yet, or a snooze ends."""
        times = [self._due_at(level) for level in self.held]
        times += self.state.snoozed.values()
        later = [moment for moment in times if moment and moment > self._now]
        return min(later, default=None)

    def _is_low(self) -> bool:
        """Return whether a low is active, or was when the signal was lost."""
        return bool(self._lows())

    def _lows(self) -> list[Level]:
        """Return the lows that are active, or were when the signal was lost."""
        return [
            level
            for level in (Level.URGENT_LOW, Level.LOW)
            if level in self.held and self._is_window_open(level)
        ]

    def _is_raised(self, level: Level) -> bool:
        """Return whether an alarm was told and is not over."""
        return level in self.held and self.held[level].is_raised

    def _is_window_open(self, level: Level) -> bool:
        """Return whether an alarm is wanted at this time of the day."""
        window = self._settings.levels[level].window
        return window is None or window.is_open(self._now, self._settings.zone)

    def _holds(self, level: Level) -> bool | None:
        """Return whether it is so, None if that cannot be known."""
        is_on = self._settings.levels[level].is_on
        if level is Level.SIGNAL_LOST:
            return self._data.is_signal_lost and (is_on or self._is_low())
        if not is_on:
            return False
        if self._latest is None:
            return None
        if level in _WITHIN:
            return self._data.glucose_range in _WITHIN[level]
        return {
            Level.LOW_SOON: self._data.is_low_soon,
            Level.FALLING_FAST: self._data.is_falling_fast,
            Level.RISING_FAST: self._data.is_rising_fast,
        }[level]

    def _followed(self, level: Level, before: Held | None) -> Held | None:
        """Return how a level is held now, None if it is not."""
        holds = self._holds(level)
        if holds is None:
            return before
        if not holds:
            return None
        if level in _WITHIN:
            return self._followed_range(level, before)
        at = self._latest.at if self._latest else self._now
        return before or Held(first_at=at, since=min(at, self._now))

    def _followed_range(self, level: Level, before: Held | None) -> Held | None:
        """Return how a level of glucose is held, by all that is known now.

        Only the newest reading begins it: one that was filled in later, or that
        merely has not gone back far enough, does not.
        """
        run = self._run(level)
        first_at = run[0].at
        if before is not None and before.first_at == first_at:
            return before
        if before is None or self._is_other(level, before, first_at):
            if not self._is_newest_in(level):
                return None
            return Held(first_at=first_at, since=min(first_at, self._now))
        return replace(before, first_at=first_at, since=min(first_at, self._now))

    def _is_other(self, level: Level, before: Held, first_at: datetime) -> bool:
        """Return whether what was told ended unseen, and this began after it."""
        is_whole = len(self._run(level)) < len(self._data.readings)
        told_at = before.told_at
        is_later = before.first_at < first_at
        return is_whole and is_later and told_at is not None and told_at < first_at

    def _run(self, level: Level) -> list[Reading]:
        """Return the readings for which a level of glucose has been held."""
        if level not in self._runs:
            data = self._data
            self._runs[level] = run_within(
                data.readings, data.thresholds, _WITHIN[level]
            )
        return self._runs[level]

    def _is_newest_in(self, level: Level) -> bool:
        """Return whether the newest reading by itself has reached a level."""
        return self._is_in(self._data.readings[-1], level)

    def _is_in(self, reading: Reading, level: Level) -> bool:
        """Return whether a reading by itself has reached a level of glucose."""
        return range_of(reading, self._data.thresholds) in _WITHIN[level]

    def _due_at(self, level: Level) -> datetime | None:
        """Return when a level is to be told, None if not by what is known now."""
        held = self.held[level]
        is_urgent = level is Level.SIGNAL_LOST and self._is_low()
        if is_urgent and not held.is_raised:
            # Whatever was switched off or silenced: nobody knows how the low goes on.
            return held.since
        settings = self._settings.levels[level]
        # Without readings, as after a restart, nothing below can be looked at.
        if not (settings.is_on and self._holds(level)):
            return None
        due = self._wanted_at(level, held)
        if due is None:
            return None
        due = max(due, self.state.snoozed.get(level, due))
        if level in QUIET_IN_WARMUP and not is_urgent:
            due = max(due, self._warm_at() or due)
        if settings.window is not None and not is_urgent:
            due = settings.window.opens(due, self._settings.zone)
        return due

    def _wanted_at(self, level: Level, held: Held) -> datetime | None:
        """Return when a level is to be told if nothing keeps it quiet."""
        settings = self._settings.levels[level]
        if held.told_at is not None:
            repeat = self._repeat(level)
            return held.told_at + repeat if repeat else None
        due = held.since + settings.persistence
        if level in {Level.LOW, Level.HIGH} and not self._is_confirmed(level):
            if level is Level.HIGH or not self._is_newest_in(level):
                return None
            return max(due, held.since + _UNCONFIRMED_LOW)
        is_low = self._latest is not None and self._is_in(self._latest, Level.LOW)
        # It is not soon any more: the low itself waits to be confirmed.
        return None if level is Level.LOW_SOON and is_low else due

    def _repeat(self, level: Level) -> timedelta | None:
        """Return how long until a level is told again, None for never.

        A low of which nothing is heard any more is told as often as before.
        """
        levels = [level, *(self._lows() if level is Level.SIGNAL_LOST else [])]
        repeats = [self._settings.levels[each].repeat for each in levels]
        return min((repeat for repeat in repeats if repeat), default=None)

    def _asked_at(self, level: Level, held: Held) -> datetime:
        """Return since when nobody has answered; a lost signal goes on with its low."""
        if held.unanswered_since is not None:
            return held.unanswered_since
        lows = self._lows() if level is Level.SIGNAL_LOST else []
        asked = [self.held[low].unanswered_since for low in lows]
        return min([self._now, *(moment for moment in asked if moment)])

    def _is_confirmed(self, level: Level) -> bool:
        """Return whether a second reading says the same."""
        return sum(self._is_in(reading, level) for reading in self._run(level)) > 1

    def _is_included(self, level: Level) -> bool:
        """Return whether something worse is being told that includes a level."""
        return any(
            level in LESSER[worse] and held.is_raised and self._is_window_open(worse)
            for worse, held in self.held.items()
        )

    def _warm_at(self) -> datetime | None:
        """Return when the newest sensor is warm for sure, None if none is reported."""
        started = [
            treatment.at
            for treatment in self._data.treatments
            if treatment.kind is TreatmentKind.SENSOR_START
        ]
        if self._data.status.sensor_started is not None:
            started.append(self._data.status.sensor_started)
        begun = [moment for moment in started if moment <= self._now]
        return max(begun) + _WARMUP if begun else None

    def _event(self, kind: AlarmKind, level: Level, held: Held) -> AlarmEvent:
        """Return what happened to a level."""
        since = held.since
        if level is Level.SIGNAL_LOST and kind is not AlarmKind.CLEARED:
            since = self._data.newest_since or since
        latest = self._latest
        is_over = kind is AlarmKind.CLEARED
        asked_at = None if is_over else held.unanswered_since
        return AlarmEvent(
            kind=kind,
            level=level,
            mgdl=None if latest is None else latest.mgdl,
            is_out_of_range=latest is not None and latest.is_out_of_range,
            minutes=self._minutes_since(since),
            unanswered=self._minutes_since(asked_at) if asked_at else 0,
            is_during_low=level is Level.SIGNAL_LOST and self._is_low(),
        )

    def _minutes_since(self, moment: datetime) -> int:
        """Return how many minutes ago something was, 0 if it is ahead."""
        return max(0, (self._now - moment) // _MINUTE)


def _usable(data: CgmData, now: datetime) -> Reading | None:
    """Return the current reading, None if it is too old for an alarm."""
    since = data.newest_since
    is_recent = since is not None and now - since < OLDEST
    return data.latest if is_recent else None
