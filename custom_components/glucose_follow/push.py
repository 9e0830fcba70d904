"""Keeps listening to a source that says by itself what is new."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .cgm.errors import CgmAuthError, CgmError
from .cgm.models import Reading
from .cgm.push import Connection
from .cgm.source import Change, Feature
from .const import DOMAIN, LOGGER

if TYPE_CHECKING:
    from .coordinator import CgmCoordinator


class Push:
    """One connection after the other, none of which anything depends on.

    While none is up, or none is trusted, the source is asked as if it could not
    push; so nothing that goes wrong here is an outage, and none of it is logged
    as one.
    """

    def __init__(self, coordinator: CgmCoordinator) -> None:
        """Wait for the source to answer for the first time."""
        self.connection = Connection()
        self._coordinator = coordinator
        self._task: asyncio.Task[None] | None = None
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._is_listening = False
        self._is_stopped = False

    @callback
    def async_start(self) -> None:
        """Listen, unless that is done already or will be soon."""
        is_busy = self._is_listening or self._cancel_retry is not None
        if is_busy or Feature.PUSH not in self._coordinator.source.features:
            return
        self._is_listening = True
        self._task = self._coordinator.config_entry.async_create_background_task(
            self._coordinator.hass, self._listen(), f"{DOMAIN} push"
        )

    @callback
    def async_missed(self) -> None:
        """Trust a connection less that did not say what a request found."""
        self.connection.missed()
        self._coordinator.schedule.is_pushed = self.connection.is_trusted
        if self.connection.is_useless and self._task is not None:
            self._task.cancel()

    @callback
    def async_cancel(self) -> None:
        """Listen no more, now or later."""
        self._is_stopped = True
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None
        if self._task is not None:
            self._task.cancel()

    async def async_stop(self) -> None:
        """Listen no more, and wait until everything is let go of."""
        self.async_cancel()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _listen(self) -> None:
        """Listen until the connection ends, and make sure that this is known."""
        fault: CgmError | None = None
        try:
            await self._coordinator.source.listen(self._heard)
        except CgmError as err:
            LOGGER.debug("Nothing is pushed: %s", err)
            fault = err
        finally:
            self._ended(fault)

    @callback
    def _heard(self, change: Change) -> None:
        """Take in what the source says."""
        has_newest = self.async_take_in(change)
        self.connection.heard(dt_util.utcnow(), has_newest=has_newest)
        if has_newest:
            self._coordinator.async_replan(is_pushed=self.connection.is_trusted)
        self._coordinator.async_judge()

    @callback
    def async_take_in(self, change: Change) -> bool:
        """Keep what is said; return whether the newest reading known is in it."""
        coordinator = self._coordinator
        now = coordinator.now()
        if coordinator.held.merge(change.samples, now):
            coordinator.async_remember_reading()
        coordinator.log.heard(change.treatments, change.removed, now)
        if change.status is not None:
            coordinator.status_log.heard(change.status, now)
        coordinator.is_answering = True
        newest = coordinator.timeline.newest_at
        coordinator.schedule.heard(now=dt_util.utcnow(), newest=newest)
        return any(
            isinstance(sample, Reading) and sample.at == newest
            for sample in change.samples
        )

    @callback
    def _ended(self, fault: CgmError | None) -> None:
        """Ask again as usual, and see to the next connection."""
        self._is_listening = False
        was_trusted = self.connection.is_trusted
        is_refused = isinstance(fault, CgmAuthError)
        delay = self.connection.ended(dt_util.utcnow(), is_refused=is_refused)
        hass = self._coordinator.hass
        if self._is_stopped or hass.is_stopping:
            return
        retry = HassJob(self._retry, cancel_on_shutdown=True)
        self._cancel_retry = async_call_later(hass, delay, retry)
        if was_trusted:
            self._coordinator.async_replan(is_pushed=False)
        if isinstance(fault, CgmAuthError) and not fault.is_recognised:
            # Only an answer decides whether somebody has to act.
            self._coordinator.async_ask_now()

    @callback
    def _retry(self, _: datetime) -> None:
        """Try again; a source that rests is listened to once it answers."""
        self._cancel_retry = None
        if self._coordinator.restraint.is_over:
            self.async_start()
