"""Asks Tidepool, with a token that is good.

Source: tide-whisperer, tide-whisperer.go and store/store.go.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from aiohttp import ClientSession
from yarl import URL

from ...errors import CgmAuthError, CgmResponseError
from ...json_array import ArrayReader
from ...transport import Json, JsonClient
from . import decode
from .facts import Told
from .login import TOKEN_HEADER, AccessToken

_SHOW_ALL = {"carelink": "true", "dexcom": "true", "medtronic": "true"}
"""Without these, documents of some uploaders are hidden behind those of others.

`dexcom` does the opposite of its name: it shows those of everybody else, too.
"""


class TidepoolClient:
    """Gets pages and documents, and another token where one is refused."""

    def __init__(self, session: ClientSession, base: URL, token: AccessToken) -> None:
        """Keep what every request needs."""
        self._client = JsonClient(session, base)
        self._token = token
        self.skipped = 0
        """How many documents were unusable."""

    @property
    def server_time(self) -> datetime | None:
        """Return the server's clock in its newest answer; aware, UTC."""
        return self._client.server_time

    async def get(self, path: str) -> Json:
        """Return what a page says.

        Raises:
            CgmAuthError: The account may not see it, even with a new token.
            CgmError: As documented on `JsonClient.get`.
        """
        return await self._authorised(
            lambda headers: self._client.get(path, headers=headers)
        )

    async def optional(self, path: str) -> Json:
        """Return what a page says that not every account has, None without it.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        try:
            return await self.get(path)
        except CgmAuthError, CgmResponseError:
            return None

    async def documents(
        self,
        user_id: str,
        query: Mapping[str, str],
        take: Callable[[Told], None],
    ) -> None:
        """Pass a person's documents on as they arrive, in any order.

        Args:
            user_id: Whose data are read.
            query: Which of them; nothing that it asks for is hidden.
            take: Gets them one by one. Elements that are none are counted.

        Raises:
            CgmAuthError: The account may not see them, even with a new token.
            CgmError: As documented on `JsonClient.stream`.
        """

        async def ask(headers: Mapping[str, str]) -> None:
            reader = ArrayReader()
            await self._client.stream(
                f"data/{user_id}",
                {**query, **_SHOW_ALL},
                headers=headers,
                take=lambda piece: self._pass_on(reader.feed(piece), take),
            )
            self._pass_on(reader.close(), take)

        await self._authorised(ask)

    def _pass_on(self, elements: list[Json], take: Callable[[Told], None]) -> None:
        """Pass on what is a document."""
        for element in elements:
            if (told := decode.told(element)) is None:
                self.skipped += 1
            else:
                take(told)

    async def _authorised[T](
        self, ask: Callable[[Mapping[str, str]], Awaitable[T]]
    ) -> T:
        """Return an answer, asked for again with a new token if the first is refused.

        A token that has ended and a person who shares no longer are refused
        alike.
        """
        token = await self._token(None)
        try:
            return await ask({TOKEN_HEADER: token})
        except CgmAuthError:
            pass
        token = await self._token(token)
        try:
            return await ask({TOKEN_HEADER: token})
        except CgmAuthError:
            pass
        raise CgmAuthError("The account may not see the person")
