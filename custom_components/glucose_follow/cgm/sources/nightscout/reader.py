"""Asks a site what its pumps, loops and phones report, and seldom for the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ...errors import CgmError, CgmRateLimitError
from ...models import (
    DeviceStatus,
    LoopState,
    ProfileUse,
    Reported,
    Treatment,
    TreatmentKind,
)
from ...treatments import RECENT
from . import decode, profiles
from .ages import EVENT_TYPES, AgeLog, surely_told
from .api import NightscoutApi
from .devices import DeviceLog
from .fields import Document, moment, normalised

_FIRST = timedelta(hours=2)
"""What the first question covers: enough to know who uploads."""
_OVERLAP = timedelta(minutes=5)
"""Two apps do not write in the order of their clocks."""

_PROFILES_EVERY = timedelta(hours=1)
_PROFILES_LAST = timedelta(hours=24)
"""A profile that could not be read for so long may be another one by now."""

_PAST_EVERY = timedelta(hours=6)
_AGAIN = timedelta(minutes=30)
"""When to ask again for what is asked seldom and could not be had."""

_SWITCH = "Profile Switch"
_FEW_SWITCHES, _FEW_CHANGES = 10, 3
"""More than one: some are deleted, and some ended by themselves."""


class StatusReader:
    """Knows what a site last said of devices, therapy profiles and changes.

    What is pushed, or stands in treatments that are read anyway, is taken in as
    well, and only the rest is asked for.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Know nothing yet.

        Args:
            clock: Returns the present, as the site has it; aware.
        """
        self._clock = clock
        self._devices = DeviceLog(clock)
        self._ages = AgeLog()
        self._profiles_turn = _Turn(_PROFILES_EVERY)
        self._past_turn = _Turn(_PAST_EVERY)
        self._profiles: Sequence[Document] = ()
        self._profiles_told: datetime | None = None
        self._switches: dict[str, Document] = {}
        self._uses: tuple[ProfileUse, ...] | None = None
        self.skipped = 0
        """How many documents were unusable."""

    async def read(
        self,
        api: NightscoutApi,
        *,
        now: datetime,
        has_devices: bool,
        has_treatments: bool,
    ) -> DeviceStatus:
        """Return what is newest, after asking for what is due.

        Args:
            api: How the site is asked.
            now: The present by the clock that is behind; aware. By one that is
                ahead, everything would be too long ago to be asked for.
            has_devices: Whether it has device status for us.
            has_treatments: Whether it has treatments for us.

        Raises:
            CgmError: As documented on `JsonClient.get`. Only about devices, or
                if the site wants to be left alone: the rest can wait.
        """
        if has_devices:
            newest, earliest = self._devices.newest_at, now - _FIRST
            since = max(newest - _OVERLAP, earliest) if newest else earliest
            self.take(await api.device_status(since))
        await self._seldom(self._profiles_turn, lambda: self._read_profiles(api))
        if has_treatments:
            await self._seldom(self._past_turn, lambda: self._read_past(api))
        return await self._worked_out()

    async def hear(
        self,
        *,
        devices: Iterable[Document] = (),
        switches: Iterable[Document] = (),
        newest_profiles: Iterable[Document] = (),
    ) -> DeviceStatus:
        """Return what is newest, after taking in what the site said unasked.

        Args:
            devices: Device status, in any order.
            switches: Treatments that chose a profile, in any order.
            newest_profiles: The profile in use; those before it are not said.
        """
        self.take(devices)
        self._take_switches(switches)
        known = {decode.identity(document): document for document in self._profiles}
        said = {decode.identity(document): document for document in newest_profiles}
        if any(known.get(name) != document for name, document in said.items()):
            self._profiles = list({**known, **said}.values())
            self._profiles_told = self._clock()
            self._uses = None
        return await self._worked_out()

    async def _worked_out(self) -> DeviceStatus:
        """Return what is newest, with which profile is in use and when."""
        while self._uses is None:
            known, switches = list(self._profiles), dict(self._switches)
            uses = await asyncio.to_thread(profiles.uses, known, [*switches.values()])
            # Others may be told meanwhile.
            if (known, switches) == (list(self._profiles), self._switches):
                self._uses = uses
        return self.status()

    def take(self, documents: Iterable[Document]) -> None:
        """Take in device status, asked for or pushed, in any order."""
        self.skipped += self._devices.take(documents)

    def take_treatments(
        self, documents: Sequence[Document], done: Sequence[Treatment], since: datetime
    ) -> None:
        """Take in the usual treatments.

        Args:
            documents: As the site has them.
            done: What they say.
            since: From when on these are all; aware.
        """
        now = self._clock()
        start = surely_told(since, now)
        due = {name for name, each in self._switches.items() if _at(each) >= start}
        others = (each for each in documents if not is_profile_switch(each))
        self.forget(due.difference(map(_name, documents)))
        self.forget(filter(None, map(decode.identity, others)))
        self._take_switches(documents)
        if self._ages.seen(done, since, now):
            self._past_turn.expire()

    def hear_removed(self, names: Collection[str]) -> bool:
        """Forget a switch of profile that the site says was removed.

        It says so as well of all at once when it cannot read its database, and of
        what is older than it keeps at hand; those stay until an answer lacks them.

        Args:
            names: What the treatments are called.

        Returns:
            Whether there was one to forget.
        """
        start = self._clock() - RECENT
        recent = {name for name, each in self._switches.items() if _at(each) > start}
        return len(names) == 1 and self.forget(recent.intersection(names))

    def forget(self, names: Iterable[str]) -> bool:
        """Forget the switches of profile among treatments that were removed.

        Args:
            names: What the treatments are called.

        Returns:
            Whether there was one among them.
        """
        gone = self._switches.keys() & set(names)
        if gone:
            kept = self._switches.items()
            self._switches = {name: each for name, each in kept if name not in gone}
            self._uses = None
            # Only a few of those before it are known.
            self._past_turn.expire()
        return bool(gone)

    def status(self) -> DeviceStatus:
        """Return what is newest of everything, however old it is."""
        status, ages = self._devices.status(), self._ages.moments
        is_known = _is_younger(self._profiles_told, self._clock(), _PROFILES_LAST)
        if profiles.is_loop_closed(self._profiles) is False:
            status = _opened(status)
        return replace(
            status,
            profiles=self._uses or () if is_known else (),
            sensor_started=ages.get(TreatmentKind.SENSOR_START),
            site_changed=ages.get(TreatmentKind.SITE_CHANGE),
            insulin_changed=ages.get(TreatmentKind.INSULIN_CHANGE),
            pump_battery_changed=ages.get(TreatmentKind.PUMP_BATTERY_CHANGE),
        )

    async def _seldom(self, turn: _Turn, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask for what seldom changes, if it is time to.

        Raises:
            CgmRateLimitError: The site wants to be left alone.
        """
        now = self._clock()
        if not turn.is_due(now):
            return
        turn.asked(now)
        try:
            await ask()
        except CgmRateLimitError:
            raise
        except CgmError:
            # Not every site has it for us, and what was told stays known.
            return
        turn.told(now)

    async def _read_profiles(self, api: NightscoutApi) -> None:
        """Ask for the therapy profiles."""
        self._profiles = await api.profiles()
        self._profiles_told = self._clock()
        self._uses = None

    async def _read_past(self, api: NightscoutApi) -> None:
        """Ask for what may have been done long ago."""
        switches = await api.newest_treatments(_SWITCH, _FEW_SWITCHES)
        changes = [
            document
            for event_type in EVENT_TYPES
            for document in await api.newest_treatments(event_type, _FEW_CHANGES)
        ]
        self._switches = {}
        self._take_switches(switches)
        self._ages.told(changes, self._clock())

    def _take_switches(self, documents: Iterable[Document]) -> None:
        """Keep the documents of profile switches among others."""
        for document in documents:
            if is_profile_switch(document):
                self._switches[_name(document)] = document
                self._uses = None


class _Turn:
    """When it is time for a question that is asked seldom."""

    def __init__(self, every: timedelta) -> None:
        """Be due."""
        self._every = every
        self._next: datetime | None = None
        self._soonest: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Return whether it is time; a clock that went back makes it so."""
        if self._next is None:
            return True
        return not timedelta() < self._next - now <= self._every

    def asked(self, now: datetime) -> None:
        """Wait for a while; what is asked may fail."""
        self._next = self._soonest = now + _AGAIN

    def told(self, now: datetime) -> None:
        """Wait for long, after an answer to what was asked at `now`."""
        self._next = now + self._every

    def expire(self) -> None:
        """Be due sooner, but not sooner than after a failure."""
        self._next = self._soonest


def is_profile_switch(document: Document) -> bool:
    """Return whether a treatment chose a therapy profile."""
    return normalised(document.get("eventType")) == normalised(_SWITCH)


def _name(document: Document) -> str:
    """Return what tells a treatment from others."""
    return decode.identity(document) or ""


def _at(switch: Document) -> datetime:
    """Return when a profile was switched to; one without a date is never missed."""
    return moment(switch, "created_at", "mills", "date") or datetime.min.replace(
        tzinfo=UTC
    )


def _is_younger(at: datetime | None, now: datetime, span: timedelta) -> bool:
    """Return whether a moment was less than `span` ago."""
    return at is not None and now - at < span


def _opened(status: DeviceStatus) -> DeviceStatus:
    """Return what is so if Loop only recommends, and the person doses."""
    loop = status.loop
    if loop is not None and loop.value is LoopState.LOOPING:
        loop = Reported(LoopState.OPEN, loop.at)
    return replace(status, loop=loop, enacted=None)
