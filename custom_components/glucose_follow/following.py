"""Follows the people of a target, through reloads and changes of the target.

A target is entities, devices, areas, floors or labels, as automations have them.
Everything of a person stands for the person.
"""

from collections.abc import Callable, Collection

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import ConfigType

from .cgm.source import Feature
from .const import DOMAIN
from .coordinator import CgmCoordinator

type Person = dict[str, str | None]
"""How automations know a person: by device and by glucose, not by name."""


@callback
def people_of(
    hass: HomeAssistant, target: ConfigType, requires: Feature
) -> dict[str, CgmCoordinator | None]:
    """Return the entries that a target means, with what is known of each.

    Args:
        hass: Home Assistant.
        target: As automations have it.
        requires: Entries whose account does not have this are left out.

    Returns:
        By entry id; None for an entry that is not loaded.
    """
    found: dict[str, CgmCoordinator | None] = {}
    for entry_id in sorted(_entry_ids(hass, target)):
        entry = hass.config_entries.async_get_entry(entry_id)
        if entry is None or entry.domain != DOMAIN:
            continue
        if entry.state is not ConfigEntryState.LOADED:
            found[entry_id] = None
        elif requires in entry.runtime_data.features:
            found[entry_id] = entry.runtime_data
    return found


def _entry_ids(hass: HomeAssistant, target: ConfigType) -> set[str]:
    """Return the entries of anybody that a target means.

    Devices count by themselves: a person may have disabled every entity.
    """
    selected = async_extract_referenced_entity_ids(
        hass, TargetSelection(target), expand_group=False
    )
    entities, devices = er.async_get(hass), dr.async_get(hass)
    ids: set[str] = set()
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = entities.async_get(entity_id)
        if entity is not None and entity.config_entry_id is not None:
            ids.add(entity.config_entry_id)
    for device_id in selected.referenced_devices:
        device = devices.async_get(device_id)
        if device is not None:
            ids.add(device.config_entry_id)
    return ids


@callback
def person_of(hass: HomeAssistant, coordinator: CgmCoordinator) -> Person:
    """Return how automations know the person of a coordinator."""
    entry_id = coordinator.config_entry.entry_id
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry_id), entry_id
    )
    glucose = er.async_get(hass).async_get_entity_id(
        SENSOR_DOMAIN, DOMAIN, f"{entry_id}_glucose"
    )
    return {ATTR_DEVICE_ID: device.id if device else None, ATTR_ENTITY_ID: glucose}


class Following:
    """Knows who is meant by a target at any time, and which of them is loaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        target: ConfigType,
        requires: Feature,
        join: Callable[[CgmCoordinator], CALLBACK_TYPE],
        *,
        people_changed: Callable[[Collection[str]], None] = lambda _: None,
        left: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare to follow the people of a target.

        Args:
            hass: Home Assistant.
            target: As automations have it.
            requires: Entries whose account does not have this are left out.
            join: Listens to an entry that is loaded; returns how to stop.
            people_changed: Hears of all entries that are meant from now on.
            left: Hears of an entry that is still meant and not loaded any more.
        """
        self._hass = hass
        self._target = target
        self._requires = requires
        self._join = join
        self._people_changed = people_changed
        self._left = left
        self._people: set[str] = set()
        self._joined: dict[str, tuple[CgmCoordinator, CALLBACK_TYPE]] = {}
        self._leave: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow from now on; return how to stop."""
        self._leave = [
            async_dispatcher_connect(
                self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
            ),
            self._hass.bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._sync),
            self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._sync),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._sync),
        ]
        self._sync()
        return self._stop

    @callback
    def _stop(self) -> None:
        """Follow nobody any more."""
        while self._leave:
            self._leave.pop()()
        while self._joined:
            _, (_, let_go) = self._joined.popitem()
            let_go()

    @callback
    def _entry_changed(self, _: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Follow an entry into and out of a reload."""
        if entry.domain == DOMAIN:
            self._sync()

    @callback
    def _sync(self, _: object = None) -> None:
        """Find out who is meant now, and listen to exactly those."""
        found = people_of(self._hass, self._target, self._requires)
        gone = self._let_go(found)
        if found.keys() != self._people:
            self._people = set(found)
            self._people_changed(self._people)
        for entry_id in self._people.intersection(gone):
            self._left(entry_id)
        for entry_id, coordinator in found.items():
            if coordinator is not None and entry_id not in self._joined:
                self._joined[entry_id] = coordinator, self._join(coordinator)

    def _let_go(self, found: dict[str, CgmCoordinator | None]) -> list[str]:
        """Stop listening to whom nobody means or who is not loaded; return those."""
        gone = [
            entry_id
            for entry_id, (coordinator, _) in self._joined.items()
            if found.get(entry_id) is not coordinator
        ]
        for entry_id in gone:
            _, let_go = self._joined.pop(entry_id)
            let_go()
        return gone
