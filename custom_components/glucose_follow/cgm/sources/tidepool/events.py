"""What happened to devices, and exercise.

Source: TidepoolApi, reference/data/models/deviceevent/ and
docs/device-data/data-types/device-event/.
"""

from collections.abc import Callable, Mapping
import re

from ...models import TreatmentKind
from .facts import Fact, Origin, Told
from .fields import minutes, number, part, text
from .glucose import finger_stick

_POD = re.compile(r"omnipod|insulet|^insomn", re.IGNORECASE)
"""A pump whose reservoir is changed together with the site."""

_MINUTES = {"seconds": 1 / 60, "minutes": 1.0, "hours": 60.0}

_SENSOR_KINDS = {
    "start": TreatmentKind.SENSOR_START,
    "stop": TreatmentKind.SENSOR_STOP,
    "expired": TreatmentKind.SENSOR_STOP,
}


def device_event(told: Told) -> list[Fact] | None:
    """Return what happened to a device, none if that was nothing, None if unusable."""
    decoder = _DECODERS.get(told.sub_type or "")
    return decoder(told) if decoder else []


def exercise(told: Told) -> list[Fact]:
    """Return exercise (`physicalActivity`)."""
    duration = part(told.document, "duration")
    length = number(duration.get("value"))
    unit = _MINUTES.get(text(duration.get("units")) or "")
    return [
        told.fact(
            TreatmentKind.EXERCISE,
            duration=length * unit if length and unit else None,
            note=text(told.get("name")) or text(told.get("activityType")),
        )
    ]


def _reservoir(told: Told) -> list[Fact]:
    """Return what a change of the reservoir means for this pump."""
    is_pod = _POD.search(text(told.get("deviceId")) or "")
    kind = TreatmentKind.SITE_CHANGE if is_pod else TreatmentKind.INSULIN_CHANGE
    return [told.fact(kind)]


def _prime(told: Told) -> list[Fact]:
    """Return what was filled: a cannula is, as soon as it is in place.

    The insulin in it went into a tube, not into a person.
    """
    is_site = told.get("primeTarget") == "cannula"
    return [told.fact(TreatmentKind.SITE_CHANGE if is_site else TreatmentKind.PRIME)]


def _status(told: Told) -> list[Fact]:
    """Return whether a pump stopped or went on."""
    reason = part(told.document, "reason")
    if told.get("status") == "suspended":
        return [
            told.fact(
                TreatmentKind.SUSPEND,
                Origin.PUMP_STATUS,
                rate=0.0,
                is_automatic=reason.get("suspended") == "automatic",
                duration=minutes(told.get("duration")),
            )
        ]
    if told.get("status") == "resumed":
        is_automatic = reason.get("resumed") == "automatic"
        return [told.fact(TreatmentKind.RESUME, is_automatic=is_automatic)]
    return []


def _sensor(told: Told) -> list[Fact]:
    """Return whether a sensor began or ended."""
    kind = _SENSOR_KINDS.get(text(told.get("eventType")) or "")
    return [told.fact(kind)] if kind else []


def _override(told: Told) -> list[Fact]:
    """Return that other settings were chosen for a while."""
    return [
        told.fact(
            TreatmentKind.OVERRIDE,
            duration=minutes(told.get("duration")),
            note=text(told.get("overridePreset")) or text(told.get("overrideType")),
        )
    ]


def _profile(told: Told) -> list[Fact]:
    """Return that another therapy profile was chosen."""
    name = text(part(told.document, "basalSchedule").get("to"))
    return [told.fact(TreatmentKind.PROFILE_SWITCH, note=name)] if name else []


_DECODERS: Mapping[str, Callable[[Told], list[Fact] | None]] = {
    "calibration": finger_stick,
    "prime": _prime,
    "pumpSettingsOverride": _override,
    "reservoirChange": _reservoir,
    "sensorEvent": _sensor,
    "settingsChange": _profile,
    "status": _status,
}
