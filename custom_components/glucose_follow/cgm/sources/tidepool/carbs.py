"""What was eaten, as people log it and as they tell it to a bolus calculator.

Source: TidepoolApi, reference/data/models/{calculator,food}.v1.yaml.
"""

from ...models import TreatmentKind
from .facts import Fact, Origin, Told
from .fields import Document, amount, moment, part, text
from .insulin import bolus

_MOST_GRAMS = 500.0


def food(told: Told) -> list[Fact] | None:
    """Return a meal with its carbs, none if it has none, None if unusable."""
    carbohydrate = part(told.document, "nutrition", "carbohydrate")
    if not carbohydrate:
        return []
    grams = _grams(carbohydrate, "net", "units")
    if grams is None:
        return None
    name = text(told.get("name")) or text(told.get("meal"))
    eaten = told.fact(TreatmentKind.CARBS, Origin.FOOD, carbs=grams, note=name)
    return [eaten] if grams else []


def calculation(told: Told) -> list[Fact] | None:
    """Return carbs and bolus of a calculation (`wizard`), None if unusable.

    The bolus is usually a document of its own, and only named here; older
    calculations hold all of it, which counts whatever their carbs are.
    """
    eaten, given = _calculated_carbs(told), _embedded_bolus(told) or []
    return given or None if eaten is None else eaten + given


def _calculated_carbs(told: Told) -> list[Fact] | None:
    """Return what a calculation is for, none if no carbs are, None if unusable."""
    if told.get("carbInput") is None:
        return []
    grams = _grams(told.document, "carbInput", "carbUnits")
    if grams is None:
        return None
    eaten = told.fact(TreatmentKind.CARBS, Origin.CALCULATOR, carbs=grams)
    return [eaten] if grams else []


def _grams(document: Document, key: str, unit_key: str) -> float | None:
    """Return grams of carbs, None if unusable.

    How many grams an exchange has depends on who counts, so those say nothing.
    """
    if document.get(unit_key, "grams") != "grams":
        return None
    return amount(document.get(key), _MOST_GRAMS)


def _embedded_bolus(told: Told) -> list[Fact] | None:
    """Return the bolus that a calculation holds, None if it holds no usable one."""
    held = part(told.document, "bolus")
    if not held:
        return None
    identity = text(held.get("id")) or f"{told.id}/bolus"
    at = moment(held.get("time")) or told.at
    return bolus(Told(document=held, id=identity, at=at), Origin.EMBEDDED_BOLUS)
