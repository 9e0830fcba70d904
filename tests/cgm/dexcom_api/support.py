"""How the tests of this source begin, and what they look at."""

from collections.abc import Callable
from datetime import timedelta

from aiohttp import ClientSession

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    DexcomApiSource,
    Environment,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.source import AccessToken
from simulators.dexcom_api import DexcomApiSimulator
from tests.simulators.nightscout_support import FakeTime

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

type Make = Callable[..., DexcomApiSource]


def source_of(
    http: ClientSession,
    api: DexcomApiSimulator,
    clock: FakeTime,
    account_id: str | None = None,
    token: AccessToken | None = None,
) -> DexcomApiSource:
    """Return a source of a server's account, with a new token each time if not told."""

    async def signed_in(_: str | None) -> str:
        return api.sign_in().access

    return DexcomApiSource(
        http,
        environment=Environment.EU,
        token=token or signed_in,
        clock=clock,
        base=api.url,
        account_id=account_id,
    )


def asked(api: DexcomApiSimulator) -> list[str]:
    """Return what was asked for, and forget it."""
    kinds = [request.kind for request in api.requests]
    api.requests.clear()
    return kinds


def mgdls(samples: object) -> list[int]:
    """Return the values of readings, in their order."""
    assert isinstance(samples, list)
    return [sample.mgdl for sample in samples]
