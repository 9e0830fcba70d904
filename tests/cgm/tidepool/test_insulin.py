"""Insulin in documents of Tidepool: what was delivered, not what was wanted."""

import pytest

from custom_components.glucose_follow.cgm.models import TreatmentKind
from custom_components.glucose_follow.cgm.sources.tidepool.merge import merged
from custom_components.glucose_follow.cgm.transport import Json

from .support import NOON_TEXT, done, facts, nothing, told, unusable


def test_a_bolus_is_what_was_delivered() -> None:
    found = done("bolus", subType="normal", normal=2.35)

    assert (found.kind, found.insulin) == (TreatmentKind.BOLUS, 2.35)
    assert found.is_automatic is False
    assert found.duration is None


def test_an_extended_bolus_is_called_square() -> None:
    found = done("bolus", subType="square", extended=4.4, duration=7_200_000)

    assert (found.insulin, found.duration) == (4.4, 120)


def test_both_parts_of_a_combined_bolus_count() -> None:
    found = done(
        "bolus", subType="dual/square", normal=0.1, extended=0.2, duration=3_600_000
    )

    assert (found.insulin, found.duration) == (0.3, 60)


def test_an_interrupted_bolus_is_not_what_it_should_have_been() -> None:
    found = done(
        "bolus",
        subType="dual/square",
        normal=6.25,
        expectedNormal=8,
        extended=5.75,
        expectedExtended=8.625,
        duration=23_400_000,
        expectedDuration=35_100_000,
    )

    assert (found.insulin, found.duration) == (12.0, 390)


async def test_a_bolus_that_was_stopped_at_once_is_none() -> None:
    stopped = told("bolus", subType="normal", normal=0, expectedNormal=4)
    dual = told("bolus", subType="dual/square", normal=0, extended=0)

    assert await merged(facts(stopped, dual)) == []


@pytest.mark.parametrize(("delivered", "given"), [(5, [5]), (2, [2]), (0, [])])
async def test_a_copy_of_what_was_wanted_is_not_given_besides(
    delivered: float, given: list[float]
) -> None:
    """It is inside of its calculation, without the id of the bolus."""
    wanted: Json = {"time": NOON_TEXT, "subType": "normal", "normal": 5}
    own = told("bolus", id="b", subType="normal", normal=delivered, expectedNormal=5)

    found = await merged(facts(told("wizard", id="w", bolus=wanted), own))

    assert [each.insulin for each in found] == given


async def test_one_bolus_stands_for_one_copy_of_it() -> None:
    wanted: Json = {"time": NOON_TEXT, "subType": "normal", "normal": 5}
    calculations = [told("wizard", id=each, bolus=wanted) for each in "xy"]
    own = told("bolus", id="b", subType="normal", normal=2, expectedNormal=5)

    found = await merged(facts(*calculations, own))

    assert [each.insulin for each in found] == [2, 5]


@pytest.mark.parametrize(
    "fields",
    [{"subType": "automated"}, {"subType": "normal", "deliveryContext": "algorithm"}],
)
def test_a_bolus_of_a_loop_is_automatic(fields: dict[str, Json]) -> None:
    assert done("bolus", normal=0.25, **fields).is_automatic is True
    assert done("bolus", normal=0.25, deliveryContext="watch").is_automatic is False


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"normal": None},
        {"normal": -1},
        {"normal": 101},
        {"normal": 60, "extended": 60},
        {"normal": 1, "extended": "much"},
    ],
)
def test_a_bolus_that_nobody_means_is_unusable(fields: dict[str, Json]) -> None:
    assert unusable("bolus", subType="normal", **fields)


@pytest.mark.parametrize(
    ("acting", "kind"),
    [
        ("long", TreatmentKind.LONG_ACTING),
        ("intermediate", TreatmentKind.LONG_ACTING),
        ("rapid", TreatmentKind.BOLUS),
        ("short", TreatmentKind.BOLUS),
        (None, TreatmentKind.BOLUS),
    ],
)
def test_a_pen_gives_what_its_insulin_is(acting: Json, kind: TreatmentKind) -> None:
    formulation: Json = {"simple": {"actingType": acting, "brand": "Somebody's"}}
    dose: Json = {"total": 18, "units": "Units"}

    found = done("insulin", dose=dose, formulation=formulation)

    assert (found.kind, found.insulin) == (kind, 18)
    assert unusable("insulin", formulation=formulation)
    assert nothing("insulin", dose={"total": 0})


@pytest.mark.parametrize(
    ("delivery", "kind"),
    [
        ("scheduled", TreatmentKind.BASAL),
        ("automated", TreatmentKind.BASAL),
        ("temp", TreatmentKind.TEMP_BASAL),
    ],
)
def test_a_rate_is_units_per_hour_for_milliseconds(
    delivery: str, kind: TreatmentKind
) -> None:
    found = done("basal", deliveryType=delivery, rate=0.85, duration=1_800_000)

    assert (found.kind, found.rate, found.duration) == (kind, 0.85, 30)
    assert found.is_automatic is (delivery == "automated")
    assert found.insulin is None


def test_a_recorded_schedule_with_a_percentage_has_its_rate() -> None:
    """Tandem's scheduled records carry what belongs to temporary ones."""
    found = done(
        "basal",
        deliveryType="scheduled",
        rate=1.2,
        percent=3.278,
        duration=300_000,
        suppressed={"type": "basal", "deliveryType": "scheduled", "rate": 0.366},
    )

    assert found.rate == 1.2


def test_a_percentage_is_a_factor() -> None:
    found = done(
        "basal",
        deliveryType="temp",
        percent=0.75,
        duration=1_800_000,
        suppressed={"deliveryType": "scheduled", "rate": 0.8},
    )

    assert found.rate == 0.6


@pytest.mark.parametrize("fields", [{}, {"rate": 0}, {"rate": 0.5}])
def test_a_suspended_pump_gives_nothing(fields: dict[str, Json]) -> None:
    """Documents have no rate, recorded ones have nought: both are a rate."""
    found = done("basal", deliveryType="suspend", duration=600_000, **fields)

    assert (found.kind, found.rate) == (TreatmentKind.SUSPEND, 0.0)
    assert found.duration == 10


def test_a_rate_of_nought_is_a_rate() -> None:
    found = done("basal", deliveryType="automated", rate=0, duration=300_000)

    assert (found.kind, found.rate) == (TreatmentKind.BASAL, 0.0)


def test_a_duration_of_nought_is_an_unknown_one() -> None:
    annotations: Json = [{"code": "basal/unknown-duration"}]

    found = done(
        "basal", deliveryType="scheduled", rate=1, duration=0, annotations=annotations
    )

    assert found.duration is None


@pytest.mark.parametrize(
    "fields",
    [
        {"deliveryType": "scheduled"},
        {"deliveryType": "scheduled", "rate": -1},
        {"deliveryType": "scheduled", "rate": 101},
        {"deliveryType": "temp", "percent": 0.5},
        {"deliveryType": "temp", "suppressed": {"rate": 0.5}},
        {"deliveryType": "sideways", "rate": 1},
        {"rate": 1},
    ],
)
def test_a_rate_that_nobody_says_is_unusable(fields: dict[str, Json]) -> None:
    assert unusable("basal", duration=300_000, **fields)
