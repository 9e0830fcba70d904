"""A server with an account, and sources of it."""

from collections.abc import AsyncGenerator
from typing import Unpack

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from simulators.dexcom_share import DexcomShareSimulator
from tests.simulators.nightscout_support import FakeTime

from .support import MINUTE, NOON, Make, Options


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def server(clock: FakeTime) -> AsyncGenerator[DexcomShareSimulator]:
    """Return a server with a reading of a minute ago."""
    async with DexcomShareSimulator(clock=clock, sleep=clock.sleep) as running:
        running.add_reading(120, at=NOON - MINUTE)
        yield running


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a client."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def make(http: ClientSession, server: DexcomShareSimulator, clock: FakeTime) -> Make:
    """Return a maker of sources of the server."""

    def made(**options: Unpack[Options]) -> DexcomShareSource:
        return DexcomShareSource(
            http,
            username=options.get("username", server.username),
            password=options.get("password", server.password),
            region=options.get("region", Region.US),
            clock=options.get("clock", clock),
            account_id=options.get("account_id"),
            base=server.url,
        )

    return made


@pytest.fixture
def source(make: Make) -> DexcomShareSource:
    """Return a source whose credential is right."""
    return make()
