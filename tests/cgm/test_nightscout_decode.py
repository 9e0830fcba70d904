"""Documents of Nightscout, recorded and invented."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import (
    HIGHEST_MGDL,
    LOWEST_MGDL,
    Direction,
    Reading,
    ReadingKind,
    Sample,
    SensorFault,
    SensorStatus,
    TemporaryTarget,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.sources.nightscout import decode
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json
from custom_components.glucose_follow.cgm.treatments import merge_treatments

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_MS = 1_795_262_400_000
RECORDED = Path(__file__).parent.parent / "fixtures/nightscout"

ONE_MOMENT = "2026-11-21T12:00:00.000Z"
SGV: dict[str, Json] = {"type": "sgv", "date": NOON_MS, "sgv": 120}
DID: dict[str, Json] = {"_id": "1", "created_at": ONE_MOMENT}

AAPS = "denied/v1/treatments_created_at-gte-24h"
LOOP = "rig-loop/treatments_24h"
TRIO = "rig-trio/treatments_24h"


@cache
def recorded(name: str) -> Sequence[decode.Document]:
    """Return the documents of a recorded answer, of whatever API version."""
    body = (RECORDED / f"{name}.http").read_bytes().partition(b"\r\n\r\n")[2]
    answer: Json = json.loads(body)
    if isinstance(answer, dict):
        result = answer.get("result")
        answer = [result] if isinstance(result, dict) else result
    return list(decode.documents(answer))


def names() -> Iterator[str]:
    """Yield the names of all recorded answers that are JSON."""
    for path in sorted(RECORDED.rglob("*.http")):
        name = str(path.relative_to(RECORDED).with_suffix(""))
        try:
            recorded(name)
        except json.JSONDecodeError:
            continue
        yield name


ENTRIES = [name for name in names() if any("sgv" in doc for doc in recorded(name))]
TREATMENTS = [
    name for name in names() if any("eventType" in doc for doc in recorded(name))
]


def samples(name: str) -> list[Sample]:
    """Return what the sensor entries of a recorded answer say, in their order."""
    found = map(decode.sample, filter(decode.is_glucose, recorded(name)))
    return [sample for sample in found if sample is not None]


def treatments(name: str) -> list[Treatment]:
    """Return what a recorded answer says was done, oldest first."""
    found = map(decode.treatment, recorded(name))
    known = (treatment for treatment in found if treatment is not None)
    return sorted(known, key=lambda treatment: treatment.at)


def timeline(name: str, *, is_reversed: bool = False) -> Timeline:
    """Return a timeline of a recorded answer."""
    batch = samples(name)
    made = Timeline()
    made.merge(batch[::-1] if is_reversed else batch, NOON)
    return made


def test_recordings_of_everything_are_there() -> None:
    assert len(ENTRIES) > 40
    assert len(TREATMENTS) > 40
    assert {name.split("/")[0] for name in ENTRIES} == {
        "denied",
        "mmol",
        "rig-loop",
        "rig-trio",
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_every_recorded_entry_is_understood(name: str) -> None:
    entries = list(filter(decode.is_glucose, recorded(name)))
    deleted = [entry for entry in entries if entry.get("isValid") is False]

    found = samples(name)

    assert len(found) == len(entries) - len(deleted)
    for sample in found:
        assert isinstance(sample, Reading)
        assert LOWEST_MGDL <= sample.mgdl <= HIGHEST_MGDL
        assert sample.at.tzinfo is UTC
        assert sample.at.year == 2026


@pytest.mark.parametrize("name", ENTRIES)
def test_recorded_entries_make_the_same_series_from_either_end(name: str) -> None:
    forward, backward = timeline(name), timeline(name, is_reversed=True)

    assert forward.readings
    for one, other in zip(forward.readings, backward.readings, strict=True):
        assert (one.mgdl, one.direction) == (other.mgdl, other.direction)
        assert abs(one.at - other.at) < timedelta(seconds=3)


def test_every_recorded_direction_is_understood() -> None:
    for name in ENTRIES:
        for entry in filter(decode.is_glucose, recorded(name)):
            sample = decode.sample(entry)
            if isinstance(sample, Reading) and entry.get("direction"):
                assert sample.direction is not None


@pytest.mark.parametrize(
    "name",
    ["denied/v1/entries-cal", "denied/v1/entries-mbg", "denied/v3/entries_type-in"],
)
def test_calibrations_and_finger_sticks_are_not_sensor_glucose(name: str) -> None:
    assert recorded(name)
    assert not any(map(decode.is_glucose, recorded(name)))


def test_a_deleted_entry_of_version_3_is_no_reading() -> None:
    entries = recorded("denied/v3/history_after_delete")

    assert [entry.get("isValid", True) for entry in entries] == [True, False]
    assert len(samples("denied/v3/history_after_delete")) == 1


def test_version_1_and_version_3_tell_the_same_readings() -> None:
    v1 = samples("denied/v1/entries_created_at-gte")
    v3 = samples("denied/v3/entries_history_0")

    assert set(v1) <= set(v3)


def test_loop_and_trio_upload_the_same_person() -> None:
    """Loop keeps whole seconds, Trio a broken millisecond."""
    loop = samples("rig-loop/entries-sgv_count3")
    trio = samples("rig-trio/entries-sgv_count3")

    assert len(loop) == 3
    for one, other in zip(loop, trio, strict=True):
        assert isinstance(one, Reading)
        assert isinstance(other, Reading)
        assert (one.mgdl, one.direction) == (other.mgdl, other.direction)
        assert timedelta() <= other.at - one.at < timedelta(seconds=1)


def test_loop_trio_and_aaps_together_make_one_series() -> None:
    names_of_sites = (
        "mmol/v3_entries_history",
        "rig-trio/entries-sgv_count3",
        "rig-loop/entries-sgv_count3",
    )
    alone, together = timeline(names_of_sites[0]), Timeline()

    for name in names_of_sites:
        together.merge(samples(name), NOON)

    assert together.readings == alone.readings


def test_a_broken_millisecond_is_a_moment() -> None:
    (newest, *_) = samples("rig-trio/entries-sgv_count3")

    assert newest.at.replace(microsecond=0) == datetime(
        2026, 11, 21, 8, 35, 28, tzinfo=UTC
    )


def test_a_site_in_mmol_still_tells_mgdl() -> None:
    readings = timeline("mmol/entries-sgv_count3").readings

    assert [reading.mgdl for reading in readings] == [168, 173, 176]


@pytest.mark.parametrize("name", TREATMENTS)
def test_every_recorded_treatment_is_understood(name: str) -> None:
    found = treatments(name)

    assert len(found) == len(recorded(name))
    assert len({treatment.id for treatment in found}) == len(found)
    for treatment in found:
        assert treatment.at.tzinfo is UTC
        assert treatment.at.year == 2026
        assert treatment.insulin is None or 0 < treatment.insulin <= 100
        assert treatment.carbs is None or 0 < treatment.carbs <= 500


def test_all_treatments_of_a_site_are_told_apart() -> None:
    found = treatments("denied/v1/treatments_count100000")

    assert Counter(treatment.kind for treatment in found) == {
        TreatmentKind.TEMP_BASAL: 235,
        TreatmentKind.BOLUS: 61,
        TreatmentKind.CARBS: 14,
        TreatmentKind.NOTE: 4,
        TreatmentKind.EXERCISE: 2,
        TreatmentKind.OVERRIDE: 2,
        TreatmentKind.FINGER_STICK: 4,
        TreatmentKind.TEMPORARY_TARGET: 4,
        TreatmentKind.SENSOR_START: 2,
        TreatmentKind.SITE_CHANGE: 1,
        TreatmentKind.INSULIN_CHANGE: 1,
        TreatmentKind.PROFILE_SWITCH: 1,
    }


@pytest.mark.parametrize("name", [AAPS, LOOP, TRIO])
def test_a_day_has_the_same_treatments_whoever_uploads_them(name: str) -> None:
    expected, found = treatments("mmol/treatments_24h"), treatments(name)
    start = max(expected[0].at, found[0].at)
    end = min(expected[-1].at, found[-1].at)

    def given_amounts(done: list[Treatment]) -> list[tuple[object, ...]]:
        return [
            (each.at.replace(microsecond=0), each.insulin, each.carbs, each.kind)
            for each in done
            if start <= each.at <= end and (each.insulin or each.carbs)
        ]

    assert len(given_amounts(found)) == 19
    assert given_amounts(found) == given_amounts(expected)


@pytest.mark.parametrize("name", [AAPS, LOOP, TRIO, "denied/v3/treatments_created_at"])
def test_a_loops_own_boluses_are_automatic(name: str) -> None:
    boluses = [
        treatment
        for treatment in treatments(name)
        if treatment.kind is TreatmentKind.BOLUS
    ]

    automatic = [bolus.insulin for bolus in boluses if bolus.is_automatic]
    by_hand = [bolus.insulin for bolus in boluses if not bolus.is_automatic]
    assert len(automatic) == 11
    assert len(by_hand) == 4
    assert 6.1 in by_hand


def test_nothing_that_is_null_is_an_amount() -> None:
    nulls = [
        document
        for document in recorded("denied/v1/treatments_count100000")
        if document.get("insulin", 0) is None and document.get("carbs", 0) is None
    ]

    found = [decode.treatment(document) for document in nulls]

    assert len(found) > 200
    assert all(
        each is not None and each.insulin is None and each.carbs is None
        for each in found
    )


def test_an_answer_of_null_has_no_documents() -> None:
    assert recorded("denied/v1/treatments_created_at-invalid") == []


@pytest.mark.parametrize("answer", [None, True, 7, "text", {}, {"result": []}])
def test_an_answer_that_is_no_list_has_no_documents(answer: Json) -> None:
    assert list(decode.documents(answer)) == []


def test_what_is_no_document_is_left_out() -> None:
    assert list(decode.documents([{"a": 1}, None, 7, "text", [], {}])) == [{"a": 1}, {}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, True),
        ({"type": "sgv"}, True),
        ({"type": "mbg"}, False),
        ({"type": 7}, False),
    ],
)
def test_an_entry_without_a_type_is_glucose(
    document: dict[str, Json], expected: bool
) -> None:
    assert decode.is_glucose(document) is expected


@pytest.mark.parametrize(
    "when",
    [
        {"date": NOON_MS},
        {"date": NOON_MS + 0.0004},
        {"date": NOON_MS // 1000},
        {"date": str(NOON_MS)},
        {"date": ONE_MOMENT},
        {"date": None, "mills": NOON_MS},
        {"date": "yesterday", "dateString": "2026-11-21T13:00:00+01:00"},
        {"date": True, "dateString": "2026-11-21T12:00:00"},
        {"date": [], "sysTime": "2026-11-21T12:00Z"},
        {"date": 0, "created_at": ONE_MOMENT},
        {"date": -NOON_MS, "created_at": ONE_MOMENT},
        {"date": 1e30, "created_at": ONE_MOMENT},
        {"date": float("nan"), "created_at": ONE_MOMENT},
        {"date": "0001-01-01T00:00:00+14:00", "created_at": ONE_MOMENT},
    ],
)
def test_a_moment_is_found_wherever_and_however_it_is_told(
    when: dict[str, Json],
) -> None:
    sample = decode.sample({"sgv": 120, **when})

    assert sample == Reading(at=NOON, mgdl=120)


@pytest.mark.parametrize(
    ("sgv", "mgdl"),
    [(120, 120), (120.4, 120), ("120", 120), (" 120.6 ", 121), (39, 39), (600.4, 600)],
)
def test_a_value_is_understood_as_a_number_or_as_text(sgv: Json, mgdl: int) -> None:
    sample = decode.sample({**SGV, "sgv": sgv})

    assert isinstance(sample, Reading)
    assert sample.mgdl == mgdl
    assert isinstance(sample.mgdl, int)


@pytest.mark.parametrize(
    "sgv",
    [
        None,
        True,
        "",
        "LOW",
        [],
        {},
        0,
        -5,
        0.6,
        5.6,
        "7.2",
        38.6,
        601,
        1e9,
        10**400,
        float("inf"),
        "nan",
        "1e999",
    ],
)
def test_what_cannot_be_glucose_is_left_out(sgv: Json) -> None:
    assert decode.sample({**SGV, "sgv": sgv}) is None


def test_an_entry_without_a_moment_is_left_out() -> None:
    assert decode.sample({"sgv": 120}) is None
    assert decode.treatment({"insulin": 2}) is None


@pytest.mark.parametrize("code", [1, 2, 3, 5, 6, 9, 10, 12, 38])
def test_an_error_code_is_a_fault_and_no_glucose(code: int) -> None:
    is_waiting = code in {1, 5}
    status = SensorStatus.WARMUP if is_waiting else SensorStatus.SENSOR_ERROR

    assert decode.sample({**SGV, "sgv": code}) == SensorFault(at=NOON, status=status)


@pytest.mark.parametrize(
    ("sgv", "device", "kind"),
    [
        (39, "", ReadingKind.LOW),
        (39, "Dexcom G7", ReadingKind.LOW),
        (40, "Dexcom G7", ReadingKind.MEASURED),
        (399, "Dexcom G7", ReadingKind.MEASURED),
        (400, "Dexcom G7", ReadingKind.HIGH),
        (400, "share2", ReadingKind.HIGH),
        (400, "xDrip G6", ReadingKind.HIGH),
        (400, "Guardian", ReadingKind.MEASURED),
        (400, None, ReadingKind.MEASURED),
        (401, None, ReadingKind.HIGH),
        (402, "Libre 3", ReadingKind.MEASURED),
        (500, "Libre 3", ReadingKind.MEASURED),
        (501, "Libre 3", ReadingKind.HIGH),
        (450, "Dexcom G6", ReadingKind.HIGH),
    ],
)
def test_a_number_at_a_sensors_limit_is_not_measured(
    sgv: int, device: str | None, kind: ReadingKind
) -> None:
    sample = decode.sample({**SGV, "sgv": sgv, "device": device})

    assert isinstance(sample, Reading)
    assert sample.kind is kind


@pytest.mark.parametrize(
    ("told", "direction"),
    [
        ("DoubleUp", Direction.DOUBLE_UP),
        ("SINGLE_UP", Direction.SINGLE_UP),
        ("Forty Five Up", Direction.FORTY_FIVE_UP),
        ("flat", Direction.FLAT),
        ("FortyFiveDown", Direction.FORTY_FIVE_DOWN),
        ("SingleDown", Direction.SINGLE_DOWN),
        ("DoubleDown", Direction.DOUBLE_DOWN),
        ("TripleUp", Direction.DOUBLE_UP),
        ("TripleDown", Direction.DOUBLE_DOWN),
        ("NONE", None),
        ("NOT COMPUTABLE", None),
        ("RATE OUT OF RANGE", None),
        ("", None),
        (None, None),
        (4, None),
    ],
)
def test_a_direction_is_understood_or_unknown(
    told: Json, direction: Direction | None
) -> None:
    sample = decode.sample({**SGV, "direction": told})

    assert isinstance(sample, Reading)
    assert sample.direction is direction


def done(**fields: Json) -> Treatment:
    """Return what a document with such fields says was done."""
    treatment = decode.treatment({**DID, **fields})
    assert treatment is not None
    return treatment


@pytest.mark.parametrize("name", [*decode._KINDS, "made up", "<none>", ""])
def test_insulin_or_carbs_come_before_a_name(name: str) -> None:
    if decode._KINDS.get(name) not in decode._PRIMING:
        assert done(eventType=name, insulin=2, carbs=30).kind is TreatmentKind.BOLUS
    assert done(eventType=name, carbs=30).kind is TreatmentKind.CARBS


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Temp Basal", TreatmentKind.TEMP_BASAL),
        ("Temp Basal Start", TreatmentKind.TEMP_BASAL),
        ("Site Change", TreatmentKind.SITE_CHANGE),
        ("Sensor Start", TreatmentKind.SENSOR_START),
        ("Sensor Change", TreatmentKind.SENSOR_START),
        ("Sensor Stop", TreatmentKind.SENSOR_STOP),
        ("Insulin Change", TreatmentKind.INSULIN_CHANGE),
        ("Pump Battery Change", TreatmentKind.PUMP_BATTERY_CHANGE),
        ("Exercise", TreatmentKind.EXERCISE),
        ("Note", TreatmentKind.NOTE),
        ("Profile Switch", TreatmentKind.PROFILE_SWITCH),
        ("Temporary Target", TreatmentKind.TEMPORARY_TARGET),
        ("BG CHECK", TreatmentKind.FINGER_STICK),
        ("Suspend Pump", TreatmentKind.SUSPEND),
        ("Basal Suspension", TreatmentKind.SUSPEND),
        ("Pump Resume", TreatmentKind.RESUME),
        ("Temporary Override", TreatmentKind.OVERRIDE),
        ("Meal Bolus", TreatmentKind.OTHER),
        (None, TreatmentKind.OTHER),
        (7, TreatmentKind.OTHER),
    ],
)
def test_what_has_no_amount_is_what_it_is_called(
    name: Json, kind: TreatmentKind
) -> None:
    assert done(eventType=name, insulin=0, carbs=None).kind is kind


def test_a_moment_that_was_both_is_a_bolus_with_carbs() -> None:
    treatment = done(insulin="2.5", carbs=30)

    assert (treatment.insulin, treatment.carbs) == (2.5, 30)


@pytest.mark.parametrize(
    "fields",
    [
        {"eventType": "Site Change"},
        {"eventType": "Insulin Change"},
        {"eventType": "Meal Bolus", "type": "PRIMING"},
    ],
)
def test_insulin_that_filled_a_tube_was_given_to_nobody(
    fields: dict[str, Json],
) -> None:
    treatment = done(insulin=7.5, **fields)

    assert treatment.insulin is None
    assert treatment.kind is not TreatmentKind.BOLUS


@pytest.mark.parametrize(
    "fields",
    [
        {"isSMB": True},
        {"automatic": True},
        {"type": "SMB"},
        {"eventType": "SMB"},
    ],
)
def test_each_loop_marks_its_boluses_in_its_own_way(fields: dict[str, Json]) -> None:
    assert done(insulin=0.3, **fields).is_automatic is True


@pytest.mark.parametrize(
    "fields",
    [{}, {"isSMB": False}, {"automatic": "true"}, {"type": "NORMAL"}, {"type": None}],
)
def test_a_bolus_is_a_persons_unless_somebody_says_otherwise(
    fields: dict[str, Json],
) -> None:
    assert done(insulin=0.3, **fields).is_automatic is False


@pytest.mark.parametrize(
    "fields",
    [
        {"insulin": -1},
        {"insulin": 100.1},
        {"carbs": -1},
        {"carbs": 501},
        {"insulin": 600, "carbs": 501},
        {"insulin": 600, "carbs": 0},
        {"insulin": 2, "isValid": False},
        {"created_at": None},
        {"created_at": "yesterday"},
    ],
)
def test_a_slip_of_the_finger_is_left_out(fields: dict[str, Json]) -> None:
    assert decode.treatment({**DID, **fields}) is None


@pytest.mark.parametrize(
    ("fields", "insulin", "carbs"),
    [
        ({"insulin": 6, "carbs": 600}, 6, None),
        ({"insulin": 6, "carbs": -1}, 6, None),
        ({"insulin": 600, "carbs": 60}, None, 60),
    ],
)
def test_a_slip_of_the_finger_takes_nothing_else_with_it(
    fields: dict[str, Json], insulin: float | None, carbs: float | None
) -> None:
    treatment = done(eventType="Meal Bolus", **fields)

    assert (treatment.insulin, treatment.carbs) == (insulin, carbs)


def test_a_lot_is_not_too_much() -> None:
    treatment = done(insulin=100, carbs=500)

    assert (treatment.insulin, treatment.carbs) == (100, 500)


@pytest.mark.parametrize(
    "created_at",
    [
        ONE_MOMENT,
        "2026-11-21T12:00:00Z",
        "2026-11-21T14:00:00+02:00",
        "2026-11-21T12:00:00.000000Z",
        "2026-11-21 12:00:00",
    ],
)
def test_a_treatment_is_dated_in_utc_however_it_is_told(created_at: str) -> None:
    treatment = done(created_at=created_at)

    assert treatment.at == NOON
    assert treatment.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("fields", "identity"),
    [
        ({"identifier": "a", "_id": "b", "id": "c"}, "a"),
        ({"identifier": None, "_id": "b", "id": "c"}, "b"),
        ({"identifier": " ", "_id": 7, "id": "c"}, "c"),
        ({"_id": None, "eventType": "Note"}, "2026-11-21T12:00:00+00:00 note"),
    ],
)
def test_a_treatment_keeps_its_identity(fields: dict[str, Json], identity: str) -> None:
    assert done(**fields).id == identity


def test_what_else_is_told_is_kept() -> None:
    treatment = done(
        eventType="Exercise", duration="45.5", notes=" Run ", enteredBy="Anna"
    )

    assert treatment.duration == 45.5
    assert treatment.note == "Run"
    assert treatment.entered_by == "Anna"


def test_what_is_not_told_is_unknown() -> None:
    treatment = done(duration="long", notes=" ", enteredBy=7)

    assert treatment.duration is None
    assert treatment.note is None
    assert treatment.entered_by is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"eventType": "Note", "notes": "PumpSuspend"}, TreatmentKind.SUSPEND),
        ({"eventType": "Note", "notes": "Pump Resume"}, TreatmentKind.RESUME),
        ({"eventType": "Note", "notes": "resume the pump?"}, TreatmentKind.NOTE),
        ({"eventType": "Temp Basal", "reason": "suspend"}, TreatmentKind.SUSPEND),
        ({"eventType": "Temp Basal", "reason": "low"}, TreatmentKind.TEMP_BASAL),
        ({"eventType": "Exercise", "enteredBy": "Trio"}, TreatmentKind.OVERRIDE),
        ({"eventType": "Exercise", "enteredBy": "freeaps-x"}, TreatmentKind.OVERRIDE),
        ({"eventType": "Exercise", "enteredBy": "AAPS"}, TreatmentKind.EXERCISE),
        (
            {"eventType": "BG Check", "glucoseType": "Sensor"},
            TreatmentKind.OTHER,
        ),
        ({"eventType": "Prime", "type": "PRIMING"}, TreatmentKind.PRIME),
        ({"eventType": "Site Change", "type": "PRIMING"}, TreatmentKind.SITE_CHANGE),
    ],
)
def test_apps_use_one_name_for_several_things(
    fields: dict[str, Json], kind: TreatmentKind
) -> None:
    assert done(**fields).kind is kind


@pytest.mark.parametrize(
    ("fields", "rate", "percent"),
    [
        ({"absolute": 1.2}, 1.2, None),
        ({"absolute": 0, "rate": 1.5}, 0, None),
        ({"rate": "0.85"}, 0.85, None),
        ({"percent": -20}, None, -20),
        ({"percent": -100}, None, -100),
        ({"percent": -100, "rate": 0.4}, 0.4, -100),
        ({"percent": -100, "rate": 0}, 0, -100),
        ({"percent": -50, "rate": 50}, None, -50),
        ({"percent": -50, "rate": 50, "absolute": 0.4}, 0.4, -50),
        ({"percent": -50, "rate": 0.4}, 0.4, -50),
        ({"percent": 0, "rate": "100"}, None, 0),
        ({"percent": -101}, None, None),
        ({"absolute": -1, "rate": 101}, None, None),
        ({}, None, None),
    ],
)
def test_a_temporary_basal_rate_is_told_in_units_or_percent(
    fields: dict[str, Json], rate: float | None, percent: float | None
) -> None:
    treatment = done(eventType="Temp Basal", duration=30, **fields)

    assert (treatment.rate, treatment.percent) == (rate, percent)


def test_a_pump_that_stands_still_gives_nothing() -> None:
    assert done(eventType="Suspend Pump").rate == 0
    assert done(eventType="Resume Pump").rate is None


def test_only_basal_insulin_has_a_basal_rate() -> None:
    treatment = done(eventType="Note", rate=1.2, percent=50)

    assert (treatment.rate, treatment.percent) == (None, None)


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [
        ({"duration": 30}, 30),
        ({"duration": 30, "durationInMilliseconds": 90_000}, 1.5),
        ({"duration": -5}, None),
        ({"duration": 0}, 0),
        ({"duration": 60, "eventType": "Temp Basal End"}, 0),
        ({"eventType": "Temporary Override Cancel"}, 0),
        ({"eventType": "Temporary Override", "durationType": "indefinite"}, None),
    ],
)
def test_a_duration_is_told_in_minutes(
    fields: dict[str, Json], minutes: float | None
) -> None:
    assert done(**fields).duration == minutes


def test_a_treatment_ends_after_its_minutes() -> None:
    assert done(duration=1.5).until == NOON + timedelta(seconds=90)
    assert done().until is None
    assert done(duration=1e300).until is None


@pytest.mark.parametrize(
    ("fields", "insulin", "kind"),
    [
        ({"enteredinsulin": 3}, 3, TreatmentKind.BOLUS),
        ({"insulin": 2, "enteredinsulin": 5}, 5, TreatmentKind.BOLUS),
        ({"insulin": 2, "enteredinsulin": None}, 2, TreatmentKind.BOLUS),
        ({"insulin": 0, "enteredinsulin": 0}, None, TreatmentKind.OTHER),
        ({"insulin": 20, "isBasalInsulin": True}, 20, TreatmentKind.LONG_ACTING),
        ({"insulin": 4, "isBasalInsulin": False}, 4, TreatmentKind.BOLUS),
        (
            {"insulin": 9, "insulinInjections": '[{"insulin":"Tresiba","units":9.0}]'},
            9,
            TreatmentKind.LONG_ACTING,
        ),
        (
            {"insulin": 4, "insulinInjections": '[{"insulin":"Fiasp","units":4.0}]'},
            4,
            TreatmentKind.BOLUS,
        ),
        (
            {
                "insulin": 12.5,
                "insulinInjections": [
                    {"insulin": "Lantus 100", "units": 8},
                    {"insulin": "Humalog", "units": 4.5},
                ],
            },
            4.5,
            TreatmentKind.BOLUS,
        ),
        ({"insulin": 4, "insulinInjections": "[not json"}, 4, TreatmentKind.BOLUS),
        ({"insulin": 4, "insulinInjections": "{}"}, 4, TreatmentKind.BOLUS),
        ({"insulin": 4, "insulinInjections": "[7]"}, 4, TreatmentKind.BOLUS),
    ],
)
def test_insulin_is_what_acts_at_once_or_all_day(
    fields: dict[str, Json], insulin: float | None, kind: TreatmentKind
) -> None:
    treatment = done(**fields)

    assert (treatment.insulin, treatment.kind) == (insulin, kind)


def test_a_bolus_that_takes_back_insulin_is_left_out() -> None:
    assert decode.treatment({**DID, "insulin": 3, "enteredinsulin": -1}) is None


@pytest.mark.parametrize(
    ("fields", "mgdl"),
    [
        ({"glucose": 127, "units": "mg/dl"}, 127),
        ({"glucose": "127", "units": "mg/dl"}, 127),
        ({"glucose": 5.5, "units": "mmol"}, 99),
        ({"glucose": 33, "units": "mmol/L"}, 595),
        ({"glucose": 5.49}, 99),
        ({"glucose": 7}, 126),
        ({"glucose": 33.3}, 600),
        ({"glucose": 127}, 127),
        ({"glucose": 34}, 34),
        ({"glucose": 25}, None),
        ({"glucose": 25, "units": "mg/dl"}, 25),
        ({"glucose": 5, "units": "mg/dl"}, None),
        ({"glucose": 601, "units": "mg/dl"}, None),
        ({"glucose": 127, "units": "mmol"}, None),
        ({"glucose": 0}, None),
        ({"glucose": None}, None),
        ({}, None),
    ],
)
def test_a_finger_stick_is_told_in_mgdl_or_not_at_all(
    fields: dict[str, Json], mgdl: int | None
) -> None:
    treatment = done(eventType="BG Check", **fields)

    assert (treatment.kind, treatment.mgdl) == (TreatmentKind.FINGER_STICK, mgdl)


@pytest.mark.parametrize(
    ("fields", "mgdl"),
    [
        ({"glucoseType": "Finger"}, 140),
        ({"glucoseType": "finger"}, 140),
        ({"glucoseType": "Sensor"}, None),
        ({}, None),
    ],
)
def test_a_bolus_may_tell_what_a_meter_measured(
    fields: dict[str, Json], mgdl: int | None
) -> None:
    treatment = done(insulin=2, glucose=140, units="mg/dl", **fields)

    assert treatment.kind is TreatmentKind.BOLUS
    assert treatment.mgdl == mgdl


@pytest.mark.parametrize(
    ("fields", "mgdl"),
    [
        ({"glucoseType": "Manual"}, 60),
        ({"glucoseType": "Finger"}, 60),
        ({"glucoseType": "Sensor"}, None),
        ({}, 60),
    ],
)
def test_a_finger_stick_with_carbs_is_kept(
    fields: dict[str, Json], mgdl: int | None
) -> None:
    treatment = done(
        eventType="BG Check", glucose=60, units="mg/dl", carbs=15, **fields
    )

    assert treatment.kind is TreatmentKind.CARBS
    assert (treatment.carbs, treatment.mgdl) == (15, mgdl)


@pytest.mark.parametrize(
    ("fields", "low", "high"),
    [
        ({"targetBottom": 140, "targetTop": 160}, 140, 160),
        ({"targetBottom": 160, "targetTop": 140}, 140, 160),
        ({"targetBottom": 7.8, "targetTop": 7.8}, 141, 141),
        ({"targetBottom": 5, "targetTop": 6, "units": "mmol"}, 90, 108),
        ({"targetBottom": "100", "targetTop": "100"}, 100, 100),
    ],
)
def test_a_temporary_target_is_told_in_mgdl(
    fields: dict[str, Json], low: int, high: int
) -> None:
    treatment = done(eventType="Temporary Target", duration=45, **fields)

    assert treatment.target == TemporaryTarget(
        low=low, high=high, until=NOON + timedelta(minutes=45)
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": 0, "targetBottom": 140, "targetTop": 140},
        {"targetBottom": 140, "targetTop": 140},
        {"duration": 45, "targetBottom": 140},
        {"duration": 45, "targetBottom": 140, "targetTop": 900},
        {"eventType": "Temporary Target Cancel"},
    ],
)
def test_a_temporary_target_without_time_or_value_only_ends_another(
    fields: dict[str, Json],
) -> None:
    treatment = done(**{"eventType": "Temporary Target", **fields})

    assert treatment.kind is TreatmentKind.TEMPORARY_TARGET
    assert treatment.target is None


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"eventType": "Temporary Override", "reason": "Running"}, "Running"),
        ({"eventType": "Exercise", "enteredBy": "Trio", "notes": "Gym"}, "Gym"),
        ({"eventType": "Temporary Target", "reason": "Eating Soon"}, "Eating Soon"),
        ({"eventType": "Profile Switch", "profile": "Weekend"}, "Weekend"),
        ({"eventType": "Note", "reason": "no", "notes": "yes"}, "yes"),
    ],
)
def test_what_was_chosen_by_name_is_noted(fields: dict[str, Json], note: str) -> None:
    assert done(**fields).note == note


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"pumpId": 1795247833438}, "1795247833438"),
        ({"pumpId": 0, "syncIdentifier": "ABC"}, "ABC"),
        ({"pump_event_id": "77"}, "77"),
        ({"pumpId": None}, None),
        ({"pumpId": 412, "pumpSerial": "30271"}, "30271 412"),
        ({"pumpId": "412", "pumpSerial": 30271}, "30271 412"),
        ({"pumpId": 412, "pumpSerial": " "}, "412"),
        ({"pumpSerial": "30271", "syncIdentifier": "ABC"}, "ABC"),
        ({"pumpSerial": "30271"}, None),
    ],
)
def test_what_the_pump_calls_it_is_kept(
    fields: dict[str, Json], event: str | None
) -> None:
    assert done(**fields).event == event


def test_both_parts_of_a_bolus_that_was_half_spread_count() -> None:
    """AAPS uploads them apart, under the one name that an Insight has for both."""
    shared: dict[str, Json] = {"pumpId": 412, "pumpSerial": "30271"}
    at_once = done(_id="b", eventType="Correction Bolus", insulin=2, **shared)
    spread = done(
        _id="a", eventType="Combo Bolus", enteredinsulin=4, duration=120, **shared
    )

    merged = merge_treatments([], [at_once, spread], since=NOON, now=NOON)

    assert sum(treatment.insulin or 0 for treatment in merged) == 6


def test_another_pump_counts_anew() -> None:
    one = done(_id="a", insulin=2, pumpId=412, pumpSerial="30271")
    other = done(_id="b", insulin=3, pumpId=412, pumpSerial="30999")

    assert len(merge_treatments([], [one, other], since=NOON, now=NOON)) == 2


@pytest.mark.parametrize("name", [AAPS, LOOP, TRIO])
def test_recorded_temporary_basal_rates_are_known(name: str) -> None:
    rates = [
        treatment.rate
        for treatment in treatments(name)
        if treatment.kind is TreatmentKind.TEMP_BASAL
    ]

    assert len(rates) == 59
    assert all(rate is not None and 0 <= rate <= 5 for rate in rates)


@pytest.mark.parametrize("name", [AAPS, LOOP, TRIO])
def test_recorded_finger_sticks_and_targets_are_known(name: str) -> None:
    found = {treatment.kind: treatment for treatment in treatments(name)}

    assert found[TreatmentKind.FINGER_STICK].mgdl == 127
    assert found[TreatmentKind.TEMPORARY_TARGET].target == TemporaryTarget(
        low=80, high=80, until=datetime(2026, 11, 20, 9, 51, tzinfo=UTC)
    )


def test_loops_and_trios_overrides_are_known_by_name() -> None:
    loop = [each for each in treatments(LOOP) if each.kind is TreatmentKind.OVERRIDE]
    trio = [each for each in treatments(TRIO) if each.kind is TreatmentKind.OVERRIDE]

    assert [(each.note, each.duration) for each in loop] == [("🏃‍♂️ Running", 60)]
    assert [(each.note, each.duration) for each in trio] == [("Run", 45)]


leaves: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from([ONE_MOMENT, NOON_MS, NOON_MS / 1000, 10**400, "9" * 5000, "SMB"]),
    st.datetimes().map(datetime.isoformat),
    st.integers(0, 700),
)
anything: st.SearchStrategy[Json] = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = [
    "type",
    "date",
    "mills",
    "dateString",
    "sysTime",
    "created_at",
    "timestamp",
    "sgv",
    "direction",
    "device",
    "isValid",
    "insulin",
    "carbs",
    "eventType",
    "isSMB",
    "automatic",
    "duration",
    "notes",
    "enteredBy",
    "identifier",
    "_id",
    "id",
    "absolute",
    "durationInMilliseconds",
    "enteredinsulin",
    "glucose",
    "glucoseType",
    "insulinInjections",
    "isBasalInsulin",
    "percent",
    "pumpId",
    "rate",
    "reason",
    "targetBottom",
    "targetTop",
    "units",
]
documents = st.dictionaries(st.sampled_from(FIELDS), anything) | st.dictionaries(
    st.text(), anything
)


@given(anything | st.lists(documents))
def test_no_answer_is_too_strange(answer: Json) -> None:
    for document in decode.documents(answer):
        decode.is_glucose(document)
        decode.sample(document)
        decode.treatment(document)


@given(documents)
def test_no_entry_makes_an_impossible_reading(document: dict[str, Json]) -> None:
    sample = decode.sample(document)

    assert sample is None or sample.at.tzinfo is UTC
    if isinstance(sample, Reading):
        assert LOWEST_MGDL <= sample.mgdl <= HIGHEST_MGDL
        assert type(sample.mgdl) is int


@given(st.fixed_dictionaries({"created_at": leaves, "insulin": leaves}), documents)
def test_no_document_makes_an_impossible_treatment(
    dated: dict[str, Json], more: dict[str, Json]
) -> None:
    treatment = decode.treatment({**more, **dated})

    if treatment is not None:
        assert treatment.at.tzinfo is UTC
        assert treatment.id
        assert treatment.insulin is None or 0 < treatment.insulin <= 100
        assert treatment.carbs is None or 0 < treatment.carbs <= 500
