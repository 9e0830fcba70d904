"""What opens an account: a session that is refreshed, not begun anew.

Source: shoreline, user/api.go; TidepoolApi, reference/auth.v1.yaml.
"""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import ClientSession, hdrs
from yarl import URL

from ...errors import CgmAuthError, CgmConnectionError, CgmError, CgmResponseError
from ...transport import Json, JsonClient
from .environment import Environment, api_url

TOKEN_HEADER = "x-tidepool-session-token"  # noqa: S105 - the name of a header
"""Where every request carries its token, and where a login brings one."""

_LOG_IN = "auth/login"
"""`POST` begins a session, `GET` refreshes one."""


type AccessToken = Callable[[str | None], Awaitable[str]]
"""Returns what opens the account, something else than what was refused."""


class PasswordLogin:
    """A session of somebody who has a password.

    The password is sent only where there is no session, or none that can be
    refreshed. Refused, it is never sent again.
    """

    def __init__(
        self,
        session: ClientSession,
        *,
        environment: Environment,
        username: str,
        password: str,
        token: str | None = None,
        is_refused: bool = False,
        keep: Callable[[str], None] = lambda _: None,
        base: URL | None = None,
    ) -> None:
        """Keep what is needed; nothing is asked before a token is.

        Args:
            session: Whoever made it closes it.
            environment: Which Tidepool the account is of.
            username: The e-mail address.
            password: Of the account.
            token: Of a session that an earlier login began.
            is_refused: Whether the password was refused before.
            keep: Gets every new token; the one before it is of no use then.
            base: Asked in place of the environment's server.
        """
        self._client = JsonClient(
            session, base or api_url(environment), explain=_explain
        )
        self._credential = b64encode(f"{username}:{password}".encode()).decode()
        self._token = token
        self._keep = keep
        self._refusal = _refused() if is_refused else None
        self._lock = asyncio.Lock()

    async def token(self, refused: str | None) -> str:
        """Return the session's token, after a login if there is none.

        A token can be refreshed once: if the answer is lost, so is the session.
        One that cannot be refreshed may still be good for a server that refuses
        everything for a while, so it is kept until there is another.

        Args:
            refused: A token that was refused, None if none was. Whoever shows
                an older one than there is shares the new one.

        Raises:
            CgmAuthError: The session is over, and the password is refused; finally,
                unless the e-mail is not verified.
            CgmError: As documented on `JsonClient.get`.
        """
        async with self._lock:
            if self._token is None:
                return await self._begun()
            if self._token != refused:
                return self._token
            try:
                return await self._session("GET", {TOKEN_HEADER: refused})
            except CgmAuthError:
                return await self._begun()

    async def _begun(self) -> str:
        """Return the token of a new session."""
        if self._refusal is not None:
            raise self._refusal.with_traceback(None)
        try:
            return await self._session(
                "POST", {hdrs.AUTHORIZATION: f"Basic {self._credential}"}
            )
        except CgmAuthError as err:
            if err.is_final:
                self._refusal = err
            raise

    async def _session(self, method: str, headers: Mapping[str, str]) -> str:
        """Return the token that a login or a refresh brings, and keep it."""
        answer = await self._client.exchange(method, _LOG_IN, headers=headers)
        token = answer.headers.get(TOKEN_HEADER)
        if not token or not isinstance(answer.body, dict):
            raise CgmResponseError("A session was promised")
        self._token = token
        self._keep(token)
        return token


def _refused() -> CgmAuthError:
    """Return what it means that the password is wrong."""
    return CgmAuthError("The credential is refused", is_final=True)


def _explain(status: int, told: Json) -> CgmError | None:
    """Return what an error of a login means."""
    if status in {400, 401}:
        return _refused()
    if status == 403:
        if isinstance(told, dict) and "reason" in told:
            return CgmAuthError("The e-mail is not verified", is_unverified=True)
        # What stands before the server turns machines away like this.
        return CgmConnectionError("The way to the server is barred (HTTP 403)")
    return None
