"""Glucose in documents of Tidepool, and all the ways to get its unit wrong.

Values are such as were recorded from real accounts, or of Tidepool's own examples.
"""

from datetime import UTC

import pytest

from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    ReadingKind,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.sources.tidepool import decode
from custom_components.glucose_follow.cgm.transport import Json

from .support import NOON, NOON_TEXT, done, reading, unusable


@pytest.mark.parametrize("label", ["mg/dL", "mg/dl", "mmol/L", "mmol/l", None, 7])
def test_values_are_mmol_whatever_their_label_says(label: Json) -> None:
    """87 of 87 recorded settings, and all glucose of 2014, say mg/dL and are not."""
    found = reading(value=17.26282, units=label)

    assert found is not None
    assert found.mgdl == 311


@pytest.mark.parametrize("decimals", [5, 17])
def test_a_value_comes_back_as_the_sensor_sent_it(decimals: int) -> None:
    sent = range(39, 601)

    found = [reading(value=round(mgdl / 18.01559, decimals)) for mgdl in sent]

    assert [each.mgdl if each else None for each in found] == list(sent)


@pytest.mark.parametrize("value", [55.1, 120, 180, -0.1, 1e308, None, True, "", [], {}])
def test_what_cannot_be_mmol_is_no_glucose(value: Json) -> None:
    """120 would be a value in mg/dL: there are none, so it is not guessed at."""
    assert reading(value=value) is None
    assert unusable("smbg", value=value)


@pytest.mark.parametrize("value", [0, 0.5, 2.1, 33.31])
def test_below_and_above_all_sensors_is_no_reading(value: float) -> None:
    expected = 600 if value > 33 else None

    found = reading(value=value)

    assert (found.mgdl if found else None) == expected


@pytest.mark.parametrize(
    ("value", "side", "threshold", "mgdl", "kind"),
    [
        (2.16, "low", 40, 39, ReadingKind.LOW),
        (2.0, "low", 40, 39, ReadingKind.LOW),
        (3.83, "low", 70, 69, ReadingKind.LOW),
        (22.26, "high", 400, 401, ReadingKind.HIGH),
        (23.035604162838963, "high", 414, 415, ReadingKind.HIGH),
        (27.8, "high", 500, 501, ReadingKind.HIGH),
        (40.0, "high", 600, 600, ReadingKind.HIGH),
        (5.5, "sideways", None, 99, ReadingKind.MEASURED),
        (22.26, None, None, 401, ReadingKind.MEASURED),
    ],
)
def test_a_limit_is_marked_and_its_threshold_is_never_converted(
    value: float, side: Json, threshold: Json, mgdl: int, kind: ReadingKind
) -> None:
    annotation: Json = {
        "code": "bg/out-of-range",
        "value": side,
        "threshold": threshold,
    }

    found = reading(value=value, annotations=[{"code": "time-change"}, annotation])

    assert found is not None
    assert (found.mgdl, found.kind) == (mgdl, kind)


@pytest.mark.parametrize(
    ("mgdl", "kind"),
    [
        (39, ReadingKind.LOW),
        (40, ReadingKind.MEASURED),
        (400, ReadingKind.MEASURED),
        (401, ReadingKind.HIGH),
        (402, ReadingKind.MEASURED),
        (500, ReadingKind.MEASURED),
        (501, ReadingKind.HIGH),
    ],
)
def test_a_limit_without_an_annotation_is_one_too(mgdl: int, kind: ReadingKind) -> None:
    found = reading(value=mgdl / 18.01559, annotations="none")

    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("trend", "direction"),
    [
        ("rapidRise", Direction.DOUBLE_UP),
        ("moderateRise", Direction.SINGLE_UP),
        ("slowRise", Direction.FORTY_FIVE_UP),
        ("constant", Direction.FLAT),
        ("slowFall", Direction.FORTY_FIVE_DOWN),
        ("moderateFall", Direction.SINGLE_DOWN),
        ("rapidFall", Direction.DOUBLE_DOWN),
        ("sideways", None),
        (None, None),
        (4, None),
    ],
)
def test_a_trend_is_a_direction(trend: Json, direction: Direction | None) -> None:
    found = reading(value=5.5, trend=trend, backfilled=True)

    assert found == Reading(at=NOON, mgdl=99, direction=direction)


@pytest.mark.parametrize(
    "element",
    [
        *(None, True, 7, "text", [], {}),
        {"type": "cbg", "id": "0123", "value": 5.5},
        {"type": "cbg", "time": NOON_TEXT, "value": 5.5},
        {"type": "cbg", "id": "0123", "time": "soon", "value": 5.5},
        {"type": "cbg", "id": "0123", "time": 1763726400000, "value": 5.5},
        {"type": "cbg", "id": " ", "time": NOON_TEXT, "value": 5.5},
    ],
)
def test_what_has_no_id_or_time_is_no_document(element: Json) -> None:
    assert decode.told(element) is None


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00.000Z",
        "2026-11-21T04:00:00-08:00",
        "2026-11-21T12:00:00",
    ],
)
def test_moments_are_utc(time: str) -> None:
    found = decode.told({"type": "cbg", "id": "0123", "time": time})

    assert found is not None
    assert found.at == NOON
    assert found.at.tzinfo is UTC


def test_a_finger_stick_is_of_its_kind() -> None:
    found = done("smbg", value=6.66089758925464, units="mg/dL", subType="manual")

    assert (found.kind, found.mgdl) == (TreatmentKind.FINGER_STICK, 120)
    assert found.insulin is None


@pytest.mark.parametrize("limit", [("low", 1.05464), ("high", 33.35999)])
def test_a_meter_that_shows_no_number_measured_none(limit: tuple[str, float]) -> None:
    """It shows LO or HI, and uploaders write a number beside its range for that."""
    side, value = limit
    annotation: Json = {"code": "bg/out-of-range", "value": side}

    found = done("smbg", value=value, annotations=[annotation])

    assert (found.kind, found.mgdl) == (TreatmentKind.FINGER_STICK, None)


@pytest.mark.parametrize(
    ("mgdl", "number"), [(9, None), (10, 10), (600, 600), (601, None)]
)
def test_what_no_meter_shows_was_not_measured(mgdl: int, number: int | None) -> None:
    found = done("smbg", value=mgdl / 18.01559)

    assert (found.kind, found.mgdl) == (TreatmentKind.FINGER_STICK, number)
    assert unusable("smbg", value=0)


def test_a_calibration_is_a_finger_stick() -> None:
    found = done("deviceEvent", subType="calibration", value=6.66, units="mmol/L")

    assert (found.kind, found.mgdl) == (TreatmentKind.FINGER_STICK, 120)


def test_a_ketone_is_mmol_and_stays_so() -> None:
    found = done("bloodKetone", value=1.3, units="mmol/L")

    assert (found.kind, found.ketone) == (TreatmentKind.BLOOD_KETONE, 1.3)
    assert found.mgdl is None
    assert unusable("bloodKetone", value=40)
