"""Applications log in to the simulated Tidepool as to the real one."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator
from datetime import timedelta
from hashlib import sha256

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.tidepool import CLIENT_ID, REALM, TidepoolSimulator

from .nightscout_support import FakeTime

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
REDIRECT = "https://home.example/auth/external/callback"


@pytest.fixture
async def server(clock: FakeTime) -> AsyncGenerator[TidepoolSimulator]:
    """Run a server."""
    async with TidepoolSimulator(clock=clock, person=PERSON) as running:
        yield running


def challenge_of(verifier: str) -> str:
    """Return what an application shows before it shows its proof."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


async def consent(
    http: ClientSession, server: TidepoolSimulator, **query: str
) -> tuple[int, URL]:
    """Return status and target of the page that people agree on."""
    async with http.get(server.url / "info") as answer:
        told = (await answer.json())["auth"]
    realm = URL(told["url"]) / "realms" / told["realm"]
    async with http.get(realm / ".well-known/openid-configuration") as answer:
        page = (await answer.json())["authorization_endpoint"]
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid offline_access",
        "state": "state-1",
        "code_challenge": challenge_of("proof"),
        "code_challenge_method": "S256",
        **query,
    }
    async with http.get(page, params=asked, allow_redirects=False) as answer:
        return answer.status, URL(answer.headers.get("Location", ""))


async def ask_token(
    http: ClientSession, server: TidepoolSimulator, **form: str
) -> tuple[int, dict[str, str]]:
    """Return status and body of an answer to an application."""
    url = server.url / f"realms/{REALM}/protocol/openid-connect/token"
    async with http.post(url, data={"client_id": CLIENT_ID, **form}) as answer:
        return answer.status, await answer.json()


async def by_code(
    http: ClientSession, server: TidepoolSimulator, code: str, **form: str
) -> tuple[int, dict[str, str]]:
    """Return status and body of an answer to a code with its proof."""
    told = {"redirect_uri": REDIRECT, "code_verifier": "proof", "code": code, **form}
    return await ask_token(http, server, grant_type="authorization_code", **told)


async def test_an_application_proves_that_it_asked(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    status, target = await consent(http, server)

    found, tokens = await by_code(http, server, target.query["code"])
    again, _ = await by_code(http, server, target.query["code"])

    assert (status, found, again) == (302, 200, 400)
    assert target.query["state"] == "state-1"
    assert server.desk.is_valid(tokens["access_token"], clock.now)


@pytest.mark.parametrize(
    "form",
    [
        {"code_verifier": "guessed"},
        {"redirect_uri": "https://other.example"},
        {"client_id": "other"},
        {"client_secret": "anything"},
        {"code": "code-guessed"},
    ],
)
async def test_without_proof_there_is_no_token(
    http: ClientSession, server: TidepoolSimulator, form: dict[str, str]
) -> None:
    _, target = await consent(http, server)

    told = {"code": target.query["code"], **form}
    status, _ = await by_code(http, server, told.pop("code"), **told)

    assert status == 400


async def test_a_code_ends(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    _, target = await consent(http, server)
    clock.now += HOUR

    status, _ = await by_code(http, server, target.query["code"])

    assert status == 400


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "other"},
        {"scope": "email"},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"redirect_uri": ""},
    ],
)
async def test_a_page_is_shown_to_applications_of_ours_only(
    http: ClientSession, server: TidepoolSimulator, query: dict[str, str]
) -> None:
    status, _ = await consent(http, server, **query)

    assert status == 400


async def test_a_refresh_token_works_once(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    _, target = await consent(http, server)
    _, first = await by_code(http, server, target.query["code"])
    refresh = first["refresh_token"]

    status, second = await ask_token(
        http, server, grant_type="refresh_token", refresh_token=refresh
    )
    again, _ = await ask_token(
        http, server, grant_type="refresh_token", refresh_token=refresh
    )
    unknown, _ = await ask_token(http, server, grant_type="password")

    assert (status, again, unknown) == (200, 400, 400)
    assert not server.desk.is_valid(first["access_token"], clock.now)
    assert server.desk.is_valid(second["access_token"], clock.now)


async def test_tokens_of_the_realm_are_short_lived(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    _, target = await consent(http, server)
    _, tokens = await by_code(http, server, target.query["code"])

    clock.now += timedelta(minutes=11)

    assert not server.desk.is_valid(tokens["access_token"], clock.now)
