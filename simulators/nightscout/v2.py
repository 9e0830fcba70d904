"""The part of API v2 that hands out JWTs; the rest of it is not simulated.

Source: recorded answers of a running server; lib/authorization/endpoints.js.
"""

from aiohttp import web

from .answers import json_answer, not_found, unauthorized
from .site import Site

_REQUEST = "/authorization/request/"


async def serve(site: Site, request: web.Request, path: str) -> web.Response:
    """Return the answer to a path below `/api/v2`.

    Nobody waits here, and nobody is punished: the endpoint is open, and a wrong
    token is only refused.
    """
    if request.method != "GET" or not path.startswith(_REQUEST):
        return not_found(request)
    token = site.credentials.exchangeable(path.removeprefix(_REQUEST), site.clock())
    if token is None:
        return unauthorized()
    return json_answer(site.credentials.issue(token, site.clock()))
