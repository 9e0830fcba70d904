"""Reads what nobody waits for who waits for glucose: treatments and devices."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from . import devices
from .cgm.errors import CgmError, CgmRateLimitError
from .cgm.source import Feature
from .cgm.treatments import Question
from .const import DOMAIN, LOGGER

if TYPE_CHECKING:
    from .coordinator import CgmCoordinator


class Background:
    """One question of each kind at a time; a failure leaves everything as it is."""

    def __init__(self, coordinator: CgmCoordinator) -> None:
        """Ask nothing yet."""
        self._coordinator = coordinator
        self._tasks: dict[Feature, asyncio.Task[None]] = {}

    @property
    def _is_pushed(self) -> bool:
        """Return whether the source says by itself what is new, and lately did."""
        schedule = self._coordinator.schedule
        late_at = schedule.late_at
        is_late = late_at is None or dt_util.utcnow() >= late_at
        return schedule.is_pushed and not is_late

    @callback
    def async_ask_for_treatments(self, *, is_new: bool) -> None:
        """Ask for treatments if that is due."""
        if self._cannot_ask(Feature.TREATMENTS):
            return
        coordinator = self._coordinator
        question = coordinator.log.question(
            coordinator.now(), is_new=is_new, is_pushed=self._is_pushed
        )
        if question is not None:
            self._start(Feature.TREATMENTS, self._read_treatments(question))

    @callback
    def async_settle_dispute(self) -> None:
        """Ask for treatments if only the answer tells which of them there are."""
        coordinator = self._coordinator
        if self._is_welcome and coordinator.log.is_disputed:
            self.async_ask_for_treatments(is_new=False)

    @callback
    def async_ask_for_status(self) -> None:
        """Ask for pump, loop and phone if that is due."""
        coordinator = self._coordinator
        if not self._is_welcome or self._cannot_ask(Feature.STATUS):
            return
        if coordinator.status_log.is_due(
            coordinator.now(),
            coordinator.timeline.newest_seen,
            is_pushed=self._is_pushed,
            is_late=Feature.LIVE not in coordinator.source.features,
        ):
            self._start(Feature.STATUS, self._read_status())

    @property
    def _is_welcome(self) -> bool:
        """Return whether the source answers, and not only says something unasked."""
        coordinator = self._coordinator
        return coordinator.is_answering and coordinator.restraint.is_over

    def _cannot_ask(self, feature: Feature) -> bool:
        """Return whether a question is under way, or would not be understood."""
        task = self._tasks.get(feature)
        is_asking = task is not None and not task.done()
        return is_asking or feature not in self._coordinator.source.features

    def _start(self, feature: Feature, reading: Coroutine[None, None, None]) -> None:
        """Read beside everything else, until the entry is unloaded."""
        entry, hass = self._coordinator.config_entry, self._coordinator.hass
        self._tasks[feature] = entry.async_create_background_task(
            hass, reading, f"{DOMAIN} {feature}"
        )

    async def _read_treatments(self, question: Question) -> None:
        """Read treatments."""
        coordinator = self._coordinator
        try:
            fresh = await coordinator.source.treatments(question.since)
        except CgmError as err:
            LOGGER.debug("Treatments could not be read: %s", err)
            if isinstance(err, CgmRateLimitError):
                coordinator.log.rest(coordinator.now(), err.retry_after)
            return
        coordinator.log.answer(question, fresh, coordinator.now())
        # A change or profile that was corrected or deleted is known by it, too.
        # Before the first answer about them, not all of it is known.
        if coordinator.status_log.status is not None:
            status = await coordinator.source.known_status()
            if status is not None:
                coordinator.status_log.answer(status)
        coordinator.async_judge()

    async def _read_status(self) -> None:
        """Read pump, loop and phone."""
        coordinator = self._coordinator
        try:
            status = await coordinator.source.status()
        except CgmError as err:
            LOGGER.debug("Status could not be read: %s", err)
            if isinstance(err, CgmRateLimitError):
                coordinator.status_log.rest(coordinator.now(), err.retry_after)
            return
        if status is not None:
            coordinator.status_log.answer(status)
            devices.async_describe(coordinator.hass, coordinator.config_entry, status)
            coordinator.async_judge()
