"""Dexcom's API as a server: who may ask, and what goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal, override

from aiohttp import hdrs, web
from multidict import CIMultiDictProxy, MultiMapping
from yarl import URL

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import SCOPE, Environment
from simulators.loopback import LoopbackServer

from . import documents
from .answers import Answers, BadRequestError
from .archive import KINDS, Archive
from .faults import Fault, spoiled
from .tokens import EXPIRES_IN, OAuthError, TokenDesk, Tokens

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Refusal = Literal[401, 403, 404]

_REFUSALS: Mapping[Refusal, type[web.HTTPException]] = {
    401: web.HTTPUnauthorized,
    403: web.HTTPForbidden,
    404: web.HTTPNotFound,
}
CLIENT_ID = "client-id"
CLIENT_SECRET = "client-secret"
_DAY = timedelta(days=1)

_DELAYS = {
    Environment.US: timedelta(hours=1),
    Environment.EU: timedelta(hours=3),
    Environment.JP: timedelta(hours=3),
    Environment.SANDBOX: timedelta(),
}
_SANDBOX_ENDED = timedelta(days=400)
"""How long ago the sandbox's people took off their sensors."""


def _utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRequest:
    """A request as it arrived."""

    method: str
    path: str
    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    body: bytes
    at: datetime
    """When it arrived by the server's clock."""

    @property
    def kind(self) -> str:
        """Return what it asks for: `egvs`, `dataRange`, `token`..."""
        return self.path.rpartition("/")[2]


class DexcomApiSimulator(LoopbackServer[RecordedRequest, Fault]):
    """One application, one account and its data, hours late.

    Use it as an asynchronous context manager.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = _utc_now,
        person: SimulatedPerson | None = None,
        history: timedelta = _DAY,
        environment: Environment = Environment.US,
        delay: timedelta | None = None,
        v3_refusal: Refusal | None = None,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        user_id: str = "user-0123456789abcdef",
        redirect_uris: Collection[str] = (),
        port: int = 0,
    ) -> None:
        """Prepare a server.

        Args:
            clock: Tells the present, aware.
            person: Whose data appear as the clock moves.
            history: How far back they go.
            environment: Decides the delay; the sandbox's data ended long ago.
            delay: How late data are instead.
            v3_refusal: Status of version 3 for an application that has only 2.
            client_id: The application's.
            client_secret: The application's.
            user_id: What version 3 calls the account.
            redirect_uris: Where the application may send people, anywhere if empty.
            port: A free one if 0.
        """
        super().__init__(port=port)
        now = clock()
        ends = now - _SANDBOX_ENDED if environment is Environment.SANDBOX else None
        late = _DELAYS[environment] if delay is None else delay
        self.archive = Archive(person, (ends or now) - history, late, ends)
        self.tokens = TokenDesk(client_id, client_secret)
        self.v3_refusal = v3_refusal
        self.is_denied = False
        """Whether the person says no when asked for their consent."""
        self.refusals: dict[str, Refusal] = {}
        """Status of the kinds that the application may not read."""
        self.spans: dict[str, object] = {}
        """What the data range says of kinds instead of what is there."""
        self._answers = Answers(self.archive, user_id)
        self._clock = clock
        self._redirect_uris = frozenset(redirect_uris)
        self._fault_over = asyncio.Event()

    @override
    def _application(self) -> web.Application:
        """Return what answers."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            """Answer every request in one place."""
            return await self._answer(request, handler)

        app = web.Application(middlewares=[guard])
        app.router.add_get("/{version:v[23]}/oauth2/login", self._login)
        app.router.add_post("/{version:v[23]}/oauth2/token", self._token)
        app.router.add_get("/{version:v[23]}/users/self/dataRange", self._data_range)
        app.router.add_post("/v2/users/self/statistics", self._statistics)
        app.router.add_get("/{version:v[23]}/users/self/{kind}", self._listed)
        app.on_response_prepare.append(self._stamp)
        return app

    @override
    def _let_go(self) -> None:
        """Let requests that hang go on."""
        self._fault_over.set()
        self._fault_over = asyncio.Event()

    def sign_in(self) -> Tokens:
        """Return tokens of a person who agreed, without the pages before it."""
        return self.tokens.sign_in(self._clock())

    def revoke(self) -> None:
        """Let the person withdraw their consent."""
        self.tokens.revoke()

    def add(self, kind: str, at: datetime, **fields: object) -> str:
        """Add a document that can be had at once, and return its id.

        Args:
            kind: `egvs`, `events`, `calibrations` or `alerts`.
            at: When it is from.
            fields: As version 3 tells them; others are as usual.
        """
        return self.archive.add(kind, documents.made(kind, at, **fields))

    def edit(self, record_id: str, **fields: object) -> None:
        """Change a document from now on."""
        self.archive.edit(record_id, fields)

    def delete(self, record_id: str) -> None:
        """Let a person delete an event, which stays and says so."""
        self.edit(record_id, eventStatus="deleted")

    def remove(self, record_id: str) -> None:
        """Let a document vanish without a trace."""
        self.archive.remove(record_id)

    async def _answer(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Record a request, then answer it or let it fail."""
        self._record(
            RecordedRequest(
                method=request.method,
                path=request.path,
                query=request.query,
                headers=request.headers,
                body=await request.read(),
                at=self._clock(),
            )
        )
        if self._fault is None:
            return await _served(request, handler)
        return await spoiled(
            self._fault, request, lambda: _served(request, handler), self._fault_over
        )

    async def _login(self, request: web.Request) -> web.Response:
        """Send a person back with a code, or with their refusal."""
        asked = request.query
        target = asked.get("redirect_uri", "")
        is_ours = asked.get("client_id") == self.tokens.client_id
        is_known = not self._redirect_uris or target in self._redirect_uris
        wanted = asked.get("response_type"), asked.get("scope")
        if not (is_ours and is_known and target and wanted == ("code", SCOPE)):
            return _oauth_error("invalid_request")
        told = (
            {"error": "access_denied"}
            if self.is_denied
            else {"code": self.tokens.code(target, self._clock())}
        )
        query = {**told, "state": asked.get("state", "")}
        location = str(URL(target).update_query(query))
        return web.Response(status=302, headers={hdrs.LOCATION: location})

    async def _token(self, request: web.Request) -> web.Response:
        """Answer with tokens; the secret is looked for in the body only."""
        if request.content_type != "application/x-www-form-urlencoded":
            return _oauth_error("invalid_request")
        try:
            form = dict(await request.post())
            tokens = self.tokens.exchange(form, self._clock())
        except OAuthError as err:
            return _oauth_error(str(err))
        return web.json_response(
            {
                "access_token": tokens.access,
                "expires_in": EXPIRES_IN,
                "token_type": "Bearer",
                "refresh_token": tokens.refresh,
            }
        )

    async def _data_range(self, request: web.Request) -> web.Response:
        """Answer with what there is."""
        version = self._allowed(request)
        told = self._answers.data_range(version, self._clock())
        return web.json_response({**told, **self.spans})

    async def _listed(self, request: web.Request) -> web.Response:
        """Answer with documents; version 2 knows no alerts."""
        version, kind = self._allowed(request), request.match_info["kind"]
        if kind not in KINDS | {"devices"} or (version, kind) == ("v2", "alerts"):
            raise web.HTTPNotFound
        if (status := self.refusals.get(kind)) is not None:
            raise _REFUSALS[status]
        now = self._clock()
        return web.json_response(self._answers.listed(version, kind, request, now))

    async def _statistics(self, request: web.Request) -> web.Response:
        """Answer with figures."""
        self._allowed(request)
        told = await self._answers.statistics(request, self._clock())
        return web.json_response(told)

    def _allowed(self, request: web.Request) -> str:
        """Return the version that a request may use.

        Raises:
            web.HTTPException: It may not.
        """
        scheme, _, access = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme != "Bearer" or not self.tokens.is_valid(access, self._clock()):
            raise web.HTTPUnauthorized
        version = request.match_info.get("version", "v2")
        if version == "v3" and self.v3_refusal is not None:
            raise _REFUSALS[self.v3_refusal]
        return version

    async def _stamp(self, _: web.Request, response: web.StreamResponse) -> None:
        """Write the server's own time."""
        at = self._clock().astimezone(UTC)
        response.headers[hdrs.DATE] = format_datetime(at, usegmt=True)


async def _served(request: web.Request, handler: Handler) -> web.Response:
    """Return the API's own answer."""
    try:
        answer = await handler(request)
    except BadRequestError:
        return web.json_response({"fault": "bad request"}, status=400)
    except web.HTTPException as err:
        return web.Response(status=err.status)
    assert isinstance(answer, web.Response)
    return answer


def _oauth_error(name: str) -> web.Response:
    """Return an error as OAuth words it."""
    status = 401 if name == "invalid_client" else 400
    return web.json_response({"error": name}, status=status)
