"""The web service of a phone, as xDrip+ and Juggluco offer it.

Source: xDrip+, Documentation/technical/Local_Web_Services.md and
webservices/XdripWebService.java.
"""

from itertools import islice
from typing import override

from aiohttp import web

from .answers import json_answer, text_answer
from .credentials import Attempt
from .documents import Document
from .faults import Fault, Serve
from .query import whole_number
from .site import Site
from .store import Collection

_DEFAULT_COUNT = 24
_MOST = 1000


class Bare(Fault):
    """Nothing but `/sgv.json?count=` at the root, which knows no `find`."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        if not _is_admitted(site, request):
            text = "Authentication failed - check api-secret\n"
            return text_answer(text, "text/plain", status=403)
        if kind != "sgv":
            return text_answer("Path not found", "text/plain", status=404)
        return json_answer(_newest(site, request.query.get("count", "")))


def _is_admitted(site: Site, request: web.Request) -> bool:
    """Return whether the secret is right; a needless one is wrong as well."""
    secret = request.headers.get("api-secret")
    if site.credentials.secret is None or secret is None:
        return secret is None and site.credentials.secret is None
    attempt = Attempt(secret=secret, bearer=None, token=None)
    grant = site.credentials.resolve(attempt, site.clock())
    return grant is not None and grant.token is None


def _newest(site: Site, text: str) -> list[Document]:
    """Return entries, newest first; the first one tells the person's unit."""
    count = whole_number(text)
    wanted = _DEFAULT_COUNT if count is None else max(0, min(count, _MOST))
    candidates = site.store.find(Collection.ENTRIES, site.clock())
    found = (doc for doc in candidates if doc.get("type") == "sgv")
    hint: Document = {"units_hint": "mmol" if site.units == "mmol" else "mgdl"}
    return [
        document if number else document | hint
        for number, document in enumerate(islice(found, wanted))
    ]
