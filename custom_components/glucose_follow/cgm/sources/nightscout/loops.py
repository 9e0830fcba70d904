"""What a loop reports: Loop in its words, oref (Trio, AAPS, OpenAPS) in theirs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...models import Forecast, LoopState, Reported, Treatment, TreatmentKind
from . import amounts
from .fields import Document, between, later, moment, number, part, text

_LEAST_INSULIN, _MOST_INSULIN = -50.0, 200.0
"""Units on board; negative where a loop has withheld basal insulin."""
_MOST_CARBS = 1000.0

_PERIOD = timedelta(minutes=5)
_FEWEST, _MOST_VALUES = 2, 288
_LEAST_MGDL, _MOST_MGDL = 0.0, 1000.0

_UNNAMED = "Custom"
"""What Loop calls an override that was made for once."""

_CURVES = ("COB", "UAM", "IOB", "ZT")
"""oref's forecasts, the one to believe first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopReport:
    """What a loop said in one document."""

    insulin_on_board: Reported[float] | None = None
    """Units."""

    carbs_on_board: Reported[float] | None = None
    """Grams."""

    state: Reported[LoopState] | None = None
    """What it does, None if it did not run."""

    forecast: Reported[Forecast] | None = None
    """Where it expects glucose to go."""

    enacted: Treatment | None = None
    """The temporary basal rate that it set."""

    override: Reported[str] | None = None
    """Its name, empty if none is in use, None if the loop does not say."""

    override_until: datetime | None = None
    """When it ends, None if it has no end."""


def reports(document: Document, at: datetime) -> Iterable[LoopReport]:
    """Yield what the loops in a document say.

    Args:
        document: A device status.
        at: When it was written; nothing in it can be younger.
    """
    if loop := part(document.get("loop")):
        yield _of_loop(loop, at)
    if override := part(document.get("override")):
        yield _of_override(override, at)
    if oref := part(document.get("openaps")):
        yield _of_oref(oref, at)


def no_later(section: Document, at: datetime, *keys: str) -> datetime:
    """Return when a section was true: as it says, but not after `at`.

    Loop's insulin on board is told for the next full five minutes.
    """
    return min(moment(section, *keys) or at, at)


def _of_loop(loop: Document, at: datetime) -> LoopReport:
    """Return what Loop says.

    Source: LoopKit, NightscoutKit, LoopStatus.swift; NightscoutService,
    StoredDosingDecision.swift.
    """
    iob, cob = part(loop.get("iob")), part(loop.get("cob"))
    enacted = part(loop.get("enacted"))
    # A rate for no time says only that it left the present one as it is.
    is_set = number(enacted.get("duration")) and _is_received(enacted)
    return LoopReport(
        insulin_on_board=_reported(iob, "iob", at, _LEAST_INSULIN, _MOST_INSULIN),
        carbs_on_board=_reported(cob, "cob", at, 0, _MOST_CARBS),
        state=Reported(_loop_state(loop, enacted), no_later(loop, at, "timestamp")),
        forecast=_predicted(part(loop.get("predicted")), at),
        enacted=_enacted(enacted, at) if is_set else None,
    )


def _loop_state(loop: Document, enacted: Document) -> LoopState:
    """Return what Loop does.

    Source: cgm-remote-monitor, lib/plugins/loop.js.
    """
    if loop.get("failureReason") or not _is_received(enacted):
        return LoopState.ERROR
    is_wish = part(loop.get("recommendedTempBasal")) or part(
        loop.get("automaticDoseRecommendation")
    )
    return LoopState.OPEN if is_wish and not enacted else LoopState.LOOPING


def _of_override(override: Document, at: datetime) -> LoopReport:
    """Return which override Loop uses.

    Source: LoopKit, NightscoutKit, OverrideStatus.swift: seconds are left of it.
    """
    said = no_later(override, at, "timestamp")
    if override.get("active") is not True:
        return LoopReport(override=Reported("", said))
    seconds = number(override.get("duration"))
    return LoopReport(
        override=Reported(text(override.get("name")) or _UNNAMED, said),
        override_until=later(said, seconds / 60) if seconds else None,
    )


def _of_oref(oref: Document, at: datetime) -> LoopReport:
    """Return what an oref loop says: what it suggests, and what it then did."""
    suggested, enacted = part(oref.get("suggested")), part(oref.get("enacted"))
    decisions = sorted(
        filter(None, (suggested, enacted)), key=lambda decision: _decided(decision, at)
    )
    iob = part(oref.get("iob"))
    return LoopReport(
        insulin_on_board=_reported(iob, "iob", at, _LEAST_INSULIN, _MOST_INSULIN)
        or _newest(decisions, "IOB", at, _LEAST_INSULIN, _MOST_INSULIN),
        carbs_on_board=_newest(decisions, "COB", at, 0, _MOST_CARBS),
        state=Reported(_oref_state(suggested, enacted, at), _decided(decisions[-1], at))
        if decisions
        else None,
        forecast=next(
            filter(None, (_curves(each, at) for each in decisions[::-1])), None
        ),
        enacted=_enacted(enacted, at) if _is_received(enacted) else None,
    )


def _oref_state(suggested: Document, enacted: Document, at: datetime) -> LoopState:
    """Return what an oref loop does.

    Source: cgm-remote-monitor, lib/plugins/openaps.js.
    """
    is_newest = not suggested or _decided(enacted, at) >= _decided(suggested, at)
    if enacted and is_newest and not _is_received(enacted):
        return LoopState.ERROR
    is_wish = number(suggested.get("rate")) is not None or number(
        suggested.get("units")
    )
    return LoopState.OPEN if is_wish and not enacted else LoopState.LOOPING


def _is_received(enacted: Document) -> bool:
    """Return whether the pump took what it was told, as far as anybody says."""
    # Early oref misspelled it.
    told = enacted.get("received", enacted.get("recieved"))
    return told is not False


def _decided(decision: Document, at: datetime) -> datetime:
    """Return when an oref loop decided something."""
    return no_later(decision, at, "timestamp", "deliverAt")


def _reported(
    section: Document, key: str, at: datetime, least: float, most: float
) -> Reported[float] | None:
    """Return a number of a section, with the section's own time."""
    value = between(section.get(key), least, most)
    if value is None:
        return None
    return Reported(value, no_later(section, at, "timestamp", "time"))


def _newest(
    decisions: list[Document], key: str, at: datetime, least: float, most: float
) -> Reported[float] | None:
    """Return a number of the newest decision that has one."""
    for decision in reversed(decisions):
        value = between(decision.get(key), least, most)
        if value is not None:
            return Reported(value, _decided(decision, at))
    return None


def _enacted(enacted: Document, at: datetime) -> Treatment | None:
    """Return the temporary basal rate that a loop set."""
    rate, minutes = amounts.rate(enacted), amounts.minutes(enacted)
    if rate is None or minutes is None:
        return None
    begun = _decided(enacted, at)
    return Treatment(
        at=begun,
        id=f"enacted {begun.isoformat()}",
        kind=TreatmentKind.TEMP_BASAL,
        rate=rate,
        duration=minutes,
        is_automatic=True,
    )


def _predicted(predicted: Document, at: datetime) -> Reported[Forecast] | None:
    """Return Loop's forecast."""
    values = _values(predicted.get("values"))
    if not values:
        return None
    start = no_later(predicted, at, "startDate")
    return Reported(Forecast(start=start, period=_PERIOD, mgdl=values), start)


def _curves(decision: Document, at: datetime) -> Reported[Forecast] | None:
    """Return an oref loop's forecast.

    oref draws a curve for each thing that may be true. The one for carbs is
    there only while carbs are on board, and oref doses by it then; else by the
    one for meals that nobody announced, if that is switched on; else by insulin
    alone. All of them together are how wrong it may be.

    Source: oref0, lib/determine-basal/determine-basal.js.
    """
    told = part(decision.get("predBGs"))
    curves = {key: values for key in _CURVES if (values := _values(told.get(key)))}
    if not curves:
        return None
    mgdl = next(iter(curves.values()))
    bands = [
        [values[step] for values in curves.values() if step < len(values)]
        for step in range(len(mgdl))
    ]
    start = _decided(decision, at)
    forecast = Forecast(
        start=start,
        period=_PERIOD,
        mgdl=mgdl,
        lowest=tuple(map(min, bands)),
        highest=tuple(map(max, bands)),
    )
    return Reported(forecast, start)


def _values(told: object) -> tuple[float, ...]:
    """Return the values of a curve in mg/dL, none if one is unusable."""
    if not isinstance(told, list):
        return ()
    values = [between(value, _LEAST_MGDL, _MOST_MGDL) for value in told]
    known = tuple(value for value in values if value is not None)
    is_usable = len(known) == len(values) and len(known) >= _FEWEST
    return known[:_MOST_VALUES] if is_usable else ()
