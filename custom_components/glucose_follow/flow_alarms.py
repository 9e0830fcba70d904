"""The part of the settings that is about alarms: a section for each."""

from collections.abc import Mapping
from typing import Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TimeSelector,
)
import probatio

from . import options
from .cgm.alarm_levels import Level
from .const import (
    CONF_ALARMS,
    CONF_IS_ON,
    CONF_PERSISTENCE,
    CONF_REPEAT,
    CONF_WINDOW_END,
    CONF_WINDOW_START,
)

LONGEST_PERSISTENCE = 120
LONGEST_REPEAT = 240


def _minutes(longest: int) -> NumberSelector:
    """Return a field for minutes."""
    return NumberSelector(
        NumberSelectorConfig(
            min=0, max=longest, mode=NumberSelectorMode.BOX, unit_of_measurement="min"
        )
    )


ALARM_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_PERSISTENCE): _minutes(LONGEST_PERSISTENCE),
        probatio.Required(CONF_REPEAT): _minutes(LONGEST_REPEAT),
        probatio.Optional(CONF_WINDOW_START): TimeSelector(),
        probatio.Optional(CONF_WINDOW_END): TimeSelector(),
    }
)
SECTIONS = {
    probatio.Optional(level.value): section(ALARM_SCHEMA, {"collapsed": True})
    for level in Level
}


def suggested(known: options.Options) -> dict[str, Any]:
    """Return what the sections begin with."""
    return {level.value: options.level_options(known, level) for level in Level}


def is_complete(typed: Mapping[str, Any]) -> bool:
    """Return whether every window has a beginning and an end, or neither."""
    sections = [typed.get(level.value, {}) for level in Level]
    return all(
        (CONF_WINDOW_START in each) == (CONF_WINDOW_END in each) for each in sections
    )


def chosen(known: options.Options, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return options by what was typed; a window that was emptied is gone."""
    found = {**known, **typed}
    alarms = dict(known.get(CONF_ALARMS, {}))
    for level in Level:
        if (wishes := found.pop(level.value, None)) is not None:
            alarms[level.value] = {
                **_kept(alarms.get(level.value, {})),
                **wishes,
                CONF_PERSISTENCE: int(wishes[CONF_PERSISTENCE]),
                CONF_REPEAT: int(wishes[CONF_REPEAT]),
            }
    return {**found, CONF_ALARMS: alarms} if alarms else found


def _kept(known: options.Options) -> dict[str, Any]:
    """Return what the form does not ask for."""
    return {key: known[key] for key in known.keys() & {CONF_IS_ON}}
