"""What the parts of a simulated site share."""

from asyncio import Event
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aiohttp import hdrs, web

from .credentials import Attempt, Credentials, Grant, Penalties
from .store import Store

type Clock = Callable[[], datetime]
type Sleep = Callable[[float], Awaitable[None]]
type Units = Literal["mg/dl", "mmol"]


class ServerCrashError(Exception):
    """The request is one of those that end the process of a real server."""


@dataclass(kw_only=True, slots=True)
class Site:
    """A site's data, settings and clock."""

    store: Store
    credentials: Credentials
    penalties: Penalties
    clock: Clock
    sleep: Sleep
    units: Units
    title: str
    has_v3: bool = True
    """Whether API v3 is there; old servers have none."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    """What replaces a site's untouched thresholds."""

    fault_over: Event = field(default_factory=Event)
    """Set when the present fault is replaced, and when the server closes."""

    async def identify(
        self, request: web.Request, claims: Mapping[str, object] | None = None
    ) -> Grant | None:
        """Return what a request may do, None if its credential is wrong.

        Every request that is subject to authorisation waits out the penalty of
        its address first, whatever its own credential is.

        Args:
            request: The request.
            claims: The object of an upload, which may carry credentials too.

        Raises:
            ServerCrashError: The JWT of a deleted subject ends the server.
        """
        address = address_of(request)
        if seconds := self.penalties.left(address, self.clock()):
            await self.sleep(seconds)
        attempt = _attempt(request, claims or {})
        grant = self.credentials.resolve(attempt, self.clock())
        if grant is None:
            self._fail(attempt, address)
        elif not grant.is_default:
            self.penalties.forgive(address)
        return grant

    def _fail(self, attempt: Attempt, address: str) -> None:
        """Count a failure.

        Raises:
            ServerCrashError: As documented on `identify`.
        """
        if attempt.bearer and self.credentials.token_of(attempt.bearer, self.clock()):
            raise ServerCrashError
        self.penalties.add(address, self.clock())


def address_of(request: web.Request) -> str:
    """Return where a request comes from, as a proxy says it does."""
    forwarded = request.headers.get(hdrs.X_FORWARDED_FOR, "").partition(",")[0]
    return forwarded.strip() or request.remote or ""


def _attempt(request: web.Request, claims: Mapping[str, object]) -> Attempt:
    """Return the credentials of a request."""
    scheme, _, bearer = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    secret = request.query.get("secret") or request.headers.get("api-secret")
    token = request.query.get("token")
    return Attempt(
        secret=secret or _text(claims.get("secret")),
        bearer=bearer if scheme == "Bearer" else None,
        token=token or _text(claims.get("token")),
    )


def _text(value: object) -> str | None:
    """Return a text, None for anything else."""
    return value if isinstance(value, str) else None
