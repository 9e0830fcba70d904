"""Whether readings arrive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cgm.data import CgmData
from .coordinator import CgmConfigEntry
from .entity import CgmDescription, CgmEntity, is_always_available

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class CgmBinarySensorDescription(CgmDescription, BinarySensorEntityDescription):
    """Describe a binary sensor that reads one fact from a refresh."""

    is_on_fn: Callable[[CgmData], bool]


BINARY_SENSORS: tuple[CgmBinarySensorDescription, ...] = (
    CgmBinarySensorDescription(
        key="signal_lost",
        translation_key="signal_lost",
        available_fn=is_always_available,
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: data.is_signal_lost,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CgmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors that the account can fill."""
    coordinator = entry.runtime_data
    async_add_entities(
        CgmBinarySensor(coordinator, description)
        for description in BINARY_SENSORS
        if description.exists(coordinator.features)
    )


class CgmBinarySensor(CgmEntity, BinarySensorEntity):
    """One fact about a person."""

    entity_description: CgmBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool:
        """Return whether it is so."""
        return self.entity_description.is_on_fn(self.coordinator.data)
