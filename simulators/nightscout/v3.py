"""API v3 (3.0.3-alpha) of cgm-remote-monitor 15.0.7, as far as it is used here.

CSV, XML, PUT and PATCH are left out; what asks for them is refused.

Source: recorded answers of a running server; lib/api3/ of cgm-remote-monitor.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
import json
from uuid import UUID, uuid5

from aiohttp import hdrs, web

from . import settings
from .answers import accepted, http_date
from .credentials import Attempt, Grant
from .documents import Document, from_ms, iso, moment_ms, parse_moment, to_ms
from .site import Site, address_of
from .store import Collection
from .v3_query import BadRequestError, epoch_ms, parse

_FORMAT = "Unsupported output format requested"
_STALE = "Bad or missing Last-Modified header/parameter"
_NAMESPACE = UUID(bytes=b"NightscoutRocks!")
_OTHERS = frozenset({"food", "settings"})
"""Collections that are there, and always empty."""


class RefusedError(Exception):
    """A request is answered with an error."""

    def __init__(self, status: int, message: str | None = None) -> None:
        """Keep what the server says about it."""
        super().__init__(message)
        self.status = status
        self.message = message


def answer(data: Document, *, status: int = 200) -> web.Response:
    """Return data as JSON; without an ETag, unlike the older versions."""
    body = {"status": status, **data}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    response = web.Response(text=text, status=status, content_type="application/json")
    response.headers[hdrs.VARY] = "Accept-Encoding"
    return response


def problem(status: int, message: str | None = None) -> web.Response:
    """Return an error."""
    return answer({"message": message} if message else {}, status=status)


async def serve(site: Site, request: web.Request, path: str) -> web.Response:
    """Return the answer to a path below `/api/v3`."""
    # Everything after the first dot names the format, dates in paths included.
    stem, _, extension = path.partition(".")
    if extension not in {"", "json"}:
        return problem(406, _FORMAT)
    try:
        return await _routed(site, request, stem)
    except RefusedError as err:
        return problem(err.status, err.message)
    except BadRequestError as err:
        return problem(400, str(err))


async def _routed(site: Site, request: web.Request, path: str) -> web.Response:
    """Return the answer of whoever serves a path.

    Raises:
        RefusedError: Nobody does, or not to this caller.
        BadRequestError: The query cannot be understood.
    """
    name, _, which = path.strip("/").partition("/")
    if page := _PAGES.get((request.method, name)):
        return await page(site, request)
    if name in _OTHERS and request.method == "GET":
        await _permitted(site, request, name, "admin" if name == "settings" else "read")
        return _rendered(request, [])
    operation = _OPERATIONS.get((request.method, which.partition("/")[0]))
    if operation is None and which:
        operation = _OPERATIONS.get((request.method, ":identifier"))
    if operation is None or name not in set(Collection):
        raise RefusedError(404, "Bad operation or collection")
    return await operation(site, request, Collection(name), which)


async def _authenticated(site: Site, request: web.Request) -> Grant:
    """Return what the bearer of a JWT may do.

    Nothing else counts, not even on a site that everybody may read. A wrong one
    is punished; the JWT of a deleted subject does no harm here.

    Raises:
        RefusedError: There is no JWT, or a bad one.
    """
    scheme, _, jwt = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not jwt:
        raise RefusedError(401, "Missing or bad access token or JWT")
    address = address_of(request)
    if seconds := site.penalties.left(address, site.clock()):
        await site.sleep(seconds)
    attempt = Attempt(secret=None, bearer=jwt, token=None)
    grant = site.credentials.resolve(attempt, site.clock())
    if grant is None:
        site.penalties.add(address, site.clock())
        raise RefusedError(401, "Bad access token or JWT")
    site.penalties.forgive(address)
    return grant


async def _permitted(site: Site, request: web.Request, name: str, action: str) -> Grant:
    """Return what the caller may do, which includes this.

    Raises:
        RefusedError: It does not.
    """
    grant = await _authenticated(site, request)
    if not grant.may(name, action):
        raise RefusedError(403, f"Missing permission api:{name}:{action}")
    return grant


async def _version(site: Site, request: web.Request) -> web.Response:
    """Return which version is spoken, to everybody."""
    return answer({"result": _about(site)})


async def _status(site: Site, request: web.Request) -> web.Response:
    """Return what may be done, which for narrow roles is not the truth."""
    grant = await _authenticated(site, request)
    names = sorted({*Collection, *_OTHERS})
    may = dict.fromkeys(names, "r") if grant.may_read() else {}
    return answer({"result": {**_about(site), "apiPermissions": may}})


def _about(site: Site) -> Document:
    """Return the versions of the site's parts, and its time."""
    return {
        "version": "15.0.7",
        "apiVersion": "3.0.3-alpha",
        "srvDate": to_ms(site.clock()),
        "storage": {"storage": "mongodb", "version": "5.0.0"},
    }


async def _last_modified(site: Site, request: web.Request) -> web.Response:
    """Return when collections changed, by their documents' own dates too."""
    grant = await _authenticated(site, request)
    changed: Document = {}
    for kind in sorted(Collection):
        found = _stored(site, kind) if grant.may_read(kind) else []
        if stamps := [max(moment_ms(doc), _modified_ms(doc)) for doc in found]:
            changed[kind] = int(max(stamps))
    now = to_ms(site.clock())
    return answer({"result": {"srvDate": now, "collections": changed}})


async def _search(
    site: Site, request: web.Request, kind: Collection, _: str
) -> web.Response:
    """Return the documents that a query asks for; deleted ones never."""
    await _permitted(site, request, kind, "read")
    search = parse(request.query)
    found = search.pick(_stored(site, kind, search.after_ms))
    return _rendered(request, [search.projected(_shown(doc)) for doc in found])


async def _history(
    site: Site, request: web.Request, kind: Collection, which: str
) -> web.Response:
    """Return what changed since a moment, deletions included, in that order.

    Only documents that came through v3 have a moment of change, so whatever
    xDrip+, Loop, Trio and the careportal uploaded is missing.
    """
    await _permitted(site, request, kind, "read")
    since, is_included = _since(request, which.partition("/")[2])
    changed = [
        doc
        for doc in _stored(site, kind)
        if (at_ms := _modified_ms(doc)) > since or (is_included and at_ms == since)
    ]
    search = parse(request.query)
    page = sorted(changed, key=_modified_ms)[: search.limit]
    response = _rendered(request, [search.projected(_shown(doc)) for doc in page])
    if page:
        newest = int(_modified_ms(page[-1]))
        response.headers[hdrs.LAST_MODIFIED] = http_date(from_ms(newest))
        response.headers[hdrs.ETAG] = f'W/"{newest}"'
    return response


def _since(request: web.Request, text: str) -> tuple[float, bool]:
    """Return from when on changes are asked for, and whether that moment counts.

    Raises:
        RefusedError: Neither path nor header say it.
    """
    if text:
        since = epoch_ms(text)
        if since is None:
            raise RefusedError(400, _STALE)
        return since, False
    try:
        at = parsedate_to_datetime(request.headers[hdrs.LAST_MODIFIED])
    except KeyError, ValueError:
        raise RefusedError(400, _STALE) from None
    return to_ms(at), True


async def _read(
    site: Site, request: web.Request, kind: Collection, which: str
) -> web.Response:
    """Return one document."""
    await _permitted(site, request, kind, "read")
    document = _found(site, kind, which)
    if document.get("isValid") is False:
        raise RefusedError(410)
    shown = parse(request.query).projected(_shown(document))
    response = _rendered(request, shown)
    modified = from_ms(max(_modified_ms(document), moment_ms(document)))
    response.headers[hdrs.LAST_MODIFIED] = http_date(modified)
    return response


async def _create(
    site: Site, request: web.Request, kind: Collection, _: str
) -> web.Response:
    """Keep a document, or put it in the place of its earlier copy."""
    grant = await _authenticated(site, request)
    document = await _uploaded(request)
    known = next(
        (doc for doc in _stored(site, kind) if _is_same(kind, doc, document)), None
    )
    action = "update" if known else "create"
    if not grant.may(kind, action):
        raise RefusedError(403, f"Missing permission api:{kind}:{action}")
    now = site.clock()
    created = known.get("srvCreated") if known else None
    kept = {
        **document,
        "srvModified": to_ms(now),
        "srvCreated": created or to_ms(now),
        "subject": (grant.token or "").rpartition("-")[0],
    }
    if known:
        site.store.remove(str(known["_id"]))
        kept["_id"] = known["_id"]
    site.store.add(kind, kept)
    return _created(kind, kept, now, is_known=known is not None)


def _created(
    kind: Collection, document: Document, now: datetime, *, is_known: bool
) -> web.Response:
    """Return the answer to an upload."""
    named: Document = {"identifier": document["identifier"]}
    changed: Document = {"lastModified": document["srvModified"]}
    told = changed | named | {"isDeduplication": True} if is_known else named | changed
    response = answer(told, status=200 if is_known else 201)
    response.headers[hdrs.LAST_MODIFIED] = http_date(now)
    response.headers[hdrs.LOCATION] = f"/api/v3/{kind}/{document['identifier']}"
    return response


async def _uploaded(request: web.Request) -> Document:
    """Return the document of an upload, dated and identified.

    Raises:
        RefusedError: It lacks what every document must have.
    """
    try:
        data: object = await request.json()
    except json.JSONDecodeError:
        raise RefusedError(500, "Internal Server Error") from None
    if not data:
        raise RefusedError(400, "Bad or missing request body")
    document = data if isinstance(data, dict) else {}
    at = parse_moment(document.get("date"))
    if "date" not in document or at is None:
        raise RefusedError(400, "Bad or missing date field")
    if not isinstance(document.get("app"), str):
        raise RefusedError(400, "Bad or missing app field")
    dated = {"utcOffset": 0, **document, "date": to_ms(at), "created_at": iso(at)}
    return {"identifier": _identifier(dated), **dated}


def _identifier(document: Document) -> str:
    """Return the identifier that follows from what a document is about."""
    names = ("device", "date", "eventType")
    parts = [str(document[name]) for name in names if name in document]
    return str(uuid5(_NAMESPACE, "_".join(parts)))


def _is_same(kind: Collection, known: Document, document: Document) -> bool:
    """Return whether v3 takes two documents for the same one."""
    if known.get("identifier", known["_id"]) == document["identifier"]:
        return True
    if "identifier" in known:
        return False
    fields = ("date", "type") if kind is Collection.ENTRIES else ("created_at",)
    names = (*fields, *(("eventType",) if kind is Collection.TREATMENTS else ()))
    return all(known.get(name) == document.get(name) for name in names)


async def _delete(
    site: Site, request: web.Request, kind: Collection, which: str
) -> web.Response:
    """Mark a document as deleted, or really delete it."""
    grant = await _permitted(site, request, kind, "delete")
    document = _found(site, kind, which)
    if request.query.get("permanent") == "true":
        site.store.remove(str(document["_id"]))
    else:
        by = (grant.token or "").rpartition("-")[0]
        site.store.invalidate(kind, document, site.clock(), by)
    return answer({})


def _found(site: Site, kind: Collection, which: str) -> Document:
    """Return the document that a path names.

    Raises:
        RefusedError: There is none.
    """
    for document in _stored(site, kind):
        if document.get("identifier", document["_id"]) == which:
            return document
    raise RefusedError(404)


def _stored(
    site: Site, kind: Collection, after_ms: float = float("-inf")
) -> list[Document]:
    """Return a collection as it is stored, deleted documents included."""
    found = list(site.store.find(kind, site.clock(), after_ms))
    if kind is Collection.PROFILE and not found:
        return settings.profiles(site)
    return found


def _modified_ms(document: Document) -> float:
    """Return when v3 changed a document, never if it did not come through v3."""
    modified = document.get("srvModified")
    return modified if isinstance(modified, int | float) else float("-inf")


def _shown(document: Document) -> Document:
    """Return a document as v3 shows it: an identifier, dates, and no `_id`."""
    shown = {name: value for name, value in document.items() if name != "_id"}
    shown.setdefault("identifier", document["_id"])
    at_ms = moment_ms(document)
    if at_ms < float("inf"):
        shown.setdefault("srvModified", int(at_ms))
        shown.setdefault("srvCreated", shown["srvModified"])
    return shown


def _rendered(request: web.Request, found: Document | list[Document]) -> web.Response:
    """Return what was found, to whoever takes JSON."""
    is_json = accepted(request, ("application/json",), "")
    response = answer({"result": found}) if is_json else problem(406, _FORMAT)
    response.headers[hdrs.VARY] = "Accept, Accept-Encoding"
    return response


_PAGES: dict[
    tuple[str, str], Callable[[Site, web.Request], Awaitable[web.Response]]
] = {
    ("GET", "version"): _version,
    ("GET", "status"): _status,
    ("GET", "lastModified"): _last_modified,
}
_OPERATIONS: dict[
    tuple[str, str],
    Callable[[Site, web.Request, Collection, str], Awaitable[web.Response]],
] = {
    ("GET", ""): _search,
    ("POST", ""): _create,
    ("GET", "history"): _history,
    ("GET", ":identifier"): _read,
    ("DELETE", ":identifier"): _delete,
}
