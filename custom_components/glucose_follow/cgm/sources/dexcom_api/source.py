"""A person followed through Dexcom's official API, by its version 3 or 2."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import override

from aiohttp import ClientSession
from yarl import URL

from ...budget import Caps
from ...errors import CgmAuthError, CgmError, CgmResponseError
from ...models import Account, DeviceStatus, Reading, Sample, Treatment
from ...source import CgmSource, Change, Feature
from ...transport import Json, JsonClient
from . import decode, devices
from .data_range import DataRange, Span, data_range
from .environment import Environment, api_url
from .fields import Document
from .kinds import KINDS, Kind, is_refused
from .ledger import Ledger
from .windows import stamp, windows

_DAY = timedelta(days=1)
_RANGE_AGE = timedelta(minutes=1)
"""One answer serves readings, treatments and devices of one round."""

_REST = timedelta(hours=1)
"""For how long a kind that we may not read is let be: a refusal may pass."""

_AT_ONCE = 500
"""Documents decoded before the event loop gets a turn."""


type AccessToken = Callable[[str | None], Awaitable[str]]
"""Returns a valid access token, another one than that which was refused."""

type Ask[T] = Callable[[Mapping[str, str]], Awaitable[T]]
"""Asks with headers that open the account."""


class Version(StrEnum):
    """Which API an application may use; the values begin its paths."""

    V3 = "v3"
    V2 = "v2"


_LONGEST = {Version.V3: 30 * _DAY, Version.V2: 90 * _DAY}
"""What is answered with 400 if it is longer."""

_EGV_RANGES: list[Json] = [
    {"name": "urgentLow", "bound": 54},
    {"name": "low", "bound": 70},
    {"name": "high", "bound": 180},
]
"""mg/dL; the international consensus on time in range."""

_TARGET_RANGES: list[Json] = [
    {"name": name, "startTime": start, "endTime": end, "egvRanges": _EGV_RANGES}
    for name, start, end in (
        ("day", "06:00:00", "22:00:00"),
        ("night", "22:00:00", "06:00:00"),
    )
]
"""They must cover the day, without overlap."""


class DexcomApiSource(CgmSource):
    """Reads the API hours after the fact, and only when it has something new.

    Source: developer.dexcom.com, the v3 and v2 endpoint overviews.
    """

    features = frozenset({Feature.STATUS, Feature.TREATMENTS})
    # Nothing is newer than an hour, so nobody gains by asking more often. A
    # consent that was withdrawn stays so until somebody gives it again.
    caps = Caps(floor=600.0, retries_refused=False)

    def __init__(
        self,
        session: ClientSession,
        *,
        environment: Environment,
        token: AccessToken,
        clock: Callable[[], datetime],
        base: URL | None = None,
        account_id: str | None = None,
    ) -> None:
        """Keep what is needed; nothing is asked before `identify`.

        Args:
            session: Whoever made it closes it.
            environment: Where the account lives.
            token: Returns a valid access token, or raises one of our errors. It is
                told which one was refused, None if none was.
            clock: Returns the present; aware.
            base: Where the API is instead of at Dexcom's.
            account_id: Stands in where version 2 does not say whose data it is.
        """
        self._client = JsonClient(session, base or api_url(environment))
        self._token = token
        self._clock = clock
        self._account_id = account_id or f"dexcom-{environment}"
        self._version: Version | None = None
        self._skipped = 0
        self._readings: Ledger[Reading] = Ledger(overlap=_DAY)
        self._done: dict[str, Ledger[Treatment]] = {
            kind.name: Ledger() for kind in KINDS
        }
        self._refused: dict[str, datetime] = {}
        self._range: DataRange | None = None
        self._range_at: datetime | None = None
        self._status: DeviceStatus | None = None
        self._status_at: datetime | None = None

    @property
    def version(self) -> Version | None:
        """Return the API that the application may use, None until it is known."""
        return self._version

    @property
    @override
    def api(self) -> str:
        """Return the API that the application may use, for diagnostics."""
        return self._version or "unknown"

    @property
    @override
    def server_time(self) -> datetime | None:
        """Return Dexcom's clock in its newest answer."""
        return self._client.server_time

    @property
    @override
    def skipped(self) -> int:
        """Return how many documents were unusable."""
        return self._skipped

    @override
    async def identify(self) -> Account:
        """Return whose data this is: an id for this account and our application."""
        told = await self._data_range()
        return Account(id=told.user_id or self._account_id)

    @override
    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor measured after `since`, oldest first.

        Values that came late or were changed are told once whatever their age,
        if they belong to a stretch that was told before.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        told = await self._data_range()
        start = self._readings.begin(since, told, self._clock())
        if start is not None and "egvs" not in told.unclear:
            found = await self._documents("egvs", start, told.egvs)
            values = {
                decode.identity(document, reading.at.isoformat()): reading
                for document, reading in await self._decoded(found, decode.reading)
            }
            self._readings.renew(values, start, told, self._until(told.egvs))
        return self._readings.tell(since + timedelta.resolution)

    @override
    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return what was logged, calibrated or warned of from `since` on.

        Oldest first.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        told = await self._recent_range()
        for kind in KINDS:
            await self._read(kind, since, told)
        every = [done for ledger in self._done.values() for done in ledger.tell(since)]
        # What changed before that is not asked for: it was told when it was done.
        return sorted(
            (done for done in every if done.at >= since), key=attrgetter("at")
        )

    @override
    async def status(self) -> DeviceStatus | None:
        """Return what sensor and phone are called; asked for once a day.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        now = self._clock()
        is_old = self._status_at is None or now - self._status_at >= _DAY
        if is_old:
            self._status = devices.status(await self._devices())
            self._status_at = now
        return self._status

    @override
    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Return at once: nothing is pushed."""

    @override
    async def close(self) -> None:
        """Do nothing: the session is not ours."""

    async def _devices(self) -> Sequence[devices.Device]:
        """Return what the account wears and carries, in no particular order.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        end = (await self._recent_range()).end
        if end is None:
            return ()
        params = None
        if self._version is Version.V2:
            # It wants to know when, and counts in days.
            last = min(end, self._clock()) + _DAY
            first = last - _LONGEST[Version.V2]
            params = {"startDate": stamp(first), "endDate": stamp(last)}
        found = decode.documents(await self._get("devices", params), "devices")
        return [device for _, device in await self._decoded(found, devices.device)]

    async def _read(self, kind: Kind, since: datetime, told: DataRange) -> None:
        """Read what is new of a kind; one that we may not read, once an hour.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        now, ledger = self._clock(), self._done[kind.name]
        start = ledger.begin(since, told, now)
        is_unclear = kind.name in told.unclear
        if start is None or is_unclear or self._is_refused(kind, now):
            return
        span = kind.span(told, now)
        try:
            found = kind.current(await self._documents(kind.name, start, span))
        except CgmError as err:
            if kind.is_needed or not is_refused(err):
                raise
            self._refused[kind.name] = now
            return
        done = await self._decoded(found, kind.decode)
        ledger.renew(_by_id(done), start, told, self._until(span))

    def _is_refused(self, kind: Kind, now: datetime) -> bool:
        """Return whether a kind is not there for us, as far as is known."""
        if self._version is Version.V2 and not kind.is_in_v2:
            return True
        refused = self._refused.get(kind.name)
        return refused is not None and abs(now - refused) < _REST

    @override
    async def statistics(
        self, start: datetime, end: datetime
    ) -> Mapping[str, Json] | None:
        """Return the API's own statistics, None with version 3, which has none.

        Args:
            start: Aware, included.
            end: Aware, left out, at most 90 days later.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        if self._version is None:
            await self._data_range()
        if self._version is not Version.V2:
            return None

        async def ask(headers: Mapping[str, str]) -> Json:
            return await self._client.post(
                "v2/users/self/statistics",
                {"startDate": stamp(start), "endDate": stamp(end)},
                json={"targetRanges": _TARGET_RANGES},
                headers=headers,
            )

        answer = await self._opened(ask)
        if not isinstance(answer, dict):
            raise CgmResponseError("Statistics were promised")
        return answer

    async def _recent_range(self) -> DataRange:
        """Return the data range as it was within the last minute.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        told, at = self._range, self._range_at
        if told is None or at is None or abs(self._clock() - at) >= _RANGE_AGE:
            return await self._data_range()
        return told

    async def _data_range(self) -> DataRange:
        """Return from when to when there are data, by whichever version answers.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        return await self._opened(self._asked_range)

    async def _opened[T](self, ask: Ask[T]) -> T:
        """Return an answer, with another token if that which was shown is refused.

        It may be no longer good although our clock thinks so. Which one it was is
        kept here, because another question may have a new one already.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        shown = await self._token(None)
        try:
            return await ask(_credentials(shown))
        except CgmAuthError as err:
            if err.is_recognised:
                raise
        renewed = await self._token(shown)
        try:
            return await ask(_credentials(renewed))
        except CgmAuthError as err:
            err.is_renewed = True
            raise

    async def _asked_range(self, headers: Mapping[str, str]) -> DataRange:
        """Return the data range, once it is known which version tells it."""
        if self._version is None:
            return await self._discovered(headers)
        return await self._range_of(self._version, headers)

    async def _discovered(self, headers: Mapping[str, str]) -> DataRange:
        """Return the data range, and keep which version told it.

        What version 3 says to an application that may not use it is not
        documented, so every refusal makes us ask version 2, once.
        """
        version = Version.V3
        try:
            told = await self._range_of(version, headers)
        except (CgmAuthError, CgmResponseError) as refusal:
            if isinstance(refusal, CgmResponseError) and refusal.status != 404:
                raise
            version = Version.V2
            told = await self._older_range(refusal, headers)
        self._version = version
        return told

    async def _older_range(
        self, refusal: CgmError, headers: Mapping[str, str]
    ) -> DataRange:
        """Return the data range of version 2, else raise what tells people more."""
        try:
            return await self._range_of(Version.V2, headers)
        except CgmResponseError:
            # Without a version 2 to ask, what version 3 said stands.
            raise refusal from None

    async def _range_of(
        self, version: Version, headers: Mapping[str, str]
    ) -> DataRange:
        """Return the data range that a version tells."""
        path, asked = f"{version}/users/self/dataRange", self._clock()
        answer = await self._client.get(path, headers=headers)
        self._range, self._range_at = data_range(answer), asked
        return self._range

    async def _documents(
        self, name: str, start: datetime, span: Span | None
    ) -> list[Document]:
        """Return all documents from `start` on, window by window.

        A clock that is years ahead would make us ask for all of these.
        """
        if span is None:
            return []
        begin = max(start, span.start)
        end = min(span.end, self._clock() + _DAY)
        found: list[Document] = []
        for first, last in windows(begin, end, _LONGEST[self._version or Version.V3]):
            answer = await self._get(name, {"startDate": first, "endDate": last})
            found += decode.documents(answer, name)
        return found

    async def _get(self, name: str, params: Mapping[str, str] | None) -> Json:
        """Return what the API answers about one kind of document."""
        path = f"{self._version}/users/self/{name}"

        async def ask(headers: Mapping[str, str]) -> Json:
            return await self._client.get(path, params, headers=headers)

        return await self._opened(ask)

    def _until(self, span: Span | None) -> datetime | None:
        """Return until when there are data, by a clock that can be believed."""
        return None if span is None else min(span.end, self._clock())

    async def _decoded[T](
        self, documents: Iterable[Document], decoder: Callable[[Document], T | None]
    ) -> list[tuple[Document, T]]:
        """Return what documents say; one that says nothing usable is counted."""
        decoded: list[tuple[Document, T]] = []
        for number, document in enumerate(documents, 1):
            value = decoder(document)
            if value is None:
                self._skipped += 1
            else:
                decoded.append((document, value))
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return decoded


def _credentials(bearer: str) -> Mapping[str, str]:
    """Return what opens the account."""
    return {"Authorization": f"Bearer {bearer}"}


def _by_id(found: Iterable[tuple[Document, Treatment]]) -> dict[str, Treatment]:
    """Return treatments by their ids; of two with one id, the last."""
    return {item.id: item for _, item in found}
