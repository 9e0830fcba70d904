"""Mock servers, and something that remembers what they answered."""

from collections.abc import AsyncGenerator, Generator, Iterable
from dataclasses import dataclass, field
import json
from pathlib import Path
import re
import shutil
import subprocess
from threading import Thread

from aiohttp import ClientSession, hdrs, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

HERE = Path(__file__).parent
PRISM = HERE / "node_modules/@stoplight/prism-cli/dist/index.js"
DESCRIPTIONS = HERE.parent / "fixtures/tidepool"
OWN_NODE = HERE.parent.parent / ".tools/node/bin/node"

PASSED_ON = {"accept", "authorization", "content-type", "x-tidepool-session-token"}
"""Headers of requests that a mock server looks at."""

TOKEN_HEADER = "x-tidepool-session-token"
SERVICES = {"/auth": "auth.v1", "/realms": "auth.v2"}
"""Which description a path is in, by how it begins."""


@pytest.fixture(autouse=True)
def _ready(socket_enabled: None) -> None:
    """Use loopback sockets, and no Home Assistant."""


def _node() -> str:
    """Return the Node.js to run, or leave the tests out."""
    node = shutil.which("node") or (str(OWN_NODE) if OWN_NODE.exists() else None)
    if node is None or not PRISM.exists():
        pytest.skip("no Node.js, or npm did not bring the mock server")
    return node


@pytest.fixture(scope="session")
def mocks() -> Generator[dict[str, URL]]:
    """Run Tidepool's two logins and its data, each from its description."""
    names = ("auth.v1", "auth.v2", "data.v1")
    descriptions = (str(DESCRIPTIONS / f"{name}.yaml") for name in names)
    # Not by npx, whose child would outlive it.
    with subprocess.Popen(  # noqa: S603 - nothing of it comes from elsewhere
        [_node(), str(HERE / "servers.js"), *descriptions],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as servers:
        try:
            assert servers.stdout is not None
            found = {name: _announced(servers.stdout) for name in names}
            # They would stop as soon as nobody reads any more what they say.
            Thread(target=servers.stdout.read, daemon=True).start()
            yield found
        finally:
            servers.terminate()


def _announced(lines: Iterable[str]) -> URL:
    """Return where the next mock server says that it is."""
    said: list[str] = []
    for line in lines:
        said.append(line)
        if found := re.search(r"listening on (http\S+)", line):
            return URL(found[1])
    pytest.fail("".join(said))


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A request, and what a mock server said to it."""

    method: str
    path: str
    query: str
    status: int
    violations: tuple[str, ...]
    """What was not as described in the request."""


@dataclass
class Tidepool:
    """One address for all services, of which some are described."""

    mocks: dict[str, URL]
    url: URL = field(default_factory=URL)
    preferred: dict[str, int] = field(default_factory=dict)
    """Statuses that paths are to be answered with, by how they begin."""
    answered: list[Answered] = field(default_factory=list)
    unknown: list[tuple[str, str, bool]] = field(default_factory=list)
    """Requests for what is not described: method, path, and whether it had a token."""

    async def answer(self, request: web.Request) -> web.Response:
        """Pass a request on to whoever describes it, and its answer back."""
        service = next(
            (
                name
                for begin, name in SERVICES.items()
                if request.path.startswith(begin)
            ),
            "data.v1",
        )
        if undescribed := self._undescribed(request):
            return undescribed
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() in PASSED_ON
        }
        for begin, status in self.preferred.items():
            if request.path.startswith(begin):
                headers["Prefer"] = f"code={status}"
        async with (
            ClientSession() as session,
            session.request(
                request.method,
                self.mocks[service].join(_divisible(request.rel_url)),
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as answer,
        ):
            self.answered.append(
                Answered(
                    method=request.method,
                    path=request.path,
                    query=request.query_string,
                    status=answer.status,
                    violations=_violations(answer.headers.get("sl-violations", "[]")),
                )
            )
            kept = {hdrs.CONTENT_TYPE, "X-Tidepool-Session-Token"}
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers={
                    name: answer.headers[name]
                    for name in kept
                    if name in answer.headers
                },
            )

    def _undescribed(self, request: web.Request) -> web.Response | None:
        """Return an answer in place of the mock servers, None if they have one."""
        realm = "/realms/tidepool"
        openid = f"{self.url}realms/tidepool/protocol/openid-connect"
        answers: dict[str, object] = {
            "/info": {"auth": {"realm": "tidepool", "url": str(self.url).rstrip("/")}},
            f"{realm}/.well-known/openid-configuration": {
                "authorization_endpoint": f"{openid}/auth",
                "token_endpoint": f"{openid}/token",
            },
        }
        if not request.path.startswith("/metadata") and request.path not in answers:
            return None
        has_token = TOKEN_HEADER in request.headers
        self.unknown.append((request.method, request.path, has_token))
        if request.path in answers:
            return web.json_response(answers[request.path])
        return web.Response(status=404)


def _divisible(asked: URL) -> URL:
    """Return an address whose lists the mock server takes apart.

    It looks for `%20` between elements when it has decoded them already, and so
    refuses any two scopes, those that are described too.
    """
    query = re.sub(
        r"(?<=scope=)[^&]*",
        lambda scopes: re.sub(r"\+|%20", "%2520", scopes[0]),
        asked.raw_query_string,
    )
    return URL(f"{asked.raw_path}?{query}", encoded=True)


def _violations(told: str) -> tuple[str, ...]:
    """Return what a mock server finds wrong with a request; examples may be wrong too."""
    return tuple(
        each["message"] for each in json.loads(told) if each["location"][0] == "request"
    )


@pytest.fixture
async def tidepool(mocks: dict[str, URL]) -> AsyncGenerator[Tidepool]:
    """Return a Tidepool as it is described."""
    described = Tidepool(mocks)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", described.answer)
    async with TestServer(application) as server:
        described.url = server.make_url("/")
        yield described
