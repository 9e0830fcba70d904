"""What a simulated person goes through."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .cgm.person import Scenario
from .const import CONF_SCENARIO, CONF_SCENARIO_SINCE, CONF_SOURCE, SourceKind
from .coordinator import CgmConfigEntry
from .entity import CgmDescription, CgmEntity, is_always_available

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class CgmSelectDescription(CgmDescription, SelectEntityDescription):
    """Describe a select that writes one option of the entry."""


SCENARIO = CgmSelectDescription(
    key="scenario",
    translation_key="scenario",
    available_fn=is_always_available,
    entity_category=EntityCategory.CONFIG,
    options=[scenario.value for scenario in Scenario],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CgmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choice of a scenario to a simulated person."""
    if entry.data[CONF_SOURCE] == SourceKind.SIMULATED:
        async_add_entities([CgmScenarioSelect(entry.runtime_data, SCENARIO)])


class CgmScenarioSelect(CgmEntity, SelectEntity):
    """Chooses what happens from now on."""

    entity_description: CgmSelectDescription

    @property
    @override
    def current_option(self) -> str:
        """Return what is happening."""
        options = self.coordinator.config_entry.options
        return str(options.get(CONF_SCENARIO, Scenario.DAY))

    @override
    async def async_select_option(self, option: str) -> None:
        """Let it begin now."""
        entry = self.coordinator.config_entry
        self.hass.config_entries.async_update_entry(
            entry,
            options={
                **entry.options,
                CONF_SCENARIO: option,
                CONF_SCENARIO_SINCE: dt_util.utcnow().isoformat(),
            },
        )
        self.async_write_ha_state()
        await self.coordinator.async_refresh()
