"""Documents of an account, whoever uploaded them."""

from collections.abc import Callable, Mapping

from ...models import Reading
from ...transport import Json
from . import carbs, events, glucose, insulin
from .facts import Fact, Told
from .fields import moment, text

READINGS = "cbg"

_DECODERS: Mapping[str, Callable[[Told], list[Fact] | None]] = {
    "basal": insulin.basal,
    "bloodKetone": glucose.ketone,
    "bolus": insulin.bolus,
    "deviceEvent": events.device_event,
    "food": carbs.food,
    "insulin": insulin.pen,
    "physicalActivity": events.exercise,
    "smbg": glucose.finger_stick,
    "wizard": carbs.calculation,
}
TREATMENTS = tuple(_DECODERS)
"""Types that tell of something that was done."""


def told(element: Json) -> Told | None:
    """Return an element as a document, None if it lacks what each must have."""
    if not isinstance(element, dict):
        return None
    at, identity = moment(element.get("time")), text(element.get("id"))
    if at is None or identity is None:
        return None
    return Told(document=element, id=identity, at=at)


def reading(document: Told) -> Reading | None:
    """Return what a sensor measured, None if it says nothing usable."""
    return glucose.reading(document)


def facts(document: Told) -> list[Fact] | None:
    """Return what was done, none if nothing, None if it says nothing usable."""
    decoder = _DECODERS.get(document.type)
    return decoder(document) if decoder else []
