"""Which therapy profile was in use when."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import BasalSchedule, ProfileUse
from custom_components.glucose_follow.cgm.sources.nightscout.profiles import (
    is_loop_closed,
    uses,
)
from custom_components.glucose_follow.cgm.transport import Json

from .test_nightscout_decode import anything

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
RECORDED = Path(__file__).parent.parent / "fixtures/nightscout"

type Fields = Mapping[str, Json]

BASAL: Json = [
    {"time": "00:00", "value": "0.7", "timeAsSeconds": "0"},
    {"time": "06:00", "value": 1.1, "timeAsSeconds": 21600},
]
RATES = ((0, 0.7), (21_600, 1.1))


def therapy(**fields: Json) -> dict[str, Json]:
    """Return a profile as it stands in a document."""
    return {"timezone": "Europe/Berlin", "basal": BASAL, **fields}


def profile(days: float = 30, /, **fields: Json) -> Fields:
    """Return a document that was written so many days ago."""
    return {
        "startDate": (NOON - days * DAY).isoformat(),
        "defaultProfile": "Default",
        "store": {
            "Default": therapy(),
            "Weekend": therapy(basal=[{"time": "00:00", "value": 0.5}]),
        },
        **fields,
    }


def switch(days: float, name: str = "Weekend", /, **fields: Json) -> Fields:
    """Return a switch of profile so many days ago."""
    return {
        "created_at": (NOON - days * DAY).isoformat(),
        "eventType": "Profile Switch",
        "profile": name,
        **fields,
    }


def names(*found: ProfileUse) -> list[str]:
    """Return the names of profiles, by when they began."""
    return [use.name for use in found]


def rates(use: ProfileUse) -> tuple[tuple[int, float], ...] | None:
    """Return the basal rates of a profile."""
    return use.basal.rates if use.basal else None


@pytest.mark.parametrize("site", ["denied/v1", "mmol", "rig-loop", "rig-trio"])
def test_a_recorded_profile_is_understood(site: str) -> None:
    body = (RECORDED / site / "profile.http").read_bytes().partition(b"\r\n\r\n")[2]

    (use,) = uses(json.loads(body), [])

    assert use.name == "Default"
    assert use.start.date() == datetime(2026, 10, 22, tzinfo=UTC).date()
    assert use.until is None
    assert use.basal == BasalSchedule(
        zone=BERLIN,
        rates=(
            (0, 0.7),
            (10_800, 0.95),
            (21_600, 1.1),
            (36_000, 0.85),
            (61_200, 0.95),
            (79_200, 0.75),
        ),
    )


def test_profiles_are_told_by_when_they_began() -> None:
    found = uses(
        [profile(1, defaultProfile="Weekend"), profile(30)], [switch(5), switch(3, "X")]
    )

    assert names(*found) == ["Default", "Weekend", "X", "Weekend"]
    assert found[0] == ProfileUse(
        start=NOON - 30 * DAY,
        name="Default",
        basal=BasalSchedule(zone=BERLIN, rates=RATES),
    )


def test_a_switch_takes_its_profile_from_the_document_of_its_time() -> None:
    renewed: Json = {"Weekend": therapy(basal=[{"time": "00:00", "value": 0.9}])}
    documents = [profile(30), profile(2, store=renewed, defaultProfile="Weekend")]

    found = uses(documents, [switch(5), switch(1)])

    assert [rates(use) for use in found] == [
        RATES,
        ((0, 0.5),),
        ((0, 0.9),),
        ((0, 0.9),),
    ]


def test_a_switch_may_bring_its_profile_along() -> None:
    told = json.dumps(therapy())
    as_text = switch(1, "Own", profileJson=told)
    as_is = switch(1, "Own", profileJson=therapy())

    for document in (as_text, as_is):
        (use,) = uses([], [document])
        assert rates(use) == RATES


@pytest.mark.parametrize("told", ["{not json", "[]", 7, None, "null"])
def test_a_switch_to_something_unknown_has_an_unknown_rate(told: Json) -> None:
    (use,) = uses([], [switch(1, "Own", profileJson=told)])

    assert use == ProfileUse(start=NOON - DAY, name="Own")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, RATES),
        ({"percentage": 100, "timeshift": 0}, RATES),
        ({"percentage": 120}, ((0, 0.84), (21_600, 1.32))),
        ({"percentage": "50"}, ((0, 0.35), (21_600, 0.55))),
        ({"timeshift": 2}, ((0, 1.1), (7200, 0.7), (28_800, 1.1))),
        ({"timeshift": -2}, ((0, 0.7), (14_400, 1.1), (79_200, 0.7))),
        ({"timeshift": 7_200_000}, ((0, 1.1), (7200, 0.7), (28_800, 1.1))),
        ({"percentage": 0}, None),
        ({"percentage": "all"}, None),
    ],
)
def test_a_switch_may_change_what_it_switches_to(
    fields: dict[str, Json], expected: tuple[tuple[int, float], ...] | None
) -> None:
    """AAPS tells the shift in milliseconds; a value moves to a later hour."""
    (use,) = uses([], [switch(1, "Own", profileJson=therapy(), **fields)])

    assert rates(use) == expected


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({"duration": 120}, 2),
        ({"durationInMilliseconds": 7_200_000}, 2),
        ({"duration": 0}, None),
        ({}, None),
    ],
)
def test_a_switch_may_be_for_a_while(
    fields: dict[str, Json], hours: int | None
) -> None:
    (use,) = uses([], [switch(1, **fields)])

    end = None if hours is None else NOON - DAY + timedelta(hours=hours)
    assert use.until == end


@pytest.mark.parametrize(
    ("entered_by", "expected"),
    [
        ("openaps://AndroidAPS", ["Default", "Weekend"]),
        ("careportal", ["Default", "Weekend", "Default"]),
    ],
)
def test_what_is_written_for_aaps_does_nothing_before_a_switch(
    entered_by: str, expected: list[str]
) -> None:
    found = uses([profile(30), profile(1)], [switch(5, enteredBy=entered_by)])

    assert names(*found) == expected


def test_deleted_and_broken_documents_are_left_out() -> None:
    assert uses([profile(isValid=False), profile(startDate=None)], []) == ()
    assert uses([{}], [{}]) == ()
    assert uses([], [switch(1, isValid=False), switch(1, "")]) == ()
    assert uses([], [switch(1, created_at="yesterday")]) == ()
    assert uses([], [switch(1, eventType="Note")]) == ()


def test_a_profile_of_the_first_kind_is_one_profile() -> None:
    document: Fields = {"startDate": NOON.isoformat(), **therapy()}

    (use,) = uses([document], [])

    assert (use.name, rates(use)) == ("Default", RATES)


def test_without_a_default_the_first_profile_counts() -> None:
    (use,) = uses([profile(defaultProfile=None)], [])

    assert use.name == "Default"


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("Europe/Berlin", 1),
        ("ETC/GMT-1", 1),
        ("ETC/GMT+8", -8),
        ("etc/UTC", 0),
        ("UTC", 0),
    ],
)
def test_a_time_zone_is_understood(zone: str, offset: int) -> None:
    store: Json = {"Default": therapy(timezone=zone)}

    (use,) = uses([profile(store=store)], [])

    assert use.basal is not None
    assert use.basal.zone.utcoffset(NOON.replace(tzinfo=None)) == timedelta(
        hours=offset
    )


@pytest.mark.parametrize("zone", ["", None, "Berlin", "Europe", "../etc/passwd", 1])
def test_without_a_time_zone_nobody_knows_when_a_rate_runs(zone: Json) -> None:
    store: Json = {"Default": therapy(timezone=zone)}

    (use,) = uses([profile(store=store)], [])

    assert use.basal is None


@pytest.mark.parametrize(
    "basal",
    [
        [],
        None,
        0.7,
        ["0.7"],
        [{"time": "00:00"}],
        [{"time": "00:00", "value": -1}],
        [{"time": "00:00", "value": 101}],
        [{"time": "00:00", "value": 1}, {"time": "noon", "value": 1}],
        [{"time": "00:00", "value": 1}, {"time": "24:00", "value": 1}],
        [{"value": 1}],
        [{"time": "06:00", "value": 1}],
    ],
)
def test_half_a_schedule_is_none(basal: Json) -> None:
    store: Json = {"Default": therapy(basal=basal)}

    (use,) = uses([profile(store=store)], [])

    assert use.basal is None


@pytest.mark.parametrize(
    ("time", "seconds"), [("00:00", 0), ("06:30", 23_400), ("6:05", 21_900)]
)
def test_a_time_of_day_is_understood(time: str, seconds: int) -> None:
    basal: Json = [{"time": "00:00", "value": 1}, {"time": time, "value": 2}]

    (use,) = uses([profile(store={"Default": therapy(basal=basal)})], [])

    assert use.basal is not None
    assert use.basal.rates[-1] == (seconds, 2.0)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], None),
        ([profile()], None),
        ([profile(loopSettings={"dosingEnabled": True})], True),
        ([profile(loopSettings={"dosingEnabled": False})], False),
        ([profile(loopSettings={"dosingEnabled": "no"})], None),
        (
            [
                profile(1, loopSettings={"dosingEnabled": False}),
                profile(5, loopSettings={"dosingEnabled": True}),
            ],
            False,
        ),
        ([profile(5, loopSettings={"dosingEnabled": False}), profile(1)], None),
        ([{"loopSettings": {"dosingEnabled": False}}], None),
    ],
)
def test_loops_newest_settings_say_whether_it_doses(
    documents: list[Fields], expected: bool | None
) -> None:
    assert is_loop_closed(documents) is expected


FIELDS = ["startDate", "store", "defaultProfile", "basal", "timezone", "loopSettings"]
FIELDS += [
    "profile",
    "profileJson",
    "percentage",
    "timeshift",
    "duration",
    "created_at",
]
strange = st.lists(st.dictionaries(st.sampled_from(FIELDS), anything), max_size=3)


@given(strange, strange)
def test_no_document_is_too_strange(
    documents: list[dict[str, Json]], switches: list[dict[str, Json]]
) -> None:
    named = [{**document, "eventType": "Profile Switch"} for document in switches]

    for use in uses(documents, named):
        assert use.start.tzinfo is UTC
    is_loop_closed(documents)
