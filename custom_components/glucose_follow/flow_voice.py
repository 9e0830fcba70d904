"""The settings of voice: who may be asked about, and by which names."""

from typing import Any

from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from .const import (
    CONF_EXPOSE_TO_ASSIST,
    CONF_NICKNAMES,
    CONF_PERSON,
    CONF_SENSOR_DAYS,
    CONF_VOICE,
)

LONGEST_SENSOR_DAYS = 365
"""Some are worn for a year."""

VOICE_FIELDS = {
    probatio.Required(CONF_VOICE, default=False): BooleanSelector(),
    probatio.Optional(CONF_NICKNAMES): TextSelector(TextSelectorConfig(multiple=True)),
    probatio.Optional(CONF_PERSON): EntitySelector(
        EntitySelectorConfig(domain="person")
    ),
    probatio.Optional(CONF_SENSOR_DAYS): NumberSelector(
        NumberSelectorConfig(
            min=1,
            max=LONGEST_SENSOR_DAYS,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement="d",
        )
    ),
    probatio.Required(CONF_EXPOSE_TO_ASSIST, default=False): BooleanSelector(),
}


_NAMES = frozenset(map(str, VOICE_FIELDS))


def voice_options(
    options: dict[str, Any], user_input: dict[str, Any]
) -> dict[str, Any]:
    """Return options in which nothing is left of what is off or was emptied."""
    kept = {key: value for key, value in options.items() if key not in _NAMES}
    chosen = {key: user_input.get(key) for key in _NAMES}
    names = [name.strip() for name in chosen[CONF_NICKNAMES] or ()]
    chosen[CONF_NICKNAMES] = [name for name in names if name]
    chosen[CONF_SENSOR_DAYS] = int(chosen[CONF_SENSOR_DAYS] or 0)
    return {**kept, **{key: value for key, value in chosen.items() if value}}
