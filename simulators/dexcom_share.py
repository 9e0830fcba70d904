"""Dexcom Share on a loopback socket: one account, recorded habits, faults on request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import json
from typing import override
from uuid import UUID, uuid5

from aiohttp import hdrs, web
from multidict import MultiMapping

from custom_components.glucose_follow.cgm.person import SimulatedPerson

from .dexcom_share_wire import TODAY, Record, Refusal, ShareError, Wire
from .loopback import LoopbackServer
from .nightscout.answers import html_error, http_date, json_answer, text_answer
from .nightscout.credentials import Credentials, Penalties
from .nightscout.faults import Fault
from .nightscout.site import Clock, Site, Sleep
from .nightscout.store import Store

PASSWORD = "correct horse"
ACCOUNT_ID = "0f7c5c1e-3a8e-4a53-9c55-6d1f2b7e9a10"
WORLD_APPLICATION = "d89443d2-327c-4a6f-89e5-496bbb0317db"
JAPAN_APPLICATION = "d8665ade-9673-4e27-9ff6-92db4ce13d13"
NOBODY = "00000000-0000-0000-0000-000000000000"

AUTHENTICATE = "AuthenticatePublisherAccount"
LOG_IN = "LoginPublisherAccountById"
READ = "ReadPublisherLatestGlucoseValues"

_PATHS = {
    f"/ShareWebServices/Services/General/{AUTHENTICATE}": AUTHENTICATE,
    f"/ShareWebServices/Services/General/{LOG_IN}": LOG_IN,
    f"/ShareWebServices/Services/Publisher/{READ}": READ,
}
_DAY = timedelta(hours=24)
_MOST_MINUTES, _MOST_READINGS = 1440, 288
_MOST_WRONG = 5
_LOCKED = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRequest:
    """A request as it arrived."""

    kind: str
    """The last part of the path."""

    query: MultiMapping[str]
    body: bytes
    at: datetime
    """When it arrived by the server's clock."""

    def json(self) -> object:
        """Return what the body says."""
        return json.loads(self.body)


@dataclass(kw_only=True, slots=True)
class _Attempts:
    """Wrong logins in a row."""

    wrong: int = 0
    locked: datetime | None = None

    def are_too_many(self, now: datetime) -> bool:
        """Return whether the account is locked; a lock that is over is forgotten."""
        if self.locked is not None and now - self.locked >= _LOCKED:
            self.wrong, self.locked = 0, None
        return self.locked is not None

    def add(self, now: datetime) -> None:
        """Count a wrong login."""
        self.wrong += 1
        if self.wrong >= _MOST_WRONG:
            self.locked = now


def _utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class DexcomShareSimulator(LoopbackServer[RecordedRequest, Fault]):
    """A region's server with one account, or as bad a one as told.

    Use it as an asynchronous context manager. What is public may be changed
    while it runs: a password, a switch, the way things are written.
    """

    def __init__(
        self,
        *,
        clock: Clock = _utc_now,
        person: SimulatedPerson | None = None,
        username: str = "anna@example.org",
        password: str = PASSWORD,
        application_id: str = WORLD_APPLICATION,
        account_id: str = ACCOUNT_ID,
        session_lifetime: timedelta = _DAY,
        has_share: bool = True,
        has_follower: bool = True,
        upload_lag: timedelta = timedelta(),
        skew: timedelta = timedelta(),
        wire: Wire = TODAY,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Prepare a server.

        Args:
            clock: Tells the present, aware. It may jump, in both directions.
            person: Whose readings appear as the clock moves.
            username: Of the person who shares; the account id works as well.
            password: Of the person who shares.
            application_id: Of the region's own app; no other may log in.
            account_id: In lower case.
            session_lifetime: How long a login is good for.
            has_share: Whether the app shares; nothing is readable otherwise.
            has_follower: Whether anybody follows; the same otherwise.
            upload_lag: How long after it was measured a reading arrives.
            skew: How far the `Date` header is ahead of the clock.
            wire: How things are written.
            sleep: Waits out slow faults.
        """
        super().__init__()
        self.person = person
        self.username, self.password = username, password
        self.application_id, self.account_id = application_id, account_id
        self.session_lifetime = session_lifetime
        self.has_share, self.has_follower = has_share, has_follower
        self.upload_lag, self.skew, self.wire = upload_lag, skew, wire
        self.logins = 0
        """How many sessions were opened."""
        self._clock = clock
        # Faults are those of any server, and ask a Nightscout site for no more
        # than its sleep and when they are over.
        self._site = Site(
            store=Store(None),
            credentials=Credentials(None, {}, "denied"),
            penalties=Penalties(0),
            clock=clock,
            sleep=sleep,
            units="mg/dl",
            title="",
        )
        self._added: list[tuple[datetime, Record]] = []
        self._sessions: dict[str, datetime] = {}
        self._attempts = _Attempts()

    @override
    def _application(self) -> web.Application:
        """Return what answers."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_response_prepare.append(self._finish_headers)
        return app

    @override
    def _let_go(self) -> None:
        """Let requests that hang go on."""
        self._site.fault_over.set()
        self._site.fault_over = asyncio.Event()

    def add_reading(self, mgdl: object, *, at: datetime, trend: object = 4) -> None:
        """Add a reading.

        Args:
            mgdl: Its value; tests may add impossible ones.
            at: When it was measured.
            trend: A number of 0 to 9, or anything else, which is sent as it is.
        """
        self.add_record(self.wire.record(at, mgdl, trend), at=at)

    def add_record(self, record: Mapping[str, object], *, at: datetime) -> None:
        """Add a record exactly as it is, found where a reading of `at` would be."""
        self._added.append((at, dict(record)))

    def expire_session(self) -> None:
        """Forget every session before its time."""
        self._sessions.clear()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Record a request and answer it, or let it fail."""
        kind = _PATHS.get(request.path, "")
        self._record(
            RecordedRequest(
                kind=kind,
                query=request.query,
                body=await request.read(),
                at=self._clock(),
            )
        )
        fault = self._next_fault(kind)
        if fault is None:
            return await self._serve(request, kind)
        return await fault.answer(
            self._site, request, kind, lambda: self._serve(request, kind)
        )

    def _next_fault(self, kind: str) -> Fault | None:
        """Return what goes wrong with a request, and count it."""
        fault = self._fault
        if fault is None or (fault.only and kind not in fault.only):
            return None
        if fault.times is not None:
            left = fault.times - 1
            self._fault = replace(fault, times=left) if left > 0 else None
        return fault

    async def _serve(self, request: web.Request, kind: str) -> web.Response:
        """Return the server's answer."""
        if not kind or request.method != hdrs.METH_POST:
            return html_error(404, "Not Found")
        try:
            told: object = await request.json()
        except ValueError:
            told = None
        asked = told if isinstance(told, dict) else {}
        try:
            if kind == READ:
                return self._readings({**asked, **request.query})
            return self._logged_in(kind, asked)
        except ShareError as err:
            return self.wire.error_of(err)

    def _logged_in(self, kind: str, asked: Mapping[str, object]) -> web.Response:
        """Return the account's id, or a new session's."""
        now = self._clock()
        if self._attempts.are_too_many(now):
            raise ShareError(self.wire.lockout, "Too many attempts", "Locked")
        if not self._is_right(kind, asked):
            self._attempts.add(now)
            return self._refused()
        self._attempts = _Attempts()
        if kind == AUTHENTICATE:
            return json_answer(self.account_id)
        self.logins += 1
        session = str(uuid5(UUID(self.account_id), f"session {self.logins}"))
        self._sessions[session] = now
        return json_answer(session)

    def _is_right(self, kind: str, asked: Mapping[str, object]) -> bool:
        """Return whether a login may go on."""
        who = str(asked.get("accountName" if kind == AUTHENTICATE else "accountId"))
        known = self.username if kind == AUTHENTICATE else self.account_id
        return (
            who.casefold() == known.casefold()
            and asked.get("password") == self.password
            and asked.get("applicationId") == self.application_id
        )

    def _refused(self) -> web.Response:
        """Return the one answer to every wrong login, whatever is wrong."""
        refusal = self.wire.refusal
        if refusal is Refusal.NOBODY:
            return json_answer(NOBODY)
        if refusal in {Refusal.BY_NAME, Refusal.BY_ID}:
            raise ShareError("SSO_InternalError", f"{refusal}.", "Unknown")
        message = "Publisher account password failed"
        raise ShareError(refusal, message, "InvalidPassword")

    def _readings(self, asked: Mapping[str, object]) -> web.Response:
        """Return the records that a session may read, newest first."""
        session = str(asked.get("sessionId") or asked.get("sessionID"))
        if session == NOBODY:
            return text_answer("", "text/html")
        self._check(session)
        minutes, count = _number(asked, "minutes"), _number(asked, "maxCount")
        # Nobody recorded what a real server does above these.
        if minutes > _MOST_MINUTES or count > _MOST_READINGS:
            raise ShareError("InvalidArgument", "Too much is asked", "Argument")
        if not (self.has_share and self.has_follower):
            return json_answer([])
        return json_answer(self._records(timedelta(minutes=minutes))[:count])

    def _check(self, session: str) -> None:
        """Refuse a session that is gone, or never was."""
        since = self._sessions.get(session)
        if since is not None and self._clock() - since < self.session_lifetime:
            return
        self._sessions.pop(session, None)
        message = f"Failed to find session object. [SessionId = {session}]"
        raise ShareError(self.wire.session_gone, message, "ObjectNotFound")

    def _records(self, passed: timedelta) -> list[Record]:
        """Return what arrived and was measured in the past, newest first."""
        now = self._clock()
        start = now - passed
        until = now - self.upload_lag
        found = [each for each in self._added if start < each[0] <= until]
        if self.person is not None:
            readings = self.person.readings(start, until)
            found += [(each.at, self.wire.record_of(each)) for each in readings]
        found.sort(key=lambda each: each[0], reverse=True)
        return [record for _, record in found]

    async def _finish_headers(
        self, _: web.Request, response: web.StreamResponse
    ) -> None:
        """Write the server's own time."""
        response.headers[hdrs.DATE] = http_date(self._clock() + self.skew)


def _number(asked: Mapping[str, object], name: str) -> int:
    """Return a whole number that was asked for."""
    try:
        return int(str(asked.get(name)))
    except ValueError:
        message = f"Parameter error: {name}"
        raise ShareError("InvalidArgument", message, "Argument") from None
