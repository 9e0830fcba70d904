"""Tells cards what is known of a person, at once and at every change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.json import JsonObjectType
import probatio

from .cgm.models import Reading
from .cgm.timeline import SPAN as READINGS_SPAN
from .const import CONF_UNIT, DOMAIN
from .coordinator import CgmConfigEntry, CgmCoordinator
from .feed import alarmed, all_readings, changed, judged, milliseconds, new_readings

BEAT = timedelta(seconds=25)
"""A card that hears nothing for a minute says that it is cut off."""

_MOST_HOURS = READINGS_SPAN // timedelta(hours=1)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Let cards subscribe."""
    websocket_api.async_register_command(hass, subscribe)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/subscribe",
        probatio.Exclusive("entity_id", "person"): cv.entity_id,
        probatio.Exclusive("entry_id", "person"): str,
        probatio.Optional("hours", default=_MOST_HOURS): probatio.All(
            int, probatio.Range(min=1, max=_MOST_HOURS)
        ),
    }
)
@callback
def subscribe(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Tell a card about a person from now on.

    Raises:
        Unauthorized: The user may not read the person's glucose.
    """
    entry = _entry(hass, msg.get("entry_id"), msg.get("entity_id"))
    if entry is None:
        connection.send_error(
            msg["id"], websocket_api.ERR_NOT_FOUND, "There is no such person"
        )
        return
    if not _may_read(hass, connection, entry):
        raise Unauthorized(entity_id=msg.get("entity_id"), permission=POLICY_READ)
    subscription = Subscription(
        hass, connection, msg["id"], entry, timedelta(hours=msg["hours"])
    )
    connection.subscriptions[msg["id"]] = subscription.async_end
    connection.send_result(msg["id"])
    subscription.async_begin()


class Subscription:
    """What one card knows of one person, kept true through reloads."""

    def __init__(
        self,
        hass: HomeAssistant,
        connection: websocket_api.ActiveConnection,
        message_id: int,
        entry: CgmConfigEntry,
        span: timedelta,
    ) -> None:
        """Prepare to tell of the readings of `span`."""
        self._hass = hass
        self._connection = connection
        self._message_id = message_id
        self._entry = entry
        self._span = span
        self._coordinator: CgmCoordinator | None = None
        self._told: JsonObjectType = {}
        self._readings: Sequence[Reading] = ()
        self._leave: list[CALLBACK_TYPE] = []
        self._let_go: list[CALLBACK_TYPE] = []

    @callback
    def async_begin(self) -> None:
        """Tell everything, and listen."""
        self._leave = [
            async_dispatcher_connect(
                self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
            ),
            async_track_time_interval(self._hass, self._beat, BEAT),
        ]
        self._attach()
        if self._coordinator is None:
            self._send({"available": False})

    @callback
    def async_end(self) -> None:
        """Stop listening."""
        self._detach()
        while self._leave:
            self._leave.pop()()

    @callback
    def _entry_changed(self, _: ConfigEntryChange, entry: CgmConfigEntry) -> None:
        """Follow the entry into and out of a reload."""
        if entry.entry_id != self._entry.entry_id:
            return
        is_loaded = entry.state is ConfigEntryState.LOADED
        if self._coordinator is not None and not is_loaded:
            self._detach()
            self._send({"available": False})
        elif self._coordinator is not None:
            self._tell(self._coordinator)
        elif is_loaded:
            self._attach()

    @callback
    def _attach(self) -> None:
        """Tell all that is known if the entry is loaded, and listen."""
        if self._entry.state is ConfigEntryState.LOADED:
            self._coordinator = self._entry.runtime_data
            tell = partial(self._tell, self._coordinator)
            self._let_go = [
                self._coordinator.async_add_listener(tell),
                self._coordinator.alarms.async_listen(lambda _: tell()),
            ]
            tell()

    @callback
    def _detach(self) -> None:
        """Forget what was told; the next coordinator may know something else."""
        while self._let_go:
            self._let_go.pop()()
        self._coordinator = None
        self._told, self._readings = {}, ()

    @callback
    def _beat(self, _: datetime) -> None:
        """Show that the line is open, even if there is nothing to say."""
        if self._coordinator is None:
            self._send({"available": False})
        else:
            self._tell(self._coordinator, is_beat=True)

    @callback
    def _tell(self, coordinator: CgmCoordinator, *, is_beat: bool = False) -> None:
        """Tell what the card does not know yet."""
        since = coordinator.now() - self._span
        known = self._known(coordinator, since)
        message = changed(self._told, known) | self._news(coordinator, since)
        self._told, self._readings = known, coordinator.data.readings
        if message or is_beat:
            self._send({"now": milliseconds(coordinator.now()), **message})

    def _known(self, coordinator: CgmCoordinator, since: datetime) -> JsonObjectType:
        """Return all that is known but the readings themselves."""
        until = coordinator.fresh_until
        return {
            "alarms": alarmed(coordinator.alarms.state, coordinator.now()),
            "available": True,
            "entry_id": self._entry.entry_id,
            "fresh_until": milliseconds(until) if until else None,
            "name": _name(self._hass, self._entry),
            "stale_after": round(coordinator.stale_after.total_seconds()),
            "unit": self._entry.options[CONF_UNIT],
            **judged(coordinator.data, since),
        }

    def _news(self, coordinator: CgmCoordinator, since: datetime) -> JsonObjectType:
        """Return readings that the card does not have, or all to replace what it has."""
        readings = coordinator.data.readings
        if self._told and readings is self._readings:
            return {}
        news = new_readings(self._readings, readings, since) if self._told else None
        if news is None:
            return {"readings": all_readings(readings, since), "replaces": True}
        return {"readings": news} if news else {}

    @callback
    def _send(self, message: JsonObjectType) -> None:
        """Send a message to the card."""
        self._connection.send_event(self._message_id, message)


def _entry(
    hass: HomeAssistant, entry_id: str | None, entity_id: str | None
) -> CgmConfigEntry | None:
    """Return a person's entry, None if there is none."""
    if entity_id is not None:
        found = er.async_get(hass).async_get(entity_id)
        entry_id = found.config_entry_id if found else None
    entry = hass.config_entries.async_get_entry(entry_id) if entry_id else None
    return entry if entry and entry.domain == DOMAIN else None


def _may_read(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    entry: CgmConfigEntry,
) -> bool:
    """Return whether the user may read the person's glucose."""
    user, registry = connection.user, er.async_get(hass)
    for key in ("glucose", "delayed_glucose"):
        entity_id = registry.async_get_entity_id(
            SENSOR_DOMAIN, DOMAIN, f"{entry.entry_id}_{key}"
        )
        if entity_id is not None:
            return user.permissions.check_entity(entity_id, POLICY_READ)
    return user.is_admin


def _name(hass: HomeAssistant, entry: CgmConfigEntry) -> str:
    """Return what the person is called in this home."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    return (device.name_by_user if device else None) or entry.title
