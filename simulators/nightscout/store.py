"""The database of a simulated site."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
import heapq
from itertools import count, takewhile
from operator import itemgetter

from custom_components.glucose_follow.cgm.person import Scenario

from .documents import Document, iso, moment_ms, object_id, parse_moment, to_ms
from .feed import Feed


class Collection(StrEnum):
    """What a site keeps apart; the values are parts of paths and of rights."""

    ENTRIES = "entries"
    TREATMENTS = "treatments"
    DEVICESTATUS = "devicestatus"
    PROFILE = "profile"


class Store:
    """Documents that tests added, and those that the simulated person uploads."""

    def __init__(self, feed: Feed | None) -> None:
        """Hold nothing but what the feed brings."""
        self._feed = feed
        self._added: dict[Collection, list[Document]] = {
            kind: [] for kind in Collection
        }
        self._dated: dict[Collection, list[tuple[float, Document]]] = {}
        self._stands: dict[Collection, tuple[int, int]] = {}
        """After which change documents were put in order."""

        self._removed: set[object] = set()
        self._emptied_ms = float("-inf")
        self._numbers = count(1)
        self.revision = 0
        """Grows with every change but the person's own uploads."""

    def find(
        self, kind: Collection, now: datetime, after_ms: float = float("-inf")
    ) -> Iterator[Document]:
        """Yield documents dated after `after_ms`, newest first."""
        fed = self._fed(kind, now, max(after_ms, self._emptied_ms))
        dated = self._newest_first(kind)
        added = (doc for _, doc in takewhile(lambda each: each[0] > after_ms, dated))
        if self._feed is None:
            return added
        if not self._added[kind]:
            return fed
        return heapq.merge(added, fed, key=moment_ms, reverse=True)

    def add(self, kind: Collection, document: Document) -> Document:
        """Keep a document, with an id if it has none, and return it."""
        self.revision += 1
        number = next(self._numbers)
        kept = {"_id": object_id(f"{kind} number {number}"), **document}
        self._added[kind].append(kept)
        return kept

    def upsert(self, kind: Collection, document: Document) -> Document:
        """Keep a document in the place of the one at its time and of its type.

        Returns:
            The document, without an id if it replaced another: v1 leaves it out.
        """
        for number, known in enumerate(self._added[kind]):
            if _same(known, document):
                self.revision += 1
                self._added[kind][number] = {"_id": known["_id"], **document}
                return document
        kept = self.add(kind, document)
        return {**document, "_id": kept["_id"]}

    def next_upload(self, now: datetime) -> datetime:
        """Return when the person uploads next, or when to look again for that."""
        later = now + timedelta(hours=1)
        return self._feed.next_upload(now) if self._feed else later

    def live(self, scenario: Scenario, since: datetime) -> None:
        """Let the person, of whom there has to be one, live a scenario."""
        assert self._feed is not None
        self.revision += 1
        self._feed.live(scenario, since)

    def edit(self, document_id: str, **fields: object) -> Document:
        """Change fields of a document that was added, and return it."""
        self.revision += 1
        for documents in self._added.values():
            for number, document in enumerate(documents):
                if document["_id"] == document_id:
                    documents[number] = document | fields
                    return documents[number]
        raise KeyError(document_id)

    def remove(self, document_id: str) -> None:
        """Forget a document, wherever it came from."""
        self.revision += 1
        self._removed.add(document_id)
        for kind, documents in self._added.items():
            self._added[kind] = [doc for doc in documents if doc["_id"] != document_id]

    def invalidate(
        self, kind: Collection, document: Document, now: datetime, by: str
    ) -> None:
        """Mark a document as deleted, as v3 does, wherever it came from."""
        self.remove(str(document["_id"]))
        marks = {"srvModified": to_ms(now), "isValid": False, "modifiedBy": by}
        self._added[kind].append({**document, **marks})

    def clear(self, now: datetime) -> None:
        """Forget everything until now; the person goes on uploading."""
        self.revision += 1
        for documents in self._added.values():
            documents.clear()
        self._emptied_ms = to_ms(now)

    def _newest_first(self, kind: Collection) -> Sequence[tuple[float, Document]]:
        """Return documents that were added, and when they are from.

        Whoever listens looks ten times a minute, and readings come in minutes.
        """
        added = self._added[kind]
        stand = self.revision, len(added)
        if self._stands.get(kind) != stand:
            known = {id(doc): at_ms for at_ms, doc in self._dated.get(kind, ())}
            dated = [(known.get(id(doc)) or moment_ms(doc), doc) for doc in added]
            dated.sort(key=itemgetter(0), reverse=True)
            self._stands[kind], self._dated[kind] = stand, dated
        return self._dated[kind]

    def _fed(
        self, kind: Collection, now: datetime, after_ms: float
    ) -> Iterator[Document]:
        """Yield what the person uploaded and nobody removed, newest first."""
        if self._feed is None:
            return
        if kind is Collection.ENTRIES:
            documents = self._feed.entries(now, after_ms)
        elif kind is Collection.TREATMENTS:
            documents = self._feed.treatments(now, after_ms)
        elif kind is Collection.DEVICESTATUS:
            documents = self._feed.reports(now, after_ms)
        else:
            documents = self._feed.profiles()
        yield from (doc for doc in documents if doc["_id"] not in self._removed)


def _same(known: Document, document: Document) -> bool:
    """Return whether v1 takes two documents for the same one."""
    fields = (
        ("sysTime", "type") if "sysTime" in document else ("created_at", "eventType")
    )
    return all(known.get(field) == document.get(field) for field in fields)


def uploaded_entry(document: Document, now: datetime) -> Document:
    """Return an entry as v1 keeps it: `dateString` in UTC, with its offset."""
    text = document.get("dateString") or document.get("date")
    at = parse_moment(text) if text else None
    stamp = iso(at or now)
    dated: Document = {"dateString": stamp} if "dateString" in document else {}
    return {**document, **dated, "utcOffset": _offset(at), "sysTime": stamp}


def uploaded_treatment(document: Document, now: datetime) -> Document:
    """Return a treatment as v1 keeps it: `created_at` in UTC, with its offset."""
    at = parse_moment(document.get("created_at"))
    return {**document, "created_at": iso(at or now), "utcOffset": _offset(at)}


def _offset(at: datetime | None) -> int:
    """Return how far a moment's own clock is ahead of UTC, in minutes."""
    offset = at.utcoffset() if at else None
    return round(offset.total_seconds() / 60) if offset else 0
