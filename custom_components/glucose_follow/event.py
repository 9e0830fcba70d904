"""What just happened."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cgm.alarm_levels import AlarmEvent, AlarmKind
from .cgm.models import Treatment, TreatmentKind
from .cgm.source import Feature
from .const import ALL_LEVELS, CONF_UNIT
from .coordinator import CgmConfigEntry, CgmCoordinator
from .entity import CgmDescription, CgmEntity, is_always_available
from .news import UNTOLD
from .units import shown

PARALLEL_UPDATES = 0

AUTOMATIC_BOLUS = "automatic_bolus"
"""A loop gives more than a hundred a day; nobody wants to hear them by accident."""


@dataclass(frozen=True, kw_only=True)
class CgmEventDescription(CgmDescription, EventEntityDescription):
    """Describe an event entity."""


TREATMENT = CgmEventDescription(
    key="treatment",
    translation_key="treatment",
    available_fn=is_always_available,
    event_types=[
        AUTOMATIC_BOLUS,
        *(kind.value for kind in TreatmentKind if kind not in UNTOLD),
    ],
    requires=Feature.TREATMENTS,
)
ALARM = CgmEventDescription(
    key="alarm",
    translation_key="alarm",
    available_fn=is_always_available,
    event_types=[kind.value for kind in AlarmKind],
)
EVENTS: tuple[CgmEventDescription, ...] = (TREATMENT, ALARM)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CgmConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events that the account can have."""
    coordinator = entry.runtime_data
    if TREATMENT.exists(coordinator.features):
        async_add_entities([CgmTreatmentEvent(coordinator, TREATMENT)])
    if ALARM.exists(coordinator.features):
        async_add_entities([CgmAlarmEvent(coordinator, ALARM)])


class CgmEvent(CgmEntity, EventEntity):
    """Something that happens, whatever is read."""

    entity_description: CgmEventDescription

    @property
    @override
    def _whole_state(self) -> object:
        """Return that what happened stays as it is."""
        return (self.available,)


class CgmTreatmentEvent(CgmEvent):
    """What a person or a pump just did."""

    def __init__(
        self, coordinator: CgmCoordinator, description: CgmEventDescription
    ) -> None:
        """Know the entry's unit."""
        super().__init__(coordinator, description)
        self._unit = coordinator.config_entry.options[CONF_UNIT]

    @override
    async def async_added_to_hass(self) -> None:
        """Listen from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.news.async_listen(self._heard))

    @callback
    def _heard(self, treatment: Treatment) -> None:
        """Say what was done; notes and names stay where they are."""
        told = treatment_attributes(treatment, self._unit)
        self._trigger_event(treatment_event(treatment), told)
        self.async_write_ha_state()


def treatment_event(treatment: Treatment) -> str:
    """Return the kind of event that a treatment is that is told."""
    is_automatic = treatment.kind is TreatmentKind.BOLUS and treatment.is_automatic
    return AUTOMATIC_BOLUS if is_automatic else treatment.kind.value


class CgmAlarmEvent(CgmEvent):
    """What happens to alarms."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the engine."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.alarms.async_listen(self._heard))

    @callback
    def _heard(self, event: AlarmEvent) -> None:
        """Say what happened, in the entry's unit."""
        unit = self.coordinator.config_entry.options[CONF_UNIT]
        self._trigger_event(event.kind.value, alarm_attributes(event, unit))
        self.async_write_ha_state()


def alarm_attributes(event: AlarmEvent, unit: str) -> dict[str, Any]:
    """Return what an alarm says; all of it each time, so that templates find it."""
    return {
        "level": ALL_LEVELS if event.level is None else event.level.value,
        "value": None if event.mgdl is None else shown(event.mgdl, unit),
        "unit": unit,
        "out_of_range": event.is_out_of_range,
        "minutes": event.minutes,
        "unanswered": event.unanswered,
        "during_low": event.is_during_low,
        "test": event.is_test,
    }


def treatment_attributes(treatment: Treatment, unit: str) -> dict[str, Any]:
    """Return what a treatment says in numbers, without what it does not say."""
    is_alert = treatment.kind is TreatmentKind.ALERT
    glucose = None if treatment.mgdl is None else shown(treatment.mgdl, unit)
    attributes = {
        "at": treatment.at.isoformat(),
        "insulin": treatment.insulin,
        "carbs": treatment.carbs,
        "glucose": glucose,
        "unit": None if glucose is None else unit,
        "ketone": treatment.ketone,
        "duration": treatment.duration,
        "alert": treatment.note if is_alert else None,
    }
    return {key: value for key, value in attributes.items() if value is not None}
