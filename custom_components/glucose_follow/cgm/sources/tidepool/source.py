"""A person followed through Tidepool."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import override

from aiohttp import ClientSession
from yarl import URL

from ...budget import Caps
from ...errors import CgmResponseError
from ...hours import Hours
from ...models import Account, DeviceStatus, GlucoseUnit, Reading, Sample, Treatment
from ...source import CgmSource, Change, Feature
from ...timeline import AHEAD
from ...treatments import Deeds
from . import decode, devices, people
from .changes import DeviceChanges
from .client import TidepoolClient
from .environment import Environment, api_url
from .facts import Fact, Latest, Origin, Told
from .fields import stamp
from .ledger import KEPT, Ledger
from .login import AccessToken
from .merge import Days, Merger, merged
from .people import Person

_LATEST = (decode.READINGS, *decode.TREATMENTS, *devices.TYPES)
_HISTORY = ("bolus", "food", "insulin", "wizard")

_AROUND = timedelta(hours=1)
"""A meal and its calculation may be on both sides of where a stretch ends."""

_NEAR = timedelta(hours=3)
"""How far before what is new treatments are read again between two full readings.

Those of a late source are asked for by the day. Readings are by what is missing.
"""

_INSTANT = timedelta.resolution

_LATEST_AGE = timedelta(minutes=1)
"""One look at the newest documents serves readings, treatments and status."""


class TidepoolSource(CgmSource):
    """Reads what pumps, sensors and apps uploaded, as soon or late as they do.

    Source: tide-whisperer, tide-whisperer.go; TidepoolApi, reference/data.v1.yaml.
    """

    api = "v1"

    def __init__(
        self,
        session: ClientSession,
        *,
        environment: Environment,
        token: AccessToken,
        clock: Callable[[], datetime],
        user_id: str | None = None,
        is_live: bool = False,
        base: URL | None = None,
    ) -> None:
        """Keep what is needed; nothing is asked before `identify`.

        Args:
            session: Whoever made it closes it.
            environment: Which Tidepool the account is of.
            token: Returns a valid token, or raises one of our errors. It is told
                which one was refused, None if none was.
            clock: Returns the present; aware.
            user_id: Whose data are read, the account's own without.
            is_live: Whether somebody said that uploads come at once.
            base: Asked in place of the environment's server.
        """
        self._client = TidepoolClient(session, base or api_url(environment), token)
        self._environment = environment
        self._clock = clock
        self._user_id = user_id
        self._is_live = is_live
        self._readings: Ledger[Reading] = Ledger((decode.READINGS,))
        self._facts: Ledger[Fact] = Ledger(decode.TREATMENTS, near=_NEAR)
        self._latest: Latest = {}
        self._looked: datetime | None = None
        self._looped: Told | None = None
        self._behind = timedelta()
        self._changes = DeviceChanges(self._by_now)

    @property
    @override
    def features(self) -> frozenset[Feature]:
        """Return what the account can report; that it is live is a person's word."""
        live = {Feature.LIVE} if self._is_live else set()
        return frozenset({Feature.TREATMENTS, Feature.STATUS, *live})

    @property
    @override
    def caps(self) -> Caps:
        """Return how often to ask: who uploads late is not worth asking often."""
        return Caps(floor=30.0, per_hour=30) if self._is_live else Caps(floor=600.0)

    @property
    @override
    def server_time(self) -> datetime | None:
        """Return Tidepool's clock in its newest answer."""
        return self._client.server_time

    @property
    @override
    def skipped(self) -> int:
        """Return how many documents were unusable."""
        return self._client.skipped

    @override
    async def identify(self) -> Account:
        """Return whose data this is, and make sure that they may be read.

        Raises:
            CgmAuthError: The login is refused, or may not see the person.
            CgmError: As documented on `JsonClient.get`.
        """
        person = await self._person()
        await self._look()
        return Account(id=f"{self._environment}:{person}", unit=await self._unit())

    async def people(self) -> Sequence[Person]:
        """Return whose data the account may see, its owner's first.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        owner = await self._own_id()
        profile = await self._client.optional(f"metadata/{owner}/profile")
        shared = await self._client.optional(f"metadata/users/{owner}/users")
        own = people.own(owner, profile)
        others = sorted(people.shared(shared), key=lambda person: person.name or "")
        return [*([own] if own else []), *others] or [Person(id=owner, name=None)]

    @override
    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor measured after `since`, oldest first.

        What came late or was changed is told once whatever its age. More than
        a few days are read in one go, and not held.

        Raises:
            CgmError: As documented on `JsonClient.stream`.
        """
        now, ledger = self._clock(), self._readings
        if now - since > KEPT:
            days: Days[Reading] = Days()
            take, known = _readings(days.add), await self._look(_LATEST_AGE)
            await self._read(ledger.types, take, since + _INSTANT, latest=known)
            return await days.in_order()
        # A look would cost what reading the last minutes costs.
        latest = None if self._is_live else await self._look()
        if question := ledger.begin(since, latest, now):
            found: dict[str, Reading] = {}
            take = _readings_by_id(found)
            await self._read(ledger.types, take, question.since, latest=latest)
            ledger.renew(question, found, latest, now)
        return ledger.tell(since + _INSTANT)

    @override
    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return what was done at or after `since`, oldest first.

        Raises:
            CgmError: As documented on `JsonClient.stream`.
        """
        now, ledger = self._clock(), self._facts
        if now - since > KEPT:
            days: Days[Treatment] = Days()
            merger = Merger(days.add)
            take, latest = _facts(merger.add), await self._look(_LATEST_AGE)
            await self._read(ledger.types, take, since, latest=latest)
            await merger.close()
            return await days.in_order()
        latest = await self._look(_LATEST_AGE)
        if question := ledger.begin(since, latest, now):
            found: dict[str, Fact] = {}
            take = _facts_by_id(found)
            await self._read(ledger.types, take, question.since, latest=latest)
            ledger.renew(question, found, latest, now)
        # A meal and its calculation may be on both sides of `since`.
        held = await merged(ledger.tell(now - KEPT))
        return [treatment for treatment in held if treatment.at >= since]

    @override
    async def status(self) -> DeviceStatus | None:
        """Return what loop, pump and phone last reported, None if nothing.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        latest, now = await self._look(_LATEST_AGE), self._now()
        found = devices.status(latest, now, self._looped)
        return devices.with_changes(found, await self._changes.newest(now))

    @override
    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Return at once: nothing is pushed."""

    @override
    async def close(self) -> None:
        """Do nothing: the session is not ours."""

    async def history(self, start: datetime, end: datetime) -> Hours:
        """Return what a stretch of time was like; nothing of it is held.

        Args:
            start: A full hour, included; aware, UTC.
            end: A full hour, left out; aware, UTC.

        Raises:
            CgmError: As documented on `JsonClient.stream`.
        """
        hours, latest = Hours(start, end), await self._ends(start, end)
        merger = Merger(_no_copies(hours.add_treatment))
        readings, facts = _readings(hours.add_reading), _facts(merger.add)
        types = self._readings.types
        await self._read(types, _once(readings), start, until=end, latest=latest)
        since, until = start - _AROUND, end + _AROUND
        await self._read(_HISTORY, _once(facts), since, until=until, latest=latest)
        await merger.close()
        return hours

    def uploaded_at(self) -> datetime | None:
        """Return when the newest upload that was seen began, None if none was."""
        upload = self._latest.get("upload")
        return upload.at if upload else None

    async def _look(self, age: timedelta = timedelta()) -> Latest:
        """Return the newest document of each type, at most so old."""
        now = self._now()
        # A look by a clock that was wrong then is none.
        is_known = self._looked is not None and abs(now - self._looked) < age
        if not is_known:
            found: dict[str, Told] = {}
            await self._by_now(
                {"type": ",".join(_LATEST), "latest": "true"},
                lambda told: found.update({told.type: told}),
            )
            self._latest, self._looked = found, now
            self._looped = devices.loop_decision(found, self._looped)
        return self._latest

    async def _ends(self, start: datetime, end: datetime) -> Latest:
        """Return what a stretch of history has to end with, by what is known of it."""
        types = ",".join((*self._readings.types, *_HISTORY))
        query = {"startDate": stamp(start), "endDate": stamp(end)}
        found = dict(self._latest)
        await self._documents(
            {"type": types, "latest": "true", **query},
            lambda told: found.update({told.type: told}),
        )
        return found

    async def _by_now(
        self, query: Mapping[str, str], take: Callable[[Told], None]
    ) -> None:
        """Pass on documents, none from the future: it would hide the newest."""
        until = stamp(self._now() + AHEAD)
        await self._documents({**query, "endDate": until}, take)

    async def _read(
        self,
        types: Sequence[str],
        take: Callable[[Told], bool],
        since: datetime,
        *,
        until: datetime | None = None,
        latest: Latest | None = None,
    ) -> None:
        """Pass on all documents of some types from `since` on, in any order.

        Args:
            types: What Tidepool calls them.
            take: Returns whether a document was usable.
            since: Aware, included.
            until: Aware, included, as the server does.
            latest: Documents that have to be among them, if they are of this time.

        Raises:
            CgmResponseError: The answer is short, or as `JsonClient.stream`.
            CgmError: As documented on `JsonClient.stream`.
        """
        query = {"type": ",".join(types), "startDate": stamp(since)}
        if until is not None:
            query["endDate"] = stamp(until)

        def is_wanted(told: Told) -> bool:
            is_inside = told.at >= since and (until is None or told.at <= until)
            return is_inside and told.type in types

        missing = {told.id for told in (latest or {}).values() if is_wanted(told)}

        def pass_on(told: Told) -> None:
            missing.discard(told.id)
            if is_wanted(told) and not take(told):
                self._client.skipped += 1

        await self._documents(query, pass_on)
        if missing:
            raise CgmResponseError("The answer is short")

    async def _documents(
        self, query: Mapping[str, str], take: Callable[[Told], None]
    ) -> None:
        """Pass on what the server answers about the person's data."""
        await self._client.documents(await self._person(), query, take)
        if (theirs := self.server_time) is not None:
            self._behind = max(timedelta(), theirs - self._clock())

    def _now(self) -> datetime:
        """Return the present: by our clock, and by the server's if that is ahead."""
        return self._clock() + self._behind

    async def _person(self) -> str:
        """Return whose data are read."""
        if self._user_id is None:
            self._user_id = await self._own_id()
        return self._user_id

    async def _own_id(self) -> str:
        """Return who is logged in."""
        found = people.user_id(await self._client.get("auth/user"))
        if found is None:
            raise CgmResponseError("A user was promised")
        return found

    async def _unit(self) -> GlucoseUnit | None:
        """Return the unit that the person reads glucose in, None if unknown."""
        return people.unit(
            await self._client.optional(f"metadata/{await self._person()}/settings")
        )


def _readings(keep: Callable[[Reading], None]) -> Callable[[Told], bool]:
    """Return what keeps readings, and says whether a document holds one."""

    def take(told: Told) -> bool:
        if (reading := decode.reading(told)) is None:
            return False
        keep(reading)
        return True

    return take


def _once(take: Callable[[Told], bool]) -> Callable[[Told], bool]:
    """Return what keeps a document that is sent twice only once."""
    seen: set[str] = set()

    def take_once(told: Told) -> bool:
        if told.id in seen:
            return True
        seen.add(told.id)
        return take(told)

    return take_once


def _no_copies(take: Callable[[Treatment], None]) -> Callable[[Treatment], None]:
    """Return what keeps one of the copies that two apps uploaded."""
    deeds = Deeds()

    def take_once(treatment: Treatment) -> None:
        if deeds.is_new(treatment):
            take(treatment)

    return take_once


def _readings_by_id(found: dict[str, Reading]) -> Callable[[Told], bool]:
    """Return what keeps readings by the ids of their documents."""
    return lambda told: _readings(lambda each: found.update({told.id: each}))(told)


def _facts(keep: Callable[[Fact], None]) -> Callable[[Told], bool]:
    """Return what keeps facts, and says whether a document can hold any."""

    def take(told: Told) -> bool:
        facts = decode.facts(told)
        for fact in facts or ():
            keep(fact)
        return facts is not None

    return take


def _facts_by_id(found: dict[str, Fact]) -> Callable[[Told], bool]:
    """Return what keeps facts by their ids."""

    def keep(fact: Fact) -> None:
        # A copy inside of another document is worth less than its own.
        if fact.origin is not Origin.EMBEDDED_BOLUS or fact.treatment.id not in found:
            found[fact.treatment.id] = fact

    return _facts(keep)
