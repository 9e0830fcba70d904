"""What a person chose, as the domain knows it: the entry's options, decoded."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import time, timedelta, tzinfo
from typing import Any

from .cgm.alarm_levels import DEFAULTS, AlarmSettings, Level, LevelSettings, Window
from .cgm.models import Thresholds
from .const import (
    CONF_ALARMS,
    CONF_IS_ON,
    CONF_PERSISTENCE,
    CONF_REPEAT,
    CONF_THRESHOLDS,
    CONF_WINDOW_END,
    CONF_WINDOW_START,
)

type Options = Mapping[str, Any]
"""What Home Assistant keeps for an entry: JSON that our forms and entities wrote."""

_MINUTE = timedelta(minutes=1)


def thresholds(options: Options) -> Thresholds:
    """Return where ranges begin and end."""
    return Thresholds(**options.get(CONF_THRESHOLDS, {}))


def with_thresholds(options: Options, chosen: Thresholds) -> dict[str, Any]:
    """Return options with other thresholds."""
    return {**options, CONF_THRESHOLDS: asdict(chosen)}


def alarm_settings(options: Options, zone: tzinfo) -> AlarmSettings:
    """Return how alarms are wanted, with ours where nothing was chosen."""
    return AlarmSettings(
        levels={level: _level_settings(options, level) for level in Level}, zone=zone
    )


def with_level(options: Options, level: Level, chosen: Options) -> dict[str, Any]:
    """Return options with something else chosen about one alarm."""
    alarms = options.get(CONF_ALARMS, {})
    return {
        **options,
        CONF_ALARMS: {**alarms, level.value: {**alarms.get(level, {}), **chosen}},
    }


def level_options(options: Options, level: Level) -> dict[str, Any]:
    """Return what is chosen about one alarm, as it is stored; no window is left out."""
    usual = DEFAULTS[level]
    return {
        CONF_IS_ON: usual.is_on,
        CONF_PERSISTENCE: usual.persistence // _MINUTE,
        CONF_REPEAT: usual.repeat // _MINUTE if usual.repeat else 0,
        **options.get(CONF_ALARMS, {}).get(level, {}),
    }


def _level_settings(options: Options, level: Level) -> LevelSettings:
    """Return how one alarm is wanted."""
    chosen = level_options(options, level)
    repeat = chosen[CONF_REPEAT]
    return LevelSettings(
        is_on=chosen[CONF_IS_ON],
        persistence=chosen[CONF_PERSISTENCE] * _MINUTE,
        repeat=repeat * _MINUTE if repeat else None,
        window=_window(chosen),
    )


def _window(chosen: Options) -> Window | None:
    """Return when an alarm is wanted, None for always."""
    start, end = chosen.get(CONF_WINDOW_START), chosen.get(CONF_WINDOW_END)
    if not start or not end:
        return None
    return Window(start=time.fromisoformat(start), end=time.fromisoformat(end))
