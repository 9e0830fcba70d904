"""Which alarms a person wants."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import options
from .cgm.alarm_levels import Level
from .const import CONF_IS_ON
from .coordinator import CgmConfigEntry
from .entity import CgmDescription, CgmEntity, is_always_available

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class CgmSwitchDescription(CgmDescription, SwitchEntityDescription):
    """Describe a switch for one alarm; the key is its level."""


SWITCHES: tuple[CgmSwitchDescription, ...] = tuple(
    CgmSwitchDescription(
        key=level.value,
        translation_key=level.value,
        available_fn=is_always_available,
        entity_category=EntityCategory.CONFIG,
    )
    for level in Level
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CgmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the alarms of a source that they can come of."""
    coordinator = entry.runtime_data
    async_add_entities(
        CgmSwitch(coordinator, description)
        for description in SWITCHES
        if description.exists(coordinator.features)
    )


class CgmSwitch(CgmEntity, SwitchEntity):
    """Whether one alarm is wanted."""

    entity_description: CgmSwitchDescription

    @property
    def _level(self) -> Level:
        """Return which alarm it is."""
        return Level(self.entity_description.key)

    @property
    @override
    def is_on(self) -> bool:
        """Return whether it is wanted."""
        chosen = options.level_options(
            self.coordinator.config_entry.options, self._level
        )
        return bool(chosen[CONF_IS_ON])

    @property
    @override
    def _whole_state(self) -> object:
        """Return that it depends on the options only."""
        return self.available, self.coordinator.config_entry.options

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Want it."""
        self._choose(is_on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Do not want it."""
        self._choose(is_on=False)

    @callback
    def _choose(self, *, is_on: bool) -> None:
        """Write it down, and judge again."""
        entry = self.coordinator.config_entry
        chosen = options.with_level(entry.options, self._level, {CONF_IS_ON: is_on})
        self.hass.config_entries.async_update_entry(entry, options=chosen)
        self._handle_coordinator_update()
        self.coordinator.alarms.async_judge()
