"""What sockets say, decoded: the same as what is answered."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import threading
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    Reported,
    SensorFault,
    SensorStatus,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.source import Change
from custom_components.glucose_follow.cgm.sources.nightscout import (
    decode,
    news,
    profiles,
)
from custom_components.glucose_follow.cgm.sources.nightscout.news import News
from custom_components.glucose_follow.cgm.sources.nightscout.reader import StatusReader
from custom_components.glucose_follow.cgm.transport import Json

from .test_nightscout_decode import anything, documents

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOON_MS = 1795262400000
FOLDER = Path(__file__).parent.parent / "fixtures/nightscout/denied"

BOLUS: dict[str, Json] = {
    "_id": "6b0156c7654b6a9cb415c4cc",
    "identifier": "1229efdf-9389-57fc-9e17-2605ba90ace2",
    "eventType": "Correction Bolus",
    "insulin": 2.5,
    "created_at": "2026-11-21T12:00:00.000Z",
    "mills": NOON_MS,
    "mgdl": 188,
}


def news_of() -> News:
    """Return a decoder that knows nothing yet."""
    return News(StatusReader(lambda: NOON))


def bare(change: Change) -> Change:
    """Return a change without what it says of devices."""
    return replace(change, status=None)


def recorded() -> Iterator[tuple[str, str, Json]]:
    """Yield namespace, event and data of a recorded session."""
    with (FOLDER / "socket/events.jsonl").open() as lines:
        for line in lines:
            said = json.loads(line)
            if said["kind"] == "event" and len(said["data"]) == 1:
                yield said["ns"], said["event"], said["data"][0]


def answered(kind: str) -> Iterator[Mapping[str, Json]]:
    """Yield the documents that the same site answered to version 1."""
    for path in sorted((FOLDER / "v1").glob(f"{kind}*.http")):
        _, _, body = path.read_text().partition("\n\n")
        try:
            documents: Json = json.loads(body)
        except ValueError:
            continue
        yield from decode.documents(documents)


async def whole() -> Change:
    """Return what the recorded site said first."""
    updates = (data for _, event, data in recorded() if event == "dataUpdate")
    return await news_of().updated(next(updates))


async def test_a_recorded_session_is_understood_completely() -> None:
    said, fresh = news_of(), []

    for namespace, event, data in recorded():
        if event == "dataUpdate":
            fresh.append(await said.updated(data))
        elif namespace == "/storage" and event in {"create", "update", "delete"}:
            fresh.append(await said.stored(event, data))

    assert said.skipped == 0
    assert len(fresh[0].samples) == 570
    assert len(fresh[0].treatments) == 207
    assert sum(len(change.samples) for change in fresh[1:]) == 39
    assert sum(len(change.treatments) for change in fresh[1:]) == 12
    assert sum(len(change.removed) for change in fresh) == 9


async def test_recorded_readings_are_those_that_were_answered() -> None:
    said = {sample.at: sample for sample in (await whole()).samples}
    both = 0

    for document in filter(decode.is_glucose, answered("entries")):
        sample = decode.sample(document)
        if sample is not None and sample.at in said:
            both += 1
            assert said[sample.at] == sample

    assert both > 50


async def test_recorded_treatments_are_those_that_were_answered() -> None:
    said = {treatment.id: treatment for treatment in (await whole()).treatments}
    both = 0

    for document in answered("treatments"):
        treatment = decode.treatment(document)
        if treatment is not None and treatment.id in said:
            both += 1
            assert said[treatment.id] == treatment

    assert both > 50


async def test_a_recorded_removal_names_the_treatment_that_was_answered() -> None:
    """The site says the id of its database; the phone had given it another."""
    said = news_of()
    phone = "726e2b86-83bf-575e-ba42-bdca7299c843"

    gone = [
        name
        for _, event, data in recorded()
        if event == "dataUpdate"
        for name in (await said.updated(data)).removed
    ]

    assert gone[0] == phone
    assert phone in {treatment.id for treatment in (await whole()).treatments}


async def test_a_reading_is_a_reading() -> None:
    change = await news_of().updated(
        {
            "delta": True,
            "sgvs": [
                {
                    "_id": "6d23f8d191d61a9b44bd7903",
                    "mgdl": 120,
                    "mills": NOON_MS,
                    "device": "xDrip",
                    "direction": "FortyFiveUp",
                    "type": "sgv",
                    "scaled": "6.7",
                }
            ],
        }
    )

    assert change == Change(
        samples=(Reading(at=NOON, mgdl=120, direction=Direction.FORTY_FIVE_UP),)
    )


async def test_an_error_code_is_a_fault_of_the_sensor() -> None:
    change = await news_of().updated({"sgvs": [{"mgdl": 5, "mills": NOON_MS}]})

    assert change.samples == (SensorFault(at=NOON, status=SensorStatus.WARMUP),)


async def test_what_is_no_glucose_is_passed_over() -> None:
    said = news_of()

    change = await said.updated(
        {"sgvs": [{"type": "cal", "mills": NOON_MS, "slope": 1}], "cals": [{}]}
    )

    assert change == Change()
    assert said.skipped == 0


async def test_glucose_that_the_site_guessed_is_nobodys_finger_stick() -> None:
    change = await news_of().updated({"treatments": [BOLUS]})

    assert change.treatments == (
        Treatment(
            at=NOON,
            id="1229efdf-9389-57fc-9e17-2605ba90ace2",
            kind=TreatmentKind.BOLUS,
            insulin=2.5,
        ),
    )


async def test_a_removal_names_a_treatment_as_answers_do() -> None:
    said = news_of()
    await said.updated({"treatments": [BOLUS]})

    change = await said.updated(
        {"delta": True, "treatments": [{"_id": BOLUS["_id"], "action": "remove"}]}
    )

    assert bare(change) == Change(removed=frozenset({str(BOLUS["identifier"])}))


async def test_a_removal_of_what_was_never_said_is_passed_on() -> None:
    change = await news_of().updated(
        {"delta": True, "treatments": [{"_id": "abc", "action": "remove"}]}
    )

    assert change.removed == {"abc"}


async def test_an_edit_is_the_same_treatment() -> None:
    said = news_of()
    await said.updated({"treatments": [BOLUS]})

    change = await said.updated(
        {"delta": True, "treatments": [BOLUS | {"insulin": 3, "action": "update"}]}
    )

    assert [(one.id, one.insulin) for one in change.treatments] == [
        (BOLUS["identifier"], 3)
    ]
    assert not change.removed


@pytest.mark.parametrize(
    "edit", [{"isValid": False}, {"insulin": 900}, {"insulin": -1}]
)
async def test_what_an_edit_makes_unusable_is_not_there_any_more(
    edit: dict[str, Json],
) -> None:
    said = news_of()
    await said.updated({"treatments": [BOLUS]})

    change = await said.updated(
        {"delta": True, "treatments": [BOLUS | edit | {"action": "update"}]}
    )

    assert bare(change) == Change(removed=frozenset({str(BOLUS["identifier"])}))
    assert said.skipped == 1


async def test_names_are_not_remembered_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(news, "_MOST_NAMES", 2)
    said = news_of()
    ids = ["a", "b", "c"]
    await said.updated(
        {"treatments": [BOLUS | {"_id": own, "identifier": f"{own}!"} for own in ids]}
    )

    change = await said.updated(
        {"treatments": [{"_id": own, "action": "remove"} for own in ids]}
    )

    assert change.removed == {"a", "b!", "c!"}


async def test_storage_tells_of_treatments() -> None:
    said = news_of()
    plain = {key: value for key, value in BOLUS.items() if key != "_id"}
    name = str(BOLUS["identifier"])

    created = await said.stored("create", {"colName": "treatments", "doc": plain})
    edited = await said.stored(
        "update", {"colName": "treatments", "doc": plain | {"isValid": False}}
    )
    gone = await said.stored("delete", {"colName": "treatments", "identifier": name})

    assert [one.id for one in created.treatments] == [name]
    assert edited == gone == Change(removed=frozenset({name}))


async def test_storage_tells_of_readings() -> None:
    entry: Json = {"type": "sgv", "sgv": 120, "date": NOON_MS, "identifier": "x"}
    said = news_of()

    created = await said.stored("create", {"colName": "entries", "doc": entry})

    assert created == Change(samples=(Reading(at=NOON, mgdl=120),))


@pytest.mark.parametrize(
    "told",
    [
        {"colName": "entries", "doc": {"type": "mbg", "mbg": 120, "date": NOON_MS}},
        {"colName": "entries", "identifier": "x"},
        {"colName": "treatments", "identifier": "x"},
        {"colName": "treatments", "doc": {}},
        {"colName": "profile", "doc": {}},
    ],
)
async def test_storage_tells_of_much_that_is_nothing(told: Json) -> None:
    assert await news_of().stored("create", told) == Change()


async def test_one_bad_document_is_counted_and_the_rest_is_there() -> None:
    said = news_of()

    change = await said.updated(
        {
            "sgvs": [{"mgdl": "x"}, {"mgdl": 120, "mills": NOON_MS}, None],
            "treatments": [{"insulin": 2}, BOLUS, 7],
        }
    )

    assert len(change.samples) == len(change.treatments) == 1
    assert said.skipped == 2


async def test_many_documents_do_not_hold_everybody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = 0

    async def turn(_: float) -> None:
        nonlocal turns
        turns += 1

    monkeypatch.setattr("asyncio.sleep", turn)
    entries: Json = [
        {"mgdl": 120, "mills": NOON_MS + number * 60_000} for number in range(1200)
    ]

    change = await news_of().updated({"sgvs": entries})

    assert len(change.samples) == 1200
    assert turns == 2


@given(told=anything)
async def test_nothing_that_is_said_does_harm(told: Json) -> None:
    said = news_of()

    changes = [await said.updated(told), await said.stored("create", told)]

    assert all(isinstance(change, Change) for change in changes)


@given(
    sgvs=st.lists(documents | anything, max_size=3),
    treatments=st.lists(documents | anything, max_size=3),
    document=documents | anything,
)
async def test_no_document_does_harm(
    sgvs: list[Json], treatments: list[Json], document: Json
) -> None:
    said = news_of()

    changes = [await said.updated({"sgvs": sgvs, "treatments": treatments})]
    changes += [
        await said.stored(
            event, {"colName": kind, "doc": document, "identifier": document}
        )
        for event in ("create", "delete")
        for kind in ("entries", "treatments")
    ]

    assert all(isinstance(change, Change) for change in changes)


PUMP: Json = {
    "_id": "d1",
    "device": "openaps://phone",
    "created_at": "2026-11-21T11:59:00.000Z",
    "mills": NOON_MS - 60_000,
    "pump": {"clock": "2026-11-21T11:59:00.000Z", "reservoir": 47.5},
}


async def test_what_devices_report_is_what_would_be_answered() -> None:
    said = news_of()

    whole = await said.updated({"devicestatus": [PUMP], "profiles": []})
    stored = await news_of().stored("create", {"colName": "devicestatus", "doc": PUMP})

    assert whole.status is not None
    assert whole.status.reservoir == Reported(47.5, NOON - MINUTE)
    assert stored.status == whole.status


async def test_a_recorded_site_says_what_its_devices_report() -> None:
    status = (await whole()).status

    assert status is not None
    assert status.reservoir is not None
    assert status.loop is not None
    assert status.profiles


async def test_devices_that_nobody_speaks_of_stay_as_they_are() -> None:
    change = await news_of().updated({"delta": True, "treatments": [BOLUS]})

    assert change.status is None


@pytest.mark.parametrize("devices", [None, 7, "x", {}])
async def test_what_is_no_list_says_nothing_of_devices(devices: Json) -> None:
    change = await news_of().updated({"devicestatus": devices})

    assert change == Change()


PROFILE: dict[str, Json] = {
    "_id": "p1",
    "defaultProfile": "Day",
    "startDate": "2026-11-01T00:00:00.000Z",
    "created_at": "2026-11-01T00:00:00.000Z",
    "store": {
        name: {
            "timezone": "UTC",
            "units": "mg/dl",
            "basal": [{"time": "00:00", "value": rate, "timeAsSeconds": 0}],
        }
        for name, rate in (("Day", 1), ("Sick", 2))
    },
}


def rates_of(change: Change) -> list[tuple[str, float]]:
    """Return the profiles in use, oldest first, with their rates at midnight."""
    assert change.status is not None
    return [
        (use.name, use.basal.rates[0][1])
        for use in change.status.profiles
        if use.basal is not None
    ]


async def test_what_is_worked_out_of_what_was_known_before_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A profile may be told while it is worked out, in a thread, that there is none."""
    reader, told = StatusReader(lambda: NOON), threading.Event()
    work_out, begun = profiles.uses, threading.Event()

    def slowly(*known: Any) -> Any:
        """Work out the first at last."""
        is_first = not begun.is_set()
        begun.set()
        assert not is_first or told.wait(10)
        return work_out(*known)

    monkeypatch.setattr(profiles, "uses", slowly)
    first = asyncio.create_task(reader.hear())
    await asyncio.to_thread(begun.wait)

    await reader.hear(newest_profiles=[PROFILE])
    told.set()
    await first

    assert [use.name for use in (await reader.hear()).profiles] == ["Day"]


async def test_a_profile_that_was_changed_is_in_use_at_once() -> None:
    said = news_of()
    await said.updated({"profiles": [PROFILE]})
    store: Json = {
        "Day": {"timezone": "UTC", "basal": [{"time": "00:00", "value": 1.5}]}
    }

    change = await said.updated({"profiles": [PROFILE | {"store": store}]})

    assert rates_of(change) == [("Day", 1.5)]


async def test_a_profile_that_was_chosen_is_in_use_at_once() -> None:
    said = news_of()
    await said.updated({"profiles": [PROFILE]})
    switch: Json = {
        "_id": "s1",
        "eventType": "Profile Switch",
        "profile": "Sick",
        "created_at": "2026-11-21T11:00:00.000Z",
    }

    change = await said.updated({"delta": True, "treatments": [switch]})

    assert rates_of(change)[-1] == ("Sick", 2)


async def test_a_profile_that_gets_lost_with_everything_else_stays_in_use() -> None:
    """A site that cannot read its database says that all treatments are gone."""
    said = news_of()
    switch: dict[str, Json] = {
        "_id": "s1",
        "eventType": "Profile Switch",
        "profile": "Sick",
        "created_at": "2026-11-21T11:00:00.000Z",
    }
    await said.updated({"profiles": [PROFILE], "treatments": [BOLUS, switch]})

    gone = [{"_id": own, "action": "remove"} for own in (BOLUS["_id"], "s1")]
    change = await said.updated({"delta": True, "treatments": [*gone]})
    later = await said.updated({"delta": True, "devicestatus": []})

    assert len(change.removed) == 2
    assert rates_of(later)[-1] == ("Sick", 2)


async def test_a_profile_that_a_site_only_forgets_stays_in_use() -> None:
    """It has two days at hand; nobody deletes what was chosen so long ago."""
    said = news_of()
    switch: Json = {
        "_id": "s1",
        "eventType": "Profile Switch",
        "profile": "Sick",
        "created_at": "2026-11-19T13:00:00.000Z",
    }
    removal: Json = {"_id": "s1", "action": "remove"}
    await said.updated({"profiles": [PROFILE], "treatments": [switch]})

    await said.updated({"delta": True, "treatments": [removal]})
    later = await said.updated({"delta": True, "devicestatus": []})

    assert rates_of(later)[-1] == ("Sick", 2)


async def test_a_profile_that_somebody_deletes_is_not_in_use_however_old() -> None:
    """That its document is gone is neither age nor a database that is away."""
    said = news_of()
    switch: Json = {
        "_id": "s1",
        "identifier": "s1!",
        "eventType": "Profile Switch",
        "profile": "Sick",
        "created_at": "2026-11-16T13:00:00.000Z",
    }
    await said.updated({"profiles": [PROFILE], "treatments": [switch]})

    gone = await said.stored("delete", {"colName": "treatments", "identifier": "s1!"})

    assert "Sick" not in {name for name, _ in rates_of(gone)}


@pytest.mark.parametrize("is_stored", [False, True])
async def test_a_profile_that_was_not_chosen_after_all_is_not_in_use(
    is_stored: bool,
) -> None:
    said = news_of()
    await said.updated({"profiles": [PROFILE]})
    switch: Json = {
        "_id": "s1",
        "identifier": "s1!",
        "eventType": "Profile Switch",
        "profile": "Sick",
        "created_at": "2026-11-21T11:00:00.000Z",
    }
    chosen = await said.updated({"delta": True, "treatments": [switch]})

    if is_stored:
        gone: dict[str, Json] = {"colName": "treatments", "identifier": "s1!"}
        change = await said.stored("delete", gone)
    else:
        removal: Json = {"_id": "s1", "action": "remove"}
        change = await said.updated({"delta": True, "treatments": [removal]})

    assert rates_of(chosen)[-1] == ("Sick", 2)
    assert rates_of(change) == rates_of(chosen)[:-1]
