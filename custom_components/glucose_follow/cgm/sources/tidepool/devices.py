"""What loops, pumps and phones report; each value has its own time.

Source: TidepoolApi, reference/data/models/{dosingdecision,pumpstatus,
controllerstatus,pumpsettings,upload}.v1.yaml.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from ...models import (
    DeviceStatus,
    Forecast,
    LoopState,
    ProfileUse,
    Reported,
    Treatment,
    TreatmentKind,
)
from . import events, insulin
from .facts import Latest, Told
from .fields import amount, mgdl, moment, number, part, parts, text

TYPES = (
    "basal",
    "controllerStatus",
    "dosingDecision",
    "pumpSettings",
    "pumpStatus",
    "upload",
)

_PUMPS = ("basal", "bolus", "dosingDecision", "pumpStatus")
"""Documents that tell that a pump is in use."""

_SILENT = timedelta(days=1)
"""After so long without one, nobody knows which schedule a pump runs."""

_MOST = 1000.0
"""Units or grams on board, either way; what the platform accepts."""

_STEP = timedelta(minutes=5)
_STEP_TOLERANCE = timedelta(seconds=90)


def status(
    latest: Latest, now: datetime, looped: Told | None = None
) -> DeviceStatus | None:
    """Return what is reported, None if no document is about devices.

    Args:
        latest: The newest document of each type.
        now: The present; a stretch of basal insulin lasts until then at most.
        looped: The last decision of a loop; a person's hides it.
    """
    if not any(name in latest for name in TYPES):
        return None
    decision = latest.get("dosingDecision")
    pump = latest.get("pumpStatus")
    models = _models(latest)
    stretch = _basal_stretch(latest.get("basal"), now)
    return DeviceStatus(
        insulin_on_board=_on_board(decision, "insulinOnBoard", least=-_MOST),
        carbs_on_board=_on_board(decision, "carbsOnBoard", least=0.0),
        basal_rate=_basal_rate(stretch, now),
        basal_rate_until=stretch.until if stretch else None,
        loop=_loop(loop_decision(latest, looped)),
        reservoir=_remaining(pump, "reservoir", factor=1),
        pump_battery=_remaining(pump, "battery", factor=100),
        uploader_battery=_remaining(
            latest.get("controllerStatus"), "battery", factor=100
        ),
        forecast=_forecast(decision),
        pump_model=models.get("insulin-pump"),
        sensor_model=models.get("cgm"),
        uploader_model=_uploader(latest.get("upload")),
        profiles=_profiles(latest, now),
    )


def loop_decision(latest: Latest, known: Told | None) -> Told | None:
    """Return the newest decision of a loop; other reasons to decide are a person's.

    Args:
        latest: The newest document of each type.
        known: What this returned before.
    """
    decision = latest.get("dosingDecision")
    is_loops = decision is not None and decision.get("reason") == "loop"
    return decision if is_loops else known


def with_changes(
    found: DeviceStatus | None, changes: Mapping[str, Told]
) -> DeviceStatus | None:
    """Return a status with when sensor, site and insulin were changed.

    Args:
        found: What is known otherwise.
        changes: What `DeviceChanges.newest` returns.
    """
    at: dict[TreatmentKind, datetime] = {}
    for told in changes.values():
        for fact in events.device_event(told) or ():
            kind = fact.treatment.kind
            at[kind] = max(fact.at, at.get(kind, fact.at))
    if not at:
        return found
    reservoir = changes.get("reservoirChange")
    return replace(
        found or DeviceStatus(),
        sensor_started=at.get(TreatmentKind.SENSOR_START),
        site_changed=at.get(TreatmentKind.SITE_CHANGE),
        insulin_changed=reservoir.at if reservoir else None,
    )


def _on_board(told: Told | None, key: str, *, least: float) -> Reported[float] | None:
    """Return what a loop counts on; insulin can be less than nothing."""
    if told is None:
        return None
    below = part(told.document, key)
    value = number(below.get("amount"))
    if value is None or not least <= value <= _MOST:
        return None
    return Reported(round(value, 3), moment(below.get("time")) or told.at)


def _basal_stretch(told: Told | None, now: datetime) -> Treatment | None:
    """Return a stretch of basal insulin that has begun."""
    facts = insulin.basal(told) if told else None
    stretch = facts[0].treatment if facts else None
    return stretch if stretch and stretch.at <= now else None


def _basal_rate(stretch: Treatment | None, now: datetime) -> Reported[float] | None:
    """Return what the pump gives, as of the end of what is known of it."""
    if stretch is None or stretch.rate is None:
        return None
    return Reported(stretch.rate, min(stretch.until or stretch.at, now))


def _loop(told: Told | None) -> Reported[LoopState] | None:
    """Return whether a loop ran."""
    if told is None:
        return None
    is_wrong = bool(parts(told.document, "errors"))
    return Reported(LoopState.ERROR if is_wrong else LoopState.LOOPING, told.at)


def _remaining(told: Told | None, key: str, *, factor: float) -> Reported[float] | None:
    """Return what is left of something; a percentage is told as a factor."""
    if told is None:
        return None
    below = part(told.document, key)
    value = amount(below.get("remaining"), 10_000 if factor == 1 else 1)
    if value is None:
        return None
    return Reported(round(value * factor, 2), moment(below.get("time")) or told.at)


def _profiles(latest: Latest, now: datetime) -> tuple[ProfileUse, ...]:
    """Return the schedule in use; it stays so until other settings are told.

    Settings are told when they change or are read from a pump, however long ago.
    Rates are left out: what a pump gives is told by itself.
    """
    settings = latest.get("pumpSettings")
    name = text(settings.get("activeSchedule")) if settings else None
    heard = [min(latest[kind].at, now) for kind in _PUMPS if kind in latest]
    if settings is None or name is None or not heard:
        return ()
    return (ProfileUse(start=settings.at, until=max(heard) + _SILENT, name=name),)


def _forecast(told: Told | None) -> Reported[Forecast] | None:
    """Return where the loop expects glucose to go, None unless it is even."""
    if told is None:
        return None
    points = [
        (moment(point.get("time")), mgdl(point.get("value")))
        for point in parts(told.document, "bgForecast")
    ]
    known = [(at, value) for at, value in points if at and value is not None]
    if len(known) < 2 or len(known) < len(points):
        return None
    steps = [after - before for (before, _), (after, _) in pairwise(known)]
    # The first value is of the newest reading, which is not on the grid.
    if any(abs(step - _STEP) > _STEP_TOLERANCE for step in steps[1:]):
        return None
    return Reported(
        Forecast(
            start=known[1][0],
            period=_STEP,
            mgdl=tuple(float(value) for _, value in known[1:]),
        ),
        told.at,
    )


def _models(latest: Latest) -> dict[str, str]:
    """Return what devices are called, by what Tidepool calls their kind."""
    found: dict[str, str] = {}
    if upload := latest.get("upload"):
        tags = upload.get("deviceTags")
        for tag in tags if isinstance(tags, list) else ():
            name = _named(upload, "deviceManufacturers", "deviceModel")
            if isinstance(tag, str) and name:
                found[tag] = name
    settings = latest.get("pumpSettings")
    if settings and (name := _named(settings, "manufacturers", "model")):
        found["insulin-pump"] = name
    return found


def _named(told: Told, makers_key: str, model_key: str) -> str | None:
    """Return a device's maker and model, None if the model is unknown."""
    makers, model = told.get(makers_key), text(told.get(model_key))
    maker = text(makers[0]) if isinstance(makers, list) and makers else None
    return f"{maker} {model}" if maker and model else model


def _uploader(told: Told | None) -> str | None:
    """Return what sent the newest upload."""
    return text(part(told.document, "client").get("name")) if told else None
