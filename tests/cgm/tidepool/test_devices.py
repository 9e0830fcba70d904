"""What loops, pumps and phones report through Tidepool."""

from datetime import timedelta

import pytest

from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Forecast,
    LoopState,
    Reported,
)
from custom_components.glucose_follow.cgm.sources.tidepool import devices
from custom_components.glucose_follow.cgm.sources.tidepool.facts import Told
from custom_components.glucose_follow.cgm.status import current
from custom_components.glucose_follow.cgm.transport import Json

from .support import NOON, NOON_TEXT, told

MINUTE = timedelta(minutes=1)


def status(*documents: Told, after: timedelta = timedelta()) -> DeviceStatus:
    """Return what the newest documents report some time after noon."""
    latest = {document.type: document for document in documents}
    found = devices.status(latest, NOON + after)
    assert found is not None
    return found


def test_without_devices_there_is_no_status() -> None:
    assert devices.status({}, NOON) is None
    assert devices.status({"cbg": told("cbg", value=5.5)}, NOON) is None


def test_what_a_loop_counts_on_has_a_time_of_its_own() -> None:
    found = status(
        told(
            "dosingDecision",
            reason="loop",
            insulinOnBoard={"time": "2026-11-21T11:58:00Z", "amount": 1.23456},
            carbsOnBoard={"amount": 18},
        )
    )

    assert found.insulin_on_board == Reported(1.235, NOON - 2 * MINUTE)
    assert found.carbs_on_board == Reported(18, NOON)


def test_insulin_on_board_can_be_less_than_nothing_and_carbs_cannot() -> None:
    found = status(
        told(
            "dosingDecision",
            insulinOnBoard={"amount": -0.4},
            carbsOnBoard={"amount": -0.4},
        )
    )

    assert found.insulin_on_board == Reported(-0.4, NOON)
    assert found.carbs_on_board is None


@pytest.mark.parametrize("amount", [None, "much", 1001, -1001])
def test_an_absurd_amount_on_board_is_unknown(amount: Json) -> None:
    found = status(told("dosingDecision", insulinOnBoard={"amount": amount}))

    assert found.insulin_on_board is None


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"reason": "loop"}, LoopState.LOOPING),
        ({"reason": "loop", "errors": [{"id": "pumpError"}]}, LoopState.ERROR),
        ({"reason": "loop", "errors": []}, LoopState.LOOPING),
    ],
)
def test_a_loop_says_that_it_ran(fields: dict[str, Json], state: LoopState) -> None:
    assert status(told("dosingDecision", **fields)).loop == Reported(state, NOON)


def test_what_a_person_decided_is_no_loop() -> None:
    assert status(told("dosingDecision", reason="normalBolus")).loop is None


def test_the_present_rate_is_so_until_its_stretch_ends() -> None:
    stretch = told("basal", deliveryType="temp", rate=0.4, duration=1_800_000)

    assert status(stretch, after=10 * MINUTE).basal_rate == Reported(
        0.4, NOON + 10 * MINUTE
    )
    assert status(stretch, after=90 * MINUTE).basal_rate == Reported(
        0.4, NOON + 30 * MINUTE
    )
    assert status(stretch).basal_rate_until == NOON + 30 * MINUTE


@pytest.mark.parametrize(("after", "rate"), [(39, 0.0), (40, None), (80, None)])
def test_an_ended_rate_is_soon_no_longer_the_present_one(
    after: int, rate: float | None
) -> None:
    """A pump that was stopped for half an hour gives something again."""
    stretch = told("basal", deliveryType="temp", rate=0, duration=1_800_000)

    found = current(
        status(stretch, after=after * MINUTE),
        (),
        now=NOON + after * MINUTE,
        are_treatments_known=True,
    )

    assert (found.basal_rate and found.basal_rate.value) == rate


def test_a_suspended_pump_gives_nothing_now() -> None:
    stretch = told("basal", deliveryType="suspend", duration=1_800_000)

    assert status(stretch).basal_rate == Reported(0.0, NOON)


def test_a_rate_is_unknown_without_one_and_before_it_begins() -> None:
    unusable = told("basal", deliveryType="temp")
    stretch = told("basal", deliveryType="temp", rate=0.4, duration=1_800_000)

    assert status(unusable).basal_rate is None
    assert status(stretch, after=-MINUTE).basal_rate is None


def test_a_rate_that_lasts_beyond_any_calendar_lasts_unknown_long() -> None:
    stretch = told("basal", deliveryType="automated", rate=0.8, duration=8.5e18)

    assert status(stretch, after=MINUTE).basal_rate == Reported(0.8, NOON)


def test_charge_is_told_as_a_factor_and_insulin_in_units() -> None:
    found = status(
        told(
            "pumpStatus",
            reservoir={"remaining": 68, "units": "Units", "time": NOON_TEXT},
            battery={"remaining": 0.755, "units": "percent"},
        ),
        told("controllerStatus", battery={"remaining": 1}),
    )

    assert found.reservoir == Reported(68, NOON)
    assert found.pump_battery == Reported(75.5, NOON)
    assert found.uploader_battery == Reported(100, NOON)


@pytest.mark.parametrize("charge", [75, -0.1, None, "full"])
def test_a_charge_that_is_no_factor_is_unknown(charge: Json) -> None:
    found = status(told("pumpStatus", battery={"remaining": charge}))

    assert found.pump_battery is None
    assert found.reservoir is None


def active(*documents: Told, after: timedelta = timedelta()) -> Reported[str] | None:
    """Return the profile that is shown some time after noon."""
    return shown(*documents, after=after).active_profile


def shown(*documents: Told, after: timedelta = timedelta()) -> DeviceStatus:
    """Return what is so some time after noon."""
    told_then = status(*documents, after=after)
    return current(told_then, (), now=NOON + after, are_treatments_known=True)


@pytest.mark.parametrize("kind", ["basal", "bolus", "dosingDecision", "pumpStatus"])
@pytest.mark.parametrize("days", [0, 30, 400])
def test_the_schedule_in_use_holds_until_the_next_settings(
    kind: str, days: int
) -> None:
    """They are told when they change, and a pump may run them for years."""
    long_ago = NOON - timedelta(days=days)
    settings = told("pumpSettings", time=long_ago.isoformat(), activeSchedule="Weekday")

    assert active(settings, told(kind)) == Reported("Weekday", long_ago)


def test_a_pump_that_is_silent_for_a_day_runs_nobody_knows_what() -> None:
    settings = told("pumpSettings", activeSchedule="Weekday")
    day = timedelta(days=1)

    assert active(settings, told("bolus"), after=day - MINUTE) is not None
    assert active(settings, told("bolus"), after=day) is None
    assert active(settings, told("cbg", value=6)) is None
    # The clock of whatever wrote it is wrong, and no silence is shorter for that.
    wrong = told("bolus", time="9999-12-31T23:59:59Z")
    assert status(settings, wrong).profiles[0].until == NOON + day


def test_settings_without_a_schedule_in_use_have_no_profile() -> None:
    assert active(told("pumpSettings"), told("bolus")) is None
    assert active(told("bolus"), told("upload")) is None


def test_a_profile_tells_no_rate() -> None:
    settings = told(
        "pumpSettings",
        activeSchedule="Weekday",
        basalSchedules={"Weekday": [{"start": 0, "rate": 0.8}]},
    )
    site = told("pumpStatus", reservoir={"remaining": 68, "units": "Units"})

    found = shown(settings, site)

    assert found.active_profile is not None
    assert found.basal_rate is None


def test_devices_are_called_what_their_uploads_say() -> None:
    found = status(
        told(
            "upload",
            deviceManufacturers=["Dexcom"],
            deviceModel="G7",
            deviceTags=["cgm", "bgm", 7],
            client={"name": "org.tidepool.uploader"},
        ),
        told("pumpSettings", manufacturers=["Tandem"], model="t:slim"),
    )

    assert found.sensor_model == "Dexcom G7"
    assert found.pump_model == "Tandem t:slim"
    assert found.uploader_model == "org.tidepool.uploader"


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        ({"deviceModel": "630G", "deviceTags": ["insulin-pump"]}, "630G"),
        ({"deviceModel": "630G", "deviceManufacturers": []}, None),
        ({"deviceTags": ["insulin-pump"]}, None),
        ({"deviceModel": "630G", "deviceTags": "insulin-pump"}, None),
    ],
)
def test_a_device_without_a_model_has_no_name(
    fields: dict[str, Json], model: str | None
) -> None:
    found = status(told("upload", **fields), told("pumpSettings"))

    assert found.pump_model == model
    assert found.uploader_model is None


def forecast(*points: tuple[str, Json]) -> Json:
    """Return what a loop expects at times of the day."""
    return [
        {"time": f"2026-11-21T{time}:00Z", "value": value} for time, value in points
    ]


def test_a_forecast_begins_with_its_first_step() -> None:
    """What is in front of it is the newest reading; all of it is mmol/L."""
    expected = forecast(
        ("11:58", 6.66089758925464), ("12:00", 6.105), ("12:05", 5.55), ("12:10", 4.995)
    )

    found = status(
        told("dosingDecision", bgForecast=expected, units={"bg": "mg/dL"})
    ).forecast

    curve = Forecast(start=NOON, period=5 * MINUTE, mgdl=(110.0, 100.0, 90.0))
    assert found == Reported(curve, NOON)


@pytest.mark.parametrize(
    "expected",
    [
        None,
        "steady",
        [],
        forecast(("12:00", 6.1)),
        forecast(("12:00", 6.1), ("12:05", None), ("12:10", 6.1)),
        forecast(("12:00", 6.1), ("12:05", 120), ("12:10", 6.1)),
        forecast(("12:00", 6.1), ("12:05", 6.1), ("12:20", 6.1)),
        [{"value": 6.1}, {"value": 6.1}],
    ],
)
def test_a_forecast_that_is_not_even_is_none(expected: Json) -> None:
    assert status(told("dosingDecision", bgForecast=expected)).forecast is None


def event(sub_type: str, time: str, **fields: Json) -> Told:
    """Return a device event of a day."""
    return told(
        "deviceEvent", subType=sub_type, time=f"2026-11-{time}T12:00:00Z", **fields
    )


def test_sensor_site_and_insulin_are_as_old_as_their_last_change() -> None:
    changes = {
        "sensorEvent": event("sensorEvent", "14", eventType="start"),
        "prime": event("prime", "20", primeTarget="cannula"),
        "reservoirChange": event("reservoirChange", "19"),
    }

    found = devices.with_changes(None, changes)

    assert found is not None
    assert found.sensor_started == NOON - timedelta(days=7)
    assert found.site_changed == NOON - timedelta(days=1)
    assert found.insulin_changed == NOON - timedelta(days=2)


def test_a_pod_changes_site_and_insulin_at_once() -> None:
    pod = event("reservoirChange", "19", deviceId="InsOmn-130")
    prime = event("prime", "10", primeTarget="cannula")

    found = devices.with_changes(None, {"reservoirChange": pod, "prime": prime})

    assert found is not None
    assert found.site_changed == found.insulin_changed == NOON - timedelta(days=2)


def test_without_changes_a_status_stays_as_it_is() -> None:
    known = DeviceStatus(pump_model="630G")

    assert devices.with_changes(None, {}) is None
    assert devices.with_changes(known, {"prime": event("alarm", "20")}) is known
