"""What automations can ask.

Nobody knows everything: what is not known is not so. Never build "not low" from
these; glucose that nobody knows is not low either.
"""

import abc
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Unpack, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType
import probatio

from .cgm.models import GlucoseRange
from .cgm.ranges import HIGHS, LOWS
from .cgm.source import Feature
from .coordinator import CgmCoordinator
from .following import Following, people_of
from .trigger_base import Options
from .trigger_crossings import (
    CONF_DIRECTION,
    DIRECTIONS,
    EITHER,
    is_changing_fast,
    is_within,
)

CONF_URGENT_ONLY = "urgent_only"

_URGENT_ONLY: dict[probatio.Marker, object] = {
    probatio.Required(CONF_URGENT_ONLY, default=False): cv.boolean
}
_BEHAVIOR = {
    probatio.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): probatio.In(
        [BEHAVIOR_ANY, BEHAVIOR_ALL]
    )
}


def _schema(
    fields: Mapping[Any, object] | None = None,
) -> probatio.Schema:
    """Return a schema with what is particular to a condition."""
    return probatio.Schema(
        {
            probatio.Required(CONF_TARGET): cv.TARGET_FIELDS,
            probatio.Required(CONF_OPTIONS, default={}): {
                **_BEHAVIOR,
                **(fields or {}),
            },
        }
    )


class CgmCondition(Condition):
    """Something that is so of people, or not, or not known."""

    schema: ClassVar[probatio.Schema] = _schema()

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was written in the editor or by hand."""
        return cast(ConfigType, cls.schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self.options: Options = config.options or {}
        self._target: ConfigType = config.target or {}

    @abc.abstractmethod
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether it is so of a person, None if that is not known."""

    @property
    @override
    def needs_polling(self) -> bool:
        """Return False: every change is published."""
        return False

    @override
    async def _async_track_changes(self, action: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `action` when the answer may be another."""

        @callback
        def joined(coordinator: CgmCoordinator) -> CALLBACK_TYPE:
            if is_tracking:
                action()
            return coordinator.async_add_listener(action)

        @callback
        def changed(_: object) -> None:
            if is_tracking:
                action()

        is_tracking = False
        stop = Following(
            self._hass,
            self._target,
            Feature.LIVE,
            joined,
            people_changed=changed,
            left=changed,
        ).async_start()
        is_tracking = True
        return stop

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether it is so of any, or of all if there is anybody."""
        people = people_of(self._hass, self._target, Feature.LIVE)
        values = [
            coordinator is not None and self.value(coordinator) is True
            for coordinator in people.values()
        ]
        if self.options[ATTR_BEHAVIOR] == BEHAVIOR_ALL:
            return bool(values) and all(values)
        return any(values)


class IsLowCondition(CgmCondition):
    """Glucose is low or urgently low."""

    schema = _schema(_URGENT_ONLY)

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether it is below the person's low."""
        urgent = {GlucoseRange.URGENT_LOW}
        ranges = urgent if self.options[CONF_URGENT_ONLY] else LOWS
        return is_within(coordinator.data, ranges)


class IsInRangeCondition(CgmCondition):
    """Glucose is neither low nor high."""

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether it is where the person wants it."""
        return is_within(coordinator.data, {GlucoseRange.IN_RANGE})


class IsHighCondition(CgmCondition):
    """Glucose is high or urgently high."""

    schema = _schema(_URGENT_ONLY)

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether it is above the person's high."""
        urgent = {GlucoseRange.URGENT_HIGH}
        ranges = urgent if self.options[CONF_URGENT_ONLY] else HIGHS
        return is_within(coordinator.data, ranges)


class IsChangingFastCondition(CgmCondition):
    """Glucose changes fast."""

    schema = _schema(
        {probatio.Required(CONF_DIRECTION, default=EITHER): probatio.In(DIRECTIONS)}
    )

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether it changes fast in that direction."""
        return is_changing_fast(coordinator.data, self.options[CONF_DIRECTION])


class IsSignalLostCondition(CgmCondition):
    """No recent reading is there."""

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether readings stopped."""
        return coordinator.data.is_signal_lost


class IsKnownCondition(CgmCondition):
    """Glucose is known."""

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether there is a current reading."""
        return coordinator.data.latest is not None


class IsSnoozedCondition(CgmCondition):
    """Alarms are silenced."""

    @property
    @override
    def needs_polling(self) -> bool:
        """Return True: a snooze ends by itself, and is noticed a little later."""
        return True

    @override
    def value(self, coordinator: CgmCoordinator) -> bool | None:
        """Return whether any alarm is silenced now."""
        until = coordinator.alarms.state.snoozed_until
        return until is not None and coordinator.now() < until


CONDITIONS: dict[str, type[Condition]] = {
    "is_changing_fast": IsChangingFastCondition,
    "is_high": IsHighCondition,
    "is_in_range": IsInRangeCondition,
    "is_known": IsKnownCondition,
    "is_low": IsLowCondition,
    "is_signal_lost": IsSignalLostCondition,
    "is_snoozed": IsSnoozedCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return what automations can ask."""
    return CONDITIONS
