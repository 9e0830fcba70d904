"""Shapes, ages and counts for bug reports; never a value, a name or an address."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .cgm.models import DeviceStatus
from .cgm.status import ages
from .const import CONF_SOURCE, CONF_STALE_AFTER, CONF_UNIT
from .coordinator import CgmConfigEntry


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: CgmConfigEntry
) -> dict[str, Any]:
    """Return what is known about an entry without saying anything about a person."""
    if entry.state is not ConfigEntryState.LOADED:
        return {"source": entry.data[CONF_SOURCE], "state": entry.state.value}
    coordinator = entry.runtime_data
    data, now = coordinator.data, dt_util.utcnow()
    age = now - data.newest_at if data.newest_at else None
    return {
        "source": entry.data[CONF_SOURCE],
        "api": coordinator.source.api,
        "options": {
            CONF_UNIT: entry.options.get(CONF_UNIT),
            CONF_STALE_AFTER: round(coordinator.stale_after.total_seconds() / 60),
        },
        "is_polling_disabled": entry.pref_disable_polling,
        "features": sorted(coordinator.features),
        "is_answering": data.is_answering,
        "last_error": getattr(coordinator.last_exception, "translation_key", None),
        "refusals": coordinator.restraint.refusals,
        "push": {
            "is_connected": coordinator.push.connection.is_up,
            "is_trusted": coordinator.push.connection.is_trusted,
            "connections": coordinator.push.connection.count,
        },
        "clock_skew_seconds": round(coordinator.clock.skew.total_seconds()),
        "next_request_in_seconds": round((coordinator.next_at - now).total_seconds()),
        "period_seconds": round(coordinator.schedule.period.total_seconds()),
        "readings": {
            "count": len(data.readings),
            "newest_age_seconds": None if age is None else round(age.total_seconds()),
            "is_current": data.latest is not None,
            "has_delta": data.delta is not None,
            "has_direction": data.direction is not None,
            "sensor_status_known": data.sensor_status.value != "no_data",
            "skipped_documents": coordinator.source.skipped,
            "stamps_too_far_ahead": coordinator.timeline.ahead,
        },
        "treatments": {
            "are_known": data.are_treatments_known,
            "kinds": dict(Counter(item.kind.value for item in data.treatments)),
        },
        **({"history": asdict(coordinator.history)} if coordinator.history else {}),
        "status": {
            f"{name}_age_seconds": round(old.total_seconds())
            for name, old in ages(
                coordinator.status_log.status or DeviceStatus(), now
            ).items()
        },
    }
