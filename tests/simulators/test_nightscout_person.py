"""The simulated Nightscout follows a person, in the words of different apps."""

import asyncio
from datetime import timedelta
import signal
import sys

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from simulators.nightscout import NightscoutSimulator

from .nightscout_support import ENTRIES, NOON, TREATMENTS, FakeTime, ask, ms, recorded


def person_site(clock: FakeTime, style: str = "plain") -> NightscoutSimulator:
    """Return a site that follows a simulated person."""
    person = SimulatedPerson(seed=7)
    return NightscoutSimulator(clock=clock, person=person, style=style)


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("aaps", "denied/v1/entries_count1"),
        ("loop", "rig-loop/entries-current"),
        ("trio", "rig-trio/entries-current"),
    ],
)
async def test_a_persons_entries_look_like_the_apps_own(
    http: ClientSession, clock: FakeTime, style: str, name: str
) -> None:
    (expected,) = recorded(name).documents()

    async with person_site(clock, style) as site:
        answer = await ask(http, site, ENTRIES)

    for document in answer.documents():
        assert set(document) - {"mills"} <= set(expected)
        kinds = {
            field: type(document[field]) for field in expected if field in document
        }
        assert kinds == {field: type(expected[field]) for field in kinds}
    assert ("dateString" in document) == (style != "aaps")
    assert ("device" in document) == (style != "trio")


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("aaps", "denied/v1/treatments_count5"),
        ("loop", "rig-loop/treatments_24h"),
        ("trio", "rig-trio/treatments_24h"),
    ],
)
async def test_a_persons_treatments_look_like_the_apps_own(
    http: ClientSession, clock: FakeTime, style: str, name: str
) -> None:
    known = {field for document in recorded(name).documents() for field in document}

    async with person_site(clock, style) as site:
        answer = await ask(http, site, TREATMENTS)

    found = answer.documents()
    assert {"Carb Correction"} < {document["eventType"] for document in found}
    assert {field for document in found for field in document} <= known


async def test_a_scenario_changes_what_is_measured_from_then_on(
    http: ClientSession, clock: FakeTime
) -> None:
    everything = f"{ENTRIES}?count=abc"
    async with person_site(clock) as site:
        before = (await ask(http, site, everything)).sgvs()
        site.live(Scenario.LOW)
        same = (await ask(http, site, everything)).sgvs()
        clock.now += timedelta(minutes=15)
        newest = (await ask(http, site, ENTRIES)).sgvs()[0]

    assert same == before
    assert before[0] == 84
    assert newest in range(45, 60)


async def test_entries_appear_as_the_clock_moves_in_both_directions(
    http: ClientSession, clock: FakeTime
) -> None:
    everything = f"{ENTRIES}?count=abc"

    async with person_site(clock) as site:
        noon = (await ask(http, site, everything)).documents()
        clock.now += timedelta(hours=1)
        later = (await ask(http, site, everything)).documents()
        clock.now = NOON
        again = (await ask(http, site, everything)).documents()
        clock.now -= timedelta(days=30)
        long_ago = (await ask(http, site, everything)).documents()

    assert len(noon) == 288
    assert len(later) == 300
    assert later[12:] == noon == again
    assert len(long_ago) == 288


async def test_an_entry_arrives_when_the_phone_has_uploaded_it(
    http: ClientSession, clock: FakeTime
) -> None:
    person, lag = SimulatedPerson(seed=7), timedelta(seconds=8)
    reading = person.readings(NOON, NOON + timedelta(minutes=5))[0]
    since = f"{ENTRIES}?find[date][$gt]={ms(NOON)}"

    async with NightscoutSimulator(
        clock=clock, person=person, style="loop", upload_lag=lag
    ) as site:
        clock.now = reading.at + lag - timedelta.resolution
        early = await ask(http, site, since)
        clock.now = reading.at + lag
        there = await ask(http, site, since)

    assert early.documents() == []
    assert there.sgvs() == [reading.mgdl]


async def test_a_persons_treatment_can_be_removed(
    http: ClientSession, clock: FakeTime
) -> None:
    async with person_site(clock) as site:
        before = (await ask(http, site, TREATMENTS)).documents()
        site.remove_treatment(str(before[0]["_id"]))
        after = (await ask(http, site, TREATMENTS)).documents()
        site.clear()
        nothing = (await ask(http, site, TREATMENTS)).documents()

    assert after == before[1:]
    assert nothing == []


async def test_the_command_runs_until_it_is_told_to_stop(http: ClientSession) -> None:
    arguments = "-m simulators.nightscout --port 0 --units mmol --token me --denied"
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments.split(), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = await process.stdout.readline()
    url = URL(line.decode().split()[-1])
    async with http.get(url / "api/v1/entries.json", params={"token": "me"}) as got:
        status = got.status

    process.send_signal(signal.SIGTERM)

    assert status == 200
    assert await process.wait() == 0
