"""Answers as Express words them."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha1
import json

from aiohttp import hdrs, web

from .documents import Document

_HTML_ERROR = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>{}</pre>
</body>
</html>
"""
_WORTH_COMPRESSING = 1024
"""Bytes; what Express's middleware compresses from."""


def json_answer(data: object, *, status: int = 200) -> web.Response:
    """Return data as JSON, as JavaScript writes it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text_answer(text, "application/json", status=status)


def text_answer(text: str, content_type: str, *, status: int = 200) -> web.Response:
    """Return text, with the weak ETag that Express gives it."""
    body = text.encode()
    digest = b64encode(sha1(body, usedforsecurity=False).digest()).decode()[:27]
    response = web.Response(body=body, status=status)
    response.headers[hdrs.CONTENT_TYPE] = f"{content_type}; charset=utf-8"
    response.headers[hdrs.ETAG] = f'W/"{len(body):x}-{digest}"'
    response.headers[hdrs.VARY] = "Accept-Encoding"
    return response


def html_error(status: int, message: str) -> web.Response:
    """Return the page that Express shows for an error."""
    body = _HTML_ERROR.format(message).encode()
    headers = {
        hdrs.CONTENT_SECURITY_POLICY: "default-src 'none'",
        hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff",
        hdrs.CONTENT_TYPE: "text/html; charset=utf-8",
        hdrs.VARY: "Accept-Encoding",
    }
    return web.Response(body=body, status=status, headers=headers)


def not_found(request: web.Request) -> web.Response:
    """Return the answer to a path that nobody serves."""
    return html_error(404, f"Cannot {request.method} {request.path}")


def unauthorized() -> web.Response:
    """Return the answer to a missing, wrong or too narrow credential."""
    return _problem(401, "Unauthorized", "Invalid/Missing")


def mongo_error(description: object) -> web.Response:
    """Return the answer to a query that the database refused."""
    return _problem(500, "Mongo Error", description)


def _problem(status: int, message: str, description: object) -> web.Response:
    """Return an error as JSON."""
    data = {"status": status, "message": message, "description": description}
    return json_answer(data, status=status)


def http_date(at: datetime) -> str:
    """Return a moment as HTTP writes it, to the second."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def conditional(
    request: web.Request, response: web.Response, modified: datetime | None
) -> web.Response:
    """Return the answer, or 304 if the client has it already.

    Only whole seconds are compared, so two changes in one second are one.
    """
    if modified is not None:
        response.headers[hdrs.LAST_MODIFIED] = http_date(modified)
    if not _is_known(request, response, modified):
        return response
    kept = (hdrs.ETAG, hdrs.LAST_MODIFIED, hdrs.VARY)
    headers = {key: value for key, value in response.headers.items() if key in kept}
    return web.Response(status=304, headers=headers)


def _is_known(
    request: web.Request, response: web.Response, modified: datetime | None
) -> bool:
    """Return whether the client says that it has this answer."""
    if request.headers.get(hdrs.IF_NONE_MATCH) == response.headers[hdrs.ETAG]:
        return True
    try:
        since = parsedate_to_datetime(request.headers[hdrs.IF_MODIFIED_SINCE])
    except KeyError, ValueError:
        return False
    return modified is not None and modified.replace(microsecond=0) <= since


def compress(request: web.Request, response: web.Response) -> None:
    """Compress a body that is worth it, for a client that can read it."""
    length = response.content_length or 0
    accepted_codings = request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if length >= _WORTH_COMPRESSING and "gzip" in accepted_codings:
        response.enable_compression(web.ContentCoding.gzip)


def separated(entries: Iterable[Document], separator: str) -> str:
    """Return entries as lines of values: texts are quoted, absent ones empty."""
    fields = ("dateString", "date", "sgv", "direction", "device")
    return "\r\n".join(
        separator.join(_cell(entry.get(field)) for field in fields) for entry in entries
    )


def _cell(value: object) -> str:
    """Return a value as it stands in a line."""
    if isinstance(value, str):
        return f'"{value}"'
    return "" if value is None else str(value)


def accepted(request: web.Request, offered: Sequence[str], default: str) -> str:
    """Return the content type to answer with: the first one that is accepted.

    Anything (`*/*`) means the first on offer, something else entirely `default`.
    """
    for media in request.headers.get(hdrs.ACCEPT, "*/*").split(","):
        name = media.partition(";")[0].strip()
        if name == "*/*":
            return offered[0]
        if name in offered:
            return name
    return default
