"""A home that runs, stops, crashes and starts again."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
import gc
from typing import Any
from weakref import ref

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.coordinator import CgmCoordinator
from tests.alone import alone

from .subjects import Subject

ZONE = "Europe/Berlin"


class House:
    """Home Assistant with an entry for each of some people."""

    def __init__(
        self, subjects: Iterable[Subject], storage: dict[str, Any], folder: str
    ) -> None:
        """Prepare.

        Args:
            subjects: Who is followed.
            storage: What is written down; it outlives Home Assistant.
            folder: Of the configuration; nothing is written there.
        """
        self.hass: HomeAssistant | None = None
        self.entries = {each: _entry_of(each) for each in subjects}
        self.starts = 0
        """How often entries were set up."""
        self._storage, self._folder = storage, folder
        self._stack = AsyncExitStack()
        self._old: list[ref[CgmCoordinator]] = []

    @property
    def left(self) -> int:
        """Return how many coordinators nobody needs, and somebody still holds."""
        gc.collect()
        now = {id(entry.runtime_data) for entry in self._running}
        alive = (each() for each in self._old)
        return sum(each is not None and id(each) not in now for each in alive)

    @property
    def _running(self) -> list[MockConfigEntry]:
        """Return the entries that are followed."""
        return list(self.entries.values()) if self.hass else []

    def coordinator(self, subject: Subject) -> CgmCoordinator:
        """Return what follows somebody."""
        found: CgmCoordinator = self.entries[subject].runtime_data
        return found

    async def start(self) -> HomeAssistant:
        """Start Home Assistant, and follow everybody."""
        self._stack = AsyncExitStack()
        self._stack.enter_context(alone())
        hass = await self._stack.enter_async_context(
            async_test_home_assistant(
                config_dir=self._folder, initial_state=CoreState.starting
            )
        )
        self.hass = hass
        hass.data.pop("custom_components", None)
        await hass.config.async_set_time_zone(ZONE)
        return hass

    async def follow(self, began: Callable[[Subject], None]) -> None:
        """Set everybody up, and let automations run.

        Args:
            began: Told of each person before anything can be heard.
        """
        hass = self.hass
        assert hass is not None
        for subject, old in self.entries.items():
            entry = _entry_of(subject, old)
            self.entries[subject] = entry
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
            began(subject)
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        self._began()

    async def reload(self, subject: Subject) -> None:
        """Set one person up again."""
        assert self.hass is not None
        entry = self.entries[subject]
        assert await self.hass.config_entries.async_reload(entry.entry_id)
        self._began()

    async def stop(self, *, is_crash: bool = False) -> None:
        """Stop Home Assistant; what was not written before a crash is lost."""
        hass, self.hass = self.hass, None
        assert hass is not None
        written = dict(self._storage)
        await hass.async_stop(force=True)
        if not is_crash:
            written = dict(self._storage)
        # A process ends here, with all its timers; this one has to clean up.
        for entry in self.entries.values():
            await hass.config_entries.async_unload(entry.entry_id)
        await self._stack.aclose()
        self._storage.clear()
        self._storage.update(written)

    def _began(self) -> None:
        """Remember who follows, to see whether they go."""
        self.starts += 1
        known = {each() for each in self._old}
        now = (entry.runtime_data for entry in self._running)
        self._old += [ref(each) for each in now if each not in known]


def _entry_of(subject: Subject, old: MockConfigEntry | None = None) -> MockConfigEntry:
    """Return somebody's entry, as it was before if there was one."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=subject.title,
        entry_id=f"01JSOAK{subject.kind.upper():0<19}",
        unique_id=subject.kind,
        data=dict(old.data) if old else subject.data,
        options=dict(old.options) if old else subject.options,
    )


async def quiet() -> None:
    """Let everything happen that is due at this moment."""
    for _ in range(20):
        await asyncio.sleep(0)
