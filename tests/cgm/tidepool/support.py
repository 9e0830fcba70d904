"""Documents of Tidepool, and what is said to be done in them."""

from datetime import UTC, datetime, timedelta
import json

from aiohttp import ClientSession

from custom_components.glucose_follow.cgm.models import Reading, Treatment
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment,
    PasswordLogin,
    TidepoolSource,
    decode,
)
from custom_components.glucose_follow.cgm.sources.tidepool.facts import Fact, Told
from custom_components.glucose_follow.cgm.transport import Json
from simulators.tidepool import TidepoolSimulator
from tests.simulators.nightscout_support import FakeTime

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_TEXT = "2026-11-21T12:00:00.000Z"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)


def told(kind: str, **fields: Json) -> Told:
    """Return a document of noon."""
    element = {"type": kind, "id": "0123", "time": NOON_TEXT, **fields}
    found = decode.told(json.loads(json.dumps(element)))
    assert found is not None
    return found


def reading(**fields: Json) -> Reading | None:
    """Return what a sensor value says."""
    return decode.reading(told("cbg", **fields))


def facts(*documents: Told) -> list[Fact]:
    """Return what documents say was done."""
    found: list[Fact] = []
    for document in documents:
        said = decode.facts(document)
        assert said is not None
        found += said
    return found


def done(kind: str, **fields: Json) -> Treatment:
    """Return the one thing that a document says was done."""
    (fact,) = facts(told(kind, **fields))
    return fact.treatment


def nothing(kind: str, **fields: Json) -> bool:
    """Return whether a document is fine, and says that nothing was done."""
    return decode.facts(told(kind, **fields)) == []


def unusable(kind: str, **fields: Json) -> bool:
    """Return whether a document says nothing usable."""
    return decode.facts(told(kind, **fields)) is None


def follow(
    http: ClientSession,
    server: TidepoolSimulator,
    clock: FakeTime,
    *,
    user_id: str | None = None,
    is_live: bool = False,
    token: str | None = None,
) -> TidepoolSource:
    """Return a source that has not asked for anything yet."""
    login = PasswordLogin(
        http,
        environment=Environment.PRODUCTION,
        username=server.desk.username,
        password=server.desk.password,
        token=token,
        base=server.url,
    )
    return TidepoolSource(
        http,
        environment=Environment.PRODUCTION,
        token=login.token,
        clock=clock,
        user_id=user_id,
        is_live=is_live,
        base=server.url,
    )


def asked(server: TidepoolSimulator) -> list[str]:
    """Return what was asked for: a page, the newest documents, or all of a type."""
    return [
        "latest"
        if request.query.get("latest") == "true"
        else request.query.get("type", request.path)
        for request in server.requests
    ]
