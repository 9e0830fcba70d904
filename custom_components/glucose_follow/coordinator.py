"""Keeps one person's data current: the only module that reads the clock."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
import json
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from . import devices, options, repairs
from .alarms import CgmAlarms
from .cgm.clock import SKEW, Clock, Moment
from .cgm.data import CgmData, fresh_until, judge
from .cgm.errors import CgmAuthError, CgmConnectionError, CgmError, CgmRateLimitError
from .cgm.hours import HistoryProgress
from .cgm.models import Account, Reading, Sample, Treatment
from .cgm.punctuality import Punctuality
from .cgm.schedule import Schedule
from .cgm.source import CgmSource, Change, Feature
from .cgm.status import StatusLog
from .cgm.timeline import Timeline
from .cgm.treatments import Announcer, Question, TreatmentLog
from .cgm.watch import Watch
from .const import (
    AGAIN,
    CONF_STALE_AFTER,
    DOMAIN,
    LATE_NEWS_WITHIN,
    LOGGER,
    NEWS_WITHIN,
    OVERDUE,
    OVERLAP,
    READINGS_SPAN,
    REFUSED_AGAIN,
    REFUSED_FIRST,
    REPORTED_AGAIN,
    SILENT_AFTER,
    STALE_AFTER_MINUTES,
    START_WAITS,
    TICK,
    UNEXPECTED,
    VANISHED_AFTER,
)
from .errors import translation_key
from .push import Push
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
            update_interval=UNEXPECTED,
            always_update=False,
        )
        self.source = source
        self.timeline = Timeline(remembered.newest_at, remembered.newest_seen)
        self.schedule = Schedule(caps=source.caps)
        self.log = TreatmentLog()
        self.status_log = StatusLog()
        self.punctuality = Punctuality()
        self.history: HistoryProgress | None = None
        self.push = Push(self)
        self.refusals = 0
        self.clock = Clock(self._moment())
        self._watch = Watch()
        self.next_at = dt_util.utcnow()
        self.alarms = CgmAlarms(self, remembered.alarms)
        self._features = remembered.features
        self._refused = remembered.refused
        self._store = store
        self._announcer: Announcer | None = None
        self._treatment_listeners: set[Callable[[Treatment], None]] = set()
        self._account: Account | None = None
        self._answered_at: datetime | None = None
        self._asked_from = self._held_from = datetime.max.replace(tzinfo=UTC)
        self._treatments_task: asyncio.Task[None] | None = None
        self._status_task: asyncio.Task[None] | None = None
        self._reported = dict(remembered.reported)
        self._rest: tuple[float, CgmError] | None = None
        self._is_answering = False
        self._is_asking = False
        self._is_closed = False
        self._cancel_stale: CALLBACK_TYPE | None = None
        self._grows_old_at = 0.0
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

    @property
    def is_refused(self) -> bool:
        """Return whether asking again has to wait until somebody acts.

        Remembered across restarts, and forgotten as soon as the settings that
        were refused are others.
        """
        refused = self._refused
        return refused is not None and refused == _fingerprint(self.config_entry)

    @property
    def may_be_asked(self) -> bool:
        """Return whether the source does not want to be left alone."""
        return not (self.refusals or self.is_refused or self._is_resting)

    @property
    def _is_pushed(self) -> bool:
        """Return whether the source says by itself what is new, and lately did."""
        late_at = self.schedule.late_at
        is_late = late_at is None or dt_util.utcnow() >= late_at
        return self.schedule.is_pushed and not is_late

    @property
    def _is_resting(self) -> bool:
        """Return whether the source is left alone for a while."""
        return self._rest is not None and self.hass.loop.time() < self._rest[0]

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

    @callback
    def _keep_going(self) -> None:
        """Listen, tick and look again once everybody else has started."""
        entry = self.config_entry
        # Alarms, triggers and voice need data even if every entity is disabled.
        entry.async_on_unload(self.async_add_listener(lambda: None))
        entry.async_on_unload(async_track_time_interval(self.hass, self._tick, TICK))
        entry.async_on_unload(async_at_started(self.hass, self._started))
        entry.async_on_unload(self._forget_stale)
        entry.async_on_unload(self.push.async_cancel)
        self._rearm()
        repairs.report_polling(self.hass, entry)

    def was_reported(self, key: str) -> bool:
        """Return whether something was reported lately, and so has an entity."""
        seen = self._reported.get(key)
        return seen is not None and dt_util.utcnow() - seen < VANISHED_AFTER

    @callback
    def async_reported(self, key: str) -> None:
        """Remember that something is reported; once a day is enough."""
        now, seen = dt_util.utcnow(), self._reported.get(key)
        if seen is None or abs(now - seen) >= REPORTED_AGAIN:
            self._reported[key] = now
            self._store.save_soon(self._remembered())

    @callback
    def async_forget(self, key: str) -> None:
        """Forget that something was ever reported: somebody removed it."""
        if self._reported.pop(key, None) and not self._is_closed:
            self._store.save_soon(self._remembered())

    async def async_remember(self) -> None:
        """Write down what the next run must know."""
        await self._store.async_save(self._remembered())

    @callback
    def async_remember_soon(self) -> None:
        """Write the same down within a minute, and when Home Assistant stops."""
        if not self._is_closed:
            self._store.save_soon(self._remembered())

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
        self.refuse_to_ask()
        self._wait_until(asked.ours + UNEXPECTED)
        self._is_asking = True
        try:
            samples = await self._ask()
        except CgmError as err:
            if isinstance(err, CgmAuthError):
                await self._remember_refusal()
            self._failed(asked, err)
            raise self._failure(err) from err
        finally:
            self._is_asking = False
        self._received(asked, samples)
        return self._judged()

    @callback
    def refuse_to_ask(self) -> None:
        """Keep others from asking a source that wants to be left alone.

        Raises:
            UpdateFailed: With the error that made it so.
        """
        if self.is_refused:
            raise self._failure(CgmAuthError("Refused before"))
        if self._rest is not None and self._is_resting:
            raise self._failure(self._rest[1])

    def _failure(self, err: CgmError) -> UpdateFailed:
        """Return an error as Home Assistant knows it."""
        is_first = self._features is None
        wait = err.retry_after if isinstance(err, CgmRateLimitError) else None
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=translation_key(err),
            retry_after=wait if is_first else None,
        )

    async def _ask(self) -> list[Sample]:
        """Return new readings; the first time, find out whose they are."""
        if self._account is None:
            self._account = await self.source.identify()
            self._set_features(self.source.features)
        self._asked_from = self._since()
        return list(await self.source.readings(self._asked_from))

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

    async def _remember_refusal(self) -> None:
        """Make sure that not even a restart tries what must not be tried again."""
        if not self.source.caps.retries_refused:
            self._refused = _fingerprint(self.config_entry)
            await self.async_remember()

    def _since(self) -> datetime:
        """Return what the source is asked from: what is missing, and a little more."""
        now = self.now()
        day = now - READINGS_SPAN
        if not self.timeline.readings or self.timeline.newest_at is None:
            return day
        if not self.is_held(day + SKEW):
            # Our clock was ahead when the day was asked for, and is no more.
            return day
        start = self.timeline.newest_at - OVERLAP
        return max(day, min(start, self.timeline.gap_start(now) or start))

    def is_held(self, start: datetime) -> bool:
        """Return whether every reading after `start` is held that the source had."""
        return start >= max(self._held_from, self.now() - READINGS_SPAN)

    def _merge(self, samples: Iterable[Sample], since: datetime) -> bool:
        """Take in what happened after `since`; return whether the newest is new.

        What is more than a day old is dropped, also by a clock that is ahead.
        """
        now = self.now()
        self._held_from = max(min(self._held_from, since), now - READINGS_SPAN)
        return self.timeline.merge(samples, now)

    @callback
    def _received(self, asked: Moment, samples: list[Sample]) -> None:
        """Take in an answer, and decide when to ask again."""
        answered = self._moment()
        is_clear = self.clock.compare(asked, answered, self.source.server_time)
        self._is_answering, self._rest = True, None
        if self.refusals:
            self._accepted_again()
        is_new = self._merge(samples, self._asked_from)
        if is_new:
            self.async_remember_soon()
            self.push.async_missed()
        when = self.schedule.polled(
            asked=asked.ours, now=answered.ours, newest=self.timeline.newest_at
        )
        self._wait_until(when if is_clear else answered.ours + AGAIN)
        self._rearm()
        self._report()
        self._ask_for_treatments(is_new=is_new)
        self._ask_for_status()
        self.push.async_start()

    @callback
    def async_hear(self, change: Change) -> bool:
        """Take in what the source said unasked.

        Returns:
            Whether the newest reading known is among it.
        """
        now = self.now()
        if self._merge(change.samples, self._held_from):
            self.async_remember_soon()
        self.log.heard(change.treatments, change.removed, now)
        if change.status is not None:
            self.status_log.heard(change.status, now)
        self._is_answering = True
        newest = self.timeline.newest_at
        self.schedule.heard(now=dt_util.utcnow(), newest=newest)
        return any(
            isinstance(sample, Reading) and sample.at == newest
            for sample in change.samples
        )

    @callback
    def async_replan(self, *, is_pushed: bool) -> None:
        """Decide again when to ask.

        Args:
            is_pushed: Whether what is new comes by itself.
        """
        self.schedule.is_pushed = is_pushed
        if self.may_be_asked and not self._is_asking:
            self._wait_until(self.schedule.replanned(now=dt_util.utcnow()))
            self._schedule_refresh()

    @callback
    def _report(self) -> None:
        """Raise or withdraw what only a person can solve."""
        self._answered_at = self._answered_at or self.now()
        silent_since = self.timeline.newest_at or self._answered_at
        is_silent = self.now() - silent_since >= SILENT_AFTER
        repairs.report_skew(self.hass, self.config_entry, self.clock.skew)
        repairs.report_silence(self.hass, self.config_entry, is_silent=is_silent)
        self.punctuality.look(self.now(), self.timeline.newest_at)
        is_punctual = self.punctuality.is_punctual
        repairs.offer_live(self.hass, self.config_entry, is_punctual=is_punctual)

    @callback
    def _accepted_again(self) -> None:
        """Withdraw the question for a credential: the known one is good."""
        self.refusals = 0
        flows = self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})
        for flow in list(flows):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _failed(self, asked: Moment, err: CgmError) -> None:
        """Decide when to ask again after a failure; nothing else changes."""
        now = dt_util.utcnow()
        self._is_answering = False
        # A proxy that does not let us through says 403; no site of ours does.
        if isinstance(err, CgmAuthError) and not err.is_recognised:
            self.refusals += 1
            self._ask_for_credential()
            when = now + (REFUSED_FIRST if self.refusals == 1 else REFUSED_AGAIN)
        else:
            when = self._when_after(asked, now, err)
        self._wait_until(when)
        if isinstance(err, CgmAuthError | CgmRateLimitError):
            # A second early: the timer that asks again must not be turned away.
            rest = (when - now).total_seconds() - 1
            self._rest = (self.hass.loop.time() + rest, err)
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
    def _ask_for_treatments(self, *, is_new: bool) -> None:
        """Ask for treatments if that is due.

        In the background: nobody who waits for glucose waits for them.
        """
        task = self._treatments_task
        is_asking = task is not None and not task.done()
        if is_asking or Feature.TREATMENTS not in self.source.features:
            return
        question = self.log.question(
            self.now(), is_new=is_new, is_pushed=self._is_pushed
        )
        if question is not None:
            self._treatments_task = self.config_entry.async_create_background_task(
                self.hass, self._answer(question), f"{DOMAIN} treatments"
            )

    async def _answer(self, question: Question) -> None:
        """Read treatments; a failure leaves everything as it is."""
        try:
            fresh = await self.source.treatments(question.since)
        except CgmError as err:
            LOGGER.debug("Treatments could not be read: %s", err)
            if isinstance(err, CgmRateLimitError):
                self.log.rest(self.now(), err.retry_after)
            return
        self.log.answer(question, fresh, self.now())
        self.async_judge()

    @callback
    def _ask_for_status(self) -> None:
        """Ask for pump, loop and phone if that is due, in the background too."""
        task = self._status_task
        is_asking = task is not None and not task.done()
        may_ask = self._is_answering and Feature.STATUS in self.source.features
        if is_asking or not may_ask:
            return
        seen = self.timeline.newest_seen
        is_late = Feature.LIVE not in self.source.features
        if self.status_log.is_due(
            self.now(), seen, is_pushed=self._is_pushed, is_late=is_late
        ):
            self._status_task = self.config_entry.async_create_background_task(
                self.hass, self._read_status(), f"{DOMAIN} status"
            )

    async def _read_status(self) -> None:
        """Read pump, loop and phone; a failure leaves everything as it is."""
        try:
            status = await self.source.status()
        except CgmError as err:
            LOGGER.debug("Status could not be read: %s", err)
            if isinstance(err, CgmRateLimitError):
                self.status_log.rest(self.now(), err.retry_after)
            return
        if status is not None:
            self.status_log.answer(status)
            devices.async_describe(self.hass, self.config_entry, status)
            self.async_judge()

    @callback
    def async_judge(self) -> None:
        """Publish what is known now, if that changed, and look again when it ends."""
        self._rearm()
        before, self.data = self.data, self._judged()
        if self.data != before:
            self.async_update_listeners()
        self._announce()

    async def async_read(self, since: datetime) -> list[Reading]:
        """Return readings after `since`, which may be long ago, oldest first.

        What is new is for everybody.

        Raises:
            CgmError: As documented on `CgmSource`.
            UpdateFailed: The source wants to be left alone.
        """
        self.refuse_to_ask()
        samples = await self.source.readings(since)
        self._merge(samples, self._held_from)
        self.async_judge()
        return [sample for sample in samples if isinstance(sample, Reading)]

    @callback
    def async_listen_treatments(
        self, listener: Callable[[Treatment], None]
    ) -> CALLBACK_TYPE:
        """Tell of every treatment that is news; return how to stop."""
        self._treatment_listeners.add(listener)
        return lambda: self._treatment_listeners.discard(listener)

    @callback
    def _announce(self) -> None:
        """Tell what was just done, but not before automations can hear it."""
        if not (self._is_heard and self.log.is_told):
            return
        if self._announcer is None:
            is_live = Feature.LIVE in self.features
            self._announcer = Announcer(NEWS_WITHIN if is_live else LATE_NEWS_WITHIN)
        for treatment in self._announcer.news(self.log.treatments, self.now()):
            for listener in list(self._treatment_listeners):
                listener(treatment)

    @property
    def _is_heard(self) -> bool:
        """Return whether automations run yet."""
        return self.hass.state not in (CoreState.not_running, CoreState.starting)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell everybody, but not before automations can hear it."""
        if self._is_heard:
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
        if self._may_ask:
            self._ask_for_status()
        if moment.ours > self.next_at + OVERDUE:
            self.async_ask_now()

    @property
    def _may_ask(self) -> bool:
        """Return whether a question is neither under way nor forbidden."""
        is_allowed = not (self.is_refused or self.config_entry.pref_disable_polling)
        return is_allowed and not self._is_asking

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
            is_answering=self._is_answering,
            status=self.status_log.status,
            thresholds=options.thresholds(self.config_entry.options),
            before=self.data,
            turning=self.log.turning,
        )
        self._watch.looked(moment, now, data.until)
        return data

    @callback
    def _rearm(self) -> None:
        """Look again the moment that the newest reading grows old."""
        now, until = self.now(), self.fresh_until
        if until is None or until <= now:
            self._forget_stale()
            return
        # A timer may fire a few milliseconds before the wall clock agrees.
        seconds = (until - now).total_seconds() + 0.05
        at = self.hass.loop.time() + seconds
        if self._cancel_stale is not None and abs(at - self._grows_old_at) < 0.02:
            return
        self._forget_stale()
        self._grows_old_at = at
        self._cancel_stale = async_call_later(self.hass, seconds, self._grown_old)

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
            reported=self._reported,
            alarms=self.alarms.state,
        )


def _fingerprint(entry: CgmConfigEntry) -> str:
    """Return what is different once the settings are."""
    told = json.dumps(dict(entry.data), sort_keys=True, default=str)
    return sha256(told.encode()).hexdigest()[:16]
