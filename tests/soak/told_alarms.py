"""Which alarms are told: those that the pure engine says, each once."""

import asyncio
from datetime import datetime
from functools import partial

from homeassistant.core import State, callback
from homeassistant.util import dt as dt_util

from custom_components.glucose_follow import options
from custom_components.glucose_follow.cgm import alarms
from custom_components.glucose_follow.cgm.alarm_levels import AlarmEvent, Level
from custom_components.glucose_follow.cgm.alarm_state import AlarmState
from custom_components.glucose_follow.coordinator import CgmCoordinator

from .shown import Shown
from .watch import Notes, Sleeper, Watch

URGENT = 55


class ToldAlarms:
    """Compares what is told with what the pure engine says."""

    def __init__(self, notes: Notes, shown: Shown) -> None:
        """Prepare."""
        self._notes = notes
        self._shown = shown

    def look(
        self,
        watch: Watch,
        coordinator: CgmCoordinator,
        glucose: State | None,
        now: datetime,
    ) -> None:
        """Note alarms that are not as the engine says.

        What is just due is looked at when the timer ends, as the home does it: news
        of the same moment may come before. Only what a tick found is looked at here:
        a machine that slept, or whose clock jumped, had no timer for it.
        """
        due, tick = watch.next_at, self._notes.tick
        if due is not None and coordinator.now() >= due + tick:
            sleeper = Sleeper(watch.state, [*watch.due], due)
            self.step(watch, coordinator)
            if now <= self._notes.lenient_until and watch.sleeper is None:
                watch.sleeper = sleeper
        self._compare(watch, now)
        is_urgent = glucose is not None and float(glucose.state) < URGENT
        if not is_urgent or Level.URGENT_LOW.value in watch.active:
            watch.urgent_since = None
        elif watch.urgent_since is None:
            watch.urgent_since = now
        elif now - watch.urgent_since > 2 * self._notes.tick:
            self._notes.add(watch, "urgent low not told", "")
            watch.urgent_since = None

    def _compare(self, watch: Watch, now: datetime) -> None:
        """Note what differs for longer than until the next tick."""
        if watch.heard == watch.due:
            if watch.heard or now > self._notes.lenient_until:
                watch.sleeper = None
            watch.differs_since = None
            watch.heard, watch.due = [], []
        elif watch.differs_since is None:
            watch.differs_since = now
        elif now - watch.differs_since > 2 * self._notes.tick:
            # A sleeper looks at its next tick, when it may be over, or just begun.
            woke_up = self._notes.lenient_until >= watch.differs_since
            if not (woke_up and _may_differ(watch)):
                detail = f"{watch.heard}, not {watch.due}"
                self._notes.add(watch, "alarms not as the engine says", detail)
            watch.heard, watch.due, watch.differs_since = [], [], None
            watch.sleeper = None

    def hear(self, watch: Watch, new: State, now: datetime) -> None:
        """Note an alarm that is told twice, or about nothing."""
        # The home's tick may come a moment before the timer, and news in between.
        if watch.look_again is not None:
            watch.look_again()
        kind, level = new.attributes["event_type"], new.attributes["level"]
        self._shown.look_at_alarm(watch, new, now)
        if kind == "repeated":
            watch.repeats[level] += 1
        else:
            watch.heard.append((kind, level))
        self._notes.counts[f"alarms {kind}"] += 1
        is_active = level in watch.active
        if kind == "raised":
            if is_active:
                self._notes.add(watch, "alarm raised twice", level)
            watch.active.add(level)
        elif not is_active:
            self._notes.add(watch, f"alarm {kind} and not raised", level)
        if kind == "cleared":
            watch.active.discard(level)
        elif level != Level.SIGNAL_LOST.value:
            self._shown.look_at_age(watch, {f"alarm {level}": new}, now)

    @callback
    def follow(self, watch: Watch, coordinator: CgmCoordinator) -> None:
        """Let the pure engine look now, and whenever the time has come."""
        watch.look_again = partial(self._step_if_due, watch, coordinator)
        self.step(watch, coordinator)

    def _step_if_due(self, watch: Watch, coordinator: CgmCoordinator) -> None:
        """Let the pure engine look if it wanted to by now."""
        if watch.next_at is not None and coordinator.now() >= watch.next_at:
            self.step(watch, coordinator)

    @callback
    def step(self, watch: Watch, coordinator: CgmCoordinator) -> None:
        """Let the pure engine look at what is known."""
        now = coordinator.now()
        if (sleeper := watch.sleeper) is not None:
            sleeper.state, events, sleeper.next_at = _looked(sleeper.state, coordinator)
            names = map(_name, events)
            sleeper.due += [name for name in names if name[0] != "repeated"]
        watch.state, events, watch.next_at = _looked(watch.state, coordinator)
        for kind, level in map(_name, events):
            # One may come in the very moment that a reading ends it.
            if kind == "repeated":
                watch.repeats[level] -= 1
                self._notes.counts["repetitions due"] += 1
                continue
            watch.due.append((kind, level))
            if kind == "cleared":
                self._settle(watch, level)
        self.forget_timer(watch)
        if watch.next_at is not None:
            # As the home does it: what is due first must be looked at first.
            seconds = (watch.next_at - now).total_seconds() + 0.05
            watch.timer = asyncio.get_running_loop().call_later(
                seconds, self.step, watch, coordinator
            )

    def _settle(self, watch: Watch, level: str) -> None:
        """Note how often an alarm that is over was repeated too often, or too seldom."""
        off = watch.repeats.pop(level, 0)
        self._notes.counts["repetitions off"] += abs(off)
        if abs(off) > 1:
            self._notes.add(watch, "repeated not as the engine says", level)

    def leave(self, watch: Watch) -> None:
        """Expect nothing of a home that is gone."""
        self.forget_timer(watch)
        watch.sleeper, watch.look_again = None, None

    @staticmethod
    def forget_timer(watch: Watch) -> None:
        """Wait for no moment."""
        if watch.timer is not None:
            watch.timer.cancel()
            watch.timer = None


def _looked(state: AlarmState, coordinator: CgmCoordinator) -> alarms.Step:
    """Return what the engine says to what is known now."""
    settings = options.alarm_settings(
        coordinator.config_entry.options, dt_util.get_default_time_zone()
    )
    return alarms.step(state, coordinator.data, settings, coordinator.now())


def _may_differ(watch: Watch) -> bool:
    """Return whether a home that slept may have told this.

    What was over at once may be left out. If news came before it looked, then it
    goes on from there.
    """
    heard, sleeper = lasting(watch.heard), watch.sleeper
    if heard == lasting(watch.due):
        return True
    if sleeper is None or heard != lasting(sleeper.due):
        return False
    watch.state, watch.next_at = sleeper.state, sleeper.next_at
    return True


def lasting(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what was told, without alarms that were over at once."""
    left: list[tuple[str, str]] = []
    for kind, level in told:
        if kind == "cleared" and left[-1:] == [("raised", level)]:
            left.pop()
        else:
            left.append((kind, level))
    return left


def _name(event: AlarmEvent) -> tuple[str, str]:
    """Return an event as it is compared."""
    level = "all" if event.level is None else event.level.value
    return event.kind.value, level
