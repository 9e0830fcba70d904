"""Whom a question can be about, and what is known of them."""

from datetime import timedelta

from homeassistant.const import ATTR_FRIENDLY_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .cgm.models import GlucoseUnit
from .cgm.source import Feature
from .cgm.speech import Subject
from .const import CONF_NICKNAMES, CONF_PERSON, CONF_SENSOR_DAYS, CONF_UNIT, DOMAIN
from .coordinator import CgmConfigEntry

_PERSON, _USER_ID = "person", "user_id"
"""Domain and attribute; the integration itself is not needed to look at them."""


def name_of(hass: HomeAssistant, entry: CgmConfigEntry) -> str:
    """Return what a person is called: what their device was renamed to, if it was."""
    devices = dr.async_get(hass)
    identifier = DOMAIN, entry.entry_id
    device = devices.async_get_device_by_identifier(identifier, entry.entry_id)
    return (device and device.name_by_user) or entry.title


def names_of(hass: HomeAssistant, entry: CgmConfigEntry) -> list[str]:
    """Return everything that a person is called."""
    return [
        name_of(hass, entry),
        entry.title,
        *entry.options.get(CONF_NICKNAMES, ()),
        *_linked_names(hass, entry.options.get(CONF_PERSON)),
    ]


def is_mine(hass: HomeAssistant, entry: CgmConfigEntry, user_id: str | None) -> bool:
    """Return whether it is about the user who speaks."""
    own, linked = own_person(hass, user_id), entry.options.get(CONF_PERSON)
    return own is not None and own == linked


def own_person(hass: HomeAssistant, user_id: str | None) -> str | None:
    """Return the person entity of a user, None if there is none."""
    if user_id is None:
        return None
    for state in hass.states.async_all(_PERSON):
        if state.attributes.get(_USER_ID) == user_id:
            return state.entity_id
    return None


def subject_of(hass: HomeAssistant, entry: CgmConfigEntry) -> Subject:
    """Return what is known about a person at this moment."""
    coordinator = entry.runtime_data
    # Between two ticks a reading may have grown too old.
    coordinator.async_judge()
    now = coordinator.now()
    days = entry.options.get(CONF_SENSOR_DAYS)
    return Subject(
        name=name_of(hass, entry),
        data=coordinator.data,
        unit=GlucoseUnit(entry.options[CONF_UNIT]),
        now=now,
        midnight=dt_util.start_of_local_day(dt_util.as_local(now)),
        is_live=Feature.LIVE in coordinator.features,
        sensor_life=timedelta(days=days) if days else None,
    )


def _linked_names(hass: HomeAssistant, entity_id: str | None) -> list[str]:
    """Return the names of a person entity that an entry is linked to."""
    if entity_id is None:
        return []
    state = hass.states.get(entity_id)
    entry = er.async_get(hass).async_get(entity_id)
    names = [state.attributes.get(ATTR_FRIENDLY_NAME)] if state else []
    aliases = er.async_get_entity_aliases(hass, entry) if entry else []
    return [name for name in (*names, *aliases) if name]
