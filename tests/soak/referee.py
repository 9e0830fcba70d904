"""What must hold at every moment, judged by what the servers have."""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.util import dt as dt_util

from custom_components.glucose_follow import options
from custom_components.glucose_follow.cgm.alarm_levels import AlarmEvent, Level
from custom_components.glucose_follow.cgm.alarm_state import AlarmState
from custom_components.glucose_follow.cgm.alarms import step
from custom_components.glucose_follow.cgm.data import STALE_AFTER
from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.coordinator import CgmCoordinator

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
AGED = ("glucose", "delta", "direction", "range", "low_in")
URGENT = 55
TOLD_WITHIN = 20 * MINUTE


@dataclass(frozen=True, kw_only=True)
class Violation:
    """Something that must not have happened."""

    at: datetime
    who: str
    rule: str
    detail: str


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
    timer: asyncio.TimerHandle | None = None
    logins: int = 0
    login_at: datetime | None = None
    next_at: datetime | None = None
    was_sound: bool = False
    asked: list[datetime] = field(default_factory=list)
    asked_readings: list[datetime] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    """Most requests in an hour, by what they were for."""


class Referee:
    """Looks at every state change and every ten seconds, and notes what is wrong."""

    def __init__(
        self,
        subjects: list[Subject],
        clocks: Clocks,
        tick: timedelta,
        *,
        most: int = 100,
    ) -> None:
        """Prepare; after `most` violations no more are noted.

        Args:
            subjects: Who is followed.
            clocks: What time it really is.
            tick: How often the integration looks at its clocks.
            most: More than so many violations are only counted.
        """
        self._tick = tick
        self.violations: list[Violation] = []
        self.counts: Counter[str] = Counter()
        self.trace = 0
        """Differs as soon as any state of any moment differs."""
        self._clocks = clocks
        self._most = most
        self._hass: HomeAssistant | None = None
        self._lenient_until = clocks.world()
        self._watches = {each: _watch(each, clocks.world()) for each in subjects}
        self._by_entity = {
            entity_id: (watch, key)
            for watch in self._watches.values()
            for key, entity_id in watch.ids.items()
        }

    def watch(self, subject: Subject) -> Watch:
        """Return what is known of somebody."""
        return self._watches[subject]

    def disturb(self, grace: timedelta, subject: Subject | None = None) -> None:
        """Expect nothing good of somebody, or anybody with None, for a while."""
        until = self._clocks.world() + grace
        for watch in self._watches.values():
            if subject in {None, watch.subject}:
                watch.sound_since = max(watch.sound_since, until)

    def recover(self, subject: Subject, grace: timedelta) -> None:
        """Expect that all is well with somebody in a while."""
        self._watches[subject].is_in_trouble = False
        self.disturb(grace, subject)

    def trouble(self, subject: Subject) -> None:
        """Expect nothing good of somebody until the trouble is over."""
        self._watches[subject].is_in_trouble = True

    def woke_up(self) -> None:
        """Let a tick pass: nobody can know at once that time has jumped."""
        self._lenient_until = self._clocks.world() + self._tick + 2 * SECOND

    @property
    def is_all_sound(self) -> bool:
        """Return whether all must be well with everybody."""
        now = self._clocks.world()
        return all(self.is_sound(watch, now) for watch in self._watches.values())

    def is_sound(self, watch: Watch, now: datetime) -> bool:
        """Return whether all must be well with somebody."""
        return not watch.is_in_trouble and now >= watch.sound_since

    @callback
    def attach(self, hass: HomeAssistant) -> None:
        """Look at every change of a new Home Assistant."""
        self._hass = hass
        hass.bus.async_listen("state_changed", self._changed)

    @callback
    def follow(
        self, subject: Subject, coordinator: CgmCoordinator, *, is_crash: bool = False
    ) -> None:
        """Let the pure engine see what somebody's coordinator sees from now on.

        It goes on as if it had never stopped, but for a crash: what was noticed in
        the last minute, and not told, may be noticed again.
        """
        watch = self._watches[subject]
        if is_crash:
            watch.state = coordinator.alarms.state

        @callback
        def judge() -> None:
            self._step(watch, coordinator)

        coordinator.config_entry.async_on_unload(coordinator.async_add_listener(judge))
        judge()

    def detach(self, *, is_crash: bool = False) -> None:
        """Look at nothing: Home Assistant is gone, and may not know what it showed."""
        self._hass = None
        for watch in self._watches.values():
            self._forget_timer(watch)
            if is_crash:
                watch.last_reading = ""

    def look(self, coordinators: Mapping[Subject, CgmCoordinator]) -> None:
        """Look at everybody, whether anything changed or not."""
        if self._hass is None:
            return
        now = self._clocks.world()
        for subject, coordinator in coordinators.items():
            watch = self._watches[subject]
            if coordinator.config_entry.state.recoverable:
                self._look(watch, coordinator, now)

    def look_at_requests(self, starts: Mapping[Subject, list[datetime]]) -> None:
        """Hold what was asked in the last hour to its budget, and forget it."""
        now = self._clocks.world()
        for subject, watch in self._watches.items():
            last: object = None
            for request in subject.server.requests:
                # Who finds a connection dropped tries another at once.
                what = request.at, str(request.query), subject.is_for_readings(request)
                if subject.is_for_history(request) or what == last:
                    continue
                last = what
                watch.asked.append(request.at)
                if subject.is_for_readings(request):
                    watch.asked_readings.append(request.at)
            subject.server.requests.clear()
            self._look_at_logins(watch, now)
            often = 1 + sum(at > now - HOUR for at in starts[subject])
            for name, times, most in (
                ("readings", watch.asked_readings, subject.budget.readings),
                ("total", watch.asked, subject.budget.total),
            ):
                del times[: bisect_right(times, now - HOUR)]
                watch.most[name] = max(watch.most[name], len(times))
                if len(times) > most * often:
                    detail = f"{len(times)} for {name} in an hour, {often} starts"
                    self._note(watch, "asked too often", detail)

    def _look_at_logins(self, watch: Watch, now: datetime) -> None:
        """Note that a password was sent, and nothing had gone wrong."""
        logins, is_sound = watch.subject.logins, self.is_sound(watch, now)
        if logins > watch.logins:
            is_soon = watch.login_at is not None and now - watch.login_at < 23 * HOUR
            if is_sound and watch.was_sound and is_soon:
                self._note(watch, "logged in without need", f"{logins}")
            watch.logins, watch.login_at = logins, now
        watch.was_sound = is_sound

    async def look_at_answers(self) -> None:
        """Compare what `get_readings` answers with what the server has."""
        now = self._clocks.world()
        for subject, watch in self._watches.items():
            if self._hass is None or not self.is_sound(watch, now):
                continue
            start = now - 23 * HOUR
            answer = await self._hass.services.async_call(
                DOMAIN,
                "get_readings",
                {
                    "config_entry_id": f"01JSOAK{subject.kind.upper():0<19}",
                    "start": start.isoformat(),
                    "end": now.isoformat(),
                },
                blocking=True,
                return_response=True,
            )
            assert answer is not None
            self._compare(watch, answer["readings"], start, now)

    def _compare(
        self, watch: Watch, answer: Any, start: datetime, now: datetime
    ) -> None:
        """Compare readings with those that the server had for a while."""
        subject = watch.subject
        found = {
            datetime.fromisoformat(each["at"]): round(each["value"]) for each in answer
        }
        self.counts["answers"] += 1
        for at in subject.stamps:
            if start <= at and subject.arrived[at] <= now - SHOWN_WITHIN:
                self.counts["readings"] += 1
                if at not in found:
                    self._note(watch, "reading lost", at.isoformat())
        for at, value in found.items():
            known = subject.known.get(at)
            if known is None or known.mgdl != value:
                self._note(watch, "reading invented", f"{at.isoformat()} {value}")

    def _look(self, watch: Watch, coordinator: CgmCoordinator, now: datetime) -> None:
        """Look at one person."""
        assert self._hass is not None
        states = self._hass.states
        self.counts["looks"] += 1
        shown = {
            key: found
            for key in AGED
            if (found := states.get(watch.ids[key])) and found.state not in UNKNOWN
        }
        if shown:
            self._look_at_age(watch, shown, now)
            self._look_at_value(watch, shown.get("glucose"))
        if self.is_sound(watch, now):
            self._look_for_newest(watch, shown.get("glucose"), now)
        self._look_at_alarms(watch, coordinator, shown.get("glucose"), now)
        self._look_at_told(watch, now)

    def _look_at_age(
        self, watch: Watch, shown: Mapping[str, State], now: datetime
    ) -> None:
        """Note what is shown past its time."""
        newest = watch.subject.stamps[-1] if watch.subject.stamps else None
        if newest is None or now - newest > self._oldest(now):
            self._note(watch, "shown past its time", f"{list(shown)}")

    def _look_at_value(self, watch: Watch, glucose: State | None) -> None:
        """Note a value that is not the one of the newest reading."""
        assert self._hass is not None
        last = self._hass.states.get(watch.ids["last_reading"])
        if glucose is None or last is None:
            return
        at = dt_util.parse_datetime(last.state)
        if at is None:
            self._note(watch, "value without a reading", last.state)
            return
        # The state leaves out fractions of a second.
        subject = watch.subject
        place = bisect_right(subject.stamps, at + SECOND) - 1
        stamp = subject.stamps[place] if place >= 0 else None
        is_it = stamp is not None and stamp.replace(microsecond=0) == at
        reading = subject.known[stamp] if stamp is not None and is_it else None
        if reading is None or reading.mgdl != float(glucose.state):
            self._note(watch, "value of another reading", f"{last.state}")

    def _look_for_newest(
        self, watch: Watch, glucose: State | None, now: datetime
    ) -> None:
        """Note that the newest reading is there, and not shown."""
        assert self._hass is not None
        subject = watch.subject
        stamps = subject.stamps
        older = bisect_right(stamps, now - SHOWN_WITHIN) - 1
        if older < 0 or subject.arrived[stamps[older]] > now - SHOWN_WITHIN:
            return
        last = self._hass.states.get(watch.ids["last_reading"])
        at = dt_util.parse_datetime(last.state) if last else None
        if at is None or at < stamps[older].replace(microsecond=0):
            told = last.state if last else "no state"
            self._note(watch, "newest not shown", f"{told}, not {stamps[older]}")

    def _look_at_alarms(
        self,
        watch: Watch,
        coordinator: CgmCoordinator,
        glucose: State | None,
        now: datetime,
    ) -> None:
        """Note alarms that are not as the engine says."""
        if watch.next_at is not None and coordinator.now() >= watch.next_at:
            self._step(watch, coordinator)
        if watch.heard == watch.due:
            watch.differs_since = None
            watch.heard, watch.due = [], []
        elif watch.differs_since is None:
            watch.differs_since = now
        elif now - watch.differs_since > 2 * self._tick:
            detail = f"{watch.heard}, not {watch.due}"
            self._note(watch, "alarms not as the engine says", detail)
            watch.heard, watch.due, watch.differs_since = [], [], None
        is_urgent = glucose is not None and float(glucose.state) < URGENT
        if not is_urgent or Level.URGENT_LOW.value in watch.active:
            watch.urgent_since = None
        elif watch.urgent_since is None:
            watch.urgent_since = now
        elif now - watch.urgent_since > 2 * self._tick:
            self._note(watch, "urgent low not told", "")
            watch.urgent_since = None

    def _look_at_told(self, watch: Watch, now: datetime) -> None:
        """Note what was done and not told."""
        done = watch.subject.done
        while done and now - done[0][0] > TOLD_WITHIN:
            entered, treatment = done.pop(0)
            is_calm = not watch.is_in_trouble
            was_sound = is_calm and watch.sound_since <= entered - MINUTE
            if not (was_sound and watch.subject.tells_treatments):
                continue
            self.counts["treatments"] += 1
            kind = "carbs" if treatment.carbs else "bolus"
            if treatment.is_automatic:
                kind = "automatic_bolus"
            if not watch.told[_told(kind, treatment.at)]:
                self._note(watch, "treatment not told", f"{kind} {treatment.at}")

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        """Look at a change."""
        found = self._by_entity.get(event.data["entity_id"])
        new = event.data["new_state"]
        if found is None or new is None:
            return
        watch, key = found
        self.counts["changes"] += 1
        now = self._clocks.world()
        self._follow_trace(f"{now.isoformat()} {new.entity_id} {new.state}")
        if new.state in UNKNOWN:
            return
        if key == "last_reading":
            if new.state < watch.last_reading:
                self._note(watch, "states out of order", new.state)
            watch.last_reading = new.state
        elif key in {"alarm", "treatment"}:
            # Entities of events show the last one again when they come back.
            event_of = f"{new.state} {new.attributes}"
            if watch.last_events.get(key) == event_of:
                return
            watch.last_events[key] = event_of
            if key == "alarm":
                self._heard(watch, new, now)
            else:
                self._told(watch, new)
        elif key in AGED:
            self._look_at_age(watch, {key: new}, now)

    def _heard(self, watch: Watch, new: State, now: datetime) -> None:
        """Note an alarm that is told twice, or about nothing."""
        kind, level = new.attributes["event_type"], new.attributes["level"]
        if kind == "repeated":
            watch.repeats[level] += 1
        else:
            watch.heard.append((kind, level))
        self.counts[f"alarms {kind}"] += 1
        is_active = level in watch.active
        if kind == "raised":
            if is_active:
                self._note(watch, "alarm raised twice", level)
            watch.active.add(level)
        elif not is_active:
            self._note(watch, f"alarm {kind} and not raised", level)
        if kind == "cleared":
            watch.active.discard(level)
        elif level != Level.SIGNAL_LOST.value:
            self._look_at_age(watch, {f"alarm {level}": new}, now)

    def _told(self, watch: Watch, new: State) -> None:
        """Note a treatment that is told twice."""
        at = dt_util.parse_datetime(new.attributes["at"])
        assert at is not None
        name = _told(new.attributes["event_type"], at)
        watch.told[name] += 1
        self.counts["told"] += 1
        if watch.told[name] > 1:
            self._note(watch, "treatment told twice", name)

    @callback
    def _step(self, watch: Watch, coordinator: CgmCoordinator) -> None:
        """Let the pure engine look at what is known."""
        now = coordinator.now()
        watch.state, events, watch.next_at = step(
            watch.state,
            coordinator.data,
            options.alarm_settings(
                coordinator.config_entry.options, dt_util.get_default_time_zone()
            ),
            now,
        )
        for kind, level in map(_name, events):
            # One may come in the very moment that a reading ends it.
            if kind == "repeated":
                watch.repeats[level] -= 1
                continue
            watch.due.append((kind, level))
            if kind == "cleared" and abs(watch.repeats.pop(level, 0)) > 1:
                self._note(watch, "repeated not as the engine says", level)
        self._forget_timer(watch)
        if watch.next_at is not None:
            # As the home does it: what is due first must be looked at first.
            seconds = (watch.next_at - now).total_seconds() + 0.05
            watch.timer = asyncio.get_running_loop().call_later(
                seconds, self._step, watch, coordinator
            )

    @staticmethod
    def _forget_timer(watch: Watch) -> None:
        """Wait for nothing."""
        if watch.timer is not None:
            watch.timer.cancel()
            watch.timer = None

    def _oldest(self, now: datetime) -> timedelta:
        """Return how old may be what is shown."""
        if now < self._lenient_until:
            return timedelta.max
        wrong = abs(self._clocks.wrong)
        if not wrong:
            return STALE_AFTER + SECOND
        return STALE_AFTER + (wrong if wrong <= SKEWED else SLOWEST / 2) + SECOND

    def _note(self, watch: Watch, rule: str, detail: str) -> None:
        """Note what must not be."""
        self.counts["violations"] += 1
        if len(self.violations) < self._most:
            now = self._clocks.world()
            who = watch.subject.kind
            self.violations.append(Violation(at=now, who=who, rule=rule, detail=detail))

    def _follow_trace(self, line: str) -> None:
        """Take a line into the trace."""
        self.trace = crc32(line.encode(), self.trace)


def _watch(subject: Subject, now: datetime) -> Watch:
    """Return a person of whom nothing is known yet."""
    name = f"alex_{subject.kind}"
    keys = (*AGED, "last_reading")
    ids = {key: f"sensor.{name}_{key}" for key in keys}
    ids |= {key: f"event.{name}_{key}" for key in ("alarm", "treatment")}
    return Watch(subject=subject, ids=ids, sound_since=now)


def _name(event: AlarmEvent) -> tuple[str, str]:
    """Return an event as it is compared."""
    level = "all" if event.level is None else event.level.value
    return event.kind.value, level


def _told(kind: str, at: datetime) -> str:
    """Return what tells a treatment from all others."""
    return f"{kind} {at.isoformat(timespec='seconds')}"
