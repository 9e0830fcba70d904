"""Actions that answer with data."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util
import probatio

from . import services_alarms, services_phones
from .cgm.errors import CgmError
from .cgm.metrics import CONSENSUS, Episode, Statistics, statistics
from .cgm.models import Reading, Treatment
from .const import CONF_CONFIG_ENTRY_ID, CONF_UNIT, DOMAIN
from .coordinator import CgmConfigEntry
from .errors import translation_key
from .units import shown

CONF_END = "end"
CONF_START = "start"
LONGEST = timedelta(days=31)

PERIOD_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional(CONF_START): cv.datetime,
        probatio.Optional(CONF_END): cv.datetime,
    }
)

type Period = tuple[datetime, datetime]
type Answer = Callable[[CgmConfigEntry, Period], Awaitable[dict[str, Any]]]


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register all actions; they exist whether or not anybody is followed."""
    answers: dict[str, Answer] = {
        "get_readings": _readings,
        "get_statistics": _statistics,
        "get_treatments": _treatments,
    }
    for name, answer in answers.items():
        hass.services.async_register(
            DOMAIN,
            name,
            _handler(answer),
            schema=PERIOD_SCHEMA,
            supports_response=SupportsResponse.ONLY,
        )
    services_alarms.async_register(hass)
    services_phones.async_register(hass)


def _handler(
    answer: Answer,
) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    """Return what looks up person and period, and puts errors into words."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        """Answer a call.

        Raises:
            ServiceValidationError: What was asked for cannot be answered.
            HomeAssistantError: The source does not answer.
        """
        entry: CgmConfigEntry = service.async_get_config_entry(
            call.hass, DOMAIN, call.data.get(CONF_CONFIG_ENTRY_ID)
        )
        period = _period(call)
        try:
            return await answer(entry, period)
        except CgmError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key=translation_key(err)
            ) from err

    return handle


def _period(call: ServiceCall) -> Period:
    """Return from when to when; the last day unless told.

    Raises:
        ServiceValidationError: It ends before it begins, or is too long.
    """
    end = _utc(call.data.get(CONF_END)) or dt_util.utcnow()
    start = _utc(call.data.get(CONF_START)) or end - timedelta(days=1)
    if not timedelta() < end - start <= LONGEST:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="period_invalid",
            translation_placeholders={"days": str(LONGEST.days)},
        )
    return start, end


def _utc(moment: datetime | None) -> datetime | None:
    """Return a moment that a person told, in their time zone unless they told one."""
    return None if moment is None else dt_util.as_utc(moment)


async def _readings(entry: CgmConfigEntry, period: Period) -> dict[str, Any]:
    """Return readings in the entry's unit, oldest first."""
    unit = entry.options[CONF_UNIT]
    found = await entry.runtime_data.past.readings(*period)
    return {"unit": unit, "readings": [_reading(reading, unit) for reading in found]}


async def _treatments(entry: CgmConfigEntry, period: Period) -> dict[str, Any]:
    """Return treatments in the entry's unit, oldest first."""
    unit = entry.options[CONF_UNIT]
    found = await entry.runtime_data.past.treatments(*period)
    return {"unit": unit, "treatments": [_treatment(each, unit) for each in found]}


async def _statistics(entry: CgmConfigEntry, period: Period) -> dict[str, Any]:
    """Return the source's own figures where it has some, ours otherwise."""
    past = entry.runtime_data.past
    if (told := await past.statistics(*period)) is not None:
        return {"calculated_by": "source", "statistics": dict(told)}
    found = await past.readings(*period)
    unit = entry.options[CONF_UNIT]
    ours = statistics(found, *period, CONSENSUS)
    return {
        "calculated_by": "glucose_follow",
        "unit": unit,
        "statistics": _figures(ours, unit),
    }


def _reading(reading: Reading, unit: str) -> dict[str, Any]:
    """Return a reading as JSON."""
    return {
        "at": reading.at.isoformat(),
        "value": shown(reading.mgdl, unit),
        "kind": reading.kind.value,
        "direction": reading.direction.value if reading.direction else None,
    }


def _treatment(treatment: Treatment, unit: str) -> dict[str, Any]:
    """Return a treatment as JSON, without what it does not say."""
    told = {
        "at": treatment.at.isoformat(),
        "kind": treatment.kind.value,
        "insulin": treatment.insulin,
        "carbs": treatment.carbs,
        "rate": treatment.rate,
        "glucose": None if treatment.mgdl is None else shown(treatment.mgdl, unit),
        "ketone": treatment.ketone,
        "duration": treatment.duration,
        "automatic": treatment.is_automatic,
        "note": treatment.note,
    }
    return {key: value for key, value in told.items() if value is not None}


def _figures(ours: Statistics, unit: str) -> dict[str, Any]:
    """Return statistics as JSON: glucose in the unit, all else as it is."""
    figures = {
        key: round(value, 1) if isinstance(value, float) else value
        for key, value in asdict(ours).items()
    }
    for key, mgdl in (("mean", ours.mean), ("sd", ours.sd)):
        figures[key] = None if mgdl is None else shown(mgdl, unit)
    figures["lows"] = [_episode(episode, unit) for episode in ours.lows]
    figures["highs"] = [_episode(episode, unit) for episode in ours.highs]
    return figures


def _episode(episode: Episode, unit: str) -> dict[str, Any]:
    """Return a low or a high as JSON."""
    return {
        "start": episode.start.isoformat(),
        "end": episode.end.isoformat(),
        "value": shown(episode.mgdl, unit),
        "urgent": episode.is_urgent,
    }
