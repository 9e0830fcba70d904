"""What automations can wait for.

Home Assistant's own triggers compare two states of an entity, so that glucose which
is in range, then unknown and then low never becomes low for them. Ours compare with
what was last known, and look at the coordinator: no entity has to be enabled.
"""

import abc
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, ClassVar, cast, override

from homeassistant.const import CONF_FOR, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trigger import (
    ATTR_BEHAVIOR,
    ENTITY_STATE_TRIGGER_SCHEMA,
    ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
import probatio

from .cgm.alarm_levels import AlarmEvent, AlarmKind, Level
from .cgm.crossing import Behavior, Crossings
from .cgm.data import CgmData
from .cgm.models import GlucoseRange, Treatment
from .cgm.ranges import HIGHS, LOWS
from .cgm.source import Feature
from .const import CONF_CONFIG_ENTRY_ID, CONF_UNIT
from .coordinator import CgmCoordinator
from .event import TREATMENT, alarm_attributes, treatment_attributes, treatment_event
from .following import Following, Person, person_of
from .threshold import THRESHOLD, Threshold
from .units import shown

CONF_DIRECTION = "direction"
CONF_LEVELS = "levels"
CONF_KINDS = "kinds"
CONF_MINIMUM_CARBS = "minimum_carbs"
CONF_MINIMUM_INSULIN = "minimum_insulin"
CONF_RANGES = "ranges"
CONF_THRESHOLD = "threshold"

FALLING, RISING, EITHER = "falling", "rising", "either"
DIRECTIONS = (FALLING, RISING, EITHER)

type Options = dict[str, Any]
"""What was chosen in the editor, validated."""


def with_options(fields: dict[probatio.Marker, Any]) -> probatio.Schema:
    """Return a schema with what is particular to a trigger that is a crossing."""
    return ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR.extend(
        {probatio.Required(CONF_OPTIONS, default={}): fields}
    )


def some_of(values: Collection[str]) -> Callable[[Any], Any]:
    """Return a schema for at least one of some values."""
    return probatio.All(
        cv.ensure_list, probatio.Length(min=1), [probatio.In(list(values))]
    )


def is_changing_fast(data: CgmData, direction: str) -> bool | None:
    """Return whether glucose changes fast, None if that is not known."""
    if direction == FALLING:
        return data.is_falling_fast
    if direction == RISING:
        return data.is_rising_fast
    either = (data.is_falling_fast, data.is_rising_fast)
    return True if True in either else None if None in either else False


def is_within(data: CgmData, ranges: Collection[GlucoseRange]) -> bool | None:
    """Return whether glucose is in one of some ranges, None if that is not known."""
    return None if data.glucose_range is None else data.glucose_range in ranges


class CgmTrigger(Trigger):
    """Something that happens to people."""

    schema: ClassVar[probatio.Schema]
    requires: ClassVar[Feature] = Feature.LIVE
    says: ClassVar[str]
    """What the log says; no name and no value."""

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was written in the editor or by hand."""
        return cast(ConfigType, cls.schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self.options: Options = config.options or {}
        self.target: ConfigType = config.target or {}

    def payload(self, coordinator: CgmCoordinator) -> dict[str, Any]:
        """Return what an automation may want to know."""
        data, unit = coordinator.data, coordinator.config_entry.options[CONF_UNIT]
        latest, place = data.latest, data.glucose_range
        person: Person = person_of(self._hass, coordinator)
        return {
            **person,
            CONF_CONFIG_ENTRY_ID: coordinator.config_entry.entry_id,
            "value": shown(latest.mgdl, unit) if latest else None,
            "unit": unit,
            "out_of_range": latest is not None and latest.is_out_of_range,
            "range": place.value if place else None,
        }


class CrossingTrigger(CgmTrigger):
    """Something that becomes so."""

    schema = ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR

    @abc.abstractmethod
    def value(self, data: CgmData) -> bool | None:
        """Return whether it is so, None if that is not known."""

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Wait for it."""
        return _Watch(self, self._hass, run_action).async_start()


class _Watch:
    """Waits for one trigger to fire."""

    def __init__(
        self,
        trigger: CrossingTrigger,
        hass: HomeAssistant,
        run_action: TriggerActionRunner,
    ) -> None:
        """Prepare to look at whom the trigger is about."""
        lasts: timedelta = trigger.options.get(CONF_FOR) or timedelta()
        self._trigger = trigger
        self._hass = hass
        self._run_action = run_action
        self._crossings = Crossings(
            Behavior(trigger.options[ATTR_BEHAVIOR]), lasts.total_seconds()
        )
        self._coordinators: dict[str, CgmCoordinator] = {}
        self._cancel_timer: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look from now on; return how to stop."""
        stop = Following(
            self._hass,
            self._trigger.target,
            self._trigger.requires,
            self._join,
            people_changed=self._crossings.follow,
            left=self._left,
        ).async_start()

        @callback
        def stop_all() -> None:
            stop()
            self._wait()

        return stop_all

    @callback
    def _join(self, coordinator: CgmCoordinator) -> CALLBACK_TYPE:
        """Look at a person now and at every publication."""
        entry_id = coordinator.config_entry.entry_id
        self._coordinators[entry_id] = coordinator

        @callback
        def look() -> None:
            value = self._trigger.value(coordinator.data)
            self._fire(self._crossings.step(entry_id, value, self._hass.loop.time()))

        look()
        return coordinator.async_add_listener(look)

    @callback
    def _left(self, entry_id: str) -> None:
        """Know nothing about a person for now."""
        self._fire(self._crossings.step(entry_id, None, self._hass.loop.time()))

    @callback
    def _is_due(self, _: object) -> None:
        """Look at what was waited for."""
        self._cancel_timer = None
        self._fire(self._crossings.look(self._hass.loop.time()))

    @callback
    def _fire(self, people: list[str]) -> None:
        """Run the actions for some people, and wait for the next."""
        self._wait(self._crossings.next_at)
        for entry_id in people:
            payload = self._trigger.payload(self._coordinators[entry_id])
            self._run_action(payload, self._trigger.says)

    @callback
    def _wait(self, until: float | None = None) -> None:
        """Look again at a moment of the loop's clock, and at no earlier one."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None
        if until is not None:
            seconds = max(0.0, until - self._hass.loop.time())
            self._cancel_timer = async_call_later(self._hass, seconds, self._is_due)


class CrossedThresholdTrigger(CrossingTrigger):
    """Glucose comes to where somebody wants to know of it."""

    schema = with_options({probatio.Required(CONF_THRESHOLD): THRESHOLD})
    says = "glucose crossed a threshold"

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the threshold."""
        super().__init__(hass, config)
        self._threshold = Threshold.from_config(self.options[CONF_THRESHOLD])

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether glucose is there."""
        if data.latest is None:
            return None
        return self._threshold.holds(self._hass, data.latest.mgdl)


class BecameLowTrigger(CrossingTrigger):
    """Glucose falls below the person's low."""

    says = "glucose became low"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether it is low or very low."""
        return is_within(data, LOWS)


class BecameHighTrigger(CrossingTrigger):
    """Glucose rises above the person's high."""

    says = "glucose became high"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether it is high or very high."""
        return is_within(data, HIGHS)


class EnteredRangeTrigger(CrossingTrigger):
    """Glucose comes into one of some ranges from outside of all of them."""

    schema = with_options({probatio.Required(CONF_RANGES): some_of(GlucoseRange)})
    says = "glucose entered a range"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether it is in one of them."""
        return is_within(data, self.options[CONF_RANGES])


class ChangingFastTrigger(CrossingTrigger):
    """Glucose begins to change fast."""

    schema = with_options(
        {probatio.Required(CONF_DIRECTION, default=EITHER): probatio.In(DIRECTIONS)}
    )
    says = "glucose began to change fast"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether it changes fast in that direction."""
        return is_changing_fast(data, self.options[CONF_DIRECTION])


class ForecastLowTrigger(CrossingTrigger):
    """Glucose is expected to be low within 20 minutes."""

    says = "glucose is expected to be low"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether that is likely, or so already."""
        return data.is_low_soon

    @override
    def payload(self, coordinator: CgmCoordinator) -> dict[str, Any]:
        """Add in how many minutes."""
        return {**super().payload(coordinator), "low_in": coordinator.data.low_in}


class SignalLostTrigger(CrossingTrigger):
    """Readings stop."""

    says = "the signal was lost"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether there is no recent reading."""
        return data.is_signal_lost


class SignalReturnedTrigger(CrossingTrigger):
    """Readings arrive again."""

    says = "the signal returned"

    @override
    def value(self, data: CgmData) -> bool | None:
        """Return whether there is a recent reading."""
        return not data.is_signal_lost


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


TRIGGERS: dict[str, type[Trigger]] = {
    "alarm": AlarmTrigger,
    "became_high": BecameHighTrigger,
    "became_low": BecameLowTrigger,
    "changing_fast": ChangingFastTrigger,
    "crossed_threshold": CrossedThresholdTrigger,
    "entered_range": EnteredRangeTrigger,
    "forecast_low": ForecastLowTrigger,
    "signal_lost": SignalLostTrigger,
    "signal_returned": SignalReturnedTrigger,
    "treatment": TreatmentTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return what automations can wait for."""
    return TRIGGERS
