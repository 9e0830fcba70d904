"""API v1 of cgm-remote-monitor 15.0.7, as far as it is read and written here.

Source: recorded answers of a running server; lib/api/ of cgm-remote-monitor.
"""

from collections.abc import Awaitable, Callable
import json
import re

from aiohttp import web

from . import entries, settings
from .answers import (
    accepted,
    conditional,
    json_answer,
    mongo_error,
    not_found,
    text_answer,
    unauthorized,
)
from .credentials import Grant
from .documents import Document
from .entries import modified_at, refusal
from .query import InvalidDateError, MongoError, has_find, parse
from .site import ServerCrashError, Site
from .store import Collection, uploaded_entry, uploaded_treatment

_EXTENSION = re.compile(r"\.(json|svg|csv|txt|png|html|tsv)$")

type Handler = Callable[[Site, web.Request, str], Awaitable[web.Response]]
"""Takes the path's extension, with its dot, or an empty text."""


async def serve(site: Site, request: web.Request, path: str) -> web.Response:
    """Return the answer to a path below `/api`."""
    if path == "/versions":
        return json_answer(settings.versions(site))
    match = _EXTENSION.search(path)
    extension = match[0] if match else ""
    version, _, stem = path.removesuffix(extension)[1:].partition("/")
    if version != "v1":
        return not_found(request)
    folder, _, which = stem.partition("/")
    if (request.method, folder) == ("GET", "entries") and which and "/" not in which:
        return await entries.answer(site, request, extension, which)
    handler = _HANDLERS.get((request.method, stem))
    return await handler(site, request, extension) if handler else not_found(request)


async def _status(site: Site, request: web.Request, extension: str) -> web.Response:
    """Return the settings, or only that the site is there."""
    grant = await site.identify(request)
    if grant is None or not grant.may_read("status"):
        return unauthorized()
    offered = ("text/html", "application/json", "text/plain")
    by_extension = {".json": offered[1], ".html": offered[0], ".txt": offered[2]}
    form = by_extension.get(extension) or accepted(request, offered, offered[0])
    if form == "text/html":
        return text_answer("<h1>STATUS OK</h1>", form)
    if form == "text/plain":
        return text_answer("STATUS OK", form)
    authorized = _authorized(site, request, grant)
    return json_answer(settings.status(site, authorized))


def _authorized(site: Site, request: web.Request, grant: Grant) -> object:
    """Return the JWT that `?token=` earns; other credentials earn none."""
    if grant.token and "token" in request.query:
        return site.credentials.issue(grant.token, site.clock())
    return None


async def _verify(site: Site, request: web.Request, _: str) -> web.Response:
    """Return what the credential is worth; always with status 200."""
    grant = await site.identify(request)
    can_read = grant is not None and grant.may_read()
    can_write = grant is not None and grant.is_admin
    is_default = grant is not None and grant.is_default
    message = {
        "canRead": can_read,
        "canWrite": can_write,
        "isAdmin": can_write,
        "message": "OK" if can_read and not is_default else "UNAUTHORIZED",
        "rolefound": "FOUND" if grant and grant.token else "NOTFOUND",
        "permissions": "DEFAULT" if is_default else "ROLE",
    }
    return json_answer({"status": 200, "message": message})


async def _treatments(site: Site, request: web.Request, _: str) -> web.Response:
    """Return treatments, each with insulin and carbs even if it has neither."""
    default = 1000 if has_find(request.query) else 100
    return await _documents(site, request, Collection.TREATMENTS, default)


async def _devicestatus(site: Site, request: web.Request, _: str) -> web.Response:
    """Return what devices reported."""
    return await _documents(site, request, Collection.DEVICESTATUS, 10)


async def _documents(
    site: Site, request: web.Request, kind: Collection, default_count: int
) -> web.Response:
    """Return documents; null if the query cannot be understood."""
    grant = await site.identify(request)
    if grant is None or not grant.may_read(kind):
        return unauthorized()
    now = site.clock()
    try:
        query = parse(kind, request.query, now, default_count)
    except InvalidDateError:
        return json_answer(None)
    except MongoError as err:
        return mongo_error(refusal(err))
    found = query.pick(site.store.find(kind, now, query.after_ms))
    if kind is not Collection.TREATMENTS:
        return conditional(request, json_answer(found), None)
    given = ("carbs", "insulin")
    shown = [doc | {field: doc.get(field) for field in given} for doc in found]
    modified = modified_at(found[0]) if found else None
    return conditional(request, json_answer(shown), modified)


async def _profile(site: Site, request: web.Request, _: str) -> web.Response:
    """Return the profiles, which are few and have no time window."""
    grant = await site.identify(request)
    if grant is None or not grant.may_read("profile"):
        return unauthorized()
    added = list(site.store.find(Collection.PROFILE, site.clock()))
    return json_answer(added or settings.profiles(site))


async def _current_profile(site: Site, request: web.Request, _: str) -> web.Response:
    """Return the newest profile, which is not in an array."""
    grant = await site.identify(request)
    if grant is None or not grant.may_read("profile"):
        return unauthorized()
    added = list(site.store.find(Collection.PROFILE, site.clock()))
    return json_answer((added or settings.profiles(site))[0])


async def _add_entries(site: Site, request: web.Request, _: str) -> web.Response:
    """Keep uploaded entries; a single one without a date is dropped in silence."""
    return await _upload(site, request, Collection.ENTRIES)


async def _add_treatments(site: Site, request: web.Request, _: str) -> web.Response:
    """Keep uploaded treatments."""
    return await _upload(site, request, Collection.TREATMENTS)


async def _upload(site: Site, request: web.Request, kind: Collection) -> web.Response:
    """Keep documents and answer with them, in an array even if it was only one."""
    try:
        data: object = await request.json()
    except json.JSONDecodeError:
        return json_answer({"status": 400, "message": "Bad Request"}, status=400)
    listed = data if isinstance(data, list) else [data]
    documents = [document for document in listed if isinstance(document, dict)]
    grant = await site.identify(request, documents[0] if documents else None)
    if grant is None or not grant.may_create(kind):
        return unauthorized()
    if kind is Collection.ENTRIES and isinstance(data, dict) and "date" not in data:
        return json_answer([])
    return json_answer([_keep(site, kind, document) for document in documents])


def _keep(site: Site, kind: Collection, document: Document) -> Document:
    """Keep an uploaded document, without the credentials it may carry."""
    plain = {
        field: value
        for field, value in document.items()
        if field not in {"token", "secret"}
    }
    normal = uploaded_entry if kind is Collection.ENTRIES else uploaded_treatment
    return site.store.upsert(kind, normal(plain, site.clock()))


async def _acknowledge(site: Site, request: web.Request, _: str) -> web.Response:
    """Silence an alarm.

    Raises:
        ServerCrashError: The caller may not; a real server does not survive it.
    """
    grant = await site.identify(request)
    if grant is None or not grant.is_admin:
        raise ServerCrashError
    return text_answer("", "text/plain")


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "status"): _status,
    ("GET", "verifyauth"): _verify,
    ("GET", "entries"): entries.answer,
    ("GET", "treatments"): _treatments,
    ("GET", "devicestatus"): _devicestatus,
    ("GET", "profile"): _profile,
    ("GET", "profile/current"): _current_profile,
    ("GET", "notifications/ack"): _acknowledge,
    ("POST", "entries"): _add_entries,
    ("POST", "treatments"): _add_treatments,
}
