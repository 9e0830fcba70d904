"""What is remembered of alarms, also across a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from .alarm_levels import LESSER, AlarmEvent, AlarmKind, Level, longest_snooze, rank


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A level that glucose, or the signal, has reached and not left."""

    first_at: datetime
    """Stamp of its first reading, which tells it from an earlier one."""

    since: datetime
    """From when it counts, never later than when it was noticed."""

    told_at: datetime | None = None
    """When it was last told, or something worse while it was; None if not yet."""

    unanswered_since: datetime | None = None
    """Since when nobody has answered; ahead while it is quiet, None if not yet told."""

    @property
    def is_raised(self) -> bool:
        """Return whether it was told."""
        return self.told_at is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmState:
    """All that `step` knows besides the data."""

    held: Mapping[Level, Held] = field(default_factory=dict)
    """What is so, told or not."""

    snoozed: Mapping[Level, datetime] = field(default_factory=dict)
    """Until when a level is quiet."""

    @property
    def is_low(self) -> bool:
        """Return whether a low is active, or was when the signal was lost."""
        return Level.LOW in self.held or Level.URGENT_LOW in self.held

    @property
    def active(self) -> list[Level]:
        """Return the alarms that were told and not cleared, most important first."""
        told = [level for level, held in self.held.items() if held.is_raised]
        return sorted(told, key=lambda level: rank(level, is_low=self.is_low))

    @property
    def snoozed_until(self) -> datetime | None:
        """Return when the last snooze ends, None without one."""
        return max(self.snoozed.values(), default=None)


class StoredHeld(TypedDict):
    """How a level is written down; times in ISO 8601."""

    first_at: str
    since: str
    told_at: str | None
    unanswered_since: NotRequired[str | None]


class StoredState(TypedDict):
    """How all of it is written down."""

    held: dict[str, StoredHeld]
    snoozed: dict[str, str]


def to_json(state: AlarmState) -> StoredState:
    """Return what is written down."""
    return {
        "held": {
            level.value: {
                "first_at": held.first_at.isoformat(),
                "since": held.since.isoformat(),
                "told_at": _text(held.told_at),
                "unanswered_since": _text(held.unanswered_since),
            }
            for level, held in state.held.items()
        },
        "snoozed": {
            level.value: until.isoformat() for level, until in state.snoozed.items()
        },
    }


def from_json(stored: StoredState) -> AlarmState:
    """Return what was written down; levels of a newer version are left out."""
    known = {level.value for level in Level}
    return AlarmState(
        held={
            Level(name): Held(
                first_at=datetime.fromisoformat(held["first_at"]),
                since=datetime.fromisoformat(held["since"]),
                told_at=_moment(held["told_at"]),
                unanswered_since=_moment(held.get("unanswered_since", held["told_at"])),
            )
            for name, held in stored["held"].items()
            if name in known
        },
        snoozed={
            Level(name): datetime.fromisoformat(until)
            for name, until in stored["snoozed"].items()
            if name in known
        },
    )


def snooze(
    state: AlarmState, level: Level | None, duration: timedelta, now: datetime
) -> tuple[AlarmState, AlarmEvent]:
    """Return a state that is quiet for a while, and what happened.

    A level takes what is less important on its side with it. All means what is
    active and everything that is not worse than that, so that something worse
    still breaks through; if nothing is active it means all. Whoever asks for it has
    answered, and is next asked when it ends.

    Args:
        state: As it is.
        level: Which one, None for all.
        duration: How long, cut to the longest that each level allows.
        now: The present; aware.
    """
    if level is not None:
        duration = min(duration, longest_snooze(level))
    quiet = dict(state.snoozed)
    for each in _silenced(state, level):
        until = now + min(duration, longest_snooze(each))
        is_meant = level is None or level is each
        quiet[each] = until if is_meant else max(until, quiet.get(each, until))
    minutes = round(duration / timedelta(minutes=1))
    event = AlarmEvent(kind=AlarmKind.SNOOZED, level=level, minutes=minutes)
    return replace(
        state, held=_answered(state, level, quiet, now), snoozed=quiet
    ), event


def end_snooze(state: AlarmState, level: Level | None) -> AlarmState:
    """Return a state in which a level and what it took with it may be told again.

    Args:
        state: As it is.
        level: Which one, None for all.
    """
    ended = frozenset(Level) if level is None else {level, *LESSER[level]}
    left = {name: until for name, until in state.snoozed.items() if name not in ended}
    return replace(state, snoozed=left)


def believed(state: AlarmState, now: datetime) -> AlarmState:
    """Return a state without what a clock that was wrong has left in it.

    Told in the future, or quiet for longer than anybody can ask for, would keep an
    alarm silent that is due.
    """
    snoozed = {
        level: min(until, now + longest_snooze(level))
        for level, until in state.snoozed.items()
        if until > now
    }
    held = {
        level: replace(
            held,
            since=min(held.since, now),
            told_at=_earlier(held.told_at, now),
            # A snooze may have been ended as well.
            unanswered_since=_earlier(held.unanswered_since, snoozed.get(level, now)),
        )
        for level, held in state.held.items()
    }
    return AlarmState(held=held, snoozed=snoozed)


def _answered(
    state: AlarmState,
    level: Level | None,
    quiet: Mapping[Level, datetime],
    now: datetime,
) -> Mapping[Level, Held]:
    """Return what is held after somebody answered.

    Who knows that nothing is heard of a low knows of the low, which stays loud.
    """
    answered = _silenced(state, level)
    if Level.SIGNAL_LOST in answered and state.is_low:
        answered |= {Level.URGENT_LOW, Level.LOW}
    return {
        each: replace(held, unanswered_since=quiet.get(each, now))
        if held.is_raised and each in answered
        else held
        for each, held in state.held.items()
    }


def _silenced(state: AlarmState, level: Level | None) -> set[Level]:
    """Return the levels that a snooze is for."""
    if level is not None:
        return {level, *LESSER[level]}
    if not state.active:
        return set(Level)
    worst = rank(state.active[0], is_low=state.is_low)
    return {each for each in Level if rank(each, is_low=state.is_low) >= worst}


def _earlier(moment: datetime | None, limit: datetime) -> datetime | None:
    """Return a moment that is not after a limit, None without one."""
    return None if moment is None else min(moment, limit)


def _text(moment: datetime | None) -> str | None:
    """Return how a time is written down."""
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    """Return a time that was written down."""
    return datetime.fromisoformat(text) if text else None
