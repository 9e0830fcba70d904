"""Keeps one person's data current: the only module that reads the clock."""

import asyncio
from datetime import datetime, timedelta
from hashlib import sha256
import json
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from . import repairs
from .cgm.clock import Clock
from .cgm.data import CgmData, fresh_until, judge, merge_treatments
from .cgm.errors import CgmAuthError, CgmError, CgmRateLimitError
from .cgm.models import Account, Sample, Treatment
from .cgm.schedule import Schedule
from .cgm.source import CgmSource, Feature
from .cgm.timeline import Timeline
from .const import (
    CONF_STALE_AFTER,
    DOMAIN,
    LOGGER,
    OVERDUE,
    OVERLAP,
    READINGS_SPAN,
    REFUSED_AGAIN,
    REFUSED_FIRST,
    STALE_AFTER_MINUTES,
    START_WAITS,
    TICK,
    TREATMENTS_ALL,
    TREATMENTS_ALL_EVERY,
    TREATMENTS_BESIDE,
    TREATMENTS_EVERY,
    TREATMENTS_OVERLAP,
    TREATMENTS_TRUSTED,
)
from .errors import translation_key
from .store import CgmStore, Remembered

type CgmConfigEntry = ConfigEntry[CgmCoordinator]


class CgmCoordinator(DataUpdateCoordinator[CgmData]):
    """Asks a source when something is due, and judges what is known.

    What people see follows the age of the data, not the last request: one
    failure changes nothing, and a reading that grows old disappears without
    waiting for a poll.
    """

    config_entry: CgmConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: CgmConfigEntry,
        source: CgmSource,
        store: CgmStore,
        remembered: Remembered,
    ) -> None:
        """Begin where the last run of Home Assistant ended."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=DOMAIN,
            update_interval=TREATMENTS_EVERY,
            always_update=False,
        )
        self.source = source
        self.timeline = Timeline(remembered.newest_at, remembered.newest_seen)
        self.schedule = Schedule(caps=source.caps)
        self.refusals = 0
        self.clock = Clock(dt_util.utcnow(), hass.loop.time())
        self.next_at = dt_util.utcnow()
        self._features = remembered.features
        self._refused = remembered.refused
        self._store = store
        self._account: Account | None = None
        self._treatments: tuple[Treatment, ...] = ()
        self._treatments_at: datetime | None = None
        self._all_treatments_at: datetime | None = None
        self._treatments_task: asyncio.Task[None] | None = None
        self._is_answering = False
        self._is_asking = False
        self._cancel_stale: CALLBACK_TYPE | None = None
        self.data = self._judged()

    @property
    def features(self) -> frozenset[Feature]:
        """Return what the account can report."""
        return self._features or frozenset()

    @property
    def stale_after(self) -> timedelta:
        """Return the age at which a reading stops being current."""
        options = self.config_entry.options
        return timedelta(minutes=options.get(CONF_STALE_AFTER, STALE_AFTER_MINUTES))

    async def async_start(self) -> None:
        """Ask for the first time, and keep everything going until unload.

        A source that worked before is waited for only shortly: what is known
        without it (that nothing is known, above all) must not wait.

        Raises:
            ConfigEntryNotReady: The source never worked, and does not now.
            ConfigEntryAuthFailed: It never worked, and refuses the credential.
        """
        if self.is_refused:
            self._ask_for_credential()
        elif self._features is None:
            await self.async_config_entry_first_refresh()
        else:
            first = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{DOMAIN} first refresh"
            )
            await asyncio.wait([first], timeout=START_WAITS)
        self._keep_going()

    @property
    def is_refused(self) -> bool:
        """Return whether asking again has to wait until somebody acts.

        Remembered across restarts, and forgotten as soon as the settings that
        were refused are others.
        """
        return self._refused == _fingerprint(self.config_entry)

    @callback
    def _ask_for_credential(self) -> None:
        """Ask for another credential.

        Raises:
            ConfigEntryAuthFailed: The source never worked, so nothing is loaded.
        """
        if self._features is None:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="invalid_auth"
            )
        self.config_entry.async_start_reauth(self.hass)

    @callback
    def _keep_going(self) -> None:
        """Listen, tick and look again once everybody else has started."""
        entry = self.config_entry
        # Alarms, triggers and voice need data even if every entity is disabled.
        entry.async_on_unload(self.async_add_listener(lambda: None))
        entry.async_on_unload(async_track_time_interval(self.hass, self._tick, TICK))
        entry.async_on_unload(async_at_started(self.hass, self._tick))
        entry.async_on_unload(self._forget_stale)
        repairs.report_polling(self.hass, entry)

    async def async_remember(self) -> None:
        """Write down what the next run must know."""
        await self._store.async_save(self._remembered())

    @override
    async def _async_update_data(self) -> CgmData:
        """Return what is known after asking for readings."""
        asked = dt_util.utcnow()
        if self.is_refused:
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="invalid_auth"
            )
        self._is_asking = True
        try:
            samples = await self._ask()
        except CgmError as err:
            if isinstance(err, CgmAuthError):
                await self._remember_refusal()
            self._failed(asked, err)
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key=translation_key(err)
            ) from err
        finally:
            self._is_asking = False
        self._received(asked, samples)
        return self._judged()

    async def _ask(self) -> list[Sample]:
        """Return new readings; the first time, find out whose they are."""
        if self._account is None:
            self._account = await self.source.identify()
            self._features = self.source.features
        return list(await self.source.readings(self._since()))

    async def _remember_refusal(self) -> None:
        """Make sure that not even a restart tries what must not be tried again."""
        if not self.source.caps.retries_refused:
            self._refused = _fingerprint(self.config_entry)
            await self.async_remember()

    def _since(self) -> datetime:
        """Return what the source is asked from: what is missing, and a little more."""
        now = self._now()
        day = now - READINGS_SPAN
        if not self.timeline.readings or self.timeline.newest_at is None:
            return day
        start = self.timeline.newest_at - OVERLAP
        return max(day, min(start, self.timeline.gap_start(now) or start))

    @callback
    def _received(self, asked: datetime, samples: list[Sample]) -> None:
        """Take in an answer, and decide when to ask again."""
        now = dt_util.utcnow()
        self.clock.compare(asked, now, self.hass.loop.time(), self.source.server_time)
        repairs.report_skew(self.hass, self.config_entry, self.clock.skew)
        if self.refusals:
            self._accepted_again()
        self._is_answering = True
        is_new = self.timeline.merge(samples, self._now())
        if is_new:
            self._store.save_soon(self._remembered())
        self._wait_until(
            self.schedule.polled(asked=asked, now=now, newest=self.timeline.newest_at)
        )
        self._ask_for_treatments(is_new=is_new)

    @callback
    def _accepted_again(self) -> None:
        """Withdraw the question for a credential: the known one is good."""
        self.refusals = 0
        flows = self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})
        for flow in list(flows):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _failed(self, asked: datetime, err: CgmError) -> None:
        """Decide when to ask again after a failure; nothing else changes."""
        now = dt_util.utcnow()
        self._is_answering = False
        match err:
            case CgmAuthError():
                self.refusals += 1
                when = now + (REFUSED_FIRST if self.refusals == 1 else REFUSED_AGAIN)
                self._ask_for_credential()
            case CgmRateLimitError():
                when = self.schedule.failed(
                    asked=asked,
                    now=now,
                    retry_after=err.retry_after,
                    is_rate_limited=True,
                )
            case _:
                when = self.schedule.failed(asked=asked, now=now)
        self._wait_until(when)
        self.data = self._judged()

    @callback
    def _wait_until(self, when: datetime) -> None:
        """Ask again at `when`.

        Home Assistant rounds the loop's time down to a second before it adds
        the interval; what it takes away is given back.
        """
        self.next_at = when
        seconds = max(0.0, (when - dt_util.utcnow()).total_seconds())
        self.update_interval = timedelta(seconds=seconds + self.hass.loop.time() % 1)

    @callback
    def _ask_for_treatments(self, *, is_new: bool) -> None:
        """Ask for treatments beside a new reading, else every five minutes.

        In the background: nobody who waits for glucose waits for them.
        """
        is_asking = self._treatments_task is not None
        if is_asking or Feature.TREATMENTS not in self.source.features:
            return
        asked = self._treatments_at
        age = None if asked is None else self._now() - asked
        enough = TREATMENTS_BESIDE if is_new else TREATMENTS_EVERY
        if age is None or age >= enough:
            self._treatments_task = self.config_entry.async_create_background_task(
                self.hass, self._refresh_treatments(), f"{DOMAIN} treatments"
            )

    async def _refresh_treatments(self) -> None:
        """Read treatments; a failure leaves everything as it is."""
        now = self._now()
        asked_all = self._all_treatments_at
        is_all_due = asked_all is None or now - asked_all >= TREATMENTS_ALL_EVERY
        since = now - (TREATMENTS_ALL if is_all_due else TREATMENTS_OVERLAP)
        try:
            fresh = await self.source.treatments(since)
        except CgmError as err:
            LOGGER.debug("Treatments could not be read: %s", err)
            return
        finally:
            self._treatments_task = None
        now = self._now()
        self._treatments = merge_treatments(
            self._treatments, fresh, since=since, now=now
        )
        self._treatments_at = now
        if is_all_due:
            self._all_treatments_at = now
        self.async_judge()

    @callback
    def async_judge(self) -> None:
        """Publish what is known now, if that changed."""
        data = self._judged()
        if data != self.data:
            self.data = data
            self.async_update_listeners()

    @callback
    def _tick(self, _: object = None) -> None:
        """Notice what a timer on the monotonic clock cannot."""
        self.async_judge()
        is_overdue = dt_util.utcnow() > self.next_at + OVERDUE
        may_ask = not (
            self._is_asking or self.is_refused or self.config_entry.pref_disable_polling
        )
        if is_overdue and may_ask:
            self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{DOMAIN} overdue refresh"
            )

    def _now(self) -> datetime:
        """Return the present, by the source's clock where ours is wrong."""
        return self.clock.now(dt_util.utcnow(), self.hass.loop.time())

    @callback
    def _judged(self) -> CgmData:
        """Return what is known now, and look again the moment it grows old."""
        now, stale_after = self._now(), self.stale_after
        asked = self._treatments_at
        self._forget_stale()
        until = fresh_until(self.timeline, stale_after)
        if until is not None and until > now:
            # A timer may fire a few milliseconds before the wall clock agrees.
            seconds = (until - now).total_seconds() + 0.05
            self._cancel_stale = async_call_later(self.hass, seconds, self._grown_old)
        return judge(
            self.timeline,
            self._treatments,
            now=now,
            stale_after=stale_after,
            are_treatments_known=asked is not None and now - asked < TREATMENTS_TRUSTED,
            is_answering=self._is_answering,
        )

    @callback
    def _grown_old(self, _: datetime) -> None:
        """Publish that the newest reading is no longer current."""
        self._cancel_stale = None
        self.async_judge()

    @callback
    def _forget_stale(self) -> None:
        """Stop waiting for the newest reading to grow old."""
        if self._cancel_stale is not None:
            self._cancel_stale()
            self._cancel_stale = None

    def _remembered(self) -> Remembered:
        """Return what the next run must know."""
        return Remembered(
            features=self._features,
            refused=self._refused,
            newest_at=self.timeline.newest_at,
            newest_seen=self.timeline.newest_seen,
        )


def _fingerprint(entry: CgmConfigEntry) -> str:
    """Return what is different once the settings are."""
    told = json.dumps(dict(entry.data), sort_keys=True, default=str)
    return sha256(told.encode()).hexdigest()[:16]
