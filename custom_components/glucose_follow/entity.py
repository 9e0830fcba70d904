"""What all entities of a person have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, override

from homeassistant.const import CONF_URL
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import (
    ChildDeviceInfo,
    DeviceEntryType,
    DeviceInfo,
)
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .cgm.data import CgmData
from .cgm.source import Feature
from .const import CONF_SOURCE, DOMAIN, SourceKind
from .coordinator import CgmCoordinator

MANUFACTURERS = {
    SourceKind.NIGHTSCOUT: "Nightscout",
    SourceKind.DEXCOM_SHARE: "Dexcom",
    SourceKind.DEXCOM_API: "Dexcom",
    SourceKind.TIDEPOOL: "Tidepool",
    SourceKind.SIMULATED: "Glucose Follow",
}


class Part(StrEnum):
    """What a person wears or carries; the values are translation keys."""

    PUMP = "pump"
    UPLOADER = "uploader"


def is_always_available(data: CgmData) -> bool:
    """Return True: what is said stays true without a source."""
    return True


def is_reading_available(data: CgmData) -> bool:
    """Return whether a missing reading would mean that there is none."""
    is_recent = bool(data.readings) and not data.is_signal_lost
    return is_recent or data.is_answering


def are_treatments_available(data: CgmData) -> bool:
    """Return whether the last known treatment can be called the last."""
    return data.are_treatments_known


@dataclass(frozen=True, kw_only=True)
class CgmDescription(EntityDescription):
    """Describe when an entity exists and when it knows something."""

    available_fn: Callable[[CgmData], bool] = is_reading_available
    part: Part | None = None
    """The device below the person that it belongs to, None if to the person."""

    requires: Feature | None = Feature.LIVE
    excludes: Feature | None = None

    def exists(self, features: frozenset[Feature]) -> bool:
        """Return whether an account with these features can fill it."""
        is_possible = self.requires is None or self.requires in features
        return is_possible and self.excludes not in features


class CgmEntity(CoordinatorEntity[CgmCoordinator]):
    """Something about one person."""

    _attr_has_entity_name = True
    entity_description: CgmDescription
    waits_for_start: ClassVar[bool] = True
    """Whether automations must hear of each change; values must not grow old."""

    def __init__(
        self, coordinator: CgmCoordinator, description: CgmDescription
    ) -> None:
        """Hang the entity on the entry, so that an address may change."""
        super().__init__(coordinator)
        self.entity_description = description
        self._written: object = None
        entry = coordinator.config_entry
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = _device(coordinator, description.part)

    @property
    @override
    def available(self) -> bool:
        """Return whether the data say something, whatever the last request did."""
        return self.entity_description.available_fn(self.coordinator.data)

    @property
    def _whole_state(self) -> object:
        """Return all that a state consists of; None if it is written with all news.

        An equal reading is news: whoever counts readings hears of each.
        """
        return None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state, unless it stays as it is or nobody can hear of it yet."""
        if self.waits_for_start and not self.coordinator.is_heard:
            return
        whole = self._whole_state
        if whole is None or whole != self._written:
            self._written = whole
            self.async_write_ha_state()


def _device(
    coordinator: CgmCoordinator, part: Part | None
) -> DeviceInfo | ChildDeviceInfo:
    """Return the person, or something of theirs."""
    entry = coordinator.config_entry
    person = DeviceInfo(
        configuration_url=entry.data.get(CONF_URL),
        entry_type=DeviceEntryType.SERVICE,
        identifiers={(DOMAIN, entry.entry_id)},
        manufacturer=MANUFACTURERS[SourceKind(entry.data[CONF_SOURCE])],
        name=entry.title,
    )
    if part is None:
        return person
    parent = dr.async_get(coordinator.hass).async_get_or_create(
        config_entry_id=entry.entry_id, **person
    )
    return ChildDeviceInfo(
        identifiers={(DOMAIN, f"{entry.entry_id}_{part}")},
        parent_device_id=parent.id,
        translation_key=part.value,
    )
