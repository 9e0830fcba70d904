"""What opens somebody's data is no stronger, and goes no further, than it must."""

import ast
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from ipaddress import IPv4Address
import json
from pathlib import Path
import ssl
from typing import Any

from aiohttp import ClientSession, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import OAuth2TokenRequestConnectionError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.glucose_follow import factory, oauth_provider
from custom_components.glucose_follow.cgm import errors
from custom_components.glucose_follow.factory import create_source
from simulators.loopback import LOCALHOST
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import TOKEN, Clocks
from .home import set_up

PACKAGE = Path(__file__).parents[1] / "custom_components/glucose_follow"
LOOSE = {"ssl", "verify_ssl", "ssl_context", "connector", "trust_env"}
"""Arguments by which a request would be told not to check who answers."""


SESSIONS = {"async_get_clientsession", "async_create_clientsession"}
"""What lends a session; its second argument is whether to check certificates."""

UNCHECKED = {
    "_create_unverified_context",
    "CERT_NONE",
    "CERT_OPTIONAL",
    "verify_mode",
    "check_hostname",
    "TCPConnector",
    "client_context_no_verify",
    "get_default_no_verify_ssl_context",
    "create_client_context",
    "get_async_client",
    "create_async_httpx_client",
}
"""What makes a connection that does not check, or one that nobody here looks at."""


@cache
def _code() -> tuple[tuple[ast.AST, str], ...]:
    """Return everything in the integration's code, and the file it is in."""
    return tuple(
        (node, path.name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
    )


def _arguments() -> Iterator[tuple[str, str]]:
    """Yield the name of every named argument, also of those to be unpacked."""
    for node, name in _code():
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg, f"{name}:{node.value.lineno}"
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant):
                yield str(key.value), f"{name}:{key.lineno}"


def _name(node: ast.AST) -> str | None:
    """Return what something is called where it is used or imported."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return None


def _takes_what_is_usual(call: ast.Call) -> bool:
    """Return whether a session is asked for without saying how it should be."""
    is_one = len(call.args) == 1 and not isinstance(call.args[0], ast.Starred)
    return is_one and not call.keywords


def test_nothing_in_the_code_leaves_certificates_unchecked() -> None:
    used = list(_arguments())

    assert len(used) > 1000
    assert [found for found in used if found[0] in LOOSE] == []
    assert [name for node, name in _code() if _name(node) in UNCHECKED] == []


def test_every_session_is_asked_for_as_it_usually_is() -> None:
    named = [node for node, _ in _code() if _name(node) in SESSIONS]
    imports = [node for node in named if isinstance(node, ast.alias)]
    calls = [
        node
        for node, _ in _code()
        if isinstance(node, ast.Call) and _name(node.func) in SESSIONS
    ]

    assert len(calls) >= 6
    assert [ast.unparse(call) for call in calls if not _takes_what_is_usual(call)] == []
    # Nobody gives it another name, or passes it on to be called elsewhere.
    assert [node.asname for node in imports if node.asname] == []
    assert len(named) == len(calls) + len(imports)


def test_nobody_is_offered_to_leave_certificates_unchecked() -> None:
    texts = json.loads((PACKAGE / "translations/en.json").read_text())

    def keys(told: object) -> Iterator[str]:
        """Yield all keys."""
        for key, value in told.items() if isinstance(told, dict) else ():
            yield key
            yield from keys(value)

    assert "url" in set(keys(texts))
    assert not LOOSE & set(keys(texts))


class Impostor:
    """A server that speaks for somebody else, with a certificate of its own."""

    def __init__(self) -> None:
        """Wait for somebody."""
        self.port = 0
        self.greeted = 0
        """How often somebody looked at the certificate."""
        self.requests: list[str] = []

    @property
    def url(self) -> URL:
        """Return where it listens."""
        return URL.build(scheme="https", host=LOCALHOST, port=self.port)

    def greet(self, *_: object) -> None:
        """Remember that somebody came."""
        self.greeted += 1

    async def answer(self, request: web.Request) -> web.Response:
        """Remember who fell for it."""
        self.requests.append(request.path)
        return web.json_response({})


def _certificate(folder: Path) -> ssl.SSLContext:
    """Return a server's side of a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOCALHOST)])
    address = x509.IPAddress(IPv4Address(LOCALHOST))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "both.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return context


@pytest.fixture
async def impostor(tmp_path: Path) -> AsyncGenerator[Impostor]:
    """Run a server that must not be told anything."""
    server, app = Impostor(), web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = _certificate(tmp_path)
    context.sni_callback = server.greet
    await web.TCPSite(runner, LOCALHOST, 0, ssl_context=context).start()
    server.port = int(runner.addresses[0][1])
    yield server
    await runner.cleanup()


DATA: dict[str, dict[str, object]] = {
    "nightscout": {"access_token": TOKEN},
    "dexcom_share": {"region": "us", "username": "alex", "password": "secret"},
    "dexcom_api": {
        "environment": "eu",
        "account_id": "1",
        "token": {"access_token": "secret"},
    },
    "tidepool": {
        "environment": "production",
        "user_id": "1",
        "username": "alex",
        "password": "secret",
    },
}


@pytest.fixture
def data(
    impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, object]]:
    """Return data of entries, all of which lead to an impostor."""
    for module, name in (
        (factory, "DexcomShareSource"),
        (factory, "DexcomApiSource"),
        (factory, "PasswordLogin"),
        (factory, "TidepoolSource"),
        (oauth_provider, "find_realm"),
        (oauth_provider, "token_url"),
    ):
        there = partial(getattr(module, name), base=impostor.url)
        monkeypatch.setattr(module, name, there)
    return {
        kind: {"source": kind, "url": str(impostor.url), **data}
        for kind, data in DATA.items()
    }


@pytest.mark.parametrize("kind", DATA)
async def test_no_source_speaks_to_an_impostor(
    hass: HomeAssistant, impostor: Impostor, data: dict[str, Any], kind: str
) -> None:
    with pytest.raises(errors.CgmConnectionError):
        await create_source(hass, data[kind], dict).identify()

    assert impostor.greeted
    assert impostor.requests == []


async def test_no_socket_is_opened_to_an_impostor(
    hass: HomeAssistant, impostor: Impostor, data: dict[str, Any]
) -> None:
    source = create_source(hass, data["nightscout"], dict)

    with pytest.raises(errors.CgmConnectionError):
        await source.listen(lambda _: None)

    assert impostor.greeted
    assert impostor.requests == []


async def _token(_: str | None) -> str:
    """Return an access token."""
    return "secret"


async def test_no_access_token_is_shown_to_an_impostor(
    hass: HomeAssistant, impostor: Impostor, data: dict[str, Any]
) -> None:
    source = factory.create_tidepool(hass, data["tidepool"], _token)

    with pytest.raises(errors.CgmConnectionError):
        await source.identify()

    assert impostor.greeted
    assert impostor.requests == []


async def _refresh(hass: HomeAssistant, data: dict[str, Any]) -> None:
    """Ask for new tokens where an entry's data lead."""
    credential, nowhere = ClientCredential("id", "secret"), AuthorizationServer("", "")
    picked = AuthImplementation(hass, "glucose_follow", credential, nowhere)
    bound = await oauth_provider.implementation(picked, data)
    await bound.async_refresh_token({"refresh_token": "secret"})


@pytest.mark.parametrize("kind", ["dexcom_api", "tidepool"])
async def test_no_impostor_is_asked_for_tokens(
    hass: HomeAssistant, impostor: Impostor, data: dict[str, Any], kind: str
) -> None:
    with pytest.raises((errors.CgmConnectionError, OAuth2TokenRequestConnectionError)):
        await _refresh(hass, data[kind])

    assert impostor.greeted
    assert impostor.requests == []


async def test_an_impostor_hears_who_does_not_check(impostor: Impostor) -> None:
    async with ClientSession() as careless:
        await careless.get(impostor.url / "told", ssl=False)

    assert impostor.greeted
    assert impostor.requests == ["/told"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_credential_follows_anybody_elsewhere(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    status: int,
) -> None:
    await set_up(hass, entry)
    async with NightscoutSimulator(clock=clocks.world) as elsewhere:
        site.fault = faults.Redirect(elsewhere.url, status, only={"entries"})
        await entry.runtime_data.async_refresh()

        assert elsewhere.requests
        for request in elsewhere.requests:
            assert TOKEN not in f"{request.path} {request.query}"
            assert not {"Authorization", "api-secret", "Cookie"} & set(request.headers)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Huge(megabytes=20), id="huge"),
        pytest.param(faults.Huge(megabytes=20, is_announced=False), id="unannounced"),
        pytest.param(faults.Endless(), id="endless"),
    ],
)
async def test_what_is_too_much_is_a_clear_error(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    fault: faults.Fault,
) -> None:
    source = create_source(hass, entry.data, lambda: entry.options)
    site.fault = fault

    with pytest.raises(errors.CgmResponseError):
        await source.identify()
    site.fault = None

    assert (await source.identify()).id
