"""What the documents of the API say."""

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest

from custom_components.glucose_follow.cgm.data import judge
from custom_components.glucose_follow.cgm.errors import CgmResponseError
from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    ReadingKind,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    DexcomApiSource,
    decode,
    events,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.data_range import (
    data_range,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.fields import (
    moment,
    number,
)
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json
from tests.simulators.nightscout_support import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

type Make = Callable[..., DexcomApiSource]


def logged(**fields: Json) -> Treatment | None:
    """Return what an event of noon says."""
    usual: dict[str, Json] = {"recordId": "one", "systemTime": "2026-11-21T12:00:00Z"}
    return events.event({**usual, **fields})


def calibrated(**fields: Json) -> Treatment | None:
    """Return what a calibration of noon says."""
    return events.calibration({"systemTime": "2026-11-21T12:00:00Z", **fields})


def measured(**fields: Json) -> Reading | None:
    """Return what a value of noon says."""
    return decode.reading({"systemTime": "2026-11-21T12:00:00Z", **fields})


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T12:00:00",
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00+00:00",
        "2026-11-21T04:00:00-08:00",
        "2026-11-21T12:00:00.000",
        "2026-11-21T12:00Z",
        "2026-11-21T05:00:02-06:59:58",
        "2026-11-21T4:0:0-08:00",
        " 2026-11-21T12:00:00.0000000Z",
    ],
)
def test_every_way_to_write_a_time_is_understood(text: str) -> None:
    at = moment(text)

    assert at == NOON
    assert at.tzinfo is UTC


@pytest.mark.parametrize("value", [None, 5, "", "soon", "0001-01-01T00:00:00+01:00"])
def test_what_is_no_time_is_none(value: Json) -> None:
    assert moment(value) is None


@pytest.mark.parametrize("value", [None, True, [], "", "x", "nan", 10**400])
def test_what_is_no_number_is_none(value: Json) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("fields", "mgdl", "kind"),
    [
        ({"value": 40}, 40, ReadingKind.MEASURED),
        ({"value": 400}, 400, ReadingKind.MEASURED),
        ({"value": 39}, 39, ReadingKind.LOW),
        ({"value": 401}, 401, ReadingKind.HIGH),
        ({"value": 650}, 401, ReadingKind.HIGH),
        ({"value": 39, "status": "low"}, 39, ReadingKind.LOW),
        ({"value": 20, "status": "low"}, 39, ReadingKind.LOW),
        ({"value": 401, "status": "high"}, 401, ReadingKind.HIGH),
        ({"value": None, "status": "low"}, 39, ReadingKind.LOW),
        ({"value": None, "status": "high"}, 401, ReadingKind.HIGH),
        ({"value": 120, "status": "ok"}, 120, ReadingKind.MEASURED),
        ({"value": "120", "status": None}, 120, ReadingKind.MEASURED),
        ({"value": 6.1, "unit": "mmol/L"}, 110, ReadingKind.MEASURED),
    ],
)
def test_values_beyond_the_range_say_so(
    fields: dict[str, Json], mgdl: int, kind: ReadingKind
) -> None:
    reading = measured(**fields)

    assert reading is not None
    assert (reading.mgdl, reading.kind) == (mgdl, kind)


@pytest.mark.parametrize(
    "fields",
    [
        {"value": None},
        {"value": 12},
        {"value": 0},
        {"value": 5000},
        {"value": 20, "status": "high"},
        {"value": 120, "systemTime": None},
        {},
    ],
)
def test_what_is_no_glucose_is_no_reading(fields: dict[str, Json]) -> None:
    assert measured(**fields) is None


@pytest.mark.parametrize(
    ("trend", "direction"),
    [
        ("doubleUp", Direction.DOUBLE_UP),
        ("singleUp", Direction.SINGLE_UP),
        ("fortyFiveUp", Direction.FORTY_FIVE_UP),
        ("flat", Direction.FLAT),
        ("fortyFiveDown", Direction.FORTY_FIVE_DOWN),
        ("singleDown", Direction.SINGLE_DOWN),
        ("doubleDown", Direction.DOUBLE_DOWN),
        ("none", None),
        ("unknown", None),
        ("notComputable", None),
        ("rateOutOfRange", None),
        ("sideways", None),
        (None, None),
        (4, None),
    ],
)
def test_trends_are_directions_or_unknown(
    trend: Json, direction: Direction | None
) -> None:
    reading = measured(value=120, trend=trend)

    assert reading is not None
    assert reading.direction is direction


@pytest.mark.parametrize(
    ("fields", "mgdl"),
    [
        ({"smoothedValue": 111, "realtimeValue": 120, "value": 111}, 111),
        ({"smoothedValue": None, "realtimeValue": 120, "value": 119}, 120),
        ({"smoothedValue": None, "realtimeValue": None, "value": 119}, 119),
    ],
)
def test_a_smoothed_value_is_better_than_a_realtime_one(
    fields: dict[str, Json], mgdl: int
) -> None:
    reading = measured(**fields)

    assert reading is not None
    assert reading.mgdl == mgdl


def test_a_unit_of_all_values_is_a_unit_of_each() -> None:
    answer: Json = {"unit": "mmol/L", "egvs": [{"value": 6.1}, "surprise"]}

    assert decode.documents(answer, "egvs") == [{"unit": "mmol/L", "value": 6.1}, {}]


def test_a_bare_list_is_a_list() -> None:
    assert decode.documents([], "events") == []


@pytest.mark.parametrize("answer", [{}, {"records": None}, "surprise", None])
def test_an_answer_without_a_list_is_no_answer(answer: Json) -> None:
    with pytest.raises(CgmResponseError):
        decode.documents(answer, "egvs")


@pytest.mark.parametrize("answer", [[], None, "soon", 17])
def test_what_is_no_data_range_is_no_answer(answer: Json) -> None:
    with pytest.raises(CgmResponseError):
        data_range(answer)


@pytest.mark.parametrize("value", [1e308, "1e308", 10**308, 10**400])
@pytest.mark.parametrize("unit", ["mg/dL", "mmol/L"])
def test_an_absurd_value_is_unusable_and_raises_nothing(value: Json, unit: str) -> None:
    assert measured(value=value, unit=unit) is None
    stick = logged(eventType="bloodGlucose", value=value, unit=unit)
    assert stick is None or stick.mgdl is None
    assert calibrated(value=value, unit=unit) is None
    note = logged(eventType="notes", value=value)
    assert note is not None


@pytest.mark.parametrize(
    ("value", "insulin"),
    [("12.5", 12.5), (12, 12), ("", None), ("-1", None), ("-1.00", None), (None, None)],
)
@pytest.mark.parametrize("sub_type", ["fastActing", None])
def test_an_event_survives_whatever_its_value(
    value: Json, insulin: float | None, sub_type: str | None
) -> None:
    bolus = logged(eventType="insulin", eventSubType=sub_type, value=value)

    assert bolus == Treatment(
        at=NOON, id="one", kind=TreatmentKind.BOLUS, insulin=insulin
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"eventType": "carbs", "value": "45", "unit": "grams"},
            {"kind": TreatmentKind.CARBS, "carbs": 45},
        ),
        (
            {"eventType": "exercise", "eventSubType": "medium", "value": "30"},
            {"kind": TreatmentKind.EXERCISE, "duration": 30, "note": "medium"},
        ),
        (
            {"eventType": "health", "eventSubType": "illness", "value": ""},
            {"kind": TreatmentKind.OTHER, "note": "illness"},
        ),
        (
            {"eventType": "bloodGlucose", "value": "104", "unit": "mg/dL"},
            {"kind": TreatmentKind.FINGER_STICK, "mgdl": 104},
        ),
        (
            {"eventType": "bloodGlucose", "value": "5.8", "unit": "mmol/L"},
            {"kind": TreatmentKind.FINGER_STICK, "mgdl": 105},
        ),
        (
            {"eventType": "bloodGlucose", "value": "-1"},
            {"kind": TreatmentKind.FINGER_STICK},
        ),
        (
            {"eventType": "bloodGlucose", "value": "5.5"},
            {"kind": TreatmentKind.FINGER_STICK},
        ),
        (
            {"eventType": "bloodGlucose", "value": "55555", "unit": "mg/dL"},
            {"kind": TreatmentKind.FINGER_STICK},
        ),
        (
            {"eventType": "bloodGlucose", "value": "600", "unit": "mg/dL"},
            {"kind": TreatmentKind.FINGER_STICK, "mgdl": 600},
        ),
        (
            {"eventType": "notes", "value": "Pizza"},
            {"kind": TreatmentKind.NOTE, "note": "Pizza"},
        ),
        ({"eventType": "note", "value": 7}, {"kind": TreatmentKind.NOTE, "note": "7"}),
        ({"eventType": "notes", "value": ""}, {"kind": TreatmentKind.NOTE}),
        ({"eventType": "unknown", "value": "1"}, {"kind": TreatmentKind.OTHER}),
        (
            {"eventType": "insulin", "eventSubType": "longActing", "value": "12.5"},
            {"kind": TreatmentKind.LONG_ACTING, "insulin": 12.5},
        ),
        (
            {"eventType": "insulin", "eventSubType": "longActing", "value": ""},
            {"kind": TreatmentKind.LONG_ACTING},
        ),
    ],
)
def test_events_are_treatments_of_their_kind(
    fields: dict[str, Json], expected: dict[str, object]
) -> None:
    done = logged(**fields)

    assert done is not None
    told = {
        name: getattr(done, name)
        for name in ("kind", "insulin", "carbs", "duration", "mgdl", "note")
        if getattr(done, name) is not None
    }
    assert told == expected


def test_long_acting_insulin_is_never_the_last_bolus() -> None:
    basal = logged(eventType="insulin", eventSubType="longActing", value="12.5")
    assert basal is not None

    data = judge(
        Timeline(),
        [basal],
        now=NOON + HOUR,
        stale_after=HOUR,
        are_treatments_known=True,
        is_answering=True,
    )

    assert data.last_bolus is None
    assert data.last_automatic_bolus is None


@pytest.mark.parametrize(
    "fields",
    [
        {"eventType": "carbs", "value": "5000"},
        {"eventType": "insulin", "value": "101"},
        {"eventType": None, "value": "5"},
        {"eventType": "carbs", "value": "5", "systemTime": "soon"},
    ],
)
def test_what_nobody_can_have_meant_is_no_treatment(fields: dict[str, Json]) -> None:
    assert logged(**fields) is None


def test_an_event_without_an_id_is_told_by_time_and_kind() -> None:
    done = logged(recordId=None, eventType="carbs", value="5")

    assert done is not None
    assert done.id == "2026-11-21T12:00:00+00:00 carbs"


def test_of_an_event_told_twice_the_later_state_counts() -> None:
    one: dict[str, Json] = {"recordId": "1", "eventStatus": "created", "value": "1"}
    nameless: dict[str, Json] = {"eventStatus": "strange", "value": "3"}

    told = events.current(
        [
            one | {"eventStatus": "updated", "value": "2"},
            one,
            {"recordId": "2", "eventStatus": "deleted"},
            {"recordId": "2", "eventStatus": "created"},
            {"eventStatus": "deleted"},
            nameless,
        ]
    )

    assert [document["value"] for document in told] == ["1", "3", "2"]


@pytest.mark.parametrize("value", [None, "", 0, 5.5, 601])
def test_a_calibration_without_a_value_is_none(value: Json) -> None:
    document: dict[str, Json] = {"systemTime": "2026-11-21T12:00:00", "value": value}

    assert events.calibration(document) is None
