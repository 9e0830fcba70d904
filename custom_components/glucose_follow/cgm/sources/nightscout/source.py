"""A person followed through a Nightscout site, by its API version 1."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import override

from aiohttp import ClientSession

from ...errors import CgmAuthError, CgmConnectionError, CgmError, CgmResponseError
from ...models import Account, DeviceStatus, GlucoseUnit, Sample, Treatment
from ...schedule import Caps
from ...source import CgmSource, Feature
from ...transport import Json, JsonClient
from . import decode
from .address import Address
from .credential import Credential

_ENTRIES = "api/v1/entries/sgv.json"
_TREATMENTS = "api/v1/treatments.json"
_BARE_ENTRIES = "sgv.json"
"""Where xDrip+'s and Juggluco's web services keep the same entries."""

_MOST_ENTRIES = 3000
"""Two one-minute sensors' day; the site sends ten unless told how many."""
_MOST_TREATMENTS = 2000
_FEW_ENTRIES = 24
_MANY_ENTRIES = 1000

_MARGIN = timedelta(hours=1)
"""`created_at` is compared as text, and not every document is in UTC."""

_AT_ONCE = 500
"""Documents decoded before the event loop gets a turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """A page that not every site has."""

    is_there: bool
    """Whether the site has it for us."""

    answer: Json = None
    """What it says, None if it could not be read."""


class NightscoutSource(CgmSource):
    """Reads a Nightscout site, or a server that speaks a part of its language."""

    caps = Caps()

    def __init__(
        self, session: ClientSession, address: Address, credential: Credential
    ) -> None:
        """Keep what is needed; nothing is asked before `identify`."""
        self._client = JsonClient(session, address.url, headers=credential.headers)
        self._address = address
        self._credential = credential
        self._entries = _ENTRIES
        self._features = frozenset({Feature.LIVE, Feature.TREATMENTS})
        self._skipped = 0

    @property
    @override
    def features(self) -> frozenset[Feature]:
        """Return what the credential may read of this site."""
        return self._features

    @property
    @override
    def server_time(self) -> datetime | None:
        """Return the site's clock in its newest answer."""
        return self._client.server_time

    @property
    @override
    def skipped(self) -> int:
        """Return how many documents were unusable."""
        return self._skipped

    @override
    async def identify(self) -> Account:
        """Return whose site this is, and find out what may be read.

        A wrong credential is sent once and never again: the site holds back
        everybody at this address for five seconds longer after each. A server
        without any of the extras (Gluroo, a phone) is fine.

        Source: cgm-remote-monitor, lib/server/verifyauth.js and
        lib/authorization/delaylist.js.
        """
        is_recognised = False
        try:
            is_recognised = await self._is_recognised()
            await self._find_entries()
        except CgmAuthError as err:
            # Phones answer 403 to a wrong secret; only a site that knows the
            # credential can mean that it lacks a right.
            raise CgmAuthError(str(err), is_recognised=is_recognised) from None
        status, treatments = await asyncio.gather(
            self._optional("api/v1/status.json"),
            self._optional(_TREATMENTS, {"count": 1}),
        )
        self._features = frozenset(
            {Feature.LIVE} | ({Feature.TREATMENTS} if treatments.is_there else set())
        )
        return _account(self._address, status.answer)

    @override
    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor sent after `since`, oldest first.

        The site answers newest first and never promises it, so the order is
        not relied on, and neither is the filter.

        Raises:
            CgmError: As documented on `JsonClient.get`.

        Source: cgm-remote-monitor, lib/api/entries/index.js.
        """
        if self._entries == _BARE_ENTRIES:
            entries = await self._bare_entries(since)
        else:
            milliseconds = int(since.timestamp() * 1000)
            entries = await self._client.get(
                _ENTRIES,
                {"find[date][$gt]": milliseconds, "count": _MOST_ENTRIES},
            )
        glucose = filter(decode.is_glucose, _list(entries))
        samples: list[Sample] = await self._decoded(glucose, decode.sample)
        return sorted(
            (sample for sample in samples if sample.at > since), key=attrgetter("at")
        )

    @override
    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return what was done at or after `since`, oldest first.

        Raises:
            CgmError: As documented on `JsonClient.get`.

        Source: cgm-remote-monitor, lib/server/query.js.
        """
        if Feature.TREATMENTS not in self._features:
            return ()
        start = (since - _MARGIN).astimezone(UTC).replace(tzinfo=None)
        answer = await self._client.get(
            _TREATMENTS,
            {
                "find[created_at][$gte]": f"{start.isoformat(timespec='milliseconds')}Z",
                "count": _MOST_TREATMENTS,
            },
        )
        if answer is None:
            # Its database is away; "nothing was done" would be a lie.
            raise CgmResponseError("No treatments were told")
        treatments = await self._decoded(_list(answer), decode.treatment)
        return sorted(
            (treatment for treatment in treatments if treatment.at >= since),
            key=attrgetter("at"),
        )

    @override
    async def status(self) -> DeviceStatus | None:
        """Return None: pumps and loops are not read yet."""
        return None

    @override
    async def listen(self, on_change: Callable[[], None]) -> None:
        """Return at once: nothing is pushed."""

    @override
    async def close(self) -> None:
        """Do nothing: the session is not ours."""

    async def _is_recognised(self) -> bool:
        """Return whether the site says that it knows the credential.

        A wrong token can still read an open site, with nobody's rights, so
        what may be read says nothing about the credential.

        Raises:
            CgmAuthError: The site does not know it.
        """
        if self._credential.is_empty:
            return False
        try:
            answer = await self._client.get("api/v1/verifyauth")
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

    async def _find_entries(self) -> None:
        """Find out where entries are, and whether they may be read."""
        try:
            _list(await self._client.get(_ENTRIES, {"count": 1}))
        except CgmResponseError as err:
            if err.status != 404:
                raise
        else:
            return
        _list(await self._client.get(_BARE_ENTRIES, {"count": 1}))
        self._entries = _BARE_ENTRIES

    async def _optional(
        self, path: str, params: dict[str, str | int] | None = None
    ) -> _Page:
        """Return what a page says that not every site has.

        Only a definite no means that it is not there: what fails now may work
        later, and glucose does not wait for it.
        """
        if self._entries == _BARE_ENTRIES:
            return _Page(is_there=False)
        try:
            return _Page(is_there=True, answer=await self._client.get(path, params))
        except CgmAuthError:
            return _Page(is_there=False)
        except CgmResponseError as err:
            return _Page(is_there=err.status != 404)
        except CgmError:
            return _Page(is_there=True)

    async def _bare_entries(self, since: datetime) -> Json:
        """Return a phone's entries, which it does not filter: few, or many."""
        entries = await self._client.get(_BARE_ENTRIES, {"count": _FEW_ENTRIES})
        samples = map(decode.sample, decode.documents(entries))
        if any(sample is not None and sample.at <= since for sample in samples):
            return entries
        return await self._client.get(_BARE_ENTRIES, {"count": _MANY_ENTRIES})

    async def _decoded[T](
        self,
        documents: Iterable[decode.Document],
        decoder: Callable[[decode.Document], T | None],
    ) -> list[T]:
        """Return what documents say; one that says nothing usable is counted."""
        decoded: list[T] = []
        for number, document in enumerate(documents, 1):
            value = decoder(document)
            if value is None:
                self._skipped += 1
            else:
                decoded.append(value)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return decoded


def _list(answer: Json) -> list[decode.Document]:
    """Return the documents of an answer that must be a list, or `null`.

    Raises:
        CgmResponseError: It is something else.

    Source: a 15.0.7 server answers `null` while its database is away.
    """
    if answer is not None and not isinstance(answer, list):
        raise CgmResponseError("A list was promised")
    return list(decode.documents(answer))


def _account(address: Address, status: Json) -> Account:
    """Return what a site's status says about itself."""
    settings = status.get("settings") if isinstance(status, dict) else None
    if not isinstance(settings, dict):
        return Account(id=address.id)
    units, title = settings.get("units"), settings.get("customTitle")
    return Account(
        id=address.id,
        title=title if isinstance(title, str) and title != "Nightscout" else None,
        unit=GlucoseUnit.MMOL
        if isinstance(units, str) and units.lower().startswith("mmol")
        else GlucoseUnit.MGDL,
    )
