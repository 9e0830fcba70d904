"""A person followed through Dexcom Share, which Dexcom's own followers read.

What it refuses is answered with HTTP 500 and a `Code`. Repeated logins lock the
account, so a refused one is never sent again.

Source: answers recorded by pydexcom, and the clients of nightscout-connect,
xDrip+, xDrip4iOS and LoopKit.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
import re
from typing import ClassVar, override

from aiohttp import ClientSession
from yarl import URL

from ..errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from ..models import (
    HIGHEST_MGDL,
    LOWEST_MGDL,
    Account,
    DeviceStatus,
    Direction,
    Reading,
    ReadingKind,
    Sample,
    Treatment,
)
from ..schedule import Caps
from ..source import CgmSource, Change, Feature
from ..transport import Json, JsonClient

_SERVICES = "ShareWebServices/Services"
_AUTHENTICATE = f"{_SERVICES}/General/AuthenticatePublisherAccount"
_LOG_IN = f"{_SERVICES}/General/LoginPublisherAccountById"
_READ = f"{_SERVICES}/Publisher/ReadPublisherLatestGlucoseValues"

_MOST_MINUTES, _MOST_READINGS = 1440, 288
"""A day: no client asks for more, so nobody knows what would come."""

_LOCKED_OUT = 600.0
"""Seconds; other clients tell people to wait as long. A login that did not help is
not repeated sooner either."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id that a failed login may be answered with, and HTTP 200."""

_REFUSALS = frozenset(
    {
        "AccountPasswordInvalid",
        "SSO_AuthenticateAccountNotFound",
        "SSO_AuthenticatePasswordInvalid",
    }
)
_SESSION_GONE = frozenset({"SessionIdNotFound", "SessionNotValid"})

_DATE = re.compile(r"Date\(([0-9]{1,14})([+-][0-9]{4})?\)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TRENDS = {
    "doubleup": Direction.DOUBLE_UP,
    "singleup": Direction.SINGLE_UP,
    "fortyfiveup": Direction.FORTY_FIVE_UP,
    "flat": Direction.FLAT,
    "fortyfivedown": Direction.FORTY_FIVE_DOWN,
    "singledown": Direction.SINGLE_DOWN,
    "doubledown": Direction.DOUBLE_DOWN,
}
# Until the end of 2021 trends were numbers: 0 none, 1 to 7 these in their order,
# 8 not computable, 9 rate out of range.
_TRENDS |= {str(number): trend for number, trend in enumerate(_TRENDS.values(), 1)}

_KINDS = {LOWEST_MGDL: ReadingKind.LOW, 401: ReadingKind.HIGH}
"""What the receiver shows as LOW and HIGH: the sensor measures 40 to 400."""


class Region(StrEnum):
    """Where an account was made; one is unknown in the regions of others."""

    US = "us"
    OUS = "ous"
    JP = "jp"

    @property
    def host(self) -> str:
        """Return the server of the region."""
        return _HOSTS[self]

    @property
    def application_id(self) -> str:
        """Return what the region's own app calls itself; it is no secret."""
        return _JAPAN if self is Region.JP else _WORLD


_HOSTS = {
    Region.US: "share2.dexcom.com",
    Region.OUS: "shareous1.dexcom.com",
    Region.JP: "share.dexcom.jp",
}
_WORLD = "d89443d2-327c-4a6f-89e5-496bbb0317db"
_JAPAN = "d8665ade-9673-4e27-9ff6-92db4ce13d13"


class _SessionGoneError(CgmError):
    """The server does not know the session any more."""


class _ArgumentError(CgmResponseError):
    """The server does not accept the form of what it was told."""


@dataclass(frozen=True, kw_only=True, repr=False, slots=True)
class _Session:
    """What a login brought."""

    id: str
    account_id: str


class DexcomShareSource(CgmSource):
    """Reads what a Dexcom app shares with its followers."""

    api = "share"
    features = frozenset({Feature.LIVE})
    caps: ClassVar[Caps] = Caps(
        floor=3.0,
        per_hour=25,
        retries_refused=False,
        reach=timedelta(minutes=_MOST_MINUTES),
    )
    """What the server is asked for at most."""

    def __init__(
        self,
        session: ClientSession,
        *,
        username: str,
        password: str,
        region: Region,
        clock: Callable[[], datetime],
        account_id: str | None = None,
        base: URL | None = None,
    ) -> None:
        """Keep what is needed; nothing is asked before `identify`.

        Args:
            session: Whoever made it closes it.
            username: User name, e-mail, phone number with its +, or account id.
            password: Of the person who shares, not of a follower.
            region: Where the account was made.
            clock: Returns the present; aware.
            account_id: What `identify` found before; it spares the user name.
            base: Asked in place of the region's server.
        """
        base = base or URL.build(scheme="https", host=region.host)
        self._client = JsonClient(session, base, explain=_explain)
        self._username = username
        self._credential: dict[str, Json] = {
            "password": password,
            "applicationId": region.application_id,
        }
        self._clock = clock
        self._account_id = account_id or _account_id(username)
        self._session: _Session | None = None
        self._failure: CgmError | None = None
        self._login = asyncio.Lock()
        self._behind = timedelta()
        self._skipped = 0

    @property
    @override
    def server_time(self) -> datetime | None:
        """Return the server's clock in its newest answer."""
        return self._client.server_time

    @property
    @override
    def skipped(self) -> int:
        """Return how many records were unusable."""
        return self._skipped

    @property
    def is_refused(self) -> bool:
        """Return whether a login was refused, so that nothing is asked any more."""
        return isinstance(self._failure, CgmAuthError)

    @override
    async def identify(self) -> Account:
        """Return whose data this is, after one login unless there was one.

        Raises:
            CgmAuthError: The credential is wrong, or of another region.
            CgmRateLimitError: The account is locked for a while.
            CgmError: As documented on `JsonClient.get`.
        """
        return Account(id=(await self._logged_in()).account_id)

    @override
    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor sent after `since`, oldest first.

        Nothing comes, and nothing says why, while sharing is off or nobody
        follows. A session that is gone is replaced once.

        Raises:
            CgmError: As documented on `identify`.
        """
        session = await self._logged_in()
        try:
            records = await self._read(session, since)
        except _SessionGoneError:
            records = await self._read_anew(session, since)
        return self._decoded(records, since)

    @override
    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return nothing: only glucose is shared."""
        return ()

    @override
    async def status(self) -> DeviceStatus | None:
        """Return None: only glucose is shared."""
        return None

    @override
    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Return at once: nothing is pushed."""

    @override
    async def close(self) -> None:
        """Do nothing: the session is not ours."""

    async def _logged_in(self) -> _Session:
        """Return the session, after a login if there is none.

        Whoever waited for somebody else's login shares what came of it.
        """
        known = self._failure
        async with self._login:
            if self._session is not None:
                return self._session
            failure = self._failure
            if failure is not None and (self.is_refused or failure is not known):
                raise failure.with_traceback(None)
            self._session = await self._new_session()
            return self._session

    async def _new_session(self) -> _Session:
        """Return what a login brings, and remember if it failed."""
        failure: CgmError
        try:
            session = await self._log_in()
        except _ArgumentError:
            # Each part has a form of its own: too long a password has not.
            failure = CgmAuthError("The form of the credential is refused")
        except _SessionGoneError:
            failure = CgmConnectionError("The server is out of order")
        except CgmError as err:
            failure = err
        else:
            self._failure = None
            return session
        self._failure = failure
        raise failure

    async def _log_in(self) -> _Session:
        """Return a session, asking for the account's id only once."""
        if self._account_id is None:
            self._account_id = await self._id(_AUTHENTICATE, accountName=self._username)
        session = await self._id(_LOG_IN, accountId=self._account_id)
        return _Session(id=session, account_id=self._account_id)

    async def _id(self, path: str, **who: str) -> str:
        """Return the id that a part of the login is answered with."""
        answer = await self._post(path, {**who, **self._credential})
        if not isinstance(answer, str) or not _ID.fullmatch(answer):
            raise CgmResponseError("An id was promised")
        if answer == _NOBODY:
            raise CgmAuthError("The credential is refused")
        return answer.lower()

    async def _read(self, session: _Session, since: datetime) -> Json:
        """Return the records of all minutes since a moment, at most a day's.

        A clock that is behind the server's would ask for too little.
        """
        passed = self._clock() + self._behind - since
        minutes = -(-passed // timedelta(minutes=1))
        return await self._post(
            _READ,
            {},
            {
                "sessionId": session.id,
                "minutes": max(1, min(_MOST_MINUTES, minutes)),
                "maxCount": _MOST_READINGS,
            },
        )

    async def _read_anew(self, gone: _Session, since: datetime) -> Json:
        """Return the records after one login in place of a session that is gone.

        If that does not help, another one would not either.
        """
        if self._session is gone:
            self._session = None
        session = await self._logged_in()
        try:
            return await self._read(session, since)
        except _SessionGoneError:
            raise CgmRateLimitError(
                "The server forgets its sessions", retry_after=_LOCKED_OUT
            ) from None

    async def _post(
        self, path: str, body: Json, params: dict[str, str | int] | None = None
    ) -> Json:
        """Return an answer, and note how far our clock is behind."""
        answer = await self._client.post(path, params, json=body)
        if (theirs := self._client.server_time) is not None:
            self._behind = max(timedelta(), theirs - self._clock())
        return answer

    def _decoded(self, records: Json, since: datetime) -> list[Sample]:
        """Return what records say; one that says nothing usable is counted."""
        if not isinstance(records, list):
            raise CgmResponseError("A list was promised")
        found: dict[datetime, Reading] = {}
        for record in records:
            if (reading := _reading(record)) is None:
                self._skipped += 1
            elif reading.at > since:
                found.setdefault(reading.at, reading)
        return sorted(found.values(), key=attrgetter("at"))


def _explain(status: int, told: Json) -> CgmError | None:
    """Return what an error means: its code says so, and its status does not.

    `SubCode` is left alone: it was XML, and is JSON in a string by now.
    """
    code, message = _field(told, "Code"), _field(told, "Message")
    # The server spells it with three e; somebody may correct that one day.
    if "MaxAttempts" in code:
        return CgmRateLimitError("The account is locked", retry_after=_LOCKED_OUT)
    if code in _REFUSALS or (
        code == "SSO_InternalError" and "Cannot Authenticate by Account" in message
    ):
        return CgmAuthError("The credential is refused")
    if code in _SESSION_GONE:
        return _SessionGoneError("The session is gone")
    if code == "InvalidArgument":
        return _ArgumentError("The form of the request is refused", status=status)
    if status == 403 or (status == 401 and not code):
        # The server never says so; what stands before it turns machines away.
        return CgmConnectionError(f"The way to the server is barred (HTTP {status})")
    return None


def _field(told: Json, name: str) -> str:
    """Return a text of an error, an empty one if it has none."""
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""


def _account_id(username: str) -> str | None:
    """Return the account id that was given as a user name, None for others."""
    is_id = _ID.fullmatch(username) and username != _NOBODY
    return username.lower() if is_id else None


def _reading(record: Json) -> Reading | None:
    """Return a reading, None if the record says nothing usable."""
    if not isinstance(record, dict):
        return None
    # The wall time is the only one that always was the moment in UTC.
    at, mgdl = _moment(record.get("WT")), record.get("Value")
    if at is None or not isinstance(mgdl, int):
        return None
    if not LOWEST_MGDL <= mgdl <= HIGHEST_MGDL:
        return None
    return Reading(
        at=at,
        mgdl=mgdl,
        direction=_direction(record.get("Trend")),
        kind=_KINDS.get(mgdl, ReadingKind.MEASURED),
    )


def _moment(told: Json) -> datetime | None:
    """Return the moment in `Date(...)`, whatever is around it; None if none."""
    found = _DATE.search(told) if isinstance(told, str) else None
    return found and _EPOCH + timedelta(milliseconds=int(found[1]))


def _direction(told: Json) -> Direction | None:
    """Return the direction that a trend's name or number means, None if unknown."""
    if not isinstance(told, str | int):
        return None
    return _TRENDS.get(re.sub(r"[\s_]", "", str(told).lower()))
