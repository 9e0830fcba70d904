"""Fixtures for the tests of Tidepool."""

from collections.abc import AsyncGenerator

from aiohttp import ClientSession
import pytest

from simulators.tidepool import TidepoolSimulator
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, PERSON


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
async def server(clock: FakeTime) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool with a person of a few days."""
    async with TidepoolSimulator(
        clock=clock, person=PERSON, history=3 * DAY
    ) as running:
        yield running


@pytest.fixture
async def bare(clock: FakeTime) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool with an account that has no documents yet."""
    async with TidepoolSimulator(clock=clock) as running:
        yield running
