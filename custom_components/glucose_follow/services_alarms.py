"""Actions that silence alarms, and one that rehearses them."""

from datetime import timedelta

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
import probatio

from .alarms import CgmAlarms
from .cgm.alarm_levels import LONGEST_SNOOZE, Level
from .cgm.source import Feature
from .const import ALL_LEVELS, CONF_CONFIG_ENTRY_ID, DOMAIN
from .coordinator import CgmConfigEntry

CONF_LEVEL = "level"
CONF_MINUTES = "minutes"
CONF_ONLY_ACTIVE = "only_active"
SHORTEST = 5
LONGEST = LONGEST_SNOOZE // timedelta(minutes=1)

LEVELS = [level.value for level in Level]
PERSON = {probatio.Optional(CONF_CONFIG_ENTRY_ID): cv.string}
LEVEL_OR_ALL = {
    probatio.Optional(CONF_LEVEL, default=ALL_LEVELS): probatio.In(
        [ALL_LEVELS, *LEVELS]
    )
}
SNOOZE_SCHEMA = probatio.Schema(
    {
        **PERSON,
        **LEVEL_OR_ALL,
        probatio.Required(CONF_MINUTES): probatio.All(
            probatio.Coerce(int), probatio.Range(min=SHORTEST, max=LONGEST)
        ),
        probatio.Optional(CONF_ONLY_ACTIVE, default=False): cv.boolean,
    }
)
END_SNOOZE_SCHEMA = probatio.Schema({**PERSON, **LEVEL_OR_ALL})
TEST_SCHEMA = probatio.Schema(
    {
        **PERSON,
        probatio.Optional(CONF_LEVEL, default=Level.LOW.value): probatio.In(LEVELS),
    }
)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register what can be done about alarms."""
    for name, handler, schema in (
        ("snooze", _snooze, SNOOZE_SCHEMA),
        ("end_snooze", _end_snooze, END_SNOOZE_SCHEMA),
        ("test_alarm", _test_alarm, TEST_SCHEMA),
    ):
        hass.services.async_register(DOMAIN, name, handler, schema=schema)


@callback
def _snooze(call: ServiceCall) -> None:
    """Be quiet for a while."""
    alarms, level = _alarms(call), _level(call)
    if call.data[CONF_ONLY_ACTIVE] and not alarms.is_active(level):
        return
    alarms.async_snooze(level, timedelta(minutes=call.data[CONF_MINUTES]))


@callback
def _end_snooze(call: ServiceCall) -> None:
    """Be quiet no longer."""
    _alarms(call).async_end_snooze(_level(call))


@callback
def _test_alarm(call: ServiceCall) -> None:
    """Tell of an alarm that is none."""
    _alarms(call).async_test(Level(call.data[CONF_LEVEL]))


def _level(call: ServiceCall) -> Level | None:
    """Return which level is meant, None for all."""
    name = call.data[CONF_LEVEL]
    return None if name == ALL_LEVELS else Level(name)


def _alarms(call: ServiceCall) -> CgmAlarms:
    """Return the alarms of the person who is meant.

    Raises:
        ServiceValidationError: Nobody is meant, or nobody with alarms.
    """
    entry: CgmConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, call.data.get(CONF_CONFIG_ENTRY_ID)
    )
    if Feature.LIVE not in entry.runtime_data.features:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_alarms",
            translation_placeholders={"name": entry.title},
        )
    return entry.runtime_data.alarms
