"""Insulin of pumps and pens.

Rates are units per hour, durations milliseconds, and a percentage is a factor.

Source: TidepoolApi, reference/data/models/{bolus,basal,insulin}/.
"""

from ...models import TreatmentKind
from .facts import Fact, Origin, Told
from .fields import Document, amount, minutes, number, part, text

MOST_UNITS = 100.0
"""More than this at once, or in an hour, nobody means."""

_LONG_ACTING = frozenset({"intermediate", "long"})

_BASAL_KINDS = {
    "scheduled": TreatmentKind.BASAL,
    "automated": TreatmentKind.BASAL,
    "temp": TreatmentKind.TEMP_BASAL,
    "suspend": TreatmentKind.SUSPEND,
}


def bolus(told: Told, origin: Origin = Origin.BOLUS) -> list[Fact] | None:
    """Return a bolus as it was delivered, None if unusable.

    What an interrupted one should have been is in `expected…`, and counts for
    nothing. One of no units says that a copy of what was wanted is wrong.
    """
    units = _delivered(told.document)
    if units is None:
        return None
    is_algorithm = told.get("deliveryContext") == "algorithm"
    return [
        told.fact(
            TreatmentKind.BOLUS,
            origin,
            insulin=units,
            is_automatic=is_algorithm or told.sub_type == "automated",
            duration=minutes(told.get("duration")),
        )
    ]


def pen(told: Told) -> list[Fact] | None:
    """Return an injection (`insulin`), None if unusable."""
    units = amount(part(told.document, "dose").get("total"), MOST_UNITS)
    if units is None:
        return None
    acting = part(told.document, "formulation", "simple").get("actingType")
    is_long = text(acting) in _LONG_ACTING
    kind = TreatmentKind.LONG_ACTING if is_long else TreatmentKind.BOLUS
    return [told.fact(kind, Origin.BOLUS, insulin=units)] if units else []


def basal(told: Told) -> list[Fact] | None:
    """Return a stretch of basal insulin, None if unusable.

    Its duration is None if it is told to be none, because then it is unknown.
    """
    kind = _BASAL_KINDS.get(text(told.get("deliveryType")) or "")
    if kind is None:
        return None
    rate = 0.0 if kind is TreatmentKind.SUSPEND else _rate(told.document)
    if rate is None:
        return None
    return [
        told.fact(
            kind,
            Origin.BASAL,
            rate=rate,
            is_automatic=told.get("deliveryType") == "automated",
            duration=minutes(told.get("duration")),
        )
    ]


def _delivered(document: Document) -> float | None:
    """Return all units that a bolus brought, None if its numbers are no good."""
    told = [document.get(key) for key in ("normal", "extended")]
    units = [amount(each, MOST_UNITS) for each in told if each is not None]
    known = [each for each in units if each is not None]
    if not known or len(known) < len(units) or sum(known) > MOST_UNITS:
        return None
    return round(sum(known), 5)


def _rate(document: Document) -> float | None:
    """Return units per hour, None if nobody says.

    Some temporary rates are told only as a factor of what they replace.
    """
    if document.get("rate") is not None:
        return amount(document.get("rate"), MOST_UNITS)
    factor = number(document.get("percent"))
    replaced = number(part(document, "suppressed").get("rate"))
    if factor is None or replaced is None:
        return None
    return amount(round(factor * replaced, 5), MOST_UNITS)
