"""Follow a person's glucose."""

import asyncio

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from . import (
    card,
    devices,
    exposure,
    history_import,
    lights,
    oauth,
    repairs,
    services,
    websocket,
)
from .access import access_token
from .cgm.hours import HistorySource
from .cgm.source import Feature
from .const import CONF_SOURCE, DOMAIN, PLATFORMS, SourceKind
from .coordinator import CgmConfigEntry, CgmCoordinator
from .entity import Part
from .factory import create_source
from .history_import import HistoryImport
from .status_sensor import is_reporting
from .store import CgmStore
from .voice import async_answer_questions

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer what does not depend on who is followed."""
    services.async_register(hass)
    websocket.async_register(hass)
    exposure.async_setup(hass)
    await card.async_register(hass)
    await lights.async_setup(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: CgmConfigEntry) -> bool:
    """Set up one person."""
    store = CgmStore(hass, entry.entry_id)
    remembered = await store.async_load()
    token = access_token(hass, entry, remembered.refused)
    source = create_source(hass, entry.data, lambda: entry.options, token)
    coordinator = CgmCoordinator(hass, entry, source, store, remembered)
    await coordinator.async_start()
    await coordinator.async_remember()
    entry.runtime_data = coordinator
    if isinstance(source, HistorySource):
        HistoryImport(hass, coordinator, source).async_start()
    await _async_add_entities(hass, entry)
    if Feature.LIVE in coordinator.features:
        # When there are entities to tell of alarms.
        coordinator.alarms.async_start()
    await async_answer_questions(hass, entry)
    exposure.async_keep(hass, entry)
    return True


async def _async_add_entities(hass: HomeAssistant, entry: CgmConfigEntry) -> None:
    """Add the entities, one platform in each turn of the loop."""
    for platform in PLATFORMS:
        await hass.config_entries.async_forward_entry_setups(entry, [platform])
        # Once everything is imported nothing else waits, and all of them in one
        # turn would hold the loop for more than twice as long.
        await asyncio.sleep(0)
    # It may have been told before there was a device to say it of.
    devices.async_describe(hass, entry, entry.runtime_data.status_log.status)


async def async_unload_entry(hass: HomeAssistant, entry: CgmConfigEntry) -> bool:
    """Let go of one person."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_close()
    repairs.forget(hass, entry)
    await exposure.async_follow(hass, entry)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: CgmConfigEntry) -> None:
    """Forget one person."""
    oauth.forget(hass, entry)
    if entry.data[CONF_SOURCE] == SourceKind.TIDEPOOL:
        history_import.forget(hass, entry)
    await CgmStore(hass, entry.entry_id).async_remove()
    await exposure.async_follow(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: CgmConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Return whether a device may go: a pump or phone of which nothing is heard."""
    parts = {(DOMAIN, f"{entry.entry_id}_{part}"): part for part in Part}
    part = next((parts[name] for name in device.identifiers if name in parts), None)
    if part is None:
        return False
    is_loaded = entry.state is ConfigEntryState.LOADED
    return not (is_loaded and is_reporting(entry.runtime_data.data, part))
