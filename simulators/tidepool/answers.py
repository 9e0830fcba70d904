"""What the data service answers to a query.

Source: tide-whisperer, tide-whisperer.go and store/store.go.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
import json

from multidict import MultiMapping

from .archive import visible
from .documents import Document, at_of

_PIECE = 64 * 1024

_LATEST_TYPES = frozenset(
    [
        "physicalActivity",
        "basal",
        "cbg",
        "smbg",
        "bloodKetone",
        "bolus",
        "wizard",
        "deviceEvent",
        "food",
        "insulin",
        "cgmSettings",
        "pumpSettings",
        "reportedState",
        "upload",
    ]
)
"""Of which types the newest is shown to whoever names none."""

_BOOLEANS = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}


class ParameterError(Exception):
    """A parameter is no good; it is answered with HTTP 500."""


def asked_for(
    query: MultiMapping[str], documents: Iterable[Document]
) -> Iterator[Document]:
    """Yield the documents that a query asks for.

    Raises:
        ParameterError: The query is no good.
    """
    types, sub_types = _listed(query, "type"), _listed(query, "subType")
    start, end = _moment(query, "startDate"), _moment(query, "endDate")
    carelink, dexcom, medtronic = (
        _boolean(query, name) for name in ("carelink", "dexcom", "medtronic")
    )

    def is_wanted(document: Document) -> bool:
        if types and document["type"] not in types:
            return False
        if sub_types and document.get("subType") not in sub_types:
            return False
        at = at_of(document)
        return (start is None or at >= start) and (end is None or at <= end)

    shown = visible(documents, carelink=carelink, dexcom=dexcom, medtronic=medtronic)
    found = _disordered(filter(is_wanted, shown))
    return _latest(found, types) if _boolean(query, "latest") else found


def written(documents: Iterable[Document]) -> Iterator[bytes]:
    """Yield an array, the way that the service writes it."""
    yield b"["
    for count, document in enumerate(documents):
        yield b",\n" if count else b"\n"
        # A lone surrogate stands for a byte that is no text.
        text = json.dumps(document, ensure_ascii=False)
        yield text.encode(errors="surrogateescape")
    yield b"\n]"


def pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces that are worth sending."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _disordered(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents in an order that nobody can rely on."""
    return iter(sorted(documents, key=lambda document: str(document["id"])))


def _latest(documents: Iterable[Document], types: frozenset[str]) -> Iterator[Document]:
    """Yield the newest document of each type."""
    newest: dict[object, Document] = {}
    for document in documents:
        kind = document["type"]
        if kind not in newest or at_of(document) > at_of(newest[kind]):
            newest[kind] = document
    wanted = types or _LATEST_TYPES
    return (document for kind, document in newest.items() if kind in wanted)


def _listed(query: MultiMapping[str], name: str) -> frozenset[str]:
    """Return what a parameter lists; names that nobody knows match nothing."""
    return frozenset(filter(None, query.get(name, "").split(",")))


def _moment(query: MultiMapping[str], name: str) -> datetime | None:
    """Return a moment of the query, which must have a zone; None without one."""
    told = query.get(name, "")
    if not told:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError as err:
        raise ParameterError from err
    if at.tzinfo is None or "T" not in told:
        raise ParameterError
    return at.astimezone(UTC)


def _boolean(query: MultiMapping[str], name: str) -> bool:
    """Return a yes or no of the query, no without one."""
    try:
        return _BOOLEANS[query.get(name, "false").lower()]
    except KeyError as err:
        raise ParameterError from err
