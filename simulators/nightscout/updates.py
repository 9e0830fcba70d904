"""What a site says over its socket: everything first, then what has changed.

Source: recorded traffic of a 15.0.7 server; lib/data/calcdelta.js and
lib/data/ddata.js of cgm-remote-monitor.
"""

from collections.abc import Iterable
from datetime import timedelta
from math import inf

from . import settings
from .documents import Document, moment_ms, to_ms
from .site import Site
from .store import Collection

_SPAN = timedelta(hours=48)
_CHECK = timedelta(hours=1)
_RECENT_STATUSES = 10
_KINDS = (Collection.DEVICESTATUS, Collection.ENTRIES, Collection.TREATMENTS)


class Updates:
    """What a site knew when it last looked into its database."""

    def __init__(self, site: Site) -> None:
        """Know nothing yet."""
        self._site = site
        self._known: dict[Collection, dict[object, Document]] = {
            kind: {} for kind in _KINDS
        }
        self._newest: dict[Collection, float] = {}
        self._revision: int | None = None
        self._checked = site.clock()

    def everything(self) -> Document:
        """Return what a client is told first; recent statuses only."""
        statuses = list(self._known[Collection.DEVICESTATUS].values())
        return {
            "devicestatus": [_dated(doc) for doc in statuses[-_RECENT_STATUSES:]],
            "sgvs": self._entries("sgv", self._known[Collection.ENTRIES].values()),
            "cals": [],
            "profiles": settings.profiles(self._site),
            "mbgs": self._entries("mbg", self._known[Collection.ENTRIES].values()),
            "food": [],
            "treatments": [
                self._treatment(doc)
                for doc in self._known[Collection.TREATMENTS].values()
            ],
            "dbstats": {"dataSize": 4329630, "indexSize": 2615},
        }

    def refresh(self) -> Document | None:
        """Look into the database, and return what has changed, None if nothing."""
        now = self._site.clock()
        revision = self._site.store.revision
        is_same = revision == self._revision and (
            timedelta() <= now - self._checked < _CHECK
        )
        changed = self._added() if is_same else self._differences()
        if not is_same:
            self._revision, self._checked = revision, now
        told = {field: documents for field, documents in changed.items() if documents}
        if not told:
            return None
        return {"delta": True, "lastUpdated": to_ms(now), **told}

    def lose(self) -> Document | None:
        """Look for treatments in vain, and return what has changed, None if nothing.

        They are forgotten before each look, and everything else after it.

        Source: cgm-remote-monitor, lib/data/dataloader.js.
        """
        gone = self._known[Collection.TREATMENTS]
        self._known[Collection.TREATMENTS] = {}
        # Once the database answers, all of it is compared again.
        self._revision = None
        if not gone:
            return None
        removed = [_removed(key, doc) for key, doc in gone.items()]
        return {
            "delta": True,
            "lastUpdated": to_ms(self._site.clock()),
            "treatments": removed,
        }

    def _added(self) -> dict[str, list[Document]]:
        """Return what the person has uploaded since, without looking at the rest."""
        found = {
            kind: self._look(kind, self._newest.get(kind, -inf)) for kind in _KINDS
        }
        for kind, documents in found.items():
            self._known[kind].update(documents)
        return self._told({kind: list(found[kind].values()) for kind in _KINDS})

    def _differences(self) -> dict[str, list[Document]]:
        """Return what is new, other or gone in the last two days."""
        start = to_ms(self._site.clock() - _SPAN)
        found = {kind: self._look(kind, start) for kind in _KINDS}
        known, self._known = self._known, found
        told = self._told(
            {
                kind: [
                    doc for key, doc in found[kind].items() if key not in known[kind]
                ]
                for kind in _KINDS
            }
        )
        before, after = known[Collection.TREATMENTS], found[Collection.TREATMENTS]
        told["treatments"] += [
            self._treatment(doc) | {"action": "update"}
            for key, doc in after.items()
            if key in before and before[key] != doc
        ]
        told["treatments"] += [
            _removed(key, doc) for key, doc in before.items() if key not in after
        ]
        return told

    def _look(self, kind: Collection, after_ms: float) -> dict[object, Document]:
        """Return documents dated after a moment by their ids, oldest first."""
        now = self._site.clock()
        newest_first = list(self._site.store.find(kind, now, after_ms))
        moments = (moment for doc in newest_first if (moment := moment_ms(doc)) < inf)
        self._newest[kind] = next(moments, self._newest.get(kind, -inf))
        return {doc["_id"]: doc for doc in reversed(newest_first)}

    def _told(
        self, documents: dict[Collection, list[Document]]
    ) -> dict[str, list[Document]]:
        """Return documents as they are sent, by the names they are sent under."""
        entries = documents[Collection.ENTRIES]
        return {
            "devicestatus": [_dated(doc) for doc in documents[Collection.DEVICESTATUS]],
            "sgvs": self._entries("sgv", entries),
            "mbgs": self._entries("mbg", entries),
            "treatments": [
                self._treatment(doc) for doc in documents[Collection.TREATMENTS]
            ],
        }

    def _entries(self, kind: str, entries: Iterable[Document]) -> list[Document]:
        """Return entries as they are sent: under other names than REST gives them."""
        return [
            {
                "_id": doc["_id"],
                "mgdl": doc.get(kind),
                "mills": doc.get("date"),
                **{
                    field: doc[field]
                    for field in ("device", "direction", "unfiltered", "noise")
                    if field in doc
                },
                "type": kind,
            }
            for doc in entries
            if doc.get("type") == kind
        ]

    def _treatment(self, document: Document) -> Document:
        """Return a treatment as it is sent: with glucose that nobody measured."""
        newest = next(reversed(self._known[Collection.ENTRIES].values()), None)
        guessed: Document = {"mgdl": newest.get("sgv")} if newest else {}
        return _dated(document) | guessed


def _removed(key: object, document: Document) -> Document:
    """Return how it is said that a document is not there any more."""
    return {"_id": key, "mills": moment_ms(document), "action": "remove"}


def _dated(document: Document) -> Document:
    """Return a document with its moment in milliseconds."""
    return document | {"mills": moment_ms(document)}
