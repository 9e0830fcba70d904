"""API version 3: read with a JWT, and answered in pages.

The header with the JWT goes to version 3 only: sent to an older version, that
of a subject which was deleted meanwhile ends the whole server.

`history` is not used: it does not know of what xDrip+, Loop, Trio and the
careportal upload through version 1, so whoever asks has to ask for a range of
time anyway, and finds edits and deletions there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import override

from ...errors import CgmAuthError, CgmError, CgmResponseError
from ...transport import Json, JsonClient
from . import decode
from .api import Collection, NightscoutApi
from .decode import Document
from .tokens import RefusedError, Tokens
from .v1 import (
    MARGIN,
    MOST_ENTRIES,
    MOST_PAGES,
    MOST_PROFILES,
    MOST_STATUSES,
    MOST_TREATMENTS,
    created_at,
)

type Query = Mapping[str, str | int]

_PAGE = 1000
"""More is refused."""

_NOTHING: Query = {"srvModified$gt": 4_102_444_800_000, "limit": 1}
"""Whatever changes after 2100: an index answers it.

Asked for any document, the database would first sort all of them.
"""


class V3Api(NightscoutApi):
    """Reads a site with an access token.

    Answers are sorted by whatever is asked for, else by nothing useful, and a
    second filter on a field replaces the first. What was deleted is left out.
    Besides what the protocol names, every question raises `RefusedError` where
    version 1 may still answer.

    Source: cgm-remote-monitor, lib/api3/generic/search/.
    """

    name = "v3"

    def __init__(self, client: JsonClient, tokens: Tokens) -> None:
        """Keep what is needed; nothing is asked before it is wanted."""
        self._client = client
        self._tokens = tokens

    async def find_entries(self) -> None:
        """Find out whether version 3 is there, and entries may be read."""
        await self._page(Collection.ENTRIES, _NOTHING)

    @override
    async def offers(self, collection: Collection) -> bool:
        """Return whether version 3 has a collection, and lets us read it."""
        try:
            await self._page(collection, _NOTHING)
        except RefusedError:
            return False
        except CgmError:
            pass
        return True

    @override
    async def entries(self, since: datetime) -> Sequence[Document]:
        """Return entries dated after `since`, oldest first."""
        query: Query = {
            "type$eq": "sgv",
            "date$gt": int(since.timestamp() * 1000),
            "sort$desc": "date",
        }
        return await self._newest(Collection.ENTRIES, query, MOST_PAGES * MOST_ENTRIES)

    @override
    async def treatments(self, since: datetime) -> Sequence[Document]:
        """Return treatments created at or after `since`, oldest first."""
        query = _created_since(since)
        return await self._newest(
            Collection.TREATMENTS, query, MOST_PAGES * MOST_TREATMENTS
        )

    @override
    async def device_status(self, since: datetime) -> Sequence[Document]:
        """Return device status created at or after `since`, oldest first."""
        query = _created_since(since, margin=timedelta())
        return await self._newest(Collection.DEVICE_STATUS, query, MOST_STATUSES)

    @override
    async def profiles(self) -> Sequence[Document]:
        """Return the newest profiles, oldest first."""
        query = {"sort$desc": "startDate"}
        return await self._newest(Collection.PROFILE, query, MOST_PROFILES)

    @override
    async def newest_treatments(
        self, event_type: str, count: int
    ) -> Sequence[Document]:
        """Return the last treatments of a type, oldest first."""
        query = {"eventType$eq": event_type, "sort$desc": "created_at"}
        return await self._newest(Collection.TREATMENTS, query, count)

    async def _newest(
        self, collection: Collection, query: Query, most: int
    ) -> Sequence[Document]:
        """Return the newest documents, oldest first, however many pages they fill.

        Pages are cut from the newest on, so what arrives meanwhile moves a
        document to the next page, where it is told again. A page without
        anything new is the last one, whatever the site makes of `skip`.
        """
        found: dict[object, Document] = {}
        told = 0
        while told < most:
            limit = min(_PAGE, most - told)
            skip = {"skip": told} if told else {}
            page = await self._page(collection, {**query, "limit": limit, **skip})
            known = len(found)
            for document in page:
                found.setdefault(_identity(document), document)
            told += len(page)
            if len(page) < limit or len(found) == known:
                break
        return list(found.values())[::-1]

    async def _page(self, collection: Collection, query: Query) -> list[Document]:
        """Return one page of documents, in the order of the site.

        Raises:
            RefusedError: Version 3 does not give them.
            CgmAuthError: The site does not know the token any more.
            CgmError: As documented on `JsonClient.get`.
        """
        jwt = await self._tokens.jwt()
        try:
            return await self._read(collection, query, jwt)
        except RefusedError as err:
            if not err.is_credential:
                raise
        # The key that it was signed with may have changed: once more.
        return await self._read(collection, query, await self._tokens.jwt(jwt))

    async def _read(
        self, collection: Collection, query: Query, jwt: str
    ) -> list[Document]:
        """Return what one request is answered with."""
        try:
            answer = await self._client.get(
                f"api/v3/{collection}",
                query,
                headers={"Authorization": f"Bearer {jwt}"},
                stays=True,
            )
        except CgmAuthError as err:
            is_credential = not err.is_recognised
        except CgmResponseError as err:
            if err.status is None:
                raise
            is_credential = False
        else:
            return _unwrapped(answer)
        raise RefusedError(is_credential=is_credential)


def _created_since(since: datetime, *, margin: timedelta = MARGIN) -> Query:
    """Return the query for what was created at or after a moment.

    By `date` only what was uploaded through version 3 would be found.
    """
    start = created_at(since, margin=margin)
    return {"created_at$gte": start, "sort$desc": "created_at"}


def _unwrapped(answer: Json) -> list[Document]:
    """Return the documents of an answer.

    Raises:
        CgmResponseError: There is no list of them.
    """
    found = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise CgmResponseError("A list was promised")
    return list(decode.documents(found))


def _identity(document: Document) -> object:
    """Return what tells a document from others; each without one is another."""
    identifier = document.get("identifier")
    return identifier if isinstance(identifier, str) else id(document)
