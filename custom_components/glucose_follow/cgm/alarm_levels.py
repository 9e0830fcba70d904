"""What alarms there are, and how a person wants each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Level(StrEnum):
    """What an alarm is about; the values are Home Assistant states."""

    URGENT_LOW = "urgent_low"
    LOW = "low"
    LOW_SOON = "low_soon"
    URGENT_HIGH = "urgent_high"
    SIGNAL_LOST = "signal_lost"
    HIGH = "high"
    FALLING_FAST = "falling_fast"
    RISING_FAST = "rising_fast"


LESSER: Mapping[Level, frozenset[Level]] = {
    Level.URGENT_LOW: frozenset({Level.LOW, Level.LOW_SOON, Level.FALLING_FAST}),
    Level.LOW: frozenset({Level.LOW_SOON, Level.FALLING_FAST}),
    Level.LOW_SOON: frozenset({Level.FALLING_FAST}),
    Level.URGENT_HIGH: frozenset({Level.HIGH, Level.RISING_FAST}),
    Level.SIGNAL_LOST: frozenset(),
    Level.HIGH: frozenset(),
    Level.FALLING_FAST: frozenset(),
    Level.RISING_FAST: frozenset(),
}
"""What nobody needs to be told as well while this is told."""

QUIET_IN_WARMUP = frozenset(
    {
        Level.LOW_SOON,
        Level.SIGNAL_LOST,
        Level.HIGH,
        Level.FALLING_FAST,
        Level.RISING_FAST,
    }
)
"""What a new sensor says of these is not worth an alarm; lows always are."""

LONGEST_SNOOZE = timedelta(minutes=120)
LONGEST_URGENT_LOW_SNOOZE = timedelta(minutes=30)


def rank(level: Level, *, is_low: bool) -> int:
    """Return how important a level is, 0 most.

    Args:
        level: Which one.
        is_low: Whether a low was active when the signal was lost; not to know how
            it went on is then worse than to know that it is low.
    """
    place = 2 * list(Level).index(level)
    if level is Level.SIGNAL_LOST and is_low:
        return 2 * list(Level).index(Level.LOW) - 1
    return place


def longest_snooze(level: Level) -> timedelta:
    """Return how long a level can be silenced at most."""
    if level is Level.URGENT_LOW:
        return LONGEST_URGENT_LOW_SNOOZE
    return LONGEST_SNOOZE


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The part of each day in which an alarm is wanted, by the clock on the wall."""

    start: time
    """Local; the same as `end` is the whole day."""

    end: time
    """Local, not included; earlier than `start` is the next day."""

    def is_open(self, moment: datetime, zone: tzinfo) -> bool:
        """Return whether an aware moment is inside."""
        wall = moment.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def opens(self, moment: datetime, zone: tzinfo) -> datetime:
        """Return the first moment inside that is not before an aware one; UTC."""
        moment = moment.astimezone(UTC)
        today = moment.astimezone(zone).date()
        day = 0
        while not self.is_open(moment, zone):
            opening = datetime.combine(today + day * _DAY, self.start, zone).astimezone(
                UTC
            )
            # The hour that is skipped in spring opens when it is skipped.
            while self.is_open(opening - _MINUTE, zone):
                opening -= _MINUTE
            moment = max(moment, opening)
            day += 1
        return moment


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelSettings:
    """How a person wants one alarm."""

    is_on: bool
    """Whether it is wanted at all."""

    persistence: timedelta = timedelta()
    """How long it has to be so before it is told."""

    repeat: timedelta | None = None
    """How long until it is told again while it is still so, None for never."""

    window: Window | None = None
    """When it is wanted, None for always."""


DEFAULTS: Mapping[Level, LevelSettings] = {
    Level.URGENT_LOW: LevelSettings(is_on=True, repeat=timedelta(minutes=5)),
    Level.LOW: LevelSettings(is_on=True, repeat=timedelta(minutes=15)),
    Level.LOW_SOON: LevelSettings(is_on=False),
    Level.URGENT_HIGH: LevelSettings(is_on=True, repeat=timedelta(minutes=60)),
    Level.SIGNAL_LOST: LevelSettings(
        is_on=True,
        persistence=timedelta(minutes=15),
        repeat=timedelta(minutes=30),
    ),
    Level.HIGH: LevelSettings(
        is_on=False,
        persistence=timedelta(minutes=30),
        repeat=timedelta(minutes=60),
    ),
    Level.FALLING_FAST: LevelSettings(is_on=False),
    Level.RISING_FAST: LevelSettings(is_on=False),
}
"""What wakes people for a reason is on; the others are on many times a day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmSettings:
    """How a person wants all of them."""

    levels: Mapping[Level, LevelSettings] = field(default_factory=lambda: DEFAULTS)
    """Every level has settings."""

    zone: tzinfo = UTC
    """By whose walls windows open."""


class AlarmKind(StrEnum):
    """What happened to an alarm; the values are event types."""

    RAISED = "raised"
    REPEATED = "repeated"
    CLEARED = "cleared"
    SNOOZED = "snoozed"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmEvent:
    """Something that happened to an alarm."""

    kind: AlarmKind
    """What happened."""

    level: Level | None
    """To which, None to all of them."""

    mgdl: int | None = None
    """The current reading in mg/dL, None without one."""

    is_out_of_range: bool = False
    """Whether that is only the limit of the sensor."""

    minutes: int | None = None
    """How long it has been so; of a snooze, how long it is quiet."""

    unanswered: int = 0
    """For how many minutes nobody has answered; 0 once it is over."""

    is_during_low: bool = False
    """Whether the signal was lost during a low, which nobody knows the end of."""

    is_test: bool = False
    """Whether it is only a rehearsal."""
