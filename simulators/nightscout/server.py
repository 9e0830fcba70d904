"""A Nightscout site on a loopback socket."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import override

from aiohttp import hdrs, web
from multidict import CIMultiDictProxy, MultiMapping
from yarl import URL

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from simulators.loopback import LOCALHOST, LoopbackServer

from . import v1, v2, v3
from .answers import compress, http_date, not_found
from .credentials import Credentials, DefaultRoles, Penalties
from .documents import Document, iso, to_ms
from .faults import Fault, drop
from .feed import Feed
from .site import Clock, ServerCrashError, Site, Sleep, Units
from .sockets import Sockets
from .store import Collection, Store
from .styles import Style

_DAY = timedelta(hours=24)
_KEEP_ALIVE = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRequest:
    """A request as it arrived."""

    method: str
    path: str
    """Decoded, without the site's prefix."""

    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    at: datetime
    """When it arrived by the site's clock."""

    @property
    def kind(self) -> str:
        """Return which part of the API it is for, as faults name it."""
        return kind_of(self.path)


def _utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class NightscoutSimulator(LoopbackServer[RecordedRequest, Fault]):
    """A site that behaves like cgm-remote-monitor 15.0.7, or as badly as told."""

    keep_alive = _KEEP_ALIVE

    def __init__(
        self,
        *,
        clock: Clock = _utc_now,
        person: SimulatedPerson | None = None,
        history: timedelta = _DAY,
        api_secret: str | None = None,
        tokens: Mapping[str, frozenset[str]] | None = None,
        default_roles: DefaultRoles = "readable",
        units: Units = "mg/dl",
        title: str = "Nightscout",
        style: Style | str = Style.PLAIN,
        upload_lag: timedelta = timedelta(),
        prefix: str = "",
        port: int = 0,
        auth_fail_delay: float = 5.0,
        sleep: Sleep = asyncio.sleep,
        skew: timedelta = timedelta(),
        has_v3: bool = True,
        thresholds: Mapping[str, float] | None = None,
        has_sockets: bool = False,
        ping: tuple[float, float] = (25, 20),
        reload: float = 0.0,
        debounce: float = 2.0,
    ) -> None:
        """Prepare a site.

        Args:
            clock: Tells the present, aware. It may jump, in both directions.
            person: Whose entries and treatments appear as the clock moves.
            history: How far back they go.
            api_secret: The plain secret; None if no secret opens the site.
            tokens: What each access token may read (`entries`, `treatments`,
                `status`, `devicestatus`, `profile`, or `*` for all of it) and
                create (`treatments:create`); `admin` may do everything.
            default_roles: Whether everybody may read.
            units: What the site shows; documents are always in mg/dL.
            title: The site's name.
            style: Whose documents the person uploads.
            upload_lag: How long after it was measured an entry arrives.
            prefix: A path before `/api`, such as `/family/anna`.
            port: A free one if 0.
            auth_fail_delay: Seconds that each wrong secret adds to the penalty.
            sleep: Waits out penalties and slow faults.
            skew: How far the `Date` header is ahead of the clock.
            has_v3: Whether API v3 is there.
            thresholds: What replaces the untouched ones, by the site's names.
            has_sockets: Whether it says over sockets what is new, or sits behind
                a proxy that knows no websockets.
            ping: Seconds between a socket's pings, and until an answer is due.
            reload: Seconds from a change to the moment a socket says so.
            debounce: Seconds of silence after that.
        """
        super().__init__(port=port)
        feed = None
        if person is not None:
            feed = Feed(person, Style(style), clock(), history, upload_lag)
        self._site = Site(
            store=Store(feed),
            credentials=Credentials(api_secret, tokens or {}, default_roles),
            penalties=Penalties(auth_fail_delay),
            clock=clock,
            sleep=sleep,
            units=units,
            title=title,
            has_v3=has_v3,
            thresholds=thresholds or {},
        )
        self.sockets = Sockets(
            self._site,
            lambda: self._fault,
            ping=ping,
            reload=reload,
            debounce=debounce,
        )
        self._has_sockets = has_sockets
        self.skew = skew
        self.has_crashed = False
        self._prefix = prefix.rstrip("/")

    @property
    @override
    def url(self) -> URL:
        """Return the site's address, with its prefix; it is known once started."""
        return super().url.with_path(self._prefix or "/")

    @property
    def delay(self) -> float:
        """Return for how many seconds a request from here would be held."""
        return self._site.penalties.left(LOCALHOST, self._site.clock())

    @override
    async def start(self) -> None:
        """Listen; after a `close`, on the same port again."""
        await super().start()
        self.has_crashed = False
        if self._has_sockets:
            self.sockets.start()

    @override
    async def close(self) -> None:
        """Stop listening, and let go of everybody who is connected."""
        await self.sockets.close()
        await super().close()

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

    def add_entry(self, *, at: datetime | None = None, **document: object) -> str:
        """Add an entry and return its id.

        Args:
            at: When it was measured; now if neither this nor `date` is given.
            document: Fields as they are; `type` is sgv unless given.
        """
        when = at or self._site.clock()
        usual: Document = {"type": "sgv", "date": to_ms(when)}
        return self._add(Collection.ENTRIES, usual | document)

    def add_entries(self, documents: Iterable[Mapping[str, object]]) -> None:
        """Add entries exactly as they are, but for a missing `_id`."""
        for document in documents:
            self._add(Collection.ENTRIES, document)

    def add_treatment(self, *, at: datetime | None = None, **document: object) -> str:
        """Add a treatment and return its id.

        Args:
            at: When it was done; now if neither this nor `created_at` is given.
            document: Fields as they are.
        """
        when = at or self._site.clock()
        usual: Document = {"created_at": iso(when)}
        return self._add(Collection.TREATMENTS, usual | document)

    def add_devicestatus(
        self, *, at: datetime | None = None, **document: object
    ) -> str:
        """Add a device status and return its id."""
        when = at or self._site.clock()
        usual: Document = {"created_at": iso(when)}
        return self._add(Collection.DEVICESTATUS, usual | document)

    def add_profile(self, *, at: datetime | None = None, **document: object) -> str:
        """Add a document with therapy profiles and return its id."""
        when = at or self._site.clock()
        usual: Document = {"startDate": iso(when), "created_at": iso(when)}
        return self._add(Collection.PROFILE, usual | document)

    def edit_treatment(self, document_id: str, **fields: object) -> None:
        """Change fields of a treatment that was added."""
        self._site.store.edit(document_id, **fields)
        self.sockets.change()

    def remove_treatment(self, document_id: str) -> None:
        """Remove a treatment, the person's own ones included."""
        self._site.store.remove(document_id)
        self.sockets.change()

    def invalidate_treatment(self, document_id: str) -> None:
        """Mark a treatment as deleted, as AndroidAPS does through v3."""
        store, now = self._site.store, self._site.clock()
        for document in list(store.find(Collection.TREATMENTS, now)):
            if document["_id"] == document_id:
                store.invalidate(Collection.TREATMENTS, document, now, "phone")

    def live(self, scenario: Scenario, since: datetime | None = None) -> None:
        """Let the person live a scenario.

        Args:
            scenario: What happens.
            since: Since when; from now on if not given. What was uploaded after
                that changes.
        """
        self._site.store.live(scenario, since or self._site.clock())
        self.sockets.change()

    def clear(self) -> None:
        """Remove every document up to now; the person goes on."""
        self._site.store.clear(self._site.clock())

    def grant(self, token: str, rights: Iterable[str]) -> None:
        """Let an access token do something from now on."""
        self._site.credentials.tokens[token] = frozenset(rights)

    def revoke(self, token: str) -> None:
        """Delete an access token."""
        del self._site.credentials.tokens[token]

    def set_secret(self, api_secret: str | None) -> None:
        """Change the API secret."""
        self._site.credentials.secret = api_secret

    def _add(self, kind: Collection, document: Mapping[str, object]) -> str:
        """Keep a document and return its id."""
        document_id = str(self._site.store.add(kind, dict(document))["_id"])
        self.sockets.change()
        return document_id

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Record a request and answer it, or let it fail."""
        path = request.path.removeprefix(self._prefix)
        self._record(
            RecordedRequest(
                method=request.method,
                path=path,
                query=request.query,
                headers=request.headers,
                at=self._site.clock(),
            )
        )
        if not self.has_crashed:
            try:
                return await self._answer_unless_faulty(request, path)
            except ServerCrashError:
                self.has_crashed = True
        drop(request)
        return web.Response()

    async def _answer_unless_faulty(
        self, request: web.Request, path: str
    ) -> web.StreamResponse:
        """Return the site's answer, or what a fault makes of it.

        Raises:
            ServerCrashError: The request ends the process.
        """
        fault = self._next_fault(path)
        if fault is None:
            response = await self._serve(request, path)
            if isinstance(response, web.Response):
                compress(request, response)
                if request.method != "GET":
                    self.sockets.change()
            return response
        return await fault.answer(
            self._site, request, kind_of(path), lambda: self._serve(request, path)
        )

    def _next_fault(self, path: str) -> Fault | None:
        """Return what goes wrong with a request, and count it."""
        fault = self._fault
        if fault is None or (fault.only and kind_of(path) not in fault.only):
            return None
        if fault.versions and path.split("/")[2] not in fault.versions:
            return None
        if fault.times is not None:
            left = fault.times - 1
            self._fault = replace(fault, times=left) if left > 0 else None
        return fault

    async def _serve(self, request: web.Request, path: str) -> web.StreamResponse:
        """Return the answer of the socket or the version that a path is for."""
        if self._has_sockets and path.startswith("/socket.io/"):
            return await self.sockets.answer(request)
        if not request.path.startswith(f"{self._prefix}/api/"):
            return not_found(request)
        path = path.removeprefix("/api")
        if path.startswith("/v3/") and self._site.has_v3:
            return await v3.serve(self._site, request, path.removeprefix("/v3"))
        if path.startswith("/v2/"):
            return await v2.serve(self._site, request, path.removeprefix("/v2"))
        return await v1.serve(self._site, request, path)

    async def _finish_headers(
        self, request: web.Request, response: web.StreamResponse
    ) -> None:
        """Write the headers that Express writes, and the site's own time."""
        response.headers.pop(hdrs.SERVER, None)
        if not request.path.startswith(f"{self._prefix}/api/v3"):
            response.headers["X-Powered-By"] = "Express"
        response.headers[hdrs.DATE] = http_date(self._site.clock() + self.skew)


def kind_of(path: str) -> str:
    """Return which part of the API a path is for: `entries`, `status`, `sgv`...

    Faults and recorded requests name paths like this, whatever the version.
    """
    parts = [part for part in path.split("/") if part]
    while parts and parts[0] in {"api", "v1", "v2", "v3"}:
        parts.pop(0)
    return parts[0].partition(".")[0] if parts else "page"
