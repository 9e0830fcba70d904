"""A night with alarms: readings come, time passes, and what is told is noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
import json

from custom_components.glucose_follow.cgm import alarm_state, alarms
from custom_components.glucose_follow.cgm.alarm_levels import (
    DEFAULTS,
    AlarmEvent,
    AlarmSettings,
    Level,
    LevelSettings,
)
from custom_components.glucose_follow.cgm.data import STALE_AFTER, CgmData, judge
from custom_components.glucose_follow.cgm.models import (
    Reading,
    ReadingKind,
    Sample,
    Thresholds,
    Treatment,
)
from custom_components.glucose_follow.cgm.timeline import Timeline

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


URGENT_LOW, LOW, LOW_SOON = Level.URGENT_LOW, Level.LOW, Level.LOW_SOON
URGENT_HIGH, HIGH = Level.URGENT_HIGH, Level.HIGH
FALLING_FAST, RISING_FAST = Level.FALLING_FAST, Level.RISING_FAST
SIGNAL_LOST = Level.SIGNAL_LOST


def at(minutes: float) -> datetime:
    """Return a time of the night."""
    return MIDNIGHT + minutes * MINUTE


def wanted(
    changes: Mapping[Level, LevelSettings] | None = None, zone: tzinfo = UTC
) -> AlarmSettings:
    """Return settings in which only what is named is on."""
    off = {level: replace(usual, is_on=False) for level, usual in DEFAULTS.items()}
    return AlarmSettings(levels={**off, **(changes or {})}, zone=zone)


def on(
    persistence: float = 0,
    repeat: float | None = None,
) -> LevelSettings:
    """Return the settings of a level that is on, in minutes."""
    return LevelSettings(
        is_on=True,
        persistence=persistence * MINUTE,
        repeat=None if repeat is None else repeat * MINUTE,
    )


LOWS = {URGENT_LOW: on(), LOW: on()}
HIGHS = {URGENT_HIGH: on(), HIGH: on()}


@dataclass(kw_only=True)
class Night:
    """What Home Assistant does with the engine, without Home Assistant.

    It looks when there is news, when the newest reading grows old and when the
    engine asked to be called, and at no other time.
    """

    settings: AlarmSettings
    stale_after: timedelta = STALE_AFTER
    thresholds: Thresholds = field(default_factory=Thresholds)
    treatments: tuple[Treatment, ...] = ()
    is_restarted_always: bool = False
    """Whether the engine's state is written down and read before every look."""

    now: datetime = MIDNIGHT
    state: alarm_state.AlarmState = field(default_factory=alarm_state.AlarmState)
    timeline: Timeline = field(default_factory=Timeline)
    told: list[tuple[datetime, AlarmEvent]] = field(default_factory=list)
    next_at: datetime | None = None
    looked_at: datetime = MIDNIGHT - MINUTE

    @property
    def data(self) -> CgmData:
        """Return what is known now."""
        return judge(
            self.timeline,
            self.treatments,
            now=self.now,
            stale_after=self.stale_after,
            are_treatments_known=True,
            is_answering=True,
            thresholds=self.thresholds,
        )

    @property
    def lines(self) -> list[str]:
        """Return what was told: minutes after midnight, what, and which level."""
        return [
            f"{(moment - MIDNIGHT) / MINUTE:g} {event.kind} {event.level or 'all'}"
            for moment, event in self.told
        ]

    def look(self) -> None:
        """Look at the data once."""
        if self.is_restarted_always:
            written = json.loads(json.dumps(alarm_state.to_json(self.state)))
            self.state = alarm_state.from_json(written)
        self.state, events, self.next_at = alarms.step(
            self.state, self.data, self.settings, self.now
        )
        # A timer for what is past would never stop firing.
        assert self.next_at is None or self.next_at > self.now
        self.told += [(self.now, event) for event in events]
        self.looked_at = self.now

    def wait_until(self, moment: datetime) -> None:
        """Let time pass, and look when something is due."""
        while True:
            since = self.data.newest_since
            old = since + self.stale_after if since else None
            times = [time for time in (self.next_at, old) if time is not None]
            due = min((time for time in times if time > self.looked_at), default=moment)
            if due >= moment:
                break
            self.now = max(self.now, due)
            self.look()
        self.now = moment

    def receive(self, *samples: Sample) -> None:
        """Take in what a source answers, and look."""
        self.timeline.merge(samples, self.now)
        self.look()

    def live(self, values: Sequence[int | None], *, every: float = 5) -> None:
        """Let readings come one by one, None for one that is lost, and wait after."""
        for value in values:
            if value is None:
                self.look()
            else:
                self.receive(reading(self.minutes, value))
            self.wait_until(self.now + every * MINUTE)

    @property
    def minutes(self) -> float:
        """Return how long after midnight it is."""
        return (self.now - MIDNIGHT) / MINUTE

    def snooze(self, level: Level | None, minutes: float) -> None:
        """Silence a level, or all."""
        self.state, event = alarm_state.snooze(
            self.state, level, minutes * MINUTE, self.now
        )
        self.told.append((self.now, event))
        self.look()

    def end_snooze(self, level: Level | None = None) -> None:
        """Let a level, or all, be told again."""
        self.state = alarm_state.end_snooze(self.state, level)
        self.look()


def reading(minutes: float, mgdl: int) -> Reading:
    """Return a reading; 39 and 401 are the limits of the sensor."""
    kinds = {39: ReadingKind.LOW, 401: ReadingKind.HIGH}
    return Reading(
        at=at(minutes), mgdl=mgdl, kind=kinds.get(mgdl, ReadingKind.MEASURED)
    )
