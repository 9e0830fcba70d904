"""What pumps, loops and phones report, recorded and invented."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Forecast,
    LoopState,
    Reported,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.sources.nightscout import decode
from custom_components.glucose_follow.cgm.sources.nightscout.devices import DeviceLog
from custom_components.glucose_follow.cgm.transport import Json

from .test_nightscout_decode import anything

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RECORDED = Path(__file__).parent.parent / "fixtures/nightscout"

type Fields = Mapping[str, Json]


def recorded(name: str) -> list[decode.Document]:
    """Return the documents of a recorded answer, of whatever API version."""
    body = (RECORDED / f"{name}.http").read_bytes().partition(b"\r\n\r\n")[2]
    answer: Json = json.loads(body)
    if isinstance(answer, dict):
        answer = answer["result"]
    return list(decode.documents(answer))


def log(*documents: Fields) -> DeviceLog:
    """Return a log that took documents in."""
    made = DeviceLog(lambda: NOON)
    made.take(documents)
    return made


def told(*documents: Fields) -> DeviceStatus:
    """Return what documents say together."""
    return log(*documents).status()


def stamp(minutes: float = 0) -> str:
    """Return a moment so many minutes before noon, as apps write it."""
    return (NOON - minutes * MINUTE).isoformat()


def wrote(minutes: float = 0, /, **fields: Json) -> Fields:
    """Return a document that was written so many minutes before noon."""
    return {"created_at": stamp(minutes), "device": "test", **fields}


def pump(minutes: float = 0, /, **fields: Json) -> Fields:
    """Return a document about a pump."""
    return wrote(minutes, pump={"clock": stamp(minutes), **fields})


def oref(minutes: float = 0, /, **fields: Json) -> Fields:
    """Return a document of an oref loop."""
    return wrote(minutes, openaps=dict(fields))


def at(clock: str) -> datetime:
    """Return a moment of the day on which the sites were recorded."""
    return datetime.fromisoformat(f"2026-11-21T{clock}+00:00")


def test_a_recorded_loop_says_what_it_said() -> None:
    status = told(*recorded("rig-loop/devicestatus_count3"))

    assert status.insulin_on_board == Reported(4.215168658430968, at("08:35:00"))
    assert status.carbs_on_board == Reported(14.70012, at("08:36:01"))
    assert status.loop == Reported(LoopState.LOOPING, at("08:36:01"))
    assert status.looped_at == at("08:36:01")
    assert status.is_suspended == Reported(False, at("08:36:01"))
    assert status.reservoir == Reported(46.9, at("08:36:01"))
    assert status.pump_battery is None
    assert status.pump_voltage is None
    assert status.uploader_battery == Reported(92.0, at("08:36:01"))
    assert status.override == Reported("", at("08:36:01"))
    assert status.active_profile is None
    assert status.pump_model == "Insulet Dash"
    assert status.uploader_model == "iPhone"
    assert status.forecast is not None
    forecast = status.forecast.value
    assert (forecast.start, forecast.period) == (at("08:35:28"), 5 * MINUTE)
    assert len(forecast.mgdl) == 73
    assert forecast.mgdl[:3] == (168, 166.2, 163.5)
    assert (forecast.lowest, forecast.highest) == ((), ())
    assert status.enacted is not None
    assert (status.enacted.at, status.enacted.rate) == (at("08:36:01"), 1.85)
    assert status.enacted.duration == 30


def test_a_recorded_trio_says_what_it_said() -> None:
    status = told(*recorded("rig-trio/devicestatus_count3"))

    assert status.insulin_on_board == Reported(4.215, at("08:35:00"))
    assert status.carbs_on_board == Reported(14.0, at("08:36:01"))
    assert status.loop == Reported(LoopState.LOOPING, at("08:36:01"))
    assert status.is_suspended == Reported(False, at("08:36:01"))
    assert status.reservoir == Reported(46.9, at("08:36:01"))
    # It says 80, and that nobody should look: the pod has no battery to read.
    assert status.pump_battery is None
    assert status.uploader_battery == Reported(92.0, at("08:36:01"))
    assert status.override is None
    assert status.uploader_model == "Trio"
    assert status.forecast is not None
    assert status.forecast.at == at("08:36:01")
    forecast = status.forecast.value
    assert forecast.mgdl[:3] == (168, 167, 166)
    assert forecast.lowest[:3] == (168, 164, 159)
    assert forecast.highest[:3] == (168, 167, 167)
    assert len(forecast.mgdl) == len(forecast.lowest) == len(forecast.highest) == 48


def test_a_recorded_aaps_says_what_it_said() -> None:
    status = told(*recorded("mmol/devicestatus_count3"))

    assert status.insulin_on_board == Reported(4.071, at("08:45:00"))
    assert status.carbs_on_board == Reported(9.0, at("08:46:01"))
    assert status.loop == Reported(LoopState.LOOPING, at("08:46:01"))
    assert status.is_suspended == Reported(False, at("08:46:01"))
    assert status.reservoir == Reported(46.6, at("08:46:01"))
    assert status.pump_battery == Reported(80.0, at("08:46:01"))
    assert status.uploader_battery == Reported(91.0, at("08:46:01"))
    assert status.active_profile == Reported("Default", at("08:46:01"))
    assert status.pump_model == "Dana-RS"
    assert status.uploader_model == "samsung SM-G970F"
    assert status.enacted is not None
    assert (status.enacted.rate, status.enacted.duration) == (2.25, 30)


@pytest.mark.parametrize("site", ["rig-loop", "rig-trio", "mmol"])
def test_both_versions_of_the_api_and_any_order_tell_the_same(site: str) -> None:
    documents = recorded(f"{site}/devicestatus_count3")
    expected = told(*documents)

    assert told(*documents[::-1]) == expected
    assert told(*documents, *documents) == expected
    assert told(*recorded(f"{site}/v3_devicestatus")) == expected


def test_nothing_is_known_of_nothing() -> None:
    assert told() == DeviceStatus()
    assert log().newest_at is None


@pytest.mark.parametrize(
    ("minutes", "is_believed"), [(0, True), (-9, True), (-11, False)]
)
def test_what_claims_to_be_from_the_future_hides_nothing(
    minutes: float, is_believed: bool
) -> None:
    made = DeviceLog(lambda: NOON)

    unusable = made.take([pump(5, reservoir=90), pump(minutes, reservoir=80)])

    assert unusable == int(not is_believed)
    assert made.newest_at == NOON - (minutes if is_believed else 5) * MINUTE
    reservoir = made.status().reservoir
    assert reservoir is not None
    assert reservoir.value == (80 if is_believed else 90)


def test_a_document_without_a_moment_is_counted() -> None:
    assert DeviceLog(lambda: NOON).take([{"pump": {"reservoir": 90}}]) == 1


def test_each_value_goes_by_its_own_time() -> None:
    status = told(
        wrote(3, uploader={"battery": 50}),
        pump(4, reservoir=90),
        oref(2, iob={"iob": 1.5, "time": stamp(6)}),
        wrote(1, uploader={"battery": 49}),
    )

    assert status.reservoir == Reported(90.0, NOON - 4 * MINUTE)
    assert status.insulin_on_board == Reported(1.5, NOON - 6 * MINUTE)
    assert status.uploader_battery == Reported(49.0, NOON - MINUTE)


def test_nothing_is_younger_than_the_document_that_tells_it() -> None:
    """Loop tells insulin on board for the next full five minutes."""
    status = told(
        wrote(
            10,
            loop={
                "iob": {"iob": 2.0, "timestamp": stamp(6)},
                "cob": {"cob": 8, "timestamp": "2030-01-01T00:00:00Z"},
                "timestamp": stamp(-60),
            },
            pump={"clock": stamp(-180), "reservoir": 70},
            uploader={"battery": 40, "timestamp": stamp(0)},
        )
    )

    written = NOON - 10 * MINUTE
    assert status.insulin_on_board == Reported(2.0, written)
    assert status.carbs_on_board == Reported(8.0, written)
    assert status.loop == Reported(LoopState.LOOPING, written)
    assert status.reservoir == Reported(70.0, written)
    assert status.uploader_battery == Reported(40.0, written)


@pytest.mark.parametrize(
    ("clock", "heard"),
    [
        (stamp(20), 20),
        ("2026-11-21T12:40:00+01:00", 20),
        ("2026-11-21T11:40:00", 2),
        ("2026-11-21 11:40", 2),
        ("half past ten", 2),
        (None, 2),
    ],
)
def test_a_pump_is_as_old_as_its_clock_if_that_tells_its_zone(
    clock: Json, heard: int
) -> None:
    status = told(wrote(2, pump={"clock": clock, "reservoir": 70}))

    assert status.reservoir == Reported(70.0, NOON - heard * MINUTE)


@pytest.mark.parametrize(
    "document",
    [
        wrote(2, device="connect-someone"),
        wrote(2, device="nightscout-connect://minimedcarelink/NGP"),
        wrote(2, connect={"sensorState": "NORMAL"}),
    ],
)
def test_the_clock_of_a_carelink_pump_is_not_believed(document: Fields) -> None:
    """It is the time on the wall, called UTC."""
    told_by_pump: Json = {"clock": "2026-11-21T07:00:00.000Z", "reservoir": 70}

    status = told({**document, "pump": told_by_pump})

    assert status.reservoir == Reported(70.0, NOON - 2 * MINUTE)


@pytest.mark.parametrize(
    "section",
    [
        {"iob": {"bolusiob": 1.25, "timestamp": stamp(4)}},
        {"iob": {"iob": 1.25, "timestamp": stamp(4)}},
        {
            "iob": {"timestamp": (NOON - 4 * MINUTE).timestamp() * 1000},
            "bolusiob": 1.25,
        },
    ],
)
def test_a_pump_counts_insulin_on_board_itself(section: dict[str, Json]) -> None:
    assert told(pump(**section)).insulin_on_board == Reported(1.25, NOON - 4 * MINUTE)


@pytest.mark.parametrize(("ago", "units"), [(10, 2.0), (30, 2.0), (31, 9.0)])
def test_the_loops_insulin_on_board_beats_the_pumps_for_half_an_hour(
    ago: int, units: float
) -> None:
    """The pump counts boluses only."""
    status = told(
        pump(1, iob={"bolusiob": 9.0}),
        oref(ago, iob={"iob": 2.0, "time": stamp(ago)}),
    )

    assert status.insulin_on_board is not None
    assert status.insulin_on_board.value == units


@pytest.mark.parametrize(
    ("fields", "units"),
    [
        ({"reservoir": 90}, 90),
        ({"reservoir": "90.5"}, 90.5),
        ({"reservoir": 0}, 0),
        ({"reservoir": 3_735_928_559}, None),
        ({"reservoir": -1}, None),
        ({"reservoir": 50, "reservoir_display_override": "50+U"}, None),
        ({"reservoir": 42, "reservoir_display_override": "42"}, 42),
        ({"reservoir": "full"}, None),
    ],
)
def test_a_pump_that_does_not_know_its_reservoir_says_so(
    fields: dict[str, Json], units: float | None
) -> None:
    """What an earlier document said is not so any more."""
    status = told(pump(5, reservoir=12), pump(**fields))

    expected = None if units is None else Reported(float(units), NOON)
    assert status.reservoir == expected


def test_a_document_that_says_nothing_of_the_reservoir_changes_nothing() -> None:
    assert told(pump(5, reservoir=12), pump()).reservoir is not None
    assert told(pump(5, reservoir=12), pump(reservoir=None)).reservoir is not None


@pytest.mark.parametrize(
    ("battery", "percent", "volts"),
    [
        ({"percent": 55}, 55, None),
        ({"percent": "55"}, 55, None),
        ({"voltage": 1.47, "status": "normal"}, None, 1.47),
        ({"percent": 55, "voltage": 1.5}, 55, 1.5),
        ({"percent": 100, "display": False}, None, None),
        ({"percent": 55, "display": True}, 55, None),
        ({"percent": 101}, None, None),
        ({"percent": -1}, None, None),
        ({"voltage": 0}, None, None),
        ({"voltage": 1500}, None, None),
        (55, None, None),
    ],
)
def test_a_pumps_battery_is_told_in_percent_or_volts(
    battery: Json, percent: float | None, volts: float | None
) -> None:
    status = told(pump(battery=battery))

    assert status.pump_battery == (Reported(percent, NOON) if percent else None)
    assert status.pump_voltage == (Reported(volts, NOON) if volts else None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"suspended": True}, True),
        ({"suspended": False, "status": {"suspended": True}}, False),
        ({"status": {"suspended": True}}, True),
        ({"status": {"status": "suspended"}}, True),
        ({"status": {"status": "normal"}}, False),
        ({"suspended": "yes"}, None),
        ({}, None),
    ],
)
def test_a_pump_says_whether_it_is_suspended(
    fields: dict[str, Json], expected: bool | None
) -> None:
    status = told(pump(**fields))

    suspended = None if expected is None else Reported(expected, NOON)
    assert status.is_suspended == suspended


@pytest.mark.parametrize(
    ("document", "percent"),
    [
        (wrote(uploader={"battery": 40}), 40),
        (wrote(uploader={"battery": 40, "type": "PHONE"}), 40),
        (wrote(uploaderBattery=40), 40),
        (wrote(uploader={"battery": 40}, uploaderBattery=30), 40),
        (wrote(uploader={"battery": 40, "type": "BRIDGE"}), None),
        (wrote(uploader={"battery": 101}), None),
        (wrote(uploader={"battery": -1}), None),
        (wrote(), None),
    ],
)
def test_the_phones_battery_is_known(document: Fields, percent: float | None) -> None:
    expected = Reported(float(percent), NOON) if percent else None

    assert told(document).uploader_battery == expected


def test_of_two_phones_the_one_that_ends_first_counts() -> None:
    """Glucose ends with it."""
    one = wrote(2, device="one", uploader={"battery": 20})
    other = wrote(1, device="other", uploader={"battery": 80})

    assert told(one, other).uploader_battery == Reported(20.0, NOON - 2 * MINUTE)


def test_a_phone_that_is_no_longer_in_use_does_not_count() -> None:
    old = wrote(62, device="old", uploader={"battery": 3})
    new = wrote(1, device="new", uploader={"battery": 80})

    assert told(old, new).uploader_battery == Reported(80.0, NOON - MINUTE)
    assert told(new, old).uploader_battery == Reported(80.0, NOON - MINUTE)


@pytest.mark.parametrize(
    ("loop", "state"),
    [
        ({}, LoopState.LOOPING),
        ({"enacted": {"rate": 1, "received": True}}, LoopState.LOOPING),
        ({"enacted": {"rate": 1, "received": False}}, LoopState.ERROR),
        ({"failureReason": "pumpManagerError"}, LoopState.ERROR),
        ({"recommendedTempBasal": {"rate": 1}}, LoopState.OPEN),
        ({"automaticDoseRecommendation": {"bolusVolume": 1}}, LoopState.OPEN),
        (
            {"recommendedTempBasal": {"rate": 1}, "enacted": {"received": True}},
            LoopState.LOOPING,
        ),
    ],
)
def test_loop_says_what_it_does(loop: dict[str, Json], state: LoopState) -> None:
    status = told(wrote(loop={"timestamp": stamp(3), **loop}))

    assert status.loop == Reported(state, NOON - 3 * MINUTE)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"suggested": {"bg": 120}}, LoopState.LOOPING),
        ({"suggested": {"rate": 1.2}}, LoopState.OPEN),
        ({"suggested": {"units": 0.3}}, LoopState.OPEN),
        ({"suggested": {"units": 0}}, LoopState.LOOPING),
        (
            {"suggested": {"rate": 1.2}, "enacted": {"rate": 1.2, "received": True}},
            LoopState.LOOPING,
        ),
        ({"enacted": {"rate": 1.2}}, LoopState.LOOPING),
        ({"enacted": {"rate": 1.2, "received": False}}, LoopState.ERROR),
        ({"enacted": {"rate": 1.2, "recieved": False}}, LoopState.ERROR),
        (
            {
                "suggested": {"rate": 1.2, "timestamp": stamp(1)},
                "enacted": {"received": False, "timestamp": stamp(6)},
            },
            LoopState.LOOPING,
        ),
    ],
)
def test_oref_says_what_it_does(fields: dict[str, Json], state: LoopState) -> None:
    loop = told(oref(**fields)).loop

    assert loop is not None
    assert loop.value is state


def test_a_loop_that_did_not_run_says_nothing_of_itself() -> None:
    status = told(oref(iob={"iob": 1.0}))

    assert status.loop is None
    assert status.insulin_on_board is not None


def test_a_fault_is_no_run() -> None:
    status = told(
        wrote(10, loop={"timestamp": stamp(10)}),
        wrote(5, loop={"timestamp": stamp(5), "failureReason": "no pump"}),
    )

    assert status.loop == Reported(LoopState.ERROR, NOON - 5 * MINUTE)
    assert status.looped_at == NOON - 10 * MINUTE


@pytest.mark.parametrize(
    ("suggested", "enacted", "carbs"),
    [(1, 6, 20), (6, 1, 30)],
)
def test_orefs_newer_decision_counts(suggested: int, enacted: int, carbs: int) -> None:
    status = told(
        oref(
            suggested={"COB": 20, "IOB": 2, "timestamp": stamp(suggested)},
            enacted={"COB": 30, "IOB": 3, "timestamp": stamp(enacted)},
        )
    )

    assert status.carbs_on_board == Reported(float(carbs), NOON - MINUTE)
    assert status.insulin_on_board == Reported(carbs / 10, NOON - MINUTE)


def test_orefs_older_decision_fills_what_the_newer_one_leaves_out() -> None:
    status = told(
        oref(
            suggested={"timestamp": stamp(1)},
            enacted={"COB": 30, "timestamp": stamp(6)},
        )
    )

    assert status.carbs_on_board == Reported(30.0, NOON - 6 * MINUTE)


def test_of_insulin_on_board_for_hours_to_come_the_present_counts() -> None:
    status = told(
        oref(iob=[{"iob": 2.0, "time": stamp(1)}, {"iob": 1.5, "time": stamp(-4)}])
    )

    assert status.insulin_on_board == Reported(2.0, NOON - MINUTE)


@pytest.mark.parametrize("units", [-0.4, 0, 199])
def test_insulin_on_board_may_be_negative(units: float) -> None:
    assert told(oref(iob={"iob": units})).insulin_on_board == Reported(units, NOON)


@pytest.mark.parametrize("units", [-51, 201, None, "much", True])
def test_insulin_on_board_that_cannot_be_is_unknown(units: Json) -> None:
    assert told(oref(iob={"iob": units})).insulin_on_board is None


def forecast(**curves: Json) -> Forecast | None:
    """Return the forecast that an oref loop's curves make."""
    reported = told(oref(suggested={"predBGs": curves})).forecast
    return reported.value if reported else None


@pytest.mark.parametrize(
    ("curves", "first"),
    [
        ({"IOB": [1, 10], "COB": [2, 20], "UAM": [3, 30], "ZT": [4, 40]}, 2),
        ({"IOB": [1, 10], "UAM": [3, 30], "ZT": [4, 40]}, 3),
        ({"IOB": [1, 10], "ZT": [4, 40]}, 1),
        ({"ZT": [4, 40]}, 4),
        ({"IOB": [1, 10], "COB": [2, "x"]}, 1),
        ({"IOB": [1, 10], "COB": [2]}, 1),
    ],
)
def test_the_curve_that_oref_doses_by_is_the_forecast(
    curves: dict[str, Json], first: float
) -> None:
    made = forecast(**curves)

    assert made is not None
    assert made.mgdl[0] == first


def test_all_curves_together_are_how_wrong_a_forecast_may_be() -> None:
    made = forecast(
        COB=[100, 110, 120], IOB=[100, 95, 90, 85], ZT=[100, 90], UAM=[100, 120, 115]
    )

    assert made == Forecast(
        start=NOON,
        period=5 * MINUTE,
        mgdl=(100, 110, 120),
        lowest=(100, 90, 90),
        highest=(100, 120, 120),
    )


@pytest.mark.parametrize("curves", [{}, {"COB": []}, {"COB": "up"}, {"COB": [1, 2000]}])
def test_curves_without_usable_values_are_no_forecast(curves: dict[str, Json]) -> None:
    assert forecast(**curves) is None


def test_a_forecast_has_an_end() -> None:
    made = forecast(IOB=[100] * 1000)

    assert made is not None
    assert len(made.mgdl) == 288


def test_what_a_loop_set_is_a_temporary_basal_rate() -> None:
    status = told(
        oref(enacted={"rate": 1.2, "duration": 30, "timestamp": stamp(4)}),
        oref(1, enacted={"rate": 0.5, "duration": 30, "timestamp": stamp(9)}),
    )

    began = NOON - 4 * MINUTE
    assert status.enacted == Treatment(
        at=began,
        id="enacted 2026-11-21T11:56:00+00:00",
        kind=TreatmentKind.TEMP_BASAL,
        rate=1.2,
        duration=30.0,
        is_automatic=True,
    )


@pytest.mark.parametrize(
    "document",
    [
        oref(enacted={"rate": 1.2, "duration": 30, "received": False}),
        oref(enacted={"rate": 1.2}),
        oref(enacted={"duration": 30}),
        wrote(loop={"enacted": {"rate": 0, "duration": 0, "received": True}}),
        wrote(loop={"enacted": {"rate": 0, "duration": 30, "received": False}}),
    ],
)
def test_what_a_loop_did_not_set_is_none(document: Fields) -> None:
    """Loop says zero for no time where it left the rate as it was."""
    assert told(document).enacted is None


def test_oref_ends_a_temporary_basal_rate_with_no_time() -> None:
    enacted = told(oref(enacted={"rate": 0, "duration": 0})).enacted

    assert enacted is not None
    assert enacted.duration == 0


@pytest.mark.parametrize(
    ("override", "name", "until"),
    [
        ({"active": True, "name": "Pre-Meal", "duration": 3600}, "Pre-Meal", 60),
        ({"active": True, "name": "Sport"}, "Sport", None),
        ({"active": True}, "Custom", None),
        ({"active": False, "name": "Sport"}, "", None),
    ],
)
def test_loop_says_which_override_it_uses(
    override: dict[str, Json], name: str, until: int | None
) -> None:
    status = told(wrote(loop={"version": "3"}, override=override))

    assert status.override == Reported(name, NOON)
    end = None if until is None else NOON + until * MINUTE
    assert status.override_until == end


def test_the_end_of_an_override_goes_with_it() -> None:
    status = told(
        wrote(10, override={"active": True, "name": "Sport", "duration": 3600}),
        wrote(5, override={"active": False}),
    )

    assert status.override == Reported("", NOON - 5 * MINUTE)
    assert status.override_until is None


def test_an_override_without_an_end_in_any_calendar_has_none() -> None:
    status = told(wrote(override={"active": True, "name": "Sport", "duration": 1e300}))

    assert status.override == Reported("Sport", NOON)
    assert status.override_until is None


def test_what_comes_late_changes_nothing_newer() -> None:
    newest = told(
        wrote(1, override={"active": True, "name": "Sport", "duration": 3600}),
        wrote(5, override={"active": False}),
    )

    assert newest.override == Reported("Sport", NOON - MINUTE)
    assert newest.override_until == NOON + 59 * MINUTE


FIELDS = ["clock", "timestamp", "iob", "cob", "COB", "IOB", "predBGs", "enacted"]
FIELDS += ["suggested", "duration", "rate", "received", "status", "battery"]
FIELDS += ["percent", "voltage", "reservoir", "active", "name", "predicted", "values"]
sections = st.dictionaries(st.sampled_from(FIELDS), anything)


@given(
    st.fixed_dictionaries(
        {"created_at": st.just(stamp(1))},
        optional=dict.fromkeys(
            ("loop", "openaps", "pump", "uploader", "override", "device"),
            sections | anything,
        ),
    )
)
def test_no_document_is_too_strange(document: dict[str, Json]) -> None:
    status = told(document)

    for reported in (status.insulin_on_board, status.reservoir, status.pump_battery):
        assert reported is None or reported.at <= NOON - MINUTE
