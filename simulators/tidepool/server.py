"""Tidepool's services as one server: who may see what, and what goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice
from typing import override

from aiohttp import hdrs, web
from multidict import CIMultiDictProxy, MultiMapping
from yarl import URL

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.dexcom_api.faults import Fault, drop, spoiled
from simulators.loopback import LoopbackServer

from .answers import ParameterError, asked_for, pieces, written
from .archive import Archive
from .documents import Document
from .sessions import EXPIRES_IN, OAuthError, RefusedError, SessionDesk

TOKEN_HEADER = "x-tidepool-session-token"
USERNAME = "alex@example.org"
PASSWORD = "correct horse battery"
USER_ID = "0123456789"
CLIENT_ID = "glucose-follow"
REALM = "simulated"

_DAY = timedelta(days=1)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Somebody whose data the account may see, or not."""

    user_id: str
    name: str
    archive: Archive
    can_view: bool = True


def _utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class TidepoolSimulator(LoopbackServer[RecordedRequest, Fault]):
    """One account, its data, and those that others share with it.

    Use it as an asynchronous context manager.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = _utc_now,
        person: SimulatedPerson | None = None,
        history: timedelta = _DAY,
        delay: timedelta = timedelta(),
        username: str = USERNAME,
        password: str = PASSWORD,
        user_id: str = USER_ID,
        name: str = "Alex",
        is_carer: bool = False,
        units: str = "mg/dL",
        token_life: timedelta = timedelta(hours=1),
        session_life: timedelta = timedelta(days=30),
        client_id: str = CLIENT_ID,
        archive: Archive | None = None,
        port: int = 0,
    ) -> None:
        """Prepare a server.

        Args:
            clock: Tells the present, aware.
            person: Whose data appear as the clock moves.
            history: How far back they go.
            delay: How late they are.
            username: The account's e-mail address.
            password: Of the account.
            user_id: What the account is called.
            name: What its owner is called.
            is_carer: Whether the owner has no data.
            units: What the owner reads glucose in.
            token_life: How long a token opens anything.
            session_life: How long it can be refreshed.
            client_id: Of the application that the realm knows.
            archive: The data instead of a person's.
            port: A free one if 0.
        """
        super().__init__(port=port)
        self.archive = archive or Archive(person, start=clock() - history, delay=delay)
        self.desk = SessionDesk(
            username=username,
            password=password,
            life=token_life,
            session_life=session_life,
            client_id=client_id,
        )
        self.user_id = user_id
        self.shares: list[Share] = []
        """Who shares with the account."""
        self.ends_after: int | None = None
        """After so many documents the storage fails, and nobody is told."""
        self.fails_after: int | None = None
        """After so many requests the server is out of order."""
        self.fails_with = (503, 0)
        """What status it answers with then, and for how many seconds."""
        self.is_cached = False
        """Whether something on the way says that it kept an answer for a while."""
        self.loses_refreshes = False
        """Whether the next refresh is done, and its answer lost."""
        self.is_denied = False
        """Whether the person does not agree."""
        self.realm_told: object = None
        """What is said about the realm instead of the truth."""
        self._clock = clock
        self._profile: Document = {"fullName": name}
        if not is_carer:
            self._profile["patient"] = {"birthday": "2000-01-01"}
        self._units = units
        self._fault_over = asyncio.Event()

    @override
    def _application(self) -> web.Application:
        """Return what answers."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            """Answer every request in one place."""
            return await self._answer(request, handler)

        realm = f"/realms/{REALM}"
        openid = f"{realm}/protocol/openid-connect"
        app = web.Application(middlewares=[guard])
        app.router.add_post("/auth/login", self._log_in)
        app.router.add_get("/auth/login", self._refresh)
        app.router.add_get("/auth/user", self._user)
        app.router.add_get("/metadata/users/{user_id}/users", self._users)
        app.router.add_get("/metadata/{user_id}/profile", self._show_profile)
        app.router.add_get("/metadata/{user_id}/settings", self._show_settings)
        app.router.add_get("/data/{user_id}", self._data)
        app.router.add_get("/info", self._info)
        app.router.add_get(f"{realm}/.well-known/openid-configuration", self._realm)
        app.router.add_get(f"{openid}/auth", self._consent)
        app.router.add_post(f"{openid}/token", self._token)
        app.on_response_prepare.append(self._stamp)
        return app

    @override
    def _let_go(self) -> None:
        """Let requests that hang go on."""
        self._fault_over.set()
        self._fault_over = asyncio.Event()

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
        if self.fails_after is not None and len(self.requests) > self.fails_after:
            status, seconds = self.fails_with
            headers = {hdrs.RETRY_AFTER: str(seconds)} if seconds else {}
            return web.Response(status=status, headers=headers)
        if self._fault is None:
            return await _served(request, handler)
        if self._fault is Fault.REFUSE:
            return _refused(request.path) or await _served(request, handler)

        async def whole() -> web.Response:
            answer = await _served(request, handler)
            assert isinstance(answer, web.Response)
            return answer

        return await spoiled(self._fault, request, whole, self._fault_over)

    async def _log_in(self, request: web.Request) -> web.Response:
        """Begin a session."""
        token = self.desk.log_in(
            request.headers.get(hdrs.AUTHORIZATION, ""), self._clock()
        )
        return web.json_response(self._account(), headers={TOKEN_HEADER: token})

    async def _refresh(self, request: web.Request) -> web.Response:
        """Go on with a session; the token that it had is spent."""
        shown = request.headers.get(TOKEN_HEADER, "")
        token = self.desk.refresh(shown, self._clock())
        if self.loses_refreshes:
            self.loses_refreshes = False
            return drop(request)
        body = {"userid": self.user_id, "isserver": False}
        return web.json_response(body, headers={TOKEN_HEADER: token})

    async def _user(self, request: web.Request) -> web.Response:
        """Say who is logged in."""
        if not self._is_logged_in(request):
            return web.Response(status=401)
        return web.json_response(self._account())

    def _account(self) -> Document:
        """Return what the account is."""
        return {
            "userid": self.user_id,
            "username": self.desk.username,
            "emails": [self.desk.username],
            "emailVerified": True,
            "roles": ["patient"],
        }

    async def _users(self, request: web.Request) -> web.Response:
        """Say who shares with the account, and with whom it shares."""
        self._demand_own(request)
        told = [
            {
                "userid": share.user_id,
                "emailVerified": True,
                "profile": {"fullName": share.name, "patient": {}},
                "trustorPermissions": {"view": {}} if share.can_view else {"note": {}},
            }
            for share in self.shares
        ]
        follower = {
            "userid": "9876543210",
            "profile": {"fullName": "Somebody"},
            "trusteePermissions": {"view": {}},
        }
        return web.json_response([follower, *told])

    async def _show_profile(self, request: web.Request) -> web.Response:
        """Say who the owner is."""
        self._demand_own(request)
        return web.json_response(self._profile)

    async def _show_settings(self, request: web.Request) -> web.Response:
        """Say how the owner reads glucose; others have never chosen."""
        if request.match_info["user_id"] != self.user_id:
            raise web.HTTPNotFound
        self._demand_own(request)
        return web.json_response({"units": {"bg": self._units}})

    async def _data(self, request: web.Request) -> web.StreamResponse:
        """Answer with documents, piece by piece unless that is to go wrong."""
        archive = self._readable(request)
        if archive is None:
            return _not_allowed()
        found = asked_for(request.query, archive.all(self._clock()))
        if self.ends_after is not None:
            found = islice(found, self.ends_after)
        if self._fault is not None:
            body = b"".join(written(found))
            return web.Response(body=body, content_type="application/json")
        response = web.StreamResponse()
        response.content_type = "application/json"
        response.enable_compression()
        await response.prepare(request)
        for piece in pieces(written(found)):
            await response.write(piece)
        return response

    def _readable(self, request: web.Request) -> Archive | None:
        """Return the data that a request may read, None if it may not."""
        if not self._is_logged_in(request):
            return None
        user_id = request.match_info["user_id"]
        if user_id == self.user_id:
            return self.archive
        for share in self.shares:
            if share.user_id == user_id and share.can_view:
                return share.archive
        return None

    def _is_logged_in(self, request: web.Request) -> bool:
        """Return whether a request carries a good token, where one has to be."""
        token = request.headers.get(TOKEN_HEADER, "")
        return self.desk.is_valid(token, self._clock())

    def _demand_own(self, request: web.Request) -> None:
        """Raise unless a request is about the account and by its owner."""
        if not self._is_logged_in(request):
            raise web.HTTPUnauthorized
        if request.match_info["user_id"] != self.user_id:
            raise web.HTTPForbidden

    async def _info(self, _: web.Request) -> web.Response:
        """Say where to log in."""
        if self.realm_told is not None:
            return web.json_response(self.realm_told)
        auth = {"realm": REALM, "url": str(self.url).rstrip("/")}
        return web.json_response({"auth": auth, "versions": {}})

    async def _realm(self, _: web.Request) -> web.Response:
        """Say where codes and tokens are given."""
        realm = self.url / "realms" / REALM
        openid = realm / "protocol/openid-connect"
        return web.json_response(
            {
                "issuer": str(realm),
                "authorization_endpoint": str(openid / "auth"),
                "token_endpoint": str(openid / "token"),
            }
        )

    async def _consent(self, request: web.Request) -> web.Response:
        """Send a person back with a code, if the application proves itself later."""
        asked = request.query
        target = asked.get("redirect_uri", "")
        is_known = asked.get("client_id") == self.desk.client_id
        wanted = asked.get("response_type"), asked.get("code_challenge_method")
        is_openid = "openid" in asked.get("scope", "").split()
        if not (is_known and is_openid and target and wanted == ("code", "S256")):
            return web.json_response({"error": "invalid_request"}, status=400)
        told = {"state": asked.get("state", "")}
        if self.is_denied:
            told["error"] = "access_denied"
        else:
            challenge = asked.get("code_challenge", "")
            told["code"] = self.desk.code(target, challenge, self._clock())
        location = URL(target).update_query(told)
        return web.Response(status=302, headers={hdrs.LOCATION: str(location)})

    async def _token(self, request: web.Request) -> web.Response:
        """Answer with tokens, to an application that shows no secret."""
        if hdrs.AUTHORIZATION in request.headers:
            return web.json_response({"error": "invalid_client"}, status=401)
        form = {
            key: value
            for key, value in (await request.post()).items()
            if isinstance(value, str)
        }
        try:
            tokens = self.desk.exchange(form, self._clock())
        except OAuthError as err:
            return web.json_response({"error": str(err)}, status=400)
        if self.loses_refreshes and "refresh_token" in form:
            self.loses_refreshes = False
            return drop(request)
        return web.json_response(
            {
                "access_token": tokens.access,
                "expires_in": EXPIRES_IN,
                "refresh_token": tokens.refresh,
                "token_type": "Bearer",
                "scope": "openid offline_access",
                "id_token": f"identity-of-{self.desk.username}",
                "session_state": "0b1c",
                "refresh_expires_in": 0,
                "not-before-policy": 0,
            }
        )

    async def _stamp(self, _: web.Request, response: web.StreamResponse) -> None:
        """Write the server's own time."""
        at = self._clock().astimezone(UTC)
        response.headers[hdrs.DATE] = format_datetime(at, usegmt=True)
        if self.is_cached:
            response.headers[hdrs.AGE] = "7"


async def _served(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Return the services' own answer."""
    try:
        return await handler(request)
    except RefusedError as err:
        return _refusal(err.status, err.reason)
    except ParameterError:
        body = {"status": 500, "code": "invalid_parameters"}
        return web.json_response(body, status=500)
    except web.HTTPException as err:
        return web.Response(status=err.status)


def _refused(path: str) -> web.Response | None:
    """Return how whatever needs a right is refused, None for what needs none."""
    if path == "/auth/login":
        return _refusal(401, "No user matched the given details")
    if path.endswith("/token"):
        return web.json_response({"error": "invalid_grant"}, status=400)
    is_open = path == "/info" or path.startswith("/realms")
    return None if is_open else _not_allowed()


def _refusal(status: int, reason: str) -> web.Response:
    """Return how a login is refused."""
    return web.json_response({"code": status, "reason": reason}, status=status)


def _not_allowed() -> web.Response:
    """Return what everything is answered with that is wrong with a token or a right."""
    body = {
        "status": 403,
        "id": "1f0c8a5e-0000-4000-8000-000000000000",
        "code": "data_cant_view",
        "message": "user is not authorized to view data",
    }
    return web.json_response(body, status=403)
