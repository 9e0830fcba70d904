"""Thresholds of automations, in the unit that a person chose for them."""

from dataclasses import dataclass
from typing import Any, Self, cast

from homeassistant.const import UnitOfBloodGlucoseConcentration
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import ThresholdConfig
from homeassistant.helpers.selector import (
    NumericThresholdMode,
    NumericThresholdSelector,
    NumericThresholdSelectorConfig,
    NumericThresholdType,
)

from .units import shown

UNITS = tuple(unit.value for unit in UnitOfBloodGlucoseConcentration)

THRESHOLD = NumericThresholdSelector(
    NumericThresholdSelectorConfig(
        mode=NumericThresholdMode.CROSSED, unit_of_measurement=[*UNITS]
    )
)
"""Validates a threshold as the editor writes it; a number must have a unit."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What glucose is compared with."""

    kind: NumericThresholdType
    """Below, above, between or outside."""

    limits: tuple[ThresholdConfig, ...]
    """One, or the lower and the upper: numbers, or entities that have them."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a threshold that was validated."""
        limits = (
            ThresholdConfig.from_config(config.get(name))
            for name in ("value", "value_min", "value_max")
        )
        return cls(
            kind=NumericThresholdType(config["type"]),
            limits=tuple(limit for limit in limits if limit is not None),
        )

    def holds(self, hass: HomeAssistant, mgdl: int) -> bool | None:
        """Return whether glucose is there, None if an entity does not say where.

        Compared as it is shown: who reads 3.9 mmol/L does not expect to hear that
        it is below 3.9.
        """
        sides = [_side(hass, limit, mgdl) for limit in self.limits]
        known = [side for side in sides if side is not None]
        if len(known) < len(sides):
            return None
        if self.kind is NumericThresholdType.BELOW:
            return known[0] < 0
        if self.kind is NumericThresholdType.ABOVE:
            return known[0] > 0
        is_between = known[0] >= 0 >= known[1]
        return is_between is (self.kind is NumericThresholdType.BETWEEN)


def _side(hass: HomeAssistant, limit: ThresholdConfig, mgdl: int) -> float | None:
    """Return how far above a limit glucose is, None if nobody says where that is."""
    found = _limit(hass, limit)
    return None if found is None else shown(mgdl, found[1]) - found[0]


def _limit(hass: HomeAssistant, limit: ThresholdConfig) -> tuple[float, str] | None:
    """Return a limit and its unit."""
    if limit.number is not None:
        return limit.number, cast(str, limit.unit)
    state = hass.states.get(limit.entity) if limit.entity else None
    if state is None:
        return None
    unit = state.attributes.get("unit_of_measurement")
    try:
        return (float(state.state), unit) if unit in UNITS else None
    except ValueError:
        return None
