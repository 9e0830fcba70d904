"""What is known of the people whom the referee looks at, and what is noted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zlib import crc32

from custom_components.glucose_follow.cgm.alarm_state import AlarmState

from .clocks import Clocks
from .subjects import Subject

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
SKEWED = timedelta(minutes=2)
"""A wall clock that is less wrong than this is believed."""

SLOWEST = 30 * SECOND
"""An answer may take so long, and half of it is how exactly clocks are compared."""

SHOWN_WITHIN = 6 * MINUTE
"""A server that can be asked is asked every five minutes at least."""

UNKNOWN = frozenset({"unknown", "unavailable"})
SENSORS = ("glucose", "delta", "direction", "range", "low_in")
FACTS = (
    "low",
    "urgent_low",
    "high",
    "urgent_high",
    "falling_fast",
    "rising_fast",
    "low_soon",
)
"""What is on or off; a fact about an old reading is as false as its value."""

AGED = (*SENSORS, *FACTS)
REPORTED = "insulin_on_board"
"""What a loop tells."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """Something that must not have happened."""

    at: datetime
    who: str
    rule: str
    detail: str


@dataclass
class Sleeper:
    """What the engine says to a home that had news before it looked again."""

    state: AlarmState
    due: list[tuple[str, str]]
    next_at: datetime | None


@dataclass
class Watch:
    """What is known of one person whom the referee looks at."""

    subject: Subject
    ids: Mapping[str, str]
    """Entity ids by key."""

    sound_since: datetime
    """Since when nothing is wrong with server, home or clocks; may be ahead."""

    is_in_trouble: bool = False
    last_reading: str = ""
    last_events: dict[str, str] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    heard: list[tuple[str, str]] = field(default_factory=list)
    """Alarms that were told: kind and level, repetitions apart."""

    due: list[tuple[str, str]] = field(default_factory=list)
    """Alarms that the engine says must be told."""

    repeats: Counter[str] = field(default_factory=Counter)
    """By level, how many more repetitions were told than due."""

    differs_since: datetime | None = None
    urgent_since: datetime | None = None
    active: set[str] = field(default_factory=set)
    state: AlarmState = field(default_factory=AlarmState)
    look_again: Callable[[], None] | None = None
    """Lets the pure engine look, if the time has come; None if nobody is followed."""

    timer: asyncio.TimerHandle | None = None
    logins: int = 0
    login_at: datetime | None = None
    """When the last login was asked for."""

    logins_seen: list[datetime] = field(default_factory=list)
    """When logins of the last hour were noticed."""

    next_at: datetime | None = None
    sleeper: Sleeper | None = None
    """Beside what the engine says to a home that looks the moment it wakes up."""

    was_sound: bool = False
    asked: list[datetime] = field(default_factory=list)
    asked_readings: list[datetime] = field(default_factory=list)
    asked_to_log_in: list[datetime] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    """Most requests in an hour, by what they were for."""

    seen: set[str] = field(default_factory=set)
    """Keys of what was shown at least once."""

    waits: list[float] = field(default_factory=list)
    """Seconds from when the server had a reading to when it was shown."""


class Notes:
    """Notes what must not be, and counts what was looked at."""

    def __init__(self, clocks: Clocks, tick: timedelta, most: int) -> None:
        """Prepare; after `most` violations of a rule no more are noted."""
        self.clocks = clocks
        self.tick = tick
        self.violations: list[Violation] = []
        self.counts: Counter[str] = Counter()
        self.trace = 0
        """Differs as soon as any state of any moment differs."""
        self.lenient_until = clocks.world()
        self._most = most

    def add(self, watch: Watch, rule: str, detail: str) -> None:
        """Note what must not be."""
        self.counts["violations"] += 1
        if sum(each.rule == rule for each in self.violations) < self._most:
            now = self.clocks.world()
            who = watch.subject.kind
            self.violations.append(Violation(at=now, who=who, rule=rule, detail=detail))

    def oldest(self, now: datetime, limit: timedelta) -> timedelta:
        """Return how old may be what is shown until it is as old as a limit."""
        if now < self.lenient_until:
            return timedelta.max
        wrong = abs(self.clocks.wrong)
        if not wrong:
            return limit + SECOND
        return limit + (wrong if wrong <= SKEWED else SLOWEST / 2) + SECOND

    def follow(self, line: str) -> None:
        """Take a line into the trace."""
        self.trace = crc32(line.encode(), self.trace)


def is_sound(watch: Watch, now: datetime) -> bool:
    """Return whether all must be well with somebody."""
    return not watch.is_in_trouble and now >= watch.sound_since


def watch_of(subject: Subject, now: datetime) -> Watch:
    """Return a person of whom nothing is known yet."""
    name = f"alex_{subject.kind}"
    ids = {key: f"sensor.{name}_{key}" for key in (*SENSORS, REPORTED, "last_reading")}
    ids |= {key: f"binary_sensor.{name}_{key}" for key in FACTS}
    ids |= {key: f"event.{name}_{key}" for key in ("alarm", "treatment")}
    return Watch(subject=subject, ids=ids, sound_since=now)
