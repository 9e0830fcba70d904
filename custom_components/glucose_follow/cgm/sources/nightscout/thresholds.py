"""Where a site draws its lines."""

from dataclasses import astuple
from itertools import pairwise

from ...models import Thresholds
from ...transport import Json

_NAMES = {
    "urgent_low": "bgLow",
    "low": "bgTargetBottom",
    "high": "bgTargetTop",
    "urgent_high": "bgHigh",
}
_UNTOUCHED = Thresholds(urgent_low=55, low=80, high=180, urgent_high=260)
"""What a site has that nobody set up; it says nothing about the person."""

_LEAST, _MOST = 30, 400


def thresholds_of(told: Json) -> Thresholds | None:
    """Return the `thresholds` of a site's settings, None unless somebody chose them.

    They are in mg/dL, whatever the site shows; where they cannot be, because
    somebody entered mmol/L, none of the four is taken.

    Source: cgm-remote-monitor, lib/settings.js.
    """
    if not isinstance(told, dict):
        return None
    numbers: dict[str, int] = {}
    for name, theirs in _NAMES.items():
        value = told.get(theirs)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not _LEAST <= value <= _MOST:
            return None
        numbers[name] = round(value)
    chosen = Thresholds(**numbers)
    is_ordered = all(lower < upper for lower, upper in pairwise(astuple(chosen)))
    return chosen if is_ordered and chosen != _UNTOUCHED else None
