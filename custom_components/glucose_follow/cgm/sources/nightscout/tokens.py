"""Exchanges an access token for the JWTs that version 3 of the API wants."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import re

from ...errors import CgmAuthError, CgmResponseError
from ...transport import Json, JsonClient

_REQUEST = "api/v2/authorization/request"
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

_LIFE = timedelta(hours=1)
"""How long a JWT is taken to live that does not say so; old servers' lived so long."""
_LONGEST_LIFE = timedelta(hours=8)
_USED = 0.9
"""The part of a JWT's life after which another is asked for."""


class RefusedError(Exception):
    """Version 3 does not give what version 1 may still give."""

    def __init__(self, *, is_credential: bool = False) -> None:
        """Keep whether it was the JWT that was not accepted."""
        super().__init__("Version 3 is refused")
        self.is_credential = is_credential


class Tokens:
    """Has a JWT ready, and asks for one only if there is no good one."""

    def __init__(
        self, client: JsonClient, token: str, clock: Callable[[], datetime]
    ) -> None:
        """Keep what is needed; nothing is asked before it is wanted.

        Args:
            client: Sends no credential of its own.
            token: An access token, checked to be one: it becomes part of a path.
            clock: Returns the present; aware.
        """
        self._client = client
        self._token = token
        self._clock = clock
        self._lock = asyncio.Lock()
        self._jwt: str | None = None
        self._begins = self._ends = datetime.min.replace(tzinfo=UTC)

    async def jwt(self, refused: str | None = None) -> str:
        """Return a JWT, a new one if the last grows old or is the one refused.

        An expired one would be punished: the site holds back everybody at this
        address for five seconds. Whoever asks meanwhile waits for the same one.

        Raises:
            CgmAuthError: The site does not know the token any more.
            RefusedError: The site does not exchange tokens.
            CgmError: As documented on `JsonClient.get`.

        Source: cgm-remote-monitor, lib/authorization/endpoints.js.
        """
        async with self._lock:
            is_good = self._begins <= self._clock() < self._ends
            if self._jwt is None or self._jwt == refused or not is_good:
                self._jwt = None
                self._jwt = await self._exchanged()
            return self._jwt

    async def _exchanged(self) -> str:
        """Return a JWT for the token, and note how long it is good for."""
        begins = self._clock()
        try:
            # The token is in the address, which must not end anywhere else.
            told = await self._client.get(f"{_REQUEST}/{self._token}", stays=True)
        except CgmAuthError as err:
            if not err.is_recognised:
                raise
        except CgmResponseError as err:
            if err.status is None:
                raise
        else:
            return self._noted(told, begins)
        raise RefusedError

    def _noted(self, told: Json, begins: datetime) -> str:
        """Return the JWT in an answer.

        Raises:
            CgmResponseError: There is none.
        """
        answer = told if isinstance(told, dict) else {}
        jwt = answer.get("token")
        if not isinstance(jwt, str) or not _JWT.fullmatch(jwt):
            raise CgmResponseError("A JWT was promised")
        life = _life(answer.get("iat"), answer.get("exp"))
        self._begins, self._ends = begins, begins + life * _USED
        return jwt


def _life(issued: Json, expires: Json) -> timedelta:
    """Return how long a JWT lives; its own clock may differ from ours."""
    if not isinstance(issued, int) or not isinstance(expires, int):
        return _LIFE
    seconds = min(expires - issued, _LONGEST_LIFE.total_seconds())
    return timedelta(seconds=seconds) if seconds > 0 else _LIFE
