"""What the tests of the Nightscout simulator share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1
import json
from pathlib import Path

from aiohttp import ClientSession
from yarl import URL

from simulators.nightscout import READABLE, NightscoutSimulator

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "correct horse battery"
READER = "reader-0123456789abcdef"
NARROW = "narrow-fedcba9876543210"

ENTRIES = "/api/v1/entries.json"
TREATMENTS = "/api/v1/treatments.json"
SHA1 = sha1(SECRET.encode(), usedforsecurity=False).hexdigest()
MINUTE = timedelta(minutes=1)

_FIXTURES = Path(__file__).parent.parent / "fixtures/nightscout"


@dataclass
class FakeTime:
    """A clock that only moves when told, or slept on."""

    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        """Return the present."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()

    def json(self) -> object:
        """Return what the body says."""
        return json.loads(self.body)

    def documents(self) -> list[dict[str, object]]:
        """Return the documents in the body."""
        found: object = self.json()
        assert isinstance(found, list)
        return found

    def sgvs(self) -> list[object]:
        """Return the values in the body, in their order."""
        return [document["sgv"] for document in self.documents()]


async def ask(
    http: ClientSession,
    site: NightscoutSimulator,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer to a path and query that are sent as they are."""
    url = URL(f"{str(site.url).rstrip('/')}{path}", encoded=True)
    async with http.get(url, headers=headers, allow_redirects=False) as response:
        body = await response.read()
        return Answer(response.status, response.headers, body)


async def post(
    http: ClientSession,
    site: NightscoutSimulator,
    path: str,
    data: object,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer to an upload."""
    url = URL(f"{str(site.url).rstrip('/')}{path}")
    async with http.post(url, json=data, headers=headers) as response:
        return Answer(response.status, response.headers, await response.read())


def recorded(name: str) -> Answer:
    """Return what a real server answered."""
    raw = (_FIXTURES / f"{name}.http").read_bytes()
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(status.split()[1]), headers, body)


def ms(at: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def closed_site(
    clock: FakeTime, *, auth_fail_delay: float = 5, has_v3: bool = True
) -> NightscoutSimulator:
    """Return a site that shows nothing to strangers, with an hour of entries."""
    site = NightscoutSimulator(
        clock=clock,
        sleep=clock.sleep,
        api_secret=SECRET,
        tokens={READER: READABLE, NARROW: frozenset({"entries"})},
        default_roles="denied",
        auth_fail_delay=auth_fail_delay,
        has_v3=has_v3,
    )
    fill(site)
    return site


def open_site(clock: FakeTime) -> NightscoutSimulator:
    """Return a site that everybody may read, with an hour of entries."""
    site = NightscoutSimulator(clock=clock, sleep=clock.sleep, api_secret=SECRET)
    fill(site)
    return site


def fill(site: NightscoutSimulator) -> None:
    """Add twelve entries, the newest (112) a minute old."""
    for number in range(12):
        at = NOON - MINUTE - number * 5 * MINUTE
        site.add_entry(at=at, sgv=112 - number, direction="Flat", device="test")


def assert_as_recorded(answer: Answer, name: str) -> None:
    """Compare status, type, body and ETag with a recording."""
    expected = recorded(name)
    assert answer.status == expected.status
    assert answer.headers["Content-Type"] == expected.headers["Content-Type"]
    assert answer.text == expected.text
    assert answer.headers.get("ETag") == expected.headers.get("ETag")
