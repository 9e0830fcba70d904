"""Triggers for what happens in a moment: treatments and alarms."""

from typing import Any, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    TriggerActionRunner,
    TriggerNotTriggeredReporter,
)
import probatio

from .cgm.alarm_levels import AlarmEvent, AlarmKind, Level
from .cgm.models import Treatment
from .cgm.source import Feature
from .const import CONF_UNIT
from .coordinator import CgmCoordinator
from .event import TREATMENT, alarm_attributes, treatment_attributes, treatment_event
from .following import Following
from .trigger_base import CgmTrigger, some_of

CONF_LEVELS = "levels"
CONF_KINDS = "kinds"
CONF_MINIMUM_CARBS = "minimum_carbs"
CONF_MINIMUM_INSULIN = "minimum_insulin"


class TreatmentTrigger(CgmTrigger):
    """Somebody or a pump did something."""

    schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            probatio.Required(CONF_TARGET): cv.TARGET_FIELDS,
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Required(CONF_KINDS): some_of(TREATMENT.event_types or ()),
                probatio.Optional(CONF_MINIMUM_INSULIN): cv.positive_float,
                probatio.Optional(CONF_MINIMUM_CARBS): cv.positive_float,
            },
        }
    )
    requires = Feature.TREATMENTS
    says = "a treatment was entered"

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to what is done."""

        @callback
        def listen(coordinator: CgmCoordinator) -> CALLBACK_TYPE:
            @callback
            def hear(treatment: Treatment) -> None:
                if self._is_meant(treatment):
                    run_action(self._told(coordinator, treatment), self.says)

            return coordinator.news.async_listen(hear)

        return Following(self._hass, self.target, self.requires, listen).async_start()

    def _is_meant(self, treatment: Treatment) -> bool:
        """Return whether it is of a kind that was chosen, and large enough."""
        if treatment_event(treatment) not in self.options[CONF_KINDS]:
            return False
        limits = [
            (amount or 0) >= self.options[name]
            for name, amount in (
                (CONF_MINIMUM_INSULIN, treatment.insulin),
                (CONF_MINIMUM_CARBS, treatment.carbs),
            )
            if name in self.options
        ]
        return not limits or any(limits)

    def _told(
        self, coordinator: CgmCoordinator, treatment: Treatment
    ) -> dict[str, Any]:
        """Return what was done, and where glucose is."""
        unit = coordinator.config_entry.options[CONF_UNIT]
        return {
            **self.payload(coordinator),
            "kind": treatment_event(treatment),
            "treatment": treatment_attributes(treatment, unit),
        }


class AlarmTrigger(CgmTrigger):
    """Something happens to an alarm."""

    schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Required(CONF_LEVELS, default=list(Level)): some_of(Level),
                probatio.Required(CONF_KINDS, default=[AlarmKind.RAISED]): some_of(
                    AlarmKind
                ),
            },
        }
    )
    says = "something happened to an alarm"

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to the engine."""

        @callback
        def listen(coordinator: CgmCoordinator) -> CALLBACK_TYPE:
            @callback
            def hear(event: AlarmEvent) -> None:
                if self._is_meant(event):
                    run_action(self._told(coordinator, event), self.says)

            return coordinator.alarms.async_listen(hear)

        return Following(self._hass, self.target, self.requires, listen).async_start()

    def _is_meant(self, event: AlarmEvent) -> bool:
        """Return whether it was chosen; what happens to all happens to each."""
        is_level = event.level is None or event.level in self.options[CONF_LEVELS]
        return is_level and event.kind in self.options[CONF_KINDS]

    def _told(self, coordinator: CgmCoordinator, event: AlarmEvent) -> dict[str, Any]:
        """Return what happened, and where glucose is."""
        unit = coordinator.config_entry.options[CONF_UNIT]
        return {
            **self.payload(coordinator),
            **alarm_attributes(event, unit),
            "kind": event.kind.value,
        }
