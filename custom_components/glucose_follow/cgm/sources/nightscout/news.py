"""What a site says over its sockets, decoded as its answers are.

Source: recorded traffic of a 15.0.7 server; lib/data/ddata.js and
lib/data/calcdelta.js of cgm-remote-monitor.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from ...models import DeviceStatus, Sample, Treatment
from ...source import Change
from ...transport import Json
from . import decode
from .decode import Document
from .reader import StatusReader, is_profile_switch

_AT_ONCE = 500
"""Documents decoded before the event loop gets a turn."""

_MOST_NAMES = 10_000
"""Far more treatments than two days have; the oldest are forgotten first."""


class News:
    """Decodes what is said over one connection.

    A removal is announced by the id of the site's database, and a treatment may
    be known by another; so what was said before is remembered.
    """

    def __init__(self, reader: StatusReader) -> None:
        """Know of no treatment yet.

        Args:
            reader: Knows what was last said of devices and therapy profiles.
        """
        self._reader = reader
        self.skipped = 0
        """How many documents were unusable."""
        self._names: dict[str, str] = {}

    async def updated(self, told: Json) -> Change:
        """Return what a `dataUpdate` says, be it everything or what has changed."""
        if not isinstance(told, dict):
            self.skipped += 1
            return Change()
        samples = [
            sample
            async for document in self._paced(told.get("sgvs"))
            if (sample := self._sample(document)) is not None
        ]
        known = [
            treatment
            async for document in self._paced(told.get("treatments"))
            if (treatment := self._treatment(document)) is not None
        ]
        removed = frozenset(one for one in known if isinstance(one, str))
        return Change(
            samples=tuple(samples),
            treatments=tuple(one for one in known if isinstance(one, Treatment)),
            removed=removed,
            status=await self._status(told, removed),
        )

    async def stored(self, event: str, told: Json) -> Change:
        """Return what `/storage` says of one document.

        Args:
            event: `create`, `update` or `delete`.
            told: The collection's name, and the document or its identifier.
        """
        if not isinstance(told, dict):
            self.skipped += 1
            return Change()
        document, kind = told.get("doc"), told.get("colName")
        if event == "delete":
            name = told.get("identifier")
            is_known = kind == "treatments" and isinstance(name, str)
            removed = frozenset({str(name)} if is_known else ())
            # Somebody did that: neither a database that is away nor age does.
            is_other = self._reader.forget(removed)
            status = await self._reader.hear() if is_other else None
            return Change(removed=removed, status=status)
        documents = [document] if isinstance(document, dict) else []
        match kind:
            case "entries":
                return await self.updated({"sgvs": [*documents]})
            case "treatments" | "devicestatus":
                return await self.updated({kind: [*documents]})
        return Change()

    async def _status(
        self, told: Mapping[str, Json], removed: frozenset[str]
    ) -> DeviceStatus | None:
        """Return what is newest of devices, None if nothing was said of them."""
        devices, profiles = told.get("devicestatus"), told.get("profiles")
        treatments = decode.documents(told.get("treatments"))
        switches = list(filter(is_profile_switch, treatments))
        has_news = isinstance(devices, list) or isinstance(profiles, list) or switches
        if not (self._reader.hear_removed(removed) or has_news):
            return None
        return await self._reader.hear(
            devices=decode.documents(devices),
            switches=switches,
            newest_profiles=decode.documents(profiles),
        )

    async def _paced(self, told: Json) -> AsyncIterator[Document]:
        """Yield the documents in a list, and let others have a turn in between."""
        for number, document in enumerate(decode.documents(told), 1):
            yield document
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _sample(self, document: Document) -> Sample | None:
        """Return what a sensor sent, None if it is nothing usable.

        Sockets call mg/dL so, and answers call them `sgv`.
        """
        if not decode.is_glucose(document):
            return None
        sample = decode.sample({"sgv": document.get("mgdl"), **document})
        if sample is None:
            self.skipped += 1
        return sample

    def _treatment(self, document: Document) -> Treatment | str | None:
        """Return what was done, or the id of what is not there any more.

        Glucose in a treatment is the site's guess here, and not in its answers.
        """
        own = document.get("_id")
        if document.get("action") != "remove":
            plain = {key: value for key, value in document.items() if key != "mgdl"}
            treatment = decode.treatment(plain)
            if treatment is not None:
                self._remember(own, treatment.id)
                return treatment
            # What it was before the edit is not true any more.
            self.skipped += 1
        name = decode.identity(document)
        return self._names.pop(own, name) if isinstance(own, str) else name

    def _remember(self, own: Json, name: str) -> None:
        """Remember what a treatment of the site's database is called elsewhere."""
        if isinstance(own, str):
            self._names[own] = name
            if len(self._names) > _MOST_NAMES:
                del self._names[next(iter(self._names))]
