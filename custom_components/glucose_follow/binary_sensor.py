"""Whether readings arrive, and where they are."""

from collections.abc import Callable, Collection
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
from .cgm.models import GlucoseRange
from .cgm.ranges import HIGHS, LOWS
from .coordinator import CgmConfigEntry
from .entity import CgmDescription, CgmEntity, is_always_available

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class CgmBinarySensorDescription(CgmDescription, BinarySensorEntityDescription):
    """Describe a binary sensor that reads one fact from a refresh."""

    is_on_fn: Callable[[CgmData], bool | None]


BINARY_SENSORS: tuple[CgmBinarySensorDescription, ...] = (
    CgmBinarySensorDescription(
        key="signal_lost",
        translation_key="signal_lost",
        available_fn=is_always_available,
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: data.is_signal_lost,
    ),
    CgmBinarySensorDescription(
        key="low",
        translation_key="low",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: _is_within(data, LOWS),
    ),
    CgmBinarySensorDescription(
        key="urgent_low",
        translation_key="urgent_low",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: _is_within(data, {GlucoseRange.URGENT_LOW}),
    ),
    CgmBinarySensorDescription(
        key="high",
        translation_key="high",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: _is_within(data, HIGHS),
    ),
    CgmBinarySensorDescription(
        key="urgent_high",
        translation_key="urgent_high",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: _is_within(data, {GlucoseRange.URGENT_HIGH}),
    ),
    CgmBinarySensorDescription(
        key="falling_fast",
        translation_key="falling_fast",
        is_on_fn=lambda data: data.is_falling_fast,
    ),
    CgmBinarySensorDescription(
        key="rising_fast",
        translation_key="rising_fast",
        is_on_fn=lambda data: data.is_rising_fast,
    ),
    CgmBinarySensorDescription(
        key="low_soon",
        translation_key="low_soon",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda data: data.is_low_soon,
    ),
)


def _is_within(data: CgmData, ranges: Collection[GlucoseRange]) -> bool | None:
    """Return whether glucose is in one of some ranges, None if it is not known."""
    return None if data.glucose_range is None else data.glucose_range in ranges


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
    def is_on(self) -> bool | None:
        """Return whether it is so, None if nobody knows."""
        return self.entity_description.is_on_fn(self.coordinator.data)

    @property
    @override
    def _whole_state(self) -> object:
        """Return that there is nothing but the fact."""
        return self.available, self.is_on
