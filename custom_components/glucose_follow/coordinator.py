"""Keeps one person's data current, and says what time it is for it."""

import asyncio
from datetime import datetime, timedelta
from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from . import options, repairs
from .alarms import CgmAlarms
from .background import Background
from .cgm.clock import Clock, Moment
from .cgm.data import CgmData, fresh_until, judge
from .cgm.errors import CgmAuthError, CgmConnectionError, CgmError, CgmRateLimitError
from .cgm.held import Held
from .cgm.hours import HistoryProgress
from .cgm.models import Account, Sample
from .cgm.schedule import Schedule
from .cgm.source import CgmSource, Feature
from .cgm.status import StatusLog
from .cgm.timeline import Timeline
from .cgm.treatments import TreatmentLog
from .cgm.watch import Watch
from .const import (
    AGAIN,
    CONF_STALE_AFTER,
    DOMAIN,
    LOGGER,
    OVERDUE,
    STALE_AFTER_MINUTES,
    START_WAITS,
    TICK,
    UNEXPECTED,
)
from .history import Past
from .news import TreatmentNews
from .problems import Problems
from .push import Push
from .reported import Reported
from .restraint import Restraint, update_failed
from .stale_timer import StaleTimer
from .store import CgmStore, Remembered
from .turn import async_take_turn

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
            update_interval=UNEXPECTED,
            always_update=False,
        )
        self.source = source
        self.timeline = Timeline(remembered.newest_at, remembered.newest_seen)
        self.held = Held(self.timeline)
        self.schedule = Schedule(caps=source.caps)
        self.log = TreatmentLog(is_late=Feature.LIVE not in source.features)
        self.status_log = StatusLog()
        self.history: HistoryProgress | None = None
        self.year_read = remembered.year_read
        self.push = Push(self)
        self.past = Past(self)
        self.restraint = Restraint(
            hass,
            entry,
            remembered.refused,
            remembered.pause,
            retries_refused=source.caps.retries_refused,
        )
        self.reported = Reported(remembered.reported, self.async_remember_soon)
        self.news = TreatmentNews(remembered.told_until, self.async_remember_soon)
        self.is_answering = False
        self.clock = Clock(self._moment())
        self._watch = Watch()
        self.next_at = dt_util.utcnow()
        self.alarms = CgmAlarms(self, remembered.alarms)
        self._features = remembered.features
        self._store = store
        self._account: Account | None = None
        self._background = Background(self)
        self._problems = Problems(
            hass, entry, remembered.silent_since, self.async_remember_soon
        )
        self._stale_timer = StaleTimer(hass, self.async_judge)
        self._is_asking = False
        self._is_closed = False
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

    @property
    def fresh_until(self) -> datetime | None:
        """Return when the newest reading stops being current, None without one."""
        return fresh_until(self.timeline, self.stale_after)

    async def async_start(self) -> None:
        """Ask for the first time, and keep everything going until unload.

        A source that worked before is waited for only shortly: what is known
        without it (that nothing is known, above all) must not wait.

        Raises:
            ConfigEntryNotReady: The source never worked, and does not now.
            ConfigEntryAuthFailed: It never worked, and refuses the credential.
        """
        if self.restraint.pause is not None:
            self._wait_until(self.restraint.pause.until)
        if self.restraint.is_refused:
            self._ask_for_credential()
        elif self._features is None:
            await self.async_config_entry_first_refresh()
        else:
            first = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{DOMAIN} first refresh"
            )
            await asyncio.wait([first], timeout=START_WAITS)
        self._keep_going()

    @callback
    def _keep_going(self) -> None:
        """Listen, tick and look again once everybody else has started."""
        entry = self.config_entry
        # Alarms, triggers and voice need data even if every entity is disabled.
        entry.async_on_unload(self.async_add_listener(lambda: None))
        entry.async_on_unload(async_track_time_interval(self.hass, self._tick, TICK))
        entry.async_on_unload(async_at_started(self.hass, self._started))
        entry.async_on_unload(self._stale_timer.async_cancel)
        entry.async_on_unload(self.push.async_cancel)
        self._wait_for_old()
        repairs.report_polling(self.hass, entry)

    async def async_remember(self) -> None:
        """Write down what the next run must know."""
        await self._store.async_save(self._remembered())

    @callback
    def async_remember_soon(self) -> None:
        """Write the same down within a minute, and when Home Assistant stops."""
        if not self._is_closed:
            self._store.save_soon(self._remembered())

    @callback
    def async_remember_reading(self) -> None:
        """Write down that there is a new reading, when that is worth it."""
        if not self._is_closed:
            self._store.save_reading(self._remembered())

    async def async_close(self) -> None:
        """Write down what is known, and let go of the source."""
        self._is_closed = True
        await self.push.async_stop()
        await self.async_remember()
        await self.source.close()

    @override
    async def _async_update_data(self) -> CgmData:
        """Return what is known after asking for readings."""
        asked = self._moment()
        self.restraint.refuse_to_ask()
        self._wait_until(asked.ours + UNEXPECTED)
        self._is_asking = True
        try:
            since, samples = await self._ask()
        except CgmError as err:
            if isinstance(err, CgmAuthError):
                await self._remember_refusal(err)
            self._failed(asked, err)
            if isinstance(err, CgmRateLimitError):
                await self.async_remember()
            wait = err.retry_after if isinstance(err, CgmRateLimitError) else None
            raise update_failed(err, wait if self._features is None else None) from err
        finally:
            self._is_asking = False
        self._received(asked, since, samples)
        return self._judged()

    async def _ask(self) -> tuple[datetime, list[Sample]]:
        """Return new readings and since when; the first time, ask whose they are."""
        if self._account is None:
            self._account = await self.source.identify()
            self._set_features(self.source.features)
        since = self.held.since(self.now())
        samples = list(await self.source.readings(since))
        await async_take_turn(self.hass)
        return since, samples

    @callback
    def _set_features(self, features: frozenset[Feature]) -> None:
        """Keep what the account can report; entities follow by a reload."""
        is_other = self._features is not None and self._features != features
        self._features = features
        if is_other and self.config_entry.state is ConfigEntryState.LOADED:
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

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

    async def _remember_refusal(self, err: CgmAuthError) -> None:
        """Make sure that not even a restart tries what must not be tried again."""
        is_over = err.is_final or not self.source.caps.retries_refused
        # What bars the way to everybody says nothing of the credential.
        if is_over and not err.is_recognised:
            self.restraint.async_refused_for_good()
            await self.async_remember()

    async def async_refused(self, err: CgmAuthError | CgmRateLimitError) -> None:
        """Leave the source alone after a refusal of what somebody else asked.

        What is under way, or rests already, is decided by the usual question.
        """
        if self._is_closed or self._is_asking or not self.restraint.is_over:
            return
        self._failed(self._moment(), err)
        self._schedule_refresh()
        if isinstance(err, CgmAuthError):
            await self._remember_refusal(err)
        else:
            await self.async_remember()

    @callback
    def _received(self, asked: Moment, since: datetime, samples: list[Sample]) -> None:
        """Take in an answer, and decide when to ask again."""
        answered = self._moment()
        is_clear = self.clock.compare(asked, answered, self.source.server_time)
        self.is_answering = True
        self.restraint.async_answered()
        now = self.now()
        is_new = self.held.merge(samples, now, since)
        if is_new:
            self.async_remember_reading()
            self.push.async_missed()
        when = self.schedule.polled(
            asked=asked.ours, now=answered.ours, newest=self.timeline.newest_at
        )
        self._wait_until(when if is_clear else answered.ours + AGAIN)
        self._wait_for_old()
        self._problems.async_look(
            now, self.timeline.newest_at, self.clock.skew, is_empty=not samples
        )
        self._background.async_ask_for_treatments(is_new=is_new)
        self._background.async_ask_for_status()
        self.push.async_start()

    @callback
    def async_replan(self, *, is_pushed: bool) -> None:
        """Decide again when to ask.

        Args:
            is_pushed: Whether what is new comes by itself.
        """
        self.schedule.is_pushed = is_pushed
        if self.restraint.is_over and not self._is_asking:
            self._wait_until(self.schedule.replanned(now=dt_util.utcnow()))
            self._schedule_refresh()

    @callback
    def _failed(self, asked: Moment, err: CgmError) -> None:
        """Decide when to ask again after a failure; nothing else changes."""
        now = dt_util.utcnow()
        self.is_answering = False
        # A proxy that does not let us through says 403; no site of ours does.
        if isinstance(err, CgmAuthError) and not err.is_recognised:
            when = now + self.restraint.async_refused()
            self._ask_for_credential()
        else:
            when = self._when_after(asked, now, err)
        self._wait_until(when)
        if isinstance(err, CgmAuthError | CgmRateLimitError):
            self.restraint.async_rest(when - now, err)
        self.async_judge()

    def _when_after(self, asked: Moment, now: datetime, err: CgmError) -> datetime:
        """Return when to ask again after a failure that may pass by itself."""
        retry_after = None
        if isinstance(err, CgmConnectionError | CgmRateLimitError):
            retry_after = err.retry_after
        return self.schedule.failed(
            asked=asked.ours,
            now=now,
            retry_after=retry_after,
            is_rate_limited=isinstance(err, CgmRateLimitError),
        )

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
    def async_judge(self) -> None:
        """Publish what is known now, if that changed, and look again when it ends."""
        self._wait_for_old()
        before, self.data = self.data, self._judged()
        if self.data != before:
            self.async_update_listeners()
        if self.is_heard:
            is_live = Feature.LIVE in self.features
            self.news.async_tell(self.log, self.now(), is_live=is_live)

    @property
    def is_heard(self) -> bool:
        """Return whether automations run yet."""
        return self.hass.state not in (CoreState.not_running, CoreState.starting)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell everybody, but not before automations can hear it.

        That there is nothing current any more does not wait for them; what only
        they are for does, see `CgmEntity.waits_for_start`.
        """
        is_over = Feature.LIVE in self.features and self.data.latest is None
        if self.is_heard or is_over:
            super().async_update_listeners()

    @callback
    def _started(self, _: HomeAssistant) -> None:
        """Tell what became known while Home Assistant started."""
        self.async_judge()
        self._tick()
        self.async_update_listeners()

    @callback
    def _tick(self, _: object = None) -> None:
        """Notice what a timer on the monotonic clock cannot."""
        moment = self._moment()
        now = self.clock.now(moment)
        if self._watch.is_due(moment, now):
            self.async_judge()
        self.alarms.async_tick(now)
        self.past.async_forget(now)
        if self._may_ask:
            self._background.async_settle_dispute()
            self._background.async_ask_for_status()
        if moment.ours > self.next_at + OVERDUE:
            self.async_ask_now()

    @property
    def _may_ask(self) -> bool:
        """Return whether a question is neither under way nor forbidden."""
        is_off = self.config_entry.pref_disable_polling
        return not (is_off or self.restraint.is_refused or self._is_asking)

    @callback
    def async_ask_now(self) -> None:
        """Ask at once, unless that is done already or must not be."""
        if self._may_ask:
            self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{DOMAIN} refresh"
            )

    def _moment(self) -> Moment:
        """Return the present by our clocks."""
        return Moment(ours=dt_util.utcnow(), monotonic=self.hass.loop.time())

    def now(self) -> datetime:
        """Return the present, by the source's clock where ours is wrong."""
        return self.clock.now(self._moment())

    def _judged(self) -> CgmData:
        """Return what is known now."""
        moment = self._moment()
        now = self.clock.now(moment)
        data = judge(
            self.timeline,
            self.log.treatments,
            now=now,
            stale_after=self.stale_after,
            are_treatments_known=self.log.are_known(now),
            is_answering=self.is_answering,
            status=self.status_log.status,
            thresholds=options.thresholds(self.config_entry.options),
            before=self.data,
            turning=self.log.turning,
            is_late=Feature.LIVE not in self.features,
        )
        self._watch.looked(moment, now, data.until)
        return data

    @callback
    def _wait_for_old(self) -> None:
        """Look again the moment that the newest reading grows old, until unload."""
        if not self._is_closed:
            self._stale_timer.async_wait(self.now(), self.fresh_until)

    def _remembered(self) -> Remembered:
        """Return what the next run must know."""
        return Remembered(
            features=self._features,
            refused=self.restraint.refused,
            pause=self.restraint.pause,
            silent_since=self._problems.silent_since,
            newest_at=self.timeline.newest_at,
            newest_seen=self.timeline.newest_seen,
            reported=self.reported.seen,
            alarms=self.alarms.state,
            year_read=self.year_read,
            told_until=self.news.told_until,
        )
