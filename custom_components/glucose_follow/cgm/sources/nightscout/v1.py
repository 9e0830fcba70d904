"""API version 1: what every Nightscout and everything compatible speaks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, isfinite
from typing import override

from ...errors import CgmAuthError, CgmConnectionError, CgmError, CgmResponseError
from ...transport import Json, JsonClient
from . import decode
from .api import Collection, NightscoutApi
from .credential import Credential
from .decode import Document

type Params = Mapping[str, str | int]

_ENTRIES = "api/v1/entries/sgv.json"
_BARE_ENTRIES = "sgv.json"
"""Where xDrip+'s and Juggluco's web services keep the same entries."""

MOST_ENTRIES = 3000
"""Two one-minute sensors' day; the site sends ten unless told how many."""
MOST_TREATMENTS = 2000
MOST_STATUSES = 500
"""The site sends ten unless told how many; one may have four kilobytes."""
MOST_PROFILES = 10
MOST_PAGES = 20
_FEW_ENTRIES = 24
_MANY_ENTRIES = 1000

MARGIN = timedelta(hours=1)
"""`created_at` is compared as text, and not every document is in UTC."""

_EVER = "2000-01-01"
"""Without a date, a site looks four days back."""


class V1Api(NightscoutApi):
    """Reads a site, a compatible server, or a phone's web service."""

    name = "v1"

    def __init__(self, client: JsonClient, credential: Credential) -> None:
        """Keep what is needed; nothing is asked before it is wanted."""
        self._client = client
        self._credential = credential
        self._path = _ENTRIES

    @property
    def is_phone(self) -> bool:
        """Return whether there are entries only, and not even `find`."""
        return self._path == _BARE_ENTRIES

    async def is_recognised(self) -> bool:
        """Return whether the site says that it knows the credential.

        A wrong token can still read an open site, with nobody's rights, so
        what may be read says nothing about the credential.

        Raises:
            CgmAuthError: The site does not know it.

        Source: cgm-remote-monitor, lib/server/verifyauth.js.
        """
        if self._credential.is_empty:
            return False
        try:
            answer = await self._get("api/v1/verifyauth")
        except CgmResponseError:
            # Compatible servers do not have this page; entries will tell.
            return False
        except CgmConnectionError as err:
            if err.status is None:
                raise
            # It is out of order, which says nothing about the credential.
            return False
        told = answer.get("message") if isinstance(answer, dict) else None
        if not isinstance(told, dict):
            return False
        # A token that may read entries only is FOUND, and still UNAUTHORIZED.
        if told.get("rolefound") == "FOUND" or told.get("message") == "OK":
            return True
        raise CgmAuthError("The credential is unknown")

    async def find_entries(self) -> None:
        """Find out where entries are, and whether they may be read."""
        try:
            _listed(await self._get(_ENTRIES, {"count": 1}))
        except CgmResponseError as err:
            if err.status != 404:
                raise
        else:
            return
        _listed(await self._get(_BARE_ENTRIES, {"count": 1}))
        self._path = _BARE_ENTRIES

    async def status(self) -> Json:
        """Return what the site says about itself, None if it does not say."""
        if self.is_phone:
            return None
        try:
            return await self._get("api/v1/status.json")
        except CgmError:
            # Glucose does not wait for a title.
            return None

    @override
    async def offers(self, collection: Collection) -> bool:
        """Return whether the site has a collection, and lets us read it."""
        if self.is_phone:
            return collection is Collection.ENTRIES
        try:
            await self._get(f"api/v1/{collection}.json", {"count": 1})
        except CgmAuthError:
            return False
        except CgmResponseError as err:
            return err.status != 404
        except CgmError:
            pass
        return True

    @override
    async def entries(self, since: datetime) -> Sequence[Document]:
        """Return entries dated after `since`, oldest first.

        Source: cgm-remote-monitor, lib/api/entries/index.js.
        """
        if self.is_phone:
            return _listed(await self._bare_entries(since))
        milliseconds = int(since.timestamp() * 1000)
        params = {"find[date][$gt]": milliseconds, "count": MOST_ENTRIES}
        return await self._paged(_ENTRIES, "date", params)

    @override
    async def treatments(self, since: datetime) -> Sequence[Document]:
        """Return treatments created at or after `since`, oldest first.

        Source: cgm-remote-monitor, lib/server/query.js.
        """
        if self.is_phone:
            return ()
        params = _created_since(since, MOST_TREATMENTS)
        path = f"api/v1/{Collection.TREATMENTS}.json"
        return await self._paged(path, "created_at", params, is_null_told=False)

    @override
    async def device_status(self, since: datetime) -> Sequence[Document]:
        """Return device status created at or after `since`, oldest first.

        Their dates are always kept in UTC, and each is as large as ten treatments.

        Source: cgm-remote-monitor, lib/server/devicestatus.js.
        """
        params = _created_since(since, MOST_STATUSES, margin=timedelta())
        return await self._stored(Collection.DEVICE_STATUS, params)

    @override
    async def profiles(self) -> Sequence[Document]:
        """Return the newest profiles, oldest first."""
        return await self._stored(Collection.PROFILE, {"count": MOST_PROFILES})

    @override
    async def newest_treatments(
        self, event_type: str, count: int
    ) -> Sequence[Document]:
        """Return the last treatments of a type, oldest first."""
        return await self._stored(
            Collection.TREATMENTS,
            {
                "find[eventType]": event_type,
                "find[created_at][$gte]": _EVER,
                "count": count,
            },
        )

    async def _paged(
        self, path: str, key: str, params: Params, *, is_null_told: bool = True
    ) -> Sequence[Document]:
        """Return all documents, oldest first, however many there are.

        A site answers the newest ones first, so each further page ends where the
        one before it began. Twins of that moment are told twice. A server that
        ignores where a page begins or ends would tell the same for ever.

        Args:
            path: Of the collection.
            key: Field that it is asked and sorted by.
            params: The first question.
            is_null_told: Whether `null` means that there is nothing.

        Raises:
            CgmError: As documented on `_stored`.
        """
        found: list[Document] = []
        start, end = params.get(f"find[{key}][$gt]"), f"find[{key}][$lte]"
        for _ in range(MOST_PAGES):
            answer = await self._get(path, params)
            if answer is None and not is_null_told:
                raise CgmResponseError("No documents were told")
            page = _listed(answer)
            found = [*page, *found]
            oldest = _stamp(page[0].get(key)) if page else None
            # Who answers more than that does not look at the question.
            is_last = len(page) != params["count"]
            is_ignored = oldest == params.get(end) or _reaches(oldest, start)
            if is_last or oldest is None or is_ignored:
                break
            params = {**params, end: oldest}
        return found

    async def _stored(
        self, collection: Collection, params: Params
    ) -> Sequence[Document]:
        """Return documents of the database, oldest first.

        Raises:
            CgmError: As documented on `JsonClient.get`, and where the database
                is away: "nothing was done" would be a lie.
        """
        if self.is_phone:
            return ()
        answer = await self._get(f"api/v1/{collection}.json", params)
        if answer is None:
            raise CgmResponseError("No documents were told")
        return _listed(answer)

    async def _bare_entries(self, since: datetime) -> Json:
        """Return a phone's entries, which it does not filter: few, or many."""
        entries = await self._get(_BARE_ENTRIES, {"count": _FEW_ENTRIES})
        samples = map(decode.sample, decode.documents(entries))
        if any(sample is not None and sample.at <= since for sample in samples):
            return entries
        return await self._get(_BARE_ENTRIES, {"count": _MANY_ENTRIES})

    async def _get(self, path: str, params: Params | None = None) -> Json:
        """Return what the site answers to whoever has the credential."""
        return await self._client.get(path, params, headers=self._credential.headers)


def created_at(since: datetime, *, margin: timedelta = MARGIN) -> str:
    """Return from when on documents are asked for, as the site writes dates."""
    start = (since - margin).astimezone(UTC).replace(tzinfo=None)
    return f"{start.isoformat(timespec='milliseconds')}Z"


def _created_since(since: datetime, most: int, *, margin: timedelta = MARGIN) -> Params:
    """Return the query for what was created at or after a moment."""
    return {
        "find[created_at][$gte]": created_at(since, margin=margin),
        "count": most,
    }


def _reaches(oldest: str | int | None, start: str | int | None) -> bool:
    """Return whether a page has what was not asked for; texts are of any zone."""
    return isinstance(oldest, int) and isinstance(start, int) and oldest <= start


def _stamp(told: Json) -> str | int | None:
    """Return a document's date as it can be asked for, None if it has none.

    A site cuts broken milliseconds off a question, and would leave out what else
    there is of the last one: they are rounded up.
    """
    if isinstance(told, float):
        return ceil(told) if isfinite(told) else None
    if isinstance(told, bool):
        return None
    return told if isinstance(told, int | str) else None


def _listed(answer: Json) -> list[Document]:
    """Return the documents of an answer that must be a list, or `null`.

    Oldest first, as the site answers newest first.

    Raises:
        CgmResponseError: It is something else.

    Source: a 15.0.7 server answers `null` while its database is away.
    """
    if answer is not None and not isinstance(answer, list):
        raise CgmResponseError("A list was promised")
    return list(decode.documents(answer))[::-1]
