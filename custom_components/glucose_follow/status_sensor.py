"""What pump, loop and phone report, as far as they ever did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricPotential,
    UnitOfMass,
    UnitOfRatio,
)
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .cgm.data import CgmData
from .cgm.models import DeviceStatus, GlucoseUnit, LoopState, Reported
from .cgm.source import Feature
from .const import CONF_UNIT
from .coordinator import CgmConfigEntry, CgmCoordinator
from .entity import CgmDescription, CgmEntity, Part
from .units import shown

UNITS_OF_INSULIN = "U"
UNITS_PER_HOUR = "U/h"

NO_OVERRIDE = "none"
"""The state while it is known that no override is in use."""


@dataclass(frozen=True, kw_only=True)
class CgmStatusSensorDescription(CgmDescription, SensorEntityDescription):
    """Describe a sensor that exists once a value was reported."""

    is_glucose: bool = False
    """Whether the value is in mg/dL, and shown in the entry's unit."""

    words: tuple[str, ...] = ()
    """States that are words, where all others are names that people gave."""

    requires: Feature | None = Feature.STATUS
    value_fn: Callable[[DeviceStatus], StateType | datetime]


def _value[T](reported: Reported[T] | None) -> T | None:
    """Return what a report says."""
    return reported.value if reported else None


def _middle(status: DeviceStatus) -> float | None:
    """Return the middle of the temporary target; most have one value only."""
    target = _value(status.temporary_target)
    return (target.low + target.high) / 2 if target else None


def _override(status: DeviceStatus) -> str | None:
    """Return the name of the override in use, or that there is none."""
    name = _value(status.override)
    return None if name is None else name or NO_OVERRIDE


STATUS_SENSORS: tuple[CgmStatusSensorDescription, ...] = (
    CgmStatusSensorDescription(
        key="insulin_on_board",
        translation_key="insulin_on_board",
        native_unit_of_measurement=UNITS_OF_INSULIN,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda status: _value(status.insulin_on_board),
    ),
    CgmStatusSensorDescription(
        key="carbs_on_board",
        translation_key="carbs_on_board",
        native_unit_of_measurement=UnitOfMass.GRAMS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda status: _value(status.carbs_on_board),
    ),
    CgmStatusSensorDescription(
        key="basal_rate",
        translation_key="basal_rate",
        native_unit_of_measurement=UNITS_PER_HOUR,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda status: _value(status.basal_rate),
    ),
    CgmStatusSensorDescription(
        key="loop_status",
        translation_key="loop_status",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in LoopState],
        value_fn=lambda status: _value(status.loop),
    ),
    CgmStatusSensorDescription(
        key="loop_time",
        translation_key="loop_time",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: status.looped_at,
    ),
    CgmStatusSensorDescription(
        key="reservoir",
        translation_key="reservoir",
        native_unit_of_measurement=UNITS_OF_INSULIN,
        part=Part.PUMP,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda status: _value(status.reservoir),
    ),
    CgmStatusSensorDescription(
        key="pump_battery",
        translation_key="pump_battery",
        device_class=SensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        part=Part.PUMP,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda status: _value(status.pump_battery),
    ),
    CgmStatusSensorDescription(
        key="pump_voltage",
        translation_key="pump_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        part=Part.PUMP,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda status: _value(status.pump_voltage),
    ),
    CgmStatusSensorDescription(
        key="uploader_battery",
        translation_key="uploader_battery",
        device_class=SensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        part=Part.UPLOADER,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda status: _value(status.uploader_battery),
    ),
    CgmStatusSensorDescription(
        key="active_profile",
        translation_key="active_profile",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: _value(status.active_profile),
    ),
    CgmStatusSensorDescription(
        key="temporary_target",
        translation_key="temporary_target",
        # No device class: whoever looks for glucose by class must not find this.
        is_glucose=True,
        value_fn=_middle,
    ),
    CgmStatusSensorDescription(
        key="override",
        translation_key="override",
        value_fn=_override,
        words=(NO_OVERRIDE,),
    ),
    CgmStatusSensorDescription(
        key="sensor_started",
        translation_key="sensor_started",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda status: status.sensor_started,
    ),
    CgmStatusSensorDescription(
        key="site_changed",
        translation_key="site_changed",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda status: status.site_changed,
    ),
    CgmStatusSensorDescription(
        key="insulin_changed",
        translation_key="insulin_changed",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda status: status.insulin_changed,
    ),
    CgmStatusSensorDescription(
        key="pump_battery_changed",
        translation_key="pump_battery_changed",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda status: status.pump_battery_changed,
    ),
)


@callback
def async_add_reported(
    entry: CgmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add what was ever reported, and the rest as soon as it is."""
    coordinator = entry.runtime_data
    added: set[str] = set()

    @callback
    def forget(key: str) -> None:
        """Add it again if it comes back: somebody removed it."""
        added.discard(key)
        coordinator.reported.async_forget(key)

    @callback
    def add() -> None:
        """Add what is reported for the first time."""
        new: list[CgmStatusSensor] = []
        for description in STATUS_SENSORS:
            key = description.key
            if description.value_fn(coordinator.data.status) is not None:
                coordinator.reported.async_note(key)
            if key not in added and coordinator.reported.was(key):
                added.add(key)
                new.append(CgmStatusSensor(coordinator, description, forget))
        if new:
            async_add_entities(new)

    if Feature.STATUS in coordinator.features:
        entry.async_on_unload(coordinator.async_add_listener(add))
        add()


def is_reporting(data: CgmData, part: Part) -> bool:
    """Return whether a device says anything at present."""
    return any(
        description.value_fn(data.status) is not None
        for description in STATUS_SENSORS
        if description.part is part
    )


class CgmStatusSensor(CgmEntity, SensorEntity):
    """One value that a pump, a loop or a phone reports."""

    entity_description: CgmStatusSensorDescription
    waits_for_start = False

    def __init__(
        self,
        coordinator: CgmCoordinator,
        description: CgmStatusSensorDescription,
        forget: Callable[[str], None],
    ) -> None:
        """Show targets in the entry's unit.

        Args:
            coordinator: Knows what is so.
            description: Of the value.
            forget: Called with the key when somebody removes the entity.
        """
        super().__init__(coordinator, description)
        self._forget = forget
        if description.is_glucose:
            unit = coordinator.config_entry.options[CONF_UNIT]
            self._attr_native_unit_of_measurement = unit
            self._attr_suggested_display_precision = int(unit == GlucoseUnit.MMOL)

    @property
    @override
    def available(self) -> bool:
        """Return whether it is known, or would be if it were so."""
        return self._value is not None or self.coordinator.data.is_answering

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return what is reported now, None if nothing is."""
        if self.entity_description.is_glucose:
            return self._shown(self._value)
        return self._value

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what belongs to the value."""
        status = self.coordinator.data.status
        if self.entity_description.key == "override":
            return {"until": status.override_until}
        if (target := status.temporary_target) and self.entity_description.is_glucose:
            return {
                "low": self._shown(target.value.low),
                "high": self._shown(target.value.high),
                "until": target.value.until,
            }
        return None

    @property
    @override
    def _whole_state(self) -> object:
        """Return that it has nothing to do with readings."""
        return self.available, self.native_value, self.extra_state_attributes

    @override
    async def async_removed_from_registry(self) -> None:
        """Let it come back only if it is reported again."""
        self._forget(self.entity_description.key)

    @property
    def _value(self) -> StateType | datetime:
        """Return what is reported now, None if nothing is."""
        return self.entity_description.value_fn(self.coordinator.data.status)

    def _shown(self, value: StateType | datetime) -> StateType:
        """Return glucose in the entry's unit."""
        unit = self.native_unit_of_measurement
        if unit is None or not isinstance(value, int | float):
            return None
        return shown(value, unit)
