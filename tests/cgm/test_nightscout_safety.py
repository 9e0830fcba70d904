"""No request of ours ends a Nightscout server.

Three requests end the process of cgm-remote-monitor 15.0.7, and with it
everybody's view of the person: silencing an alarm without the right, a JWT shown
to an older version after its subject was deleted, and the current profile while
the database is away.
"""

import ast
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import override

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.cgm.sources import nightscout
from custom_components.glucose_follow.cgm.sources.nightscout import (
    Credential,
    NightscoutSource,
    parse_address,
)
from custom_components.glucose_follow.cgm.sources.nightscout.api import (
    Collection,
    NightscoutApi,
)
from custom_components.glucose_follow.cgm.sources.nightscout.best import BestApi
from custom_components.glucose_follow.cgm.sources.nightscout.reader import StatusReader
from custom_components.glucose_follow.cgm.sources.nightscout.tokens import (
    RefusedError,
    Tokens,
)
from custom_components.glucose_follow.cgm.sources.nightscout.v1 import V1Api
from custom_components.glucose_follow.cgm.sources.nightscout.v3 import V3Api
from custom_components.glucose_follow.cgm.transport import Json, JsonClient
from simulators.nightscout import NightscoutSimulator, faults
from tests.simulators.nightscout_support import NOON, READER, FakeTime, closed_site

from .test_nightscout_decode import anything, documents

DAY = timedelta(days=1)
SOURCES = Path(nightscout.__file__).parent

DEADLY = ("notifications", "profile/current")
"""Parts of paths that nobody needs."""

answers = (
    anything
    | st.lists(documents)
    | st.just({"token": "a.b.c", "status": 200, "result": []})
)
refusals = st.sampled_from(
    [
        CgmAuthError("Refused"),
        CgmAuthError("Forbidden", is_recognised=True),
        CgmConnectionError("Out of order", status=500),
        CgmConnectionError("Away"),
        CgmResponseError("Not found", status=404),
        CgmResponseError("No list"),
    ]
)


def texts(path: Path) -> list[str]:
    """Return every text in a module that is not documentation."""
    tree = ast.parse(path.read_text())
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in told
    ]


def test_no_module_knows_a_deadly_path() -> None:
    modules = list(SOURCES.parents[2].rglob("*.py"))

    found = {
        (module.name, part)
        for module in modules
        for text in texts(module)
        for part in DEADLY
        if part in text
    }

    assert len(modules) > 30
    assert found == set()


def test_only_the_module_of_version_3_knows_the_header_of_the_jwt() -> None:
    found = {
        module.name
        for module in SOURCES.rglob("*.py")
        for text in texts(module)
        if "bearer" in text.lower() or text.lower() == "authorization"
    }

    assert found == {"v3.py"}


class Careful(JsonClient):
    """A server that answers anything, and dies of nothing unnoticed."""

    def __init__(self, told: list[Json | CgmError]) -> None:
        """Keep what is answered, again and again."""
        self.told = told
        self.asked = 0
        self.server_time = None

    @override
    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        stays: bool = False,
    ) -> Json:
        assert_is_harmless(path, headers or {}, stays=stays)
        answer = self.told[self.asked % len(self.told)]
        self.asked += 1
        if isinstance(answer, CgmError):
            raise answer
        return answer


def assert_is_harmless(path: str, headers: Mapping[str, str], *, stays: bool) -> None:
    """Check a request, whatever led to it."""
    assert not any(part in path for part in DEADLY)
    assert ".." not in path
    has_jwt = any(name.lower() == "authorization" for name in headers)
    is_v3 = path in {f"api/v3/{collection}" for collection in Collection}
    assert has_jwt is is_v3
    if has_jwt:
        assert stays
        assert "api-secret" not in headers


async def ask_everything(api: NightscoutApi, event_type: str) -> None:
    """Ask an API every question there is."""
    for collection in Collection:
        with suppress(CgmError, RefusedError):
            await api.offers(collection)
    for ask in (api.entries, api.treatments, api.device_status):
        with suppress(CgmError, RefusedError):
            await ask(NOON)
    with suppress(CgmError, RefusedError):
        await api.profiles()
    with suppress(CgmError, RefusedError):
        await api.newest_treatments(event_type, 3)


@given(
    told=st.lists(answers | refusals, min_size=1, max_size=4),
    token=st.just(READER) | st.text() | st.sampled_from(["../../v1/notifications/ack"]),
    event_type=st.text() | st.sampled_from(["/profile/current", "notifications/ack"]),
)
async def test_no_question_builds_a_deadly_request(
    told: list[Json | CgmError], token: str, event_type: str
) -> None:
    client, credential = Careful(told), Credential(token=token)
    v1 = V1Api(client, credential)
    apis: list[NightscoutApi] = [v1]
    if access_token := credential.access_token:
        v3 = V3Api(client, Tokens(client, access_token, lambda: NOON))
        apis += [v3, BestApi(v3, v1)]

    for api in apis:
        await ask_everything(api, event_type)


@given(told=st.lists(answers | refusals, min_size=1, max_size=4))
async def test_no_source_builds_a_deadly_request(told: list[Json | CgmError]) -> None:
    source = NightscoutSource.__new__(NightscoutSource)
    client = source._client = Careful(told)
    source._address = parse_address("https://site.example")
    source._v1 = source._api = V1Api(client, Credential(token=READER))
    source._v3 = V3Api(client, Tokens(client, READER, lambda: NOON))
    source._clock = lambda: NOON
    source._ahead = timedelta()
    source._reader = StatusReader(source._now)
    source._has_devices = True
    source._skipped = 0
    source._features = frozenset(Feature)

    for _ in range(2):
        with suppress(CgmError):
            await source.identify()
        for ask in (source.readings, source.treatments):
            with suppress(CgmError):
                await ask(NOON - DAY)
        with suppress(CgmError):
            await source.status()


@pytest.fixture
async def site() -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that dies of what a real one dies of."""
    async with closed_site(FakeTime()) as running:
        yield running
        running.fault = None


@pytest.mark.parametrize(
    "fault",
    [
        None,
        faults.DatabaseLost(),
        faults.NotFound(only={"treatments"}, versions={"v3"}),
        faults.Redirect(URL("/api/v1/entries.json"), is_path_kept=False),
    ],
)
async def test_a_server_survives_us_while_its_token_is_deleted(
    site: NightscoutSimulator, fault: faults.Fault | None
) -> None:
    async with ClientSession() as http:
        source = NightscoutSource(
            http,
            parse_address(str(site.url)),
            Credential(token=READER),
            clock=lambda: NOON,
        )
        await source.identify()
        site.fault = fault
        await ask_everything(source._api, "Note")
        site.revoke(READER)

        await ask_everything(source._api, "Note")
        with suppress(CgmError):
            await source.identify()

    assert not site.has_crashed
    assert len(site.requests) > 15
