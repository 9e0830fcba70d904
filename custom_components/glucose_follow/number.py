"""Where a person's ranges begin and end."""

from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from typing import override

from homeassistant.components.number import (
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import options
from .cgm.models import GlucoseUnit, Thresholds
from .const import CONF_UNIT, DOMAIN
from .coordinator import CgmConfigEntry, CgmCoordinator
from .entity import CgmDescription, CgmEntity, is_always_available
from .units import in_mgdl, shown

PARALLEL_UPDATES = 1

LIMITS = {GlucoseUnit.MGDL: (40, 400, 1), GlucoseUnit.MMOL: (2.2, 22.2, 0.1)}
"""Least, most and step: what a sensor can measure."""


@dataclass(frozen=True, kw_only=True)
class CgmNumberDescription(CgmDescription, NumberEntityDescription):
    """Describe a number that writes one threshold; the key is its field."""


NUMBERS: tuple[CgmNumberDescription, ...] = tuple(
    CgmNumberDescription(
        key=key,
        translation_key=key,
        available_fn=is_always_available,
        entity_category=EntityCategory.CONFIG,
        mode=NumberMode.BOX,
    )
    for key in ("urgent_low", "low", "high", "urgent_high")
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CgmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the thresholds of a source that ranges can be judged from."""
    coordinator = entry.runtime_data
    async_add_entities(
        CgmNumber(coordinator, description)
        for description in NUMBERS
        if description.exists(coordinator.features)
    )


class CgmNumber(CgmEntity, NumberEntity):
    """One threshold, in the unit that the person reads.

    It converts by itself: Home Assistant rounds what it converts to the step, and
    makes 4.0 of 70 mg/dL.
    """

    entity_description: CgmNumberDescription

    def __init__(
        self, coordinator: CgmCoordinator, description: CgmNumberDescription
    ) -> None:
        """Take limits and step from the entry's unit."""
        super().__init__(coordinator, description)
        unit = coordinator.config_entry.options[CONF_UNIT]
        least, most, step = LIMITS[unit]
        self._unit = unit
        self._attr_native_unit_of_measurement = unit
        self._attr_native_min_value = least
        self._attr_native_max_value = most
        self._attr_native_step = step

    @property
    @override
    def native_value(self) -> float:
        """Return the threshold."""
        chosen = options.thresholds(self.coordinator.config_entry.options)
        return shown(getattr(chosen, self.entity_description.key), self._unit)

    @property
    @override
    def _whole_state(self) -> object:
        """Return that it depends on the options only."""
        return self.available, self.coordinator.config_entry.options

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Judge by another threshold from now on."""
        entry = self.coordinator.config_entry
        chosen = replace(
            options.thresholds(entry.options),
            **{self.entity_description.key: round(in_mgdl(value, self._unit))},
        )
        self._refuse_disorder(chosen)
        self.hass.config_entries.async_update_entry(
            entry, options=options.with_thresholds(entry.options, chosen)
        )
        self._handle_coordinator_update()
        self.coordinator.async_judge()

    def _refuse_disorder(self, chosen: Thresholds) -> None:
        """Keep thresholds in order.

        Raises:
            ServiceValidationError: One would be at or beyond its neighbour.
        """
        bounds = astuple(chosen)
        if all(lower < upper for lower, upper in pairwise(bounds)):
            return
        known = options.thresholds(self.coordinator.config_entry.options)
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="thresholds_out_of_order",
            translation_placeholders={
                description.key: f"{shown(bound, self._unit):g} {self._unit}"
                for description, bound in zip(NUMBERS, astuple(known), strict=True)
            },
        )
