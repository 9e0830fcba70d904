"""What many tests need: clocks that stand still, a site, and an entry."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
import gc
import logging
from types import ModuleType

from freezegun import api as freezegun_api
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_URL
from homeassistant.util import dt as dt_util, executor
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Imported here, or the plugin's own folder of integrations hides ours.
import custom_components.glucose_follow  # noqa: F401 - only to be found first
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import (
    CONF_ACCESS_TOKEN,
    CONF_SOURCE,
    CONF_UNIT,
    DOMAIN,
)
from simulators.nightscout import NightscoutSimulator

LONG = frozenset(
    {
        "soak",
        "recorder",
        "test_benchmarks.py",
        "test_config_flow.py",
        "test_contract.py",
        "test_dexcom_api.py",
        "test_languages.py",
        "test_nightscout_push.py",
        "test_push.py",
        "test_secrets.py",
        "test_voice.py",
    }
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOKEN = "reader-0123456789abcdef"
SECRET = "correct horse battery"

# How long an example takes says how busy the machine is.
settings.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")

# Nearly nothing is garbage: whoever looks seldom finds as much. What is looked
# through between files, by the plugin, stays.
gc.set_threshold(100_000, 50, 100)

# A tenth of this is shared by the threads of a pool that ends. One that has waited
# longer, as all do while a busy host lets the machine stand still, is interrupted,
# and may take with it the sign by which the next would have ended.
executor.EXECUTOR_SHUTDOWN_TIMEOUT = 120

# Simulated servers write a line for each request, which nobody reads.
logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


def _name_attributes(module: ModuleType) -> str:
    """Return what differs once a module has new attributes; asked of each to freeze."""
    return f"{id(module)}-{len(vars(module))}"


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup() -> None:
    """Replace what the plugin sets: to hash all names of all modules takes long."""
    freezegun_api._get_module_attributes_hash = _name_attributes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: the last file leaves a core with nothing to do."""
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave the loop's debug mode off, which the plugin switches on.

    It notes where every task and request was made, which nobody looks at and
    which takes nearly half of the time. Home Assistant still sees wrong threads.
    """


@pytest.fixture(autouse=True)
def _ready(
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    """Let Home Assistant find the integration, and tests use loopback sockets."""


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare as Home Assistant does: without what differs from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def now(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """Stop the wall clock at noon; the monotonic clock goes on."""
    freezer.move_to(NOW)
    return freezer


class Clocks:
    """The world's clock, ours, and a monotonic one; they can be told apart.

    Freezing stops the wall clock and the event loop's monotonic clock alike, so
    `tick` lets both go on, and the other two move what is on the wall only.
    """

    def __init__(self, frozen: FrozenDateTimeFactory) -> None:
        """Begin in agreement."""
        self._frozen = frozen
        self._slept = timedelta()
        self._wrong = timedelta()

    def world(self) -> datetime:
        """Return what time it really is."""
        return datetime.now(UTC) + self._slept

    def ours(self) -> datetime:
        """Return what the clock of Home Assistant's machine says."""
        return self.world() + self._wrong

    def tick(self, passed: timedelta) -> None:
        """Let time pass."""
        self._frozen.tick(passed)

    def suspend(self, passed: timedelta) -> None:
        """Let the machine sleep: its monotonic clock stands still."""
        self._slept += passed

    def set_wrong(self, wrong: timedelta) -> None:
        """Set our clock wrong by so much."""
        self._wrong = wrong


@pytest.fixture
async def clocks(now: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Return clocks that Home Assistant and the site look at."""
    # Now is so large a float that a nanosecond more is the same: what is due now
    # would be looked at again and again until time passes, which it does not.
    monkeypatch.setattr(asyncio.get_running_loop(), "_clock_resolution", 1e-6)
    clocks = Clocks(now)
    monkeypatch.setattr(dt_util, "utcnow", clocks.ours)
    return clocks


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a Nightscout that a simulated person uploads to."""
    async with NightscoutSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        api_secret=SECRET,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
    ) as running:
        yield running


@pytest.fixture
def entry(site: NightscoutSimulator) -> MockConfigEntry:
    """Return an entry that follows the site, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id="01JALEX0000000000000000000",
        unique_id="site",
        data={
            CONF_SOURCE: "nightscout",
            CONF_URL: str(site.url),
            CONF_ACCESS_TOKEN: TOKEN,
        },
        options={CONF_UNIT: "mg/dL"},
    )
