"""Fixtures for the simulators' tests."""

from collections.abc import AsyncGenerator

from aiohttp import ClientSession
import pytest

from .nightscout_support import FakeTime


@pytest.fixture(autouse=True)
def _ready(socket_enabled: None) -> None:
    """Allow sockets, and spare the simulators the Home Assistant of other tests."""


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a client."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()
