"""Carbs, devices and exercise in documents of Tidepool, and anything at all."""

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import TreatmentKind
from custom_components.glucose_follow.cgm.sources.tidepool import decode
from custom_components.glucose_follow.cgm.sources.tidepool.facts import Origin
from custom_components.glucose_follow.cgm.transport import Json

from .support import NOON, NOON_TEXT, done, facts, nothing, told, unusable


def test_a_meal_has_grams_and_a_name() -> None:
    found = done(
        "food",
        name="cookies",
        meal="snack",
        nutrition={"carbohydrate": {"net": 25, "total": 30, "units": "grams"}},
    )

    assert (found.kind, found.carbs, found.note) == (
        *(TreatmentKind.CARBS, 25),
        "cookies",
    )


@pytest.mark.parametrize(
    "nutrition",
    [
        None,
        {},
        {"fat": {"total": 3, "units": "grams"}},
        {"carbohydrate": {"net": 0, "units": "grams"}},
    ],
)
def test_a_meal_without_carbs_is_no_treatment(nutrition: Json) -> None:
    assert nothing("food", nutrition=nutrition)


def test_carbs_of_a_calculation_count_and_its_bolus_has_a_document_of_its_own() -> None:
    found = done("wizard", carbInput=57, carbUnits="grams", bolus="22239d4d592b48ae")

    assert (found.kind, found.carbs, found.insulin) == (TreatmentKind.CARBS, 57, None)


def test_a_calculation_can_hold_its_bolus() -> None:
    held: Json = {
        "type": "bolus",
        "subType": "normal",
        "normal": 3.5,
        "expectedNormal": 4,
        "time": "2026-11-21T12:00:30Z",
    }

    carbs, bolus = facts(told("wizard", carbInput=40, bolus=held))

    assert carbs.treatment.carbs == 40
    assert bolus.treatment.insulin == 3.5
    assert bolus.treatment.id != carbs.treatment.id
    assert bolus.at.second == 30
    assert bolus.origin is Origin.EMBEDDED_BOLUS


def test_a_held_bolus_keeps_its_own_id() -> None:
    held: Json = {"id": "b0145", "normal": 3.5}

    (bolus,) = facts(told("wizard", bolus=held))

    assert (bolus.treatment.id, bolus.at) == ("b0145", NOON)


def test_a_correction_has_no_carbs() -> None:
    assert nothing("wizard", carbInput=0, bgInput=12.2)
    assert nothing("wizard", bgInput=12.2, bolus="22239d4d592b48ae")
    assert nothing("wizard", bolus={"normal": "much"})


@pytest.mark.parametrize(
    "fields",
    [
        {"carbInput": 3, "carbUnits": "exchanges"},
        {"carbInput": -3},
        {"carbInput": 501},
        {"carbInput": "much"},
    ],
)
def test_carbs_that_cannot_be_known_in_grams_are_unusable(
    fields: dict[str, Json],
) -> None:
    """What an exchange is depends on who counts: ten grams, twelve or fifteen."""
    assert unusable("wizard", **fields)
    carbohydrate = {"net": fields["carbInput"], "units": fields.get("carbUnits", "g")}
    assert unusable("food", nutrition={"carbohydrate": carbohydrate})


@pytest.mark.parametrize(
    "fields", [{"carbInput": 3, "carbUnits": "exchanges"}, {"carbInput": 601}]
)
def test_carbs_that_say_nothing_take_no_insulin_with_them(
    fields: dict[str, Json],
) -> None:
    """Those 5 U are on board, whatever was eaten with them."""
    found = done("wizard", bolus={"subType": "normal", "normal": 5}, **fields)

    assert (found.kind, found.insulin) == (TreatmentKind.BOLUS, 5)
    assert unusable("wizard", bolus={"normal": -5}, **fields)
    assert unusable("wizard", bolus="22239d4d592b48ae", **fields)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"subType": "reservoirChange"}, TreatmentKind.INSULIN_CHANGE),
        (
            {"subType": "reservoirChange", "deviceId": "InsOmn-130-12345"},
            TreatmentKind.SITE_CHANGE,
        ),
        (
            {"subType": "prime", "primeTarget": "cannula", "volume": 0.3},
            TreatmentKind.SITE_CHANGE,
        ),
        (
            {"subType": "prime", "primeTarget": "tubing", "volume": 15.3},
            TreatmentKind.PRIME,
        ),
        ({"subType": "status", "status": "suspended"}, TreatmentKind.SUSPEND),
        ({"subType": "status", "status": "resumed"}, TreatmentKind.RESUME),
        ({"subType": "sensorEvent", "eventType": "start"}, TreatmentKind.SENSOR_START),
        ({"subType": "sensorEvent", "eventType": "stop"}, TreatmentKind.SENSOR_STOP),
        ({"subType": "sensorEvent", "eventType": "expired"}, TreatmentKind.SENSOR_STOP),
    ],
)
def test_a_device_event_is_of_its_kind(
    fields: dict[str, Json], kind: TreatmentKind
) -> None:
    found = done("deviceEvent", **fields)

    assert found.kind is kind
    assert found.insulin is None


@pytest.mark.parametrize(
    "fields",
    [
        {"subType": "alarm", "alarmType": "occlusion"},
        {"subType": "timeChange"},
        {"subType": "status", "status": "confused"},
        {"subType": "sensorEvent", "eventType": "sleeps"},
        {"subType": "settingsChange"},
        {"subType": "something new"},
        {},
    ],
)
def test_an_event_that_nobody_did_is_no_treatment(fields: dict[str, Json]) -> None:
    assert nothing("deviceEvent", **fields)


def test_a_suspension_says_how_long_and_by_whom() -> None:
    found = done(
        "deviceEvent",
        subType="status",
        status="suspended",
        duration=23_400_000,
        expectedDuration=28_080_000,
        reason={"suspended": "automatic", "resumed": "manual"},
    )

    assert (found.rate, found.duration, found.is_automatic) == (0.0, 390, True)


def test_an_override_says_which_and_for_how_long() -> None:
    found = done(
        "deviceEvent",
        subType="pumpSettingsOverride",
        overrideType="preset",
        overridePreset="Running",
        duration=2_700_000,
    )

    assert (found.kind, found.note, found.duration) == (
        *(TreatmentKind.OVERRIDE, "Running"),
        45,
    )


def test_another_schedule_is_a_profile_switch() -> None:
    found = done(
        "deviceEvent",
        subType="settingsChange",
        basalSchedule={"from": "Weekday", "to": "Weekend"},
    )

    assert (found.kind, found.note) == (TreatmentKind.PROFILE_SWITCH, "Weekend")


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [
        ({"value": 45, "units": "minutes"}, 45),
        ({"value": 1.5, "units": "hours"}, 90),
        ({"value": 600, "units": "seconds"}, 10),
        ({"value": 600}, None),
        ({"units": "minutes"}, None),
        (None, None),
    ],
)
def test_exercise_has_a_unit_of_its_own(duration: Json, minutes: float | None) -> None:
    found = done(
        "physicalActivity", name="Running", activityType="running", duration=duration
    )

    assert (found.kind, found.note) == (TreatmentKind.EXERCISE, "Running")
    assert found.duration == minutes


def test_who_wrote_it_is_told() -> None:
    found = done("bolus", normal=1, origin={"name": "com.loopkit.Loop"})

    assert found.entered_by == "com.loopkit.Loop"


def test_what_was_not_asked_for_is_no_treatment() -> None:
    assert nothing("alert", name="low")
    assert nothing("cbg", value=5.5)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=8)
    | st.sampled_from(["suspended", "exchanges", "grams", "temp", NOON_TEXT]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.text(max_size=8), below, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = [
    "value",
    "subType",
    "trend",
    "annotations",
    "normal",
    "extended",
    "duration",
    "deliveryType",
    "rate",
    "percent",
    "suppressed",
    "nutrition",
    "carbInput",
    "carbUnits",
    "bolus",
    "dose",
    "formulation",
    "status",
    "reason",
    "eventType",
    "basalSchedule",
    "origin",
    "deviceId",
    "name",
    "activityType",
    "overridePreset",
]


# A busy machine is slow at making documents up, and that is no fault of theirs.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([decode.READINGS, *decode.TREATMENTS]),
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING),
)
def test_no_document_raises_anything(kind: str, fields: dict[str, Json]) -> None:
    element: dict[str, Json] = {"type": kind, "id": "0123", "time": NOON_TEXT}
    document = decode.told({**element, **fields})

    assert document is not None
    decode.reading(document)
    decode.facts(document)
