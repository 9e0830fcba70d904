"""What pumps and uploaders report, whichever app writes it down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ...models import Reported
from .fields import Document, between, normalised, number, part, text, zoned
from .loops import no_later

_MOST_RESERVOIR = 1000.0
"""Units; iOS writes 3735928559 (0xDEADBEEF) for what a pod does not tell."""

_MOST_VOLTS = 10.0
_LEAST_INSULIN, _MOST_INSULIN = -50.0, 200.0

_CARELINK = ("connect-", "nightscout-connect:")
"""Their pump's clock is local, whatever zone it claims."""

_PHONES = frozenset({"", "phone"})
"""Transmitters, bridges and watches have batteries too, and upload nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PumpReport:
    """What a pump said in one document; None inside a value is its own unknown."""

    at: datetime
    """When the app last heard of the pump."""

    insulin_on_board: Reported[float] | None = None
    """Units; often of boluses only."""

    reservoir: Reported[float | None] | None = None
    """Units."""

    battery: Reported[float | None] | None = None
    """Percent."""

    voltage: Reported[float | None] | None = None
    """Volts."""

    is_suspended: Reported[bool] | None = None
    """Whether it gives nothing at all."""

    profile: Reported[str] | None = None
    """What AAPS calls the profile that runs on it."""

    model: str | None = None
    """What it is called."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UploaderReport:
    """What an uploader said in one document."""

    device: str
    """What tells it from others."""

    battery: Reported[float | None] | None = None
    """Percent."""

    model: str | None = None
    """What it is called."""


def pump(document: Document, at: datetime) -> PumpReport | None:
    """Return what a document says about a pump, None if nothing.

    Args:
        document: A device status.
        at: When it was written; nothing in it can be younger.
    """
    told = part(document.get("pump"))
    if not told:
        return None
    heard = _heard(document, told, at)
    battery = part(told.get("battery"))
    return PumpReport(
        at=heard,
        insulin_on_board=_insulin_on_board(told, heard),
        reservoir=_reservoir(told, heard),
        battery=_battery(battery, heard),
        voltage=_told(battery, "voltage", heard, 0.1, _MOST_VOLTS),
        is_suspended=_is_suspended(told, heard),
        profile=_profile(part(told.get("extended")), heard),
        model=_model(document, told),
    )


def uploader(document: Document, at: datetime) -> UploaderReport | None:
    """Return what a document says about who wrote it, None if nothing.

    Args:
        document: A device status.
        at: When it was written; nothing in it can be younger.
    """
    told = part(document.get("uploader"))
    if normalised(told.get("type")) not in _PHONES:
        return None
    device = text(document.get("device")) or ""
    heard = no_later(told, at, "timestamp")
    return UploaderReport(
        device=device,
        battery=_told(told, "battery", heard, 0, 100)
        or _told(document, "uploaderBattery", heard, 0, 100),
        model=device.rpartition("://")[2] or None,
    )


def _heard(document: Document, told: Document, at: datetime) -> datetime:
    """Return when the app last heard of the pump: by its clock, if that is clear."""
    device = text(document.get("device")) or ""
    if "connect" in document or device.startswith(_CARELINK):
        return at
    return min(zoned(told.get("clock")) or at, at)


def _told(
    section: Document, key: str, at: datetime, least: float, most: float
) -> Reported[float | None] | None:
    """Return a number of a section, unknown if it makes no sense, None if absent."""
    if section.get(key) is None:
        return None
    return Reported(between(section.get(key), least, most), at)


def _insulin_on_board(told: Document, at: datetime) -> Reported[float] | None:
    """Return the insulin on board that the pump itself counts.

    Source: minimed-connect-to-nightscout, lib/transform.js; nightscout-connect,
    lib/sources/minimedcarelink, which puts it beside the section for it.
    """
    iob = part(told.get("iob"))
    for value in (iob.get("iob"), iob.get("bolusiob"), told.get("bolusiob")):
        units = between(value, _LEAST_INSULIN, _MOST_INSULIN)
        if units is not None:
            return Reported(units, no_later(iob, at, "timestamp"))
    return None


def _reservoir(told: Document, at: datetime) -> Reported[float | None] | None:
    """Return what is left in the pump; a pod with more than 50 U does not know."""
    override = told.get("reservoir_display_override")
    if override is not None and number(override) is None:
        return Reported(None, at)
    return _told(told, "reservoir", at, 0, _MOST_RESERVOIR)


def _battery(battery: Document, at: datetime) -> Reported[float | None] | None:
    """Return the charge, which iOS makes up for a pump that does not tell it."""
    if battery.get("display") is False:
        return Reported(None, at)
    return _told(battery, "percent", at, 0, 100)


def _is_suspended(told: Document, at: datetime) -> Reported[bool] | None:
    """Return whether the pump gives nothing: Loop says so beside its status."""
    status = part(told.get("status"))
    heard = no_later(status, at, "timestamp")
    for value in (told.get("suspended"), status.get("suspended")):
        if isinstance(value, bool):
            return Reported(value, heard)
    name = normalised(status.get("status"))
    return Reported(name == "suspended", heard) if name else None


def _profile(extended: Document, at: datetime) -> Reported[str] | None:
    """Return the name of the profile that AAPS runs."""
    name = text(extended.get("ActiveProfile"))
    return Reported(name, at) if name else None


def _model(document: Document, told: Document) -> str | None:
    """Return what the pump is called: by Loop in two words, by AAPS in one."""
    words: Iterable[str | None] = (
        text(told.get("manufacturer")),
        text(told.get("model")),
    )
    configured = text(part(document.get("configuration")).get("pump"))
    return " ".join(filter(None, words)) or configured
