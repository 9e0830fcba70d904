"""Triggers for what becomes so: glucose is low, changes fast, is known again."""

import abc
from collections.abc import Collection
from datetime import timedelta
from typing import Any, override

from homeassistant.const import CONF_FOR, CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trigger import (
    ATTR_BEHAVIOR,
    ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
import probatio

from .cgm.crossing import Behavior, Crossings
from .cgm.data import CgmData
from .cgm.models import GlucoseRange
from .cgm.ranges import HIGHS, LOWS
from .coordinator import CgmCoordinator
from .following import Following
from .threshold import THRESHOLD, Threshold
from .trigger_base import CgmTrigger, some_of

CONF_DIRECTION = "direction"
CONF_RANGES = "ranges"
CONF_THRESHOLD = "threshold"

FALLING, RISING, EITHER = "falling", "rising", "either"
DIRECTIONS = (FALLING, RISING, EITHER)


def with_options(fields: dict[probatio.Marker, Any]) -> probatio.Schema:
    """Return a schema with what is particular to a trigger that is a crossing."""
    return ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR.extend(
        {probatio.Required(CONF_OPTIONS, default={}): fields}
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
