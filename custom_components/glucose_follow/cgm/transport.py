"""The only place that turns HTTP into our errors."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import json
import re

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from .errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
"""Whatever JSON can say."""

type Explain = Callable[[int, Json], CgmError | None]
"""Tells what status and body of an error mean, None where the status says it."""

type _Read[T] = Callable[[ClientResponse, asyncio.Timeout], Awaitable[T]]
"""Reads what is wanted of an answer that is none of an error."""

TIMEOUT = 30.0
"""Seconds an answer may take, redirects and body included."""

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes read of an answer, after decompression."""

STREAM_TIMEOUT = 600.0
"""Seconds that a streamed answer may take, if it never pauses for `TIMEOUT`."""

LARGEST_STREAM = 1024 * 1024 * 1024
"""Bytes read of a streamed answer, after decompression; nobody holds them."""

_LONGEST_WAIT = 86_400.0
"""Seconds; nobody who says more means it."""

_CHUNK = 64 * 1024
_ESCAPE = re.compile(
    rb"""\\(?:[^u]
    | u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
    | (?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})
    )""",
    re.VERBOSE,
)
"""An escape in JSON that is not of a character beyond doubt."""

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Answer:
    """An answer whose headers matter too."""

    body: Json
    """What the server says."""

    headers: Mapping[str, str]
    """By names in any case; they may hold credentials."""


class JsonClient:
    """Asks one server for JSON, and says in our errors why it did not get any.

    Credentials travel in `headers`, never in addresses, and are left out when
    the server redirects to somewhere else.
    """

    def __init__(
        self,
        session: ClientSession,
        base: URL,
        *,
        headers: Mapping[str, str] | None = None,
        explain: Explain | None = None,
    ) -> None:
        """Keep what every request needs.

        Args:
            session: Whoever made it closes it.
            base: Address that paths are relative to.
            headers: Credentials, sent to the base's host only.
            explain: Says what the server's own errors mean.
        """
        self._session = session
        self._base = base
        self._headers = dict(headers or {})
        self._explain = explain
        self.server_time: datetime | None = None
        """The server's clock in its newest answer; aware, UTC."""

    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        stays: bool = False,
    ) -> Json:
        """Return the JSON that the server answers with.

        Args:
            path: Relative to the base, without a leading slash.
            params: The query.
            headers: Credentials of this request, besides the client's own.
            stays: Whether being redirected to another host or path is an error,
                because the path is a secret or the credential is meant for it
                alone. A move to https is none.

        Raises:
            CgmConnectionError: No answer, a broken one, none in 30 s, or 5xx.
            CgmAuthError: 401, or 403 for a credential that lacks the right.
            CgmRateLimitError: 429.
            CgmResponseError: Any other status, no JSON, or more than 16 MiB.
        """
        return await self._json(
            "GET", path, params, headers=dict(headers or {}), stays=stays
        )

    async def post(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        json: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Return the JSON that the server answers to a JSON body.

        Redirects are errors: what is posted is meant for one server only.

        Args:
            path: Relative to the base, without a leading slash.
            params: The query.
            json: The body.
            headers: Credentials of this request, besides the client's own.

        Raises:
            CgmError: As documented on `get`.
        """
        return await self._json(
            "POST", path, params, headers=dict(headers or {}), json=json
        )

    async def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str]
    ) -> Answer:
        """Return an answer with its headers, to a request without a body.

        Args:
            method: `GET` or `POST`; redirects of the latter are errors.
            path: Relative to the base, without a leading slash.
            headers: Credentials of this request, besides the client's own.

        Raises:
            CgmError: As documented on `get`.
        """

        async def read(response: ClientResponse, _: object) -> Answer:
            body = await _parsed(await _limited(response))
            return Answer(body=body, headers=response.headers)

        return await self._asked(method, path, None, headers=headers, read=read)

    async def stream(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str],
        take: Callable[[bytes], None],
    ) -> None:
        """Pass a body on, piece by piece, as it arrives; nothing of it is kept.

        What was passed on before an error is only a part of the answer.

        Args:
            path: Relative to the base, without a leading slash.
            params: The query.
            headers: Credentials of this request, besides the client's own.
            take: Gets the pieces. Others have a turn after each.

        Raises:
            CgmConnectionError: As documented on `get`, or the server pauses for
                30 s, or takes more than ten minutes.
            CgmResponseError: As documented on `get`, or more than 1 GiB.
            CgmError: As documented on `get`, or as `take` raises.
        """

        async def read(response: ClientResponse, limit: asyncio.Timeout) -> None:
            await _passed_on(response, limit, take)

        await self._asked("GET", path, params, headers=headers, read=read)

    async def _json(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        *,
        headers: Mapping[str, str],
        json: Json = None,
        stays: bool = False,
    ) -> Json:
        """Return the JSON of an answer."""

        async def read(response: ClientResponse, _: object) -> bytes:
            return await _limited(response)

        body = await self._asked(
            method, path, params, headers=headers, json=json, read=read, stays=stays
        )
        return await _parsed(body)

    async def _asked[T](
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        *,
        headers: Mapping[str, str],
        read: _Read[T],
        json: Json = None,
        stays: bool = False,
    ) -> T:
        """Return what is read of an answer; the only place that catches its faults."""
        url = (self._base / path).with_query(dict(params or {}))
        fault: CgmError
        try:
            async with asyncio.timeout(TIMEOUT) as limit:
                return await self._read(
                    method,
                    url,
                    headers,
                    json,
                    lambda answer: read(answer, limit),
                    stays=stays,
                )
        except CgmError as err:
            fault = err
        # Names that cannot be written as hosts are errors of encoding.
        except (TimeoutError, ClientError, OSError, ValueError) as err:
            fault = CgmConnectionError(f"No answer ({type(err).__name__})")
        # Raised out here, because aiohttp's errors name the address, and an
        # error raised while handling one would carry it along.
        fault.__context__ = None
        raise fault

    async def _read[T](
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        json: Json,
        read: Callable[[ClientResponse], Awaitable[T]],
        *,
        stays: bool,
    ) -> T:
        """Return what is read of the answer, wherever redirects lead."""
        for _ in range(_MOST_REDIRECTS):
            credentials = self._credentials(url, headers)
            async with self._session.request(
                method,
                url,
                headers={"Accept": "application/json", **credentials},
                json=json,
                allow_redirects=False,
            ) as response:
                self.server_time = _server_time(response)
                if method != "GET" or response.status not in _REDIRECTS:
                    await self._raise_for_status(response)
                    return await read(response)
                before, url = url, self._redirected(url, response)
            if stays and not (self._is_ours(url) and url.path == before.path):
                raise CgmResponseError("Redirect elsewhere", status=response.status)
        raise CgmResponseError("Too many redirects")

    async def _raise_for_status(self, response: ClientResponse) -> None:
        """Raise what the server says went wrong, else what its status means."""
        if self._explain is not None and response.status >= 400:
            told = _loaded(await _limited(response))
            if fault := self._explain(response.status, told):
                raise fault
        _raise_for_status(response)

    def _credentials(self, url: URL, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers for an address: none for anybody else's."""
        return {**self._headers, **headers} if self._is_ours(url) else {}

    def _is_ours(self, url: URL) -> bool:
        """Return whether an address is one of the base's host, and as safe."""
        return url.host == self._base.host and (
            url.scheme == "https" or url.origin() == self._base.origin()
        )

    def _redirected(self, url: URL, response: ClientResponse) -> URL:
        """Return where the server sends us, and remember a move to https."""
        try:
            target = url.join(URL(response.headers["Location"]))
        except KeyError, ValueError:
            raise CgmResponseError(
                "Redirect to nowhere", status=response.status
            ) from None
        if target.scheme not in {"http", "https"}:
            raise CgmResponseError("Redirect to nowhere", status=response.status)
        if target == url.with_scheme("https") and url.explicit_port is None:
            self._base = self._base.with_scheme("https")
        return target


def _raise_for_status(response: ClientResponse) -> None:
    """Raise the error that a status means; the only place that knows them."""
    status = response.status
    if 200 <= status < 300:
        return
    if status == 401:
        raise CgmAuthError("The credential is refused")
    if status == 403:
        raise CgmAuthError("The credential lacks the right", is_recognised=True)
    if status == 429:
        raise CgmRateLimitError("Asked too often", retry_after=_retry_after(response))
    if status >= 500:
        raise CgmConnectionError(
            f"The server is out of order (HTTP {status})",
            status=status,
            retry_after=_retry_after(response),
        )
    raise CgmResponseError(f"Unexpected answer (HTTP {status})", status=status)


def _retry_after(response: ClientResponse) -> float | None:
    """Return how many seconds to wait, told in seconds or as a date."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told), _LONGEST_WAIT)
    until, now = _http_date(told), _http_date(response.headers.get("Date", ""))
    if until is None or now is None:
        return None
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT)


def _server_time(response: ClientResponse) -> datetime | None:
    """Return the server's clock, unless a cache kept the answer for a while."""
    if response.headers.get("Age", "0").strip() != "0":
        return None
    return _http_date(response.headers.get("Date", ""))


def _http_date(text: str) -> datetime | None:
    """Return the moment that an HTTP header names, None if it names none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except ValueError, OverflowError:
        return None


async def _limited(response: ClientResponse) -> bytes:
    """Return the body, refusing to read one without end."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise CgmResponseError("The answer is too large")
    return bytes(body)


async def _passed_on(
    response: ClientResponse, limit: asyncio.Timeout, take: Callable[[bytes], None]
) -> None:
    """Pass a body on in pieces, as long as it neither pauses nor goes on forever."""
    loop = asyncio.get_running_loop()
    end, size = loop.time() + STREAM_TIMEOUT, 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > LARGEST_STREAM:
            raise CgmResponseError("The answer is too large")
        take(chunk)
        limit.reschedule(min(loop.time() + TIMEOUT, end))
        # What has arrived already is read without waiting, and others starve.
        await asyncio.sleep(0)


async def _parsed(body: bytes) -> Json:
    """Return the JSON in a body; a large one is read beside the event loop."""
    try:
        if len(body) > _CHUNK:
            return await asyncio.to_thread(_loads, body)
        return _loads(body)
    except ValueError, RecursionError:
        pass
    raise CgmResponseError("The answer is not JSON")


def _loaded(body: bytes) -> Json:
    """Return the JSON in the body of an error, None if there is none."""
    try:
        return _loads(body)
    except ValueError, RecursionError:
        return None


def _loads(body: bytes) -> Json:
    """Return the JSON in a body, with a sign in place of half a character.

    An app that shortens a name may cut an emoji in two, and a text with half of one
    can neither be stored nor sent on.
    """
    if b"\\ud" in body or b"\\uD" in body:
        body = _ESCAPE.sub(_whole, body)
    value: Json = json.loads(body)
    return value


def _whole(escape: re.Match[bytes]) -> bytes:
    """Return what is escaped in JSON, half a character replaced."""
    return rb"\ufffd" if escape["half"] else escape[0]
