"""Home Assistant and a simulated site in a time that passes as fast as it can."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import selectors
from tempfile import TemporaryDirectory
from typing import override
from unittest.mock import patch

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.glucose_follow.const import (
    CONF_ACCESS_TOKEN,
    CONF_SOURCE,
    CONF_UNIT,
    DOMAIN,
)
from simulators.nightscout import NightscoutSimulator
from tests.alone import alone

TOKEN = "day-0123456789abcdef"
BEGIN = datetime(2026, 11, 21, tzinfo=UTC)

type Clock = Callable[[], datetime]
type Ready = tuple[selectors.SelectorKey, int]


class Impatient(selectors.DefaultSelector):
    """A selector that lets time pass instead of waiting for it."""

    def __init__(self, loop: TravellingLoop) -> None:
        """Belong to a loop."""
        super().__init__()
        self._loop = loop

    @override
    def select(self, timeout: float | None = None) -> list[Ready]:
        """Return what is ready; if nothing is, be where something will be."""
        if timeout is None or timeout <= 0 or self._loop.is_busy:
            return super().select(timeout)
        # On the loopback interface what was sent is there already.
        ready = super().select(0)
        if not ready:
            self._loop.skip(timeout)
        return ready


class TravellingLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits for time to pass, only for other threads."""

    ahead = 0.0
    """Seconds that were skipped."""

    is_patient = False
    """Whether it waits after all."""

    def __init__(self) -> None:
        """Begin now."""
        super().__init__(self.make_selector())
        self._threads = 0

    def make_selector(self) -> Impatient:
        """Return what waits for sockets."""
        return Impatient(self)

    @property
    def is_busy(self) -> bool:
        """Return whether something takes real time, such as another thread."""
        return self.is_patient or self._threads > 0

    def skip(self, seconds: float) -> None:
        """Be so much later at once."""
        self.ahead += seconds

    @override
    def time(self) -> float:
        """Return the monotonic clock, and what was skipped."""
        return super().time() + self.ahead

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run something in a thread, and know until when."""
        self._threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: object) -> None:
        """Count a thread that has nothing to do any more."""
        self._threads -= 1


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A home that follows a site, and the clock of both."""

    hass: HomeAssistant
    site: NightscoutSimulator
    entry: MockConfigEntry
    clock: Clock


@asynccontextmanager
async def journey(
    make_site: Callable[[Clock], NightscoutSimulator],
) -> AsyncGenerator[Journey]:
    """Set up a home that follows a site whose token is `TOKEN`."""
    loop = asyncio.get_running_loop()
    start = loop.time()

    def clock() -> datetime:
        return BEGIN + timedelta(seconds=loop.time() - start)

    async with make_site(clock) as site, home(clock) as hass:
        entry = await follow(hass, site)
        yield Journey(hass=hass, site=site, entry=entry, clock=clock)
        assert await hass.config_entries.async_unload(entry.entry_id)


@asynccontextmanager
async def home(clock: Clock) -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant that knows our integration and goes by a clock."""
    with (
        TemporaryDirectory() as folder,
        patch.object(dt_util, "utcnow", clock),
        alone(),
    ):
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop("custom_components", None)
            yield hass
            await hass.async_stop(force=True)


async def follow(hass: HomeAssistant, site: NightscoutSimulator) -> MockConfigEntry:
    """Follow a site whose token is `TOKEN`."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={
            CONF_SOURCE: "nightscout",
            CONF_URL: str(site.url),
            CONF_ACCESS_TOKEN: TOKEN,
        },
        options={CONF_UNIT: "mg/dL"},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry
