"""Tells alarms: when they are due, and not before they are written down."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from . import options
from .cgm import alarm_state
from .cgm.alarm_levels import AlarmEvent, AlarmKind, AlarmSettings, Level
from .cgm.alarm_state import AlarmState
from .cgm.alarms import step
from .cgm.data import CgmData
from .const import LOGGER

if TYPE_CHECKING:
    from .coordinator import CgmCoordinator

type Hearer = Callable[[AlarmEvent], None]


class _Settings:
    """How alarms are wanted, read again only when that may have changed."""

    def __init__(self) -> None:
        """Have read nothing yet."""
        self._options: options.Options = {}
        self._zone: tzinfo | None = None
        self._read: AlarmSettings | None = None
        self.has_windows = False
        """Whether one is wanted at some time of the day only."""

    def are_other(self, chosen: options.Options) -> bool:
        """Return whether they were not read from this, and here."""
        is_same = chosen is self._options
        return not is_same or self._zone is not dt_util.get_default_time_zone()

    def now(self, chosen: options.Options) -> AlarmSettings:
        """Return how alarms are wanted."""
        if self._read is None or self.are_other(chosen):
            self._options, self._zone = chosen, dt_util.get_default_time_zone()
            self._read = options.alarm_settings(chosen, self._zone)
            levels = self._read.levels.values()
            self.has_windows = any(level.window is not None for level in levels)
        return self._read


class CgmAlarms:
    """Runs one person's alarm engine.

    It looks when there is news, when the engine asked for it, and when the
    coordinator ticks, because timers miss a suspend and a clock that jumps.
    """

    def __init__(self, coordinator: CgmCoordinator, state: AlarmState) -> None:
        """Begin where the last run of Home Assistant ended."""
        self.state = state
        """What the engine remembers; written down with the rest of the entry."""
        self._coordinator = coordinator
        self._hearers: list[Hearer] = []
        self._untold: list[AlarmEvent] = []
        self._telling = asyncio.Lock()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._is_running = False
        self._next_at: datetime | None = None
        self._judged: CgmData | None = None
        self._settings = _Settings()

    @callback
    def async_listen(self, hearer: Hearer) -> CALLBACK_TYPE:
        """Call `hearer` with whatever happens; return how to stop that."""
        self._hearers.append(hearer)
        return lambda: self._hearers.remove(hearer)

    @callback
    def async_start(self) -> None:
        """Look as soon as automations can hear it, and until the entry is unloaded."""
        coordinator = self._coordinator
        entry = coordinator.config_entry
        entry.async_on_unload(async_at_started(coordinator.hass, self._begin))
        entry.async_on_unload(self._stop)

    @callback
    def async_judge(self, _: datetime | None = None) -> None:
        """Tell what is due now."""
        if not self._is_running:
            return
        coordinator = self._coordinator
        before, self._judged = self.state, coordinator.data
        self.state, events, next_at = step(
            before,
            coordinator.data,
            self._settings.now(coordinator.config_entry.options),
            coordinator.now(),
        )
        self._wait_until(next_at)
        self._tell(events)
        if self.state != before:
            coordinator.async_remember_soon()
        if self.state.snoozed != before.snoozed:
            coordinator.async_update_listeners()

    @callback
    def async_tick(self, now: datetime) -> None:
        """Look if something else is known or wanted, or if time may be up."""
        coordinator = self._coordinator
        is_other = coordinator.data is not self._judged or self._settings.are_other(
            coordinator.config_entry.options
        )
        if is_other or self._is_time(now):
            self.async_judge()

    def _is_time(self, now: datetime) -> bool:
        """Return whether time alone may bring something.

        What is left out of a window may be told when that closes.
        """
        if not (self.state.held or self.state.snoozed):
            return False
        is_due = self._next_at is not None and now >= self._next_at
        return is_due or self._settings.has_windows

    def is_active(self, level: Level | None) -> bool:
        """Return whether a level, or any with None, was told and is not over."""
        active = self.state.active
        return bool(active) if level is None else level in active

    @callback
    def async_snooze(self, level: Level | None, duration: timedelta) -> None:
        """Be quiet about a level, or all with None, for a while."""
        self.state, event = alarm_state.snooze(
            self.state, level, duration, self._coordinator.now()
        )
        self._tell((event,))
        self._coordinator.async_update_listeners()

    @callback
    def async_end_snooze(self, level: Level | None) -> None:
        """Tell about a level, or all with None, again."""
        self.state = alarm_state.end_snooze(self.state, level)
        self._coordinator.async_remember_soon()
        self._coordinator.async_update_listeners()

    @callback
    def async_test(self, level: Level) -> None:
        """Tell of an alarm that is none, by the way that every alarm goes."""
        latest = self._coordinator.data.latest
        event = AlarmEvent(
            kind=AlarmKind.RAISED,
            level=level,
            mgdl=latest.mgdl if latest else None,
            is_out_of_range=latest is not None and latest.is_out_of_range,
            minutes=0,
            is_test=True,
        )
        self._tell((event,))

    @callback
    def _begin(self, _: HomeAssistant) -> None:
        """Look for the first time."""
        self._is_running = True
        coordinator = self._coordinator
        entry = coordinator.config_entry
        entry.async_on_unload(coordinator.async_add_listener(self.async_judge))
        self.async_judge()

    @callback
    def _stop(self) -> None:
        """Look no more."""
        self._is_running = False
        self._wait_until(None)

    @callback
    def _wait_until(self, moment: datetime | None) -> None:
        """Look again at a moment, and at no earlier one that was asked for."""
        self._next_at = moment
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None
        if moment is None:
            return
        # A timer may fire a few milliseconds before the wall clock agrees.
        seconds = (moment - self._coordinator.now()).total_seconds() + 0.05
        self._cancel_timer = async_call_later(
            self._coordinator.hass, max(0.0, seconds), self._is_due
        )

    @callback
    def _is_due(self, now: datetime) -> None:
        """Look at what was waited for."""
        self._cancel_timer = None
        self.async_judge()

    @callback
    def _tell(self, events: tuple[AlarmEvent, ...]) -> None:
        """Tell events as soon as they are written down."""
        if not events:
            return
        self._untold += events
        coordinator = self._coordinator
        coordinator.config_entry.async_create_task(
            coordinator.hass, self._async_tell(), "alarms"
        )

    async def _async_tell(self) -> None:
        """Write down that events were told, and tell them.

        In this order, because after a restart in between nobody is woken twice.
        A disk that is full is no reason to sleep.
        """
        async with self._telling:
            events, self._untold = self._untold, []
            try:
                await self._coordinator.async_remember()
            except HomeAssistantError, OSError:
                LOGGER.exception("Alarms could not be written down")
            for event in events:
                for hearer in list(self._hearers):
                    hearer(event)
