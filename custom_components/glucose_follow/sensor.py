"""Glucose, and what was last done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfMass, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .cgm.data import CgmData
from .cgm.forecast import in_half_an_hour
from .cgm.models import Direction, GlucoseRange, GlucoseUnit, SensorStatus
from .cgm.source import Feature
from .const import CONF_UNIT, DOMAIN
from .coordinator import CgmConfigEntry, CgmCoordinator
from .entity import (
    CgmDescription,
    CgmEntity,
    are_treatments_available,
    is_always_available,
)
from .status_sensor import async_add_reported
from .units import MGDL, shown

PARALLEL_UPDATES = 0

UNITS_OF_INSULIN = "U"


@dataclass(frozen=True, kw_only=True)
class CgmSensorDescription(CgmDescription, SensorEntityDescription):
    """Describe a sensor that reads one value from a refresh."""

    is_glucose: bool = False
    """Whether the value is in mg/dL without a class, shown in the entry's unit."""

    value_fn: Callable[[CgmData], StateType | datetime]


SENSORS: tuple[CgmSensorDescription, ...] = (
    CgmSensorDescription(
        key="glucose",
        translation_key="glucose",
        device_class=SensorDeviceClass.BLOOD_GLUCOSE_CONCENTRATION,
        native_unit_of_measurement=MGDL,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda data: data.latest.mgdl if data.latest else None,
    ),
    CgmSensorDescription(
        key="delta",
        translation_key="delta",
        # No device class: whoever looks for glucose by class must not find this.
        is_glucose=True,
        value_fn=lambda data: data.delta,
    ),
    CgmSensorDescription(
        key="direction",
        translation_key="direction",
        device_class=SensorDeviceClass.ENUM,
        options=[direction.value for direction in Direction],
        value_fn=lambda data: data.direction,
    ),
    CgmSensorDescription(
        key="range",
        translation_key="range",
        device_class=SensorDeviceClass.ENUM,
        options=[glucose_range.value for glucose_range in GlucoseRange],
        value_fn=lambda data: data.glucose_range,
    ),
    CgmSensorDescription(
        key="forecast",
        translation_key="forecast",
        entity_registry_enabled_default=False,
        # No device class, as delta: it is nobody's glucose yet.
        is_glucose=True,
        value_fn=lambda data: in_half_an_hour(data.forecast) if data.forecast else None,
    ),
    CgmSensorDescription(
        key="low_in",
        translation_key="low_in",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        value_fn=lambda data: data.low_in,
    ),
    CgmSensorDescription(
        key="sensor_status",
        translation_key="sensor_status",
        available_fn=is_always_available,
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[status.value for status in SensorStatus],
        value_fn=lambda data: data.sensor_status,
    ),
    CgmSensorDescription(
        key="delayed_glucose",
        translation_key="delayed_glucose",
        available_fn=is_always_available,
        excludes=Feature.LIVE,
        # No classes: statistics would be of the wrong hour, and whoever looks for
        # glucose by class must not find what is hours old.
        is_glucose=True,
        requires=None,
        value_fn=lambda data: data.delayed.mgdl if data.delayed else None,
    ),
    CgmSensorDescription(
        key="last_reading",
        translation_key="last_reading",
        available_fn=is_always_available,
        device_class=SensorDeviceClass.TIMESTAMP,
        requires=None,
        value_fn=lambda data: data.newest_at,
    ),
    CgmSensorDescription(
        key="last_bolus",
        translation_key="last_bolus",
        available_fn=are_treatments_available,
        native_unit_of_measurement=UNITS_OF_INSULIN,
        requires=Feature.TREATMENTS,
        suggested_display_precision=2,
        value_fn=lambda data: data.last_bolus.insulin if data.last_bolus else None,
    ),
    CgmSensorDescription(
        key="last_bolus_time",
        translation_key="last_bolus_time",
        available_fn=are_treatments_available,
        device_class=SensorDeviceClass.TIMESTAMP,
        requires=Feature.TREATMENTS,
        value_fn=lambda data: data.last_bolus.at if data.last_bolus else None,
    ),
    CgmSensorDescription(
        key="last_automatic_bolus",
        translation_key="last_automatic_bolus",
        available_fn=are_treatments_available,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UNITS_OF_INSULIN,
        requires=Feature.TREATMENTS,
        suggested_display_precision=2,
        value_fn=lambda data: (
            data.last_automatic_bolus.insulin if data.last_automatic_bolus else None
        ),
    ),
    CgmSensorDescription(
        key="last_carbs",
        translation_key="last_carbs",
        available_fn=are_treatments_available,
        native_unit_of_measurement=UnitOfMass.GRAMS,
        requires=Feature.TREATMENTS,
        suggested_display_precision=0,
        value_fn=lambda data: data.last_carbs.carbs if data.last_carbs else None,
    ),
    CgmSensorDescription(
        key="last_carbs_time",
        translation_key="last_carbs_time",
        available_fn=are_treatments_available,
        device_class=SensorDeviceClass.TIMESTAMP,
        requires=Feature.TREATMENTS,
        value_fn=lambda data: data.last_carbs.at if data.last_carbs else None,
    ),
)


@dataclass(frozen=True, kw_only=True)
class CgmSnoozeDescription(CgmDescription, SensorEntityDescription):
    """Describe a sensor of what was silenced, which is not in the data."""


SNOOZED_UNTIL = CgmSnoozeDescription(
    key="snoozed_until",
    translation_key="snoozed_until",
    available_fn=is_always_available,
    device_class=SensorDeviceClass.TIMESTAMP,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CgmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors that the account can fill."""
    coordinator = entry.runtime_data
    _follow_unit(hass, entry)
    async_add_entities(
        CgmSensor(coordinator, description)
        for description in SENSORS
        if description.exists(coordinator.features)
    )
    async_add_reported(entry, async_add_entities)
    if SNOOZED_UNTIL.exists(coordinator.features):
        async_add_entities([CgmSnoozeSensor(coordinator, SNOOZED_UNTIL)])


@callback
def _follow_unit(hass: HomeAssistant, entry: CgmConfigEntry) -> None:
    """Let glucose follow the entry's unit.

    Home Assistant keeps the unit that was suggested first. One that a person
    chose for the entity is kept elsewhere in the registry, and wins.
    """
    registry = er.async_get(hass)
    unique_id = f"{entry.entry_id}_glucose"
    if entity_id := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
        registry.async_update_entity_options(
            entity_id,
            f"{SENSOR_DOMAIN}.private",
            {"suggested_unit_of_measurement": entry.options[CONF_UNIT]},
        )


class CgmSensor(CgmEntity, SensorEntity):
    """One value of a person."""

    entity_description: CgmSensorDescription
    waits_for_start = False

    def __init__(
        self, coordinator: CgmCoordinator, description: CgmSensorDescription
    ) -> None:
        """Show glucose, and differences of it, in the entry's unit."""
        super().__init__(coordinator, description)
        unit = coordinator.config_entry.options[CONF_UNIT]
        if description.is_glucose:
            self._attr_native_unit_of_measurement = unit
            self._attr_suggested_display_precision = int(unit == GlucoseUnit.MMOL)
        elif description.native_unit_of_measurement == MGDL:
            self._attr_suggested_unit_of_measurement = unit

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return what is known now, None if it is not."""
        value = self.entity_description.value_fn(self.coordinator.data)
        if self.entity_description.is_glucose and isinstance(value, int | float):
            return shown(value, str(self.native_unit_of_measurement))
        return value

    @property
    @override
    def _whole_state(self) -> object:
        """Return what was last done, where it is about that and not about readings.

        The same amount once more is another treatment.
        """
        if self.entity_description.requires is not Feature.TREATMENTS:
            return None
        data = self.coordinator.data
        done = data.last_bolus, data.last_automatic_bolus, data.last_carbs
        return self.available, done


class CgmSnoozeSensor(CgmEntity, SensorEntity):
    """Until when something is silenced."""

    entity_description: CgmSnoozeDescription

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return when the last snooze ends, None without one."""
        return self.coordinator.alarms.state.snoozed_until

    @property
    @override
    def _whole_state(self) -> object:
        """Return that it has nothing to do with readings."""
        return self.available, self.native_value
