"""A server with an account, and sources of it."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import DexcomApiSource
from simulators.dexcom_api import DexcomApiSimulator
from tests.simulators.nightscout_support import FakeTime

from .support import source_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

type Make = Callable[..., DexcomApiSource]


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a client."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def api(clock: FakeTime) -> AsyncGenerator[DexcomApiSimulator]:
    """Return a server with an account that has nothing yet."""
    async with DexcomApiSimulator(clock=clock) as api:
        yield api


@pytest.fixture
def source(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> DexcomApiSource:
    """Return a source of the account."""
    return source_of(http, api, clock)


@pytest.fixture
def older(api: DexcomApiSimulator, source: DexcomApiSource) -> DexcomApiSource:
    """Return a source whose application may use version 2 only."""
    api.v3_refusal = 404
    return source
