"""Triggers for what happens in a moment: treatments and alarms."""

import abc
from collections.abc import Callable
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


class MomentTrigger[T](CgmTrigger):
    """Something of which people's coordinators tell."""

    @abc.abstractmethod
    def listen(
        self, coordinator: CgmCoordinator, hear: Callable[[T], None]
    ) -> CALLBACK_TYPE:
        """Call `hear` with whatever happens to a person; return how to stop that."""

    @abc.abstractmethod
    def is_meant(self, happened: T, /) -> bool:
        """Return whether it was chosen."""

    @abc.abstractmethod
    def told(self, coordinator: CgmCoordinator, happened: T, /) -> dict[str, Any]:
        """Return what an automation may want to know of it."""

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to everybody whom the trigger is about."""

        @callback
        def listen(coordinator: CgmCoordinator) -> CALLBACK_TYPE:
            @callback
            def hear(happened: T) -> None:
                if self.is_meant(happened):
                    run_action(self.told(coordinator, happened), self.says)

            return self.listen(coordinator, hear)

        return Following(self._hass, self.target, self.requires, listen).async_start()


class TreatmentTrigger(MomentTrigger[Treatment]):
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
    def listen(
        self, coordinator: CgmCoordinator, hear: Callable[[Treatment], None]
    ) -> CALLBACK_TYPE:
        """Listen to what is done."""
        return coordinator.news.async_listen(hear)

    @override
    def is_meant(self, treatment: Treatment) -> bool:
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

    @override
    def told(self, coordinator: CgmCoordinator, treatment: Treatment) -> dict[str, Any]:
        """Return what was done, and where glucose is."""
        unit = coordinator.config_entry.options[CONF_UNIT]
        return {
            **self.payload(coordinator),
            "kind": treatment_event(treatment),
            "treatment": treatment_attributes(treatment, unit),
        }


class AlarmTrigger(MomentTrigger[AlarmEvent]):
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
    def listen(
        self, coordinator: CgmCoordinator, hear: Callable[[AlarmEvent], None]
    ) -> CALLBACK_TYPE:
        """Listen to the engine."""
        return coordinator.alarms.async_listen(hear)

    @override
    def is_meant(self, event: AlarmEvent) -> bool:
        """Return whether it was chosen; what happens to all happens to each."""
        is_level = event.level is None or event.level in self.options[CONF_LEVELS]
        return is_level and event.kind in self.options[CONF_KINDS]

    @override
    def told(self, coordinator: CgmCoordinator, event: AlarmEvent) -> dict[str, Any]:
        """Return what happened, and where glucose is."""
        unit = coordinator.config_entry.options[CONF_UNIT]
        return {
            **self.payload(coordinator),
            **alarm_attributes(event, unit),
            "kind": event.kind.value,
        }
