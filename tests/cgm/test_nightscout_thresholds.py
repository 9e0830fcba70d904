"""Where a site draws its lines."""

import pytest

from custom_components.glucose_follow.cgm.models import Thresholds
from custom_components.glucose_follow.cgm.sources.nightscout.thresholds import (
    thresholds_of,
)
from custom_components.glucose_follow.cgm.transport import Json


def told(urgent_low: Json, low: Json, high: Json, urgent_high: Json) -> dict[str, Json]:
    """Return thresholds by a site's names."""
    return {
        "bgLow": urgent_low,
        "bgTargetBottom": low,
        "bgTargetTop": high,
        "bgHigh": urgent_high,
    }


def test_thresholds_that_somebody_chose_are_taken() -> None:
    assert thresholds_of(told(60, 72, 160.4, 250)) == Thresholds(
        urgent_low=60, low=72, high=160, urgent_high=250
    )
    assert thresholds_of(told(30, 70, 180, 400)) is not None


@pytest.mark.parametrize(
    "answer",
    [
        # Nobody chose these.
        told(55, 80, 180, 260),
        # Entered in mmol/L.
        told(3.1, 3.9, 10, 13.9),
        told(29, 70, 180, 250),
        told(55, 70, 180, 401),
        # Out of order, and the same after rounding.
        told(70, 55, 180, 250),
        told(55, 70.2, 70.4, 250),
        told("55", 70, 180, 250),
        told(True, 70, 180, 250),
        told(None, 70, 180, 250),
        {"bgLow": 60},
        [],
        None,
        "high",
    ],
)
def test_what_nobody_chose_or_nobody_can_mean_is_not(answer: Json) -> None:
    assert thresholds_of(answer) is None
