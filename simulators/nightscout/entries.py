"""How API v1 answers for entries, which it does unlike for anything else.

Source: recorded answers of a running server; lib/api/entries/index.js.
"""

from datetime import datetime
import re

from aiohttp import web

from .answers import (
    accepted,
    conditional,
    json_answer,
    mongo_error,
    separated,
    text_answer,
    unauthorized,
)
from .documents import Document, moment_ms, parse_moment
from .query import MongoError, has_find, parse
from .site import Site
from .store import Collection

_ID = re.compile(r"[0-9a-f]{24}")
_TYPES = frozenset({"sgv", "mbg", "cal"})
_FORMATS = ("text/plain", "text/tab-separated-values", "text/csv", "application/json")
_BY_EXTENSION = {
    ".txt": "text/plain",
    ".tsv": "text/tab-separated-values",
    ".csv": "text/csv",
}


async def answer(
    site: Site, request: web.Request, extension: str, which: str = ""
) -> web.Response:
    """Return entries: of any type, of one, the newest, or the one with an id."""
    grant = await site.identify(request)
    if grant is None or not grant.may_read("entries"):
        return unauthorized()
    now = site.clock()
    newest = next(site.store.find(Collection.ENTRIES, now), None)
    modified = None if which and which not in _TYPES | {"current"} else newest
    try:
        found = _found(site, request, which, now)
    except MongoError as err:
        return mongo_error(refusal(err))
    response = _formatted(request, found, extension)
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return conditional(request, response, modified_at(found[0] if found else modified))


def _found(
    site: Site, request: web.Request, which: str, now: datetime
) -> list[Document]:
    """Return the entries that a path and a query string name, newest first.

    Raises:
        MongoError: The database refuses.
    """
    kind = Collection.ENTRIES
    if which == "current":
        return [
            doc for doc, _ in zip(site.store.find(kind, now), range(1), strict=False)
        ]
    if _ID.fullmatch(which):
        found = [doc for doc in site.store.find(kind, now) if doc["_id"] == which]
        if not found:
            raise MongoError(f"No such id: '{which}'")
        return found
    query = parse(kind, request.query, now, 10)
    candidates = site.store.find(kind, now, query.after_ms)
    found = query.pick(
        doc for doc in candidates if not which or doc.get("type") == which
    )
    is_from_memory = which in {"", "sgv"} and not has_find(request.query)
    return [_with_mills(doc) for doc in found] if is_from_memory else found


def _with_mills(document: Document) -> Document:
    """Return a document as it is served from memory."""
    at_ms = moment_ms(document)
    return {**document, "mills": int(at_ms)} if at_ms < float("inf") else document


def _formatted(
    request: web.Request, entries: list[Document], extension: str
) -> web.Response:
    """Return entries as JSON or as lines of values."""
    form = _BY_EXTENSION.get(extension, "application/json")
    if not extension:
        form = accepted(request, _FORMATS, "application/json")
    if form == "application/json":
        return json_answer(entries)
    return text_answer(separated(entries, "," if form == "text/csv" else "\t"), form)


def refusal(error: MongoError) -> object:
    """Return how the database words a refusal."""
    text = str(error)
    if text.startswith("No such id"):
        return text
    return {"$err": text, "code": 2, "codeName": "BadValue", "ok": 0}


def modified_at(document: Document | None) -> datetime | None:
    """Return when a document was about, None if nobody can say."""
    return parse_moment(moment_ms(document)) if document else None
