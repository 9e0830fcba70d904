"""JSON over real sockets, and all that can come instead of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import gzip
import math
import socket
import ssl
from ssl import SSLContext
from typing import override

from aiohttp import ClientSession, TCPConnector, hdrs, web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.transport import JsonClient

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_GMT = "Sat, 21 Nov 2026 12:00:00 GMT"
CREDENTIAL = "hush-0123456789abcdef"
SITE = "http://private.example"
SECURE = "https://private.example"
OTHER = "https://other.example"
PATH = "hidden/path.json"
SECRETS = (CREDENTIAL, "example", "hidden", "find", "anna", "127.0.0.1")

type Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    url: str
    credential: str | None


@dataclass
class Web(AbstractResolver):
    """Sites with names and default ports, on loopback sockets."""

    tls: SSLContext
    asked: list[Asked] = field(default_factory=list)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def serve(self, origin: str, handler: Handler) -> None:
        """Answer requests to an origin until the test ends."""
        url = URL(origin)
        assert url.host is not None
        assert url.port is not None

        async def recorded(request: web.BaseRequest) -> web.StreamResponse:
            asked = str(url.join(request.rel_url))
            self.asked.append(Asked(asked, request.headers.get("api-secret")))
            return await handler(request)

        runner = web.ServerRunner(
            web.Server(recorded, access_log=None, handler_cancellation=True),
            shutdown_timeout=1,
        )
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        context = self.tls if url.scheme == "https" else None
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        self.ports[url.host, url.port] = runner.addresses[0][1]

    @override
    async def resolve(
        self, host: str, port: int = 0, family: int = socket.AF_INET
    ) -> list[ResolveResult]:
        # What the resolver of the standard library does with such a name.
        host.encode("idna")
        try:
            port = self.ports[host, port]
        except KeyError:
            raise OSError("No such name") from None
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    @override
    async def close(self) -> None:
        """Do nothing: servers end with the test."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> SSLContext:
    """Return what a server needs for https."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "private.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


@pytest.fixture
async def sites(tls: SSLContext) -> AsyncGenerator[Web]:
    """Return a web without any sites."""
    found = Web(tls)
    async with found.stack:
        yield found


@pytest.fixture
async def session(sites: Web) -> AsyncGenerator[ClientSession]:
    """Return a session that finds the sites, and trusts them."""
    connector = TCPConnector(resolver=sites, ssl=False)
    async with ClientSession(connector=connector) as made:
        yield made


@pytest.fixture
def client(session: ClientSession) -> JsonClient:
    """Return a client of the site, with a credential."""
    return client_of(session, SITE)


def client_of(session: ClientSession, base: str) -> JsonClient:
    """Return a client with a credential."""
    return JsonClient(session, URL(base), headers={"api-secret": CREDENTIAL})


def says(body: bytes | str = b"[]", status: int = 200, **headers: str) -> Handler:
    """Return a handler that always answers the same."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=content, status=status, headers=named)

    return answer


def moved(to: str, status: int = 302) -> Handler:
    """Return a handler that sends everybody somewhere else."""
    return says(b"", status, Location=to)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it carries along."""
    if error is not None:
        yield error
        yield from chain(error.__cause__)
        yield from chain(error.__context__)


def assert_tells_nothing(error: BaseException) -> None:
    """Check that an error and those behind it name no place and no secret."""
    for each in chain(error):
        assert isinstance(each, CgmError)
        for secret in SECRETS:
            assert secret not in f"{each} {each!r} {each.args}"


async def failure(client: JsonClient, *, stays: bool = False) -> CgmError:
    """Return the error of a request, once it is seen to tell no secret."""
    with pytest.raises(CgmError) as caught:
        await client.get(PATH, {"find[date]": "anna"}, stays=stays)
    assert_tells_nothing(caught.value)
    return caught.value


async def test_json_is_returned_as_it_is(sites: Web, client: JsonClient) -> None:
    await sites.serve(SITE, says('[{"sgv": 120, "note": "ü"}, null, 1.5, true]'))

    answer = await client.get(PATH)

    assert answer == [{"sgv": 120, "note": "ü"}, None, 1.5, True]


async def test_the_query_and_the_credential_are_sent(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, says())

    await client.get(PATH, {"find[date][$gt]": 5, "count": 3})

    (asked,) = sites.asked
    url = URL(asked.url)
    assert url.path == f"/{PATH}"
    assert dict(url.query) == {"find[date][$gt]": "5", "count": "3"}
    assert asked.credential == CREDENTIAL
    assert CREDENTIAL not in asked.url


async def test_without_a_credential_none_is_sent(
    sites: Web, session: ClientSession
) -> None:
    await sites.serve(SITE, says())

    await JsonClient(session, URL(SITE)).get(PATH)

    assert sites.asked[0].credential is None


async def test_a_path_below_the_sites_own_is_kept(
    sites: Web, session: ClientSession
) -> None:
    await sites.serve(SITE, says())

    await client_of(session, f"{SITE}/family").get(PATH)

    assert URL(sites.asked[0].url).path == f"/family/{PATH}"


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        (r"\ud83d", "\N{REPLACEMENT CHARACTER}"),
        (r"\uDE00 Alex", "\N{REPLACEMENT CHARACTER} Alex"),
        (r"\ud83d\ud83d\ude00", "\N{REPLACEMENT CHARACTER}\N{GRINNING FACE}"),
        (r"\ud83d\u00fc", "\N{REPLACEMENT CHARACTER}ü"),
        (r"\uD83D\uDE00", "\N{GRINNING FACE}"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\N{REPLACEMENT CHARACTER}"),
    ],
)
async def test_half_a_character_is_replaced(
    sites: Web, client: JsonClient, told: str, whole: str
) -> None:
    """Home Assistant could store no entry at all with one in a name."""
    await sites.serve(SITE, says(f'["{told}"]'))

    assert await client.get(PATH) == [whole]


@pytest.mark.parametrize("size", [10, 200_000])
async def test_a_large_answer_is_json_like_a_small_one(
    sites: Web, client: JsonClient, size: int
) -> None:
    await sites.serve(SITE, says(f'["{"x" * size}"]'))

    assert await client.get(PATH) == ["x" * size]


async def test_a_compressed_answer_is_read(sites: Web, client: JsonClient) -> None:
    await sites.serve(SITE, says(gzip.compress(b"[1]"), Content_Encoding="gzip"))

    assert await client.get(PATH) == [1]


@pytest.mark.parametrize("status", [200, 201, 203, 206])
async def test_every_success_is_one(
    sites: Web, client: JsonClient, status: int
) -> None:
    await sites.serve(SITE, says(status=status))

    assert await client.get(PATH) == []


async def test_every_other_status_is_an_error(sites: Web, client: JsonClient) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, text="<p>private.example</p>")

    await sites.serve(SITE, answer)
    special: dict[int, type[CgmError]] = {
        401: CgmAuthError,
        403: CgmAuthError,
        429: CgmRateLimitError,
    }

    for status in range(300, 600):
        error = await failure(client)

        usual = CgmConnectionError if status >= 500 else CgmResponseError
        assert type(error) is special.get(status, usual), status
        if isinstance(error, CgmResponseError):
            assert error.status == status


async def test_a_right_that_lacks_is_not_a_wrong_credential(
    sites: Web, client: JsonClient
) -> None:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=401 if len(sites.asked) == 1 else 403)

    await sites.serve(SITE, answer)

    wrong, narrow = await failure(client), await failure(client)

    assert isinstance(wrong, CgmAuthError)
    assert isinstance(narrow, CgmAuthError)
    assert (wrong.is_recognised, narrow.is_recognised) == (False, True)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Sat, 21 Nov 2026 12:02:00 GMT", 120),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2026 13:01:00 +0100", 60),
        ("Saturday, 21-Nov-26 12:02:00 GMT", 120),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("12²", None),
        ("Sat, 99 Nov 2026 12:02:00 GMT", None),
        ("Sat, 21 Nov 0000 12:02:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
async def test_how_long_to_wait_is_told_in_two_ways(
    sites: Web, client: JsonClient, told: str, seconds: float | None
) -> None:
    await sites.serve(SITE, says(status=429, Retry_After=told, Date=NOON_GMT))

    error = await failure(client)

    assert isinstance(error, CgmRateLimitError)
    assert error.retry_after == seconds


async def test_without_a_wait_none_is_known(sites: Web, client: JsonClient) -> None:
    await sites.serve(SITE, says(status=429))

    error = await failure(client)

    assert isinstance(error, CgmRateLimitError)
    assert error.retry_after is None


async def test_a_date_to_wait_for_needs_the_servers_clock(
    sites: Web, client: JsonClient
) -> None:
    """Ours may be wrong, and would make a wait of hours of it."""
    await sites.serve(SITE, says(status=429, Retry_After=NOON_GMT, Date="today"))

    error = await failure(client)

    assert isinstance(error, CgmRateLimitError)
    assert error.retry_after is None


@pytest.mark.parametrize("digits", [12, 30, 400, 5000])
async def test_a_wait_without_end_is_a_number(
    sites: Web, client: JsonClient, digits: int
) -> None:
    """Whoever adds it to a moment must be able to limit it first."""
    await sites.serve(SITE, says(status=429, Retry_After="9" * digits))

    error = await failure(client)

    assert isinstance(error, CgmRateLimitError)
    assert error.retry_after is not None
    assert min(error.retry_after, 3600) == 3600


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<!DOCTYPE html><p>Please log in</p>", id="html"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'[{"sgv": 120', id="the beginning"),
        pytest.param(b"[] []", id="two"),
        pytest.param(b"\xff\xfe[", id="no text"),
        pytest.param(b'["\xc3"]', id="broken utf-8"),
        pytest.param(b"[" * 60_000, id="deep"),
        pytest.param(b"[" * 70_000, id="deep and large"),
        pytest.param(b'{"a":' * 200_000, id="deep objects"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep and complete"),
        pytest.param(b"9" * 5000, id="a number without end"),
        pytest.param(b"x" * 70_000, id="large"),
    ],
)
async def test_what_is_not_json_is_an_error(
    sites: Web, client: JsonClient, body: bytes
) -> None:
    await sites.serve(SITE, says(body))

    error = await failure(client)

    assert isinstance(error, CgmResponseError)
    assert error.status is None


async def test_what_javascript_calls_numbers_is_left_to_whoever_decodes(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, says("[NaN, Infinity, -Infinity]"))

    answer = await client.get(PATH)

    assert isinstance(answer, list)
    nan, *infinities = answer
    assert isinstance(nan, float)
    assert math.isnan(nan)
    assert infinities == [math.inf, -math.inf]


@pytest.mark.parametrize("is_begun", [False, True])
async def test_an_answer_that_does_not_come_is_given_up(
    sites: Web,
    client: JsonClient,
    monkeypatch: pytest.MonkeyPatch,
    is_begun: bool,
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        if is_begun:
            await response.prepare(request)
            await response.write(b"[")
        await asyncio.Event().wait()
        return response

    assert transport.TIMEOUT == 30
    monkeypatch.setattr(transport, "TIMEOUT", 0.1)
    await sites.serve(SITE, answer)

    error = await failure(client)

    assert isinstance(error, CgmConnectionError)


async def test_redirects_count_towards_the_limit(
    sites: Web, client: JsonClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if len(sites.asked) > 1:
            await asyncio.Event().wait()
        return web.Response(status=302, headers={hdrs.LOCATION: "/again"})

    monkeypatch.setattr(transport, "TIMEOUT", 0.1)
    await sites.serve(SITE, answer)

    assert isinstance(await failure(client), CgmConnectionError)
    assert len(sites.asked) == 2


@pytest.mark.parametrize("length", [None, 10**9])
async def test_an_answer_without_end_is_not_read_to_it(
    sites: Web,
    client: JsonClient,
    monkeypatch: pytest.MonkeyPatch,
    length: int | None,
) -> None:
    written = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        response.content_length = length
        await response.prepare(request)
        while True:
            await response.write(b" " * 65_536)
            written += 65_536
            await asyncio.sleep(0)

    assert transport.LARGEST_BODY == 16 * 2**20
    monkeypatch.setattr(transport, "LARGEST_BODY", 2**20)
    await sites.serve(SITE, answer)

    error = await failure(client)

    assert isinstance(error, CgmResponseError)
    # What sockets hold on loopback comes on top.
    assert written < 32 * 2**20


async def test_an_answer_as_large_as_allowed_is_read(
    sites: Web, client: JsonClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 100)

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"[]".ljust(99 + len(sites.asked)))

    await sites.serve(SITE, answer)

    assert await client.get(PATH) == []
    assert isinstance(await failure(client), CgmResponseError)


async def test_a_bomb_is_not_unpacked(
    sites: Web, client: JsonClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 MB of spaces in 64 kB."""
    bomb = gzip.compress(b"[" + b" " * 64_000_000 + b"]", 1)
    parsed: list[bytes] = []
    monkeypatch.setattr(transport, "_loads", parsed.append)
    await sites.serve(SITE, says(bomb, Content_Encoding="gzip"))

    error = await failure(client)

    assert isinstance(error, CgmResponseError)
    assert parsed == []


async def test_a_body_that_is_not_compressed_as_it_says_is_broken(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, says(b"[1, 2, 3]", Content_Encoding="gzip"))

    assert isinstance(await failure(client), CgmConnectionError)


async def test_a_body_that_ends_in_the_middle_is_no_answer(
    sites: Web, client: JsonClient
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 100
        await response.prepare(request)
        await response.write(b"[1, 2")
        assert request.transport is not None
        request.transport.close()
        return response

    await sites.serve(SITE, answer)

    assert isinstance(await failure(client), CgmConnectionError)


async def test_a_connection_that_is_cut_is_no_answer(
    sites: Web, client: JsonClient
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    await sites.serve(SITE, answer)

    assert isinstance(await failure(client), CgmConnectionError)


async def test_a_server_that_speaks_something_else_is_no_answer(
    sites: Web, client: JsonClient
) -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-private.example\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        sites.ports["private.example", 80] = server.sockets[0].getsockname()[1]

        assert isinstance(await failure(client), CgmConnectionError)


async def test_a_server_without_encryption_is_no_answer(
    sites: Web, session: ClientSession
) -> None:
    await sites.serve(SITE, says())
    sites.ports["private.example", 443] = sites.ports["private.example", 80]

    error = await failure(client_of(session, SECURE))

    assert isinstance(error, CgmConnectionError)


async def test_a_certificate_of_nobody_is_no_answer(sites: Web) -> None:
    await sites.serve(SECURE, says())

    async with ClientSession(connector=TCPConnector(resolver=sites)) as strict:
        error = await failure(client_of(strict, SECURE))

    assert isinstance(error, CgmConnectionError)
    assert sites.asked == []


async def test_where_nobody_listens_nobody_answers(
    sites: Web, client: JsonClient
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sites.ports["private.example", 80] = unused.getsockname()[1]

        assert isinstance(await failure(client), CgmConnectionError)


@pytest.mark.parametrize(
    "host", ["unknown.example", "a..example", f"{'a' * 64}.example"]
)
async def test_a_name_that_nobody_knows_is_no_answer(
    session: ClientSession, host: str
) -> None:
    error = await failure(client_of(session, f"http://{host}"))

    assert isinstance(error, CgmConnectionError)


async def test_giving_up_waiting_leaves_nothing_behind(
    sites: Web, client: JsonClient
) -> None:
    arrived = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        return web.Response()

    await sites.serve(SITE, answer)
    task = asyncio.create_task(client.get(PATH))
    await arrived.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["/new?a=b", "new?a=b", f"{SITE}/new?a=b"])
async def test_a_move_within_the_site_keeps_the_credential(
    sites: Web, session: ClientSession, status: int, target: str
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/new":
            return web.Response(body=b"[7]")
        return web.Response(status=status, headers={hdrs.LOCATION: target})

    await sites.serve(SITE, answer)

    assert await client_of(session, SITE).get("old") == [7]
    assert sites.asked[1] == Asked(f"{SITE}/new?a=b", CREDENTIAL)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(f"{OTHER}/x", id="another host"),
        pytest.param("//other.example/x", id="another host, same scheme"),
        pytest.param("https://sub.private.example/x", id="a host below"),
        pytest.param(
            "https://private.example.evil.example/x", id="a host that ends it"
        ),
        pytest.param(f"{SITE}/x", id="http"),
        pytest.param(f"{SITE}:8080/x", id="http at another port"),
    ],
)
async def test_a_move_elsewhere_drops_the_credential(
    sites: Web, session: ClientSession, target: str
) -> None:
    await sites.serve(SECURE, moved(target))
    await sites.serve(str(URL(SECURE).join(URL(target)).origin()), says(b"[7]"))

    answer = await client_of(session, SECURE).get(PATH)

    assert answer == [7]
    assert [asked.credential for asked in sites.asked] == [CREDENTIAL, None]


async def test_a_name_and_password_in_a_redirect_do_no_harm(
    sites: Web, session: ClientSession
) -> None:
    await sites.serve(SECURE, moved("https://private.example@other.example/x"))
    await sites.serve(OTHER, says())

    await client_of(session, SECURE).get(PATH)

    assert sites.asked[1].credential is None


async def test_a_move_from_http_to_another_port_drops_the_credential(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, moved(f"{SITE}:8080/x"))
    await sites.serve(f"{SITE}:8080", says())

    await client.get(PATH)

    assert sites.asked[1].credential is None


async def test_a_move_to_https_is_remembered(sites: Web, client: JsonClient) -> None:
    async def upgrade(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(
            status=307, headers={hdrs.LOCATION: f"{SECURE}{request.raw_path}"}
        )

    await sites.serve(SITE, upgrade)
    await sites.serve(SECURE, says(b"[7]"))

    assert await client.get(PATH, {"find[created_at][$gte]": "12:00+01"}) == [7]
    assert await client.get("other") == [7]

    assert [asked.credential for asked in sites.asked] == [CREDENTIAL] * 3
    first, second, third = (URL(asked.url) for asked in sites.asked)
    assert second == first.with_scheme("https")
    assert dict(second.query) == {"find[created_at][$gte]": "12:00+01"}
    assert str(third) == f"{SECURE}/other"


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(f"{SECURE}/login", id="to another page"),
        pytest.param(f"{OTHER}/{PATH}", id="to another host"),
    ],
)
async def test_another_move_is_not_remembered(
    sites: Web, client: JsonClient, target: str
) -> None:
    await sites.serve(SITE, moved(target))
    await sites.serve(str(URL(target).origin()), says())

    await client.get(PATH)
    await client.get(PATH)

    assert [URL(asked.url).scheme for asked in sites.asked] == ["http", "https"] * 2


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(f"{OTHER}/{PATH}", id="another host"),
        pytest.param(f"{SITE}/{PATH}", id="http"),
        pytest.param(f"{SECURE}/another", id="another path"),
        pytest.param(f"{SECURE}/{PATH}/", id="a path that ends differently"),
    ],
)
async def test_a_secret_address_is_followed_nowhere(
    sites: Web, session: ClientSession, target: str
) -> None:
    await sites.serve(SECURE, moved(target))

    error = await failure(client_of(session, SECURE), stays=True)

    assert type(error) is CgmResponseError
    assert error.status == 302
    assert len(sites.asked) == 1


async def test_a_secret_address_may_move_to_https(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, moved(f"{SECURE}/{PATH}"))
    await sites.serve(SECURE, says(b"[7]"))

    assert await client.get(PATH, stays=True) == [7]


async def test_a_circle_of_redirects_ends(sites: Web, client: JsonClient) -> None:
    await sites.serve(SITE, moved(f"/{PATH}"))

    error = await failure(client)

    assert isinstance(error, CgmResponseError)
    assert len(sites.asked) == 5


@pytest.mark.parametrize(
    "location",
    [
        "ftp://other.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://other.example:99999/",
        "http://other.example:x/",
        "https://[::1",
        "http:///nowhere",
        "http://",
        "https://a..b/",
        f"https://{'a' * 64}.example/",
        "https://unknown.example/",
        "http://\udcff/",
    ],
)
async def test_a_redirect_to_nowhere_is_an_error(
    sites: Web, client: JsonClient, location: str
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if len(sites.asked) > 1:
            return web.Response(status=404)
        return web.Response(status=302, headers={hdrs.LOCATION: location})

    await sites.serve(SITE, answer)

    error = await failure(client)

    assert isinstance(error, CgmResponseError | CgmConnectionError)


async def test_a_redirect_without_a_target_is_an_error(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, says(status=302))

    error = await failure(client)

    assert isinstance(error, CgmResponseError)
    assert error.status == 302


async def test_the_servers_clock_is_known_after_an_answer(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, says(Date=NOON_GMT))
    before = client.server_time

    await client.get(PATH)

    assert before is None
    assert client.server_time == NOON


async def test_the_servers_clock_is_known_after_a_refusal(
    sites: Web, client: JsonClient
) -> None:
    await sites.serve(SITE, says(status=401, Date=NOON_GMT))

    await failure(client)

    assert client.server_time == NOON


@pytest.mark.parametrize(
    ("age", "expected"), [("0", NOON), (" 0 ", NOON), ("1", None), ("x", None)]
)
async def test_a_cached_answer_does_not_tell_the_time(
    sites: Web, client: JsonClient, age: str, expected: datetime | None
) -> None:
    await sites.serve(SITE, says(Date=NOON_GMT, Age=age))

    await client.get(PATH)

    assert client.server_time == expected


@pytest.mark.parametrize("date", ["", "today", "Sat, 21 Nov 2026", "0", ","])
async def test_a_date_that_is_none_is_no_time(
    sites: Web, client: JsonClient, date: str
) -> None:
    await sites.serve(SITE, says(Date=date))

    await client.get(PATH)

    assert client.server_time is None


@given(
    st.text()
    | st.builds(
        "{}, {} {} {} {}:{}:{} {}".format,
        st.sampled_from(["Sat", "Saturday", ""]),
        st.integers(-1, 99) | st.text(max_size=3),
        st.sampled_from(["Nov", "nov", "November", "XYZ"]),
        st.integers(),
        st.integers(-1, 99),
        st.integers(-1, 99),
        st.integers(-1, 99),
        st.sampled_from(["GMT", "+9999", "-9999", "+99999999", "EST", ""]) | st.text(),
    )
)
def test_any_text_is_a_date_or_none(text: str) -> None:
    moment = transport._http_date(text)

    assert moment is None or moment.tzinfo is UTC
