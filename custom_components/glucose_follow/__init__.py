"""Follow a person's glucose."""

from homeassistant.core import HomeAssistant

from . import oauth, repairs
from .const import PLATFORMS
from .coordinator import CgmConfigEntry, CgmCoordinator
from .factory import create_source
from .store import CgmStore


async def async_setup_entry(hass: HomeAssistant, entry: CgmConfigEntry) -> bool:
    """Set up one person."""
    store = CgmStore(hass, entry.entry_id)
    token = oauth.keeper(hass, entry).access_token
    source = create_source(hass, entry.data, lambda: entry.options, token)
    coordinator = CgmCoordinator(hass, entry, source, store, await store.async_load())
    await coordinator.async_start()
    await coordinator.async_remember()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: CgmConfigEntry) -> bool:
    """Let go of one person."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_close()
    repairs.forget(hass, entry)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: CgmConfigEntry) -> None:
    """Forget one person."""
    oauth.forget(hass, entry)
    await CgmStore(hass, entry.entry_id).async_remove()
