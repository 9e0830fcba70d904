"""API v2: it hands out JWTs, and tells what the site's own page shows.

Source: recorded answers of a running server; lib/authorization/endpoints.js.
"""

from aiohttp import web

from .answers import json_answer, not_found, unauthorized
from .properties import properties
from .site import Site
from .store import Collection

_REQUEST = "/authorization/request/"
_PROPERTIES = "/properties"


async def serve(site: Site, request: web.Request, path: str) -> web.Response:
    """Return the answer to a path below `/api/v2`.

    Nobody waits here, and nobody is punished: the endpoint is open, and a wrong
    token is only refused.
    """
    if request.method != "GET":
        return not_found(request)
    if path == _PROPERTIES or path.startswith(f"{_PROPERTIES}/"):
        return await _properties(site, request, path.removeprefix(_PROPERTIES))
    if not path.startswith(_REQUEST):
        return not_found(request)
    token = site.credentials.exchangeable(path.removeprefix(_REQUEST), site.clock())
    if token is None:
        return unauthorized()
    return json_answer(site.credentials.issue(token, site.clock()))


async def _properties(site: Site, request: web.Request, path: str) -> web.Response:
    """Return properties, all or those named after the slash."""
    grant = await site.identify(request)
    if grant is None or not grant.may_read(Collection.ENTRIES):
        return unauthorized()
    names = frozenset(filter(None, path.removeprefix("/").split(",")))
    return json_answer(properties(site, names))
