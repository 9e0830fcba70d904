"""A home that watches over a person, and a referee who knows better."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import json

from custom_components.glucose_follow.cgm import alarm_state, alarms
from custom_components.glucose_follow.cgm.alarm_levels import (
    DEFAULTS,
    AlarmEvent,
    AlarmKind,
    AlarmSettings,
    Level,
)
from custom_components.glucose_follow.cgm.data import STALE_AFTER, CgmData, judge
from custom_components.glucose_follow.cgm.models import Reading, Sample
from custom_components.glucose_follow.cgm.timeline import SPAN, Timeline

from .deliveries import Story

LEVELS = {level: replace(usual, is_on=True) for level, usual in DEFAULTS.items()}
EVERYTHING = AlarmSettings(levels=LEVELS)
LOWS = frozenset({Level.URGENT_LOW, Level.LOW})
_SAVED_AFTER = timedelta(seconds=60)


@dataclass(kw_only=True)
class Home:
    """What Home Assistant does: take in, judge, alarm, stop and start again."""

    story: Story
    now: datetime
    timeline: Timeline = field(default_factory=Timeline)
    state: alarm_state.AlarmState = field(default_factory=alarm_state.AlarmState)
    told: list[tuple[datetime, AlarmEvent]] = field(default_factory=list)
    glucose: list[tuple[datetime, int | None]] = field(default_factory=list)
    """What the sensor entity showed, at each look."""

    restarted: list[datetime] = field(default_factory=list)
    violations: Counter[str] = field(default_factory=Counter)
    _source: list[Sample] = field(default_factory=list)
    _written: tuple[str, datetime | None, datetime | None] | None = None
    _written_at: datetime | None = None
    _next_at: datetime | None = None

    def live(self) -> None:
        """Live through the story."""
        stops = iter(self.story.restarts)
        stop = next(stops, None)
        for at, samples in self.story.deliveries:
            while stop is not None and stop[1] <= at:
                self._restart(*stop)
                stop = next(stops, None)
            is_down = stop is not None and stop[0] <= at
            if not is_down:
                self._wait_until(at)
                self.timeline.merge(samples, at)
            self._source += samples
            if not is_down:
                self._look(at)

    def _restart(self, stopped: datetime, started: datetime) -> None:
        """Stop, forget what was not written down, and read the last day again."""
        self._wait_until(stopped)
        if len(self.restarted) % 2:
            self._write()
        written = self._written
        self.timeline = Timeline(*written[1:]) if written else Timeline()
        self.state = alarm_state.AlarmState()
        if written:
            self.state = alarm_state.from_json(json.loads(written[0]))
        self.restarted.append(started)
        self.glucose.append((started, None))
        day = (sample for sample in self._source if sample.at > started - SPAN)
        self.timeline.merge(day, started)
        self._look(started)

    def _wait_until(self, moment: datetime) -> None:
        """Look whenever something is due."""
        while True:
            since = self._data(self.now).newest_since
            old = None if since is None else since + STALE_AFTER
            times = [time for time in (self._next_at, old) if time is not None]
            due = min((time for time in times if time > self.now), default=moment)
            if due >= moment:
                return
            self._look(due)

    def _look(self, now: datetime) -> None:
        """Judge, alarm, and let the referee see it."""
        self.now = now
        data = self._data(now)
        before = self.state
        self.state, events, self._next_at = alarms.step(before, data, EVERYTHING, now)
        if events or (self._written_at and now - self._written_at > _SAVED_AFTER):
            self._write()
        self.told += [(now, event) for event in events]
        self.glucose.append((now, data.latest.mgdl if data.latest else None))
        self._referee(data, events)

    def _write(self) -> None:
        """Write down what a restart needs."""
        written = json.dumps(alarm_state.to_json(self.state))
        timeline = self.timeline
        self._written = written, timeline.newest_at, timeline.newest_seen
        self._written_at = self.now

    def _data(self, now: datetime) -> CgmData:
        """Return what is known."""
        return judge(
            self.timeline,
            self.story.treatments,
            now=now,
            stale_after=STALE_AFTER,
            are_treatments_known=True,
            is_answering=True,
        )

    def _referee(self, data: CgmData, events: Iterable[AlarmEvent]) -> None:
        """Count what must never happen, by readings alone."""
        newest = data.newest
        age = None if newest is None else self.now - newest.at
        for event in events:
            is_about_glucose = event.level is not Level.SIGNAL_LOST
            if is_about_glucose and (age is None or age >= STALE_AFTER):
                self.violations["alarms from old data"] += 1
        if newest is None or age is None or age >= STALE_AFTER or not data.latest:
            return
        is_told = {level: self._is_told(level) for level in LOWS}
        if newest.mgdl <= 55 and not is_told[Level.URGENT_LOW]:
            self.violations["urgent lows not told at their first reading"] += 1
        if _second_low(data.readings) and not any(is_told.values()):
            self.violations["lows not told at their second reading"] += 1

    def _is_told(self, level: Level) -> bool:
        """Return whether an alarm was told and not cleared, by what was heard."""
        heard = (event.kind for _, event in reversed(self.told) if event.level is level)
        return next(heard, AlarmKind.CLEARED) is not AlarmKind.CLEARED


def _second_low(readings: Sequence[Reading]) -> bool:
    """Return whether the newest two readings are low."""
    return len(readings) > 1 and all(reading.mgdl < 70 for reading in readings[-2:])
