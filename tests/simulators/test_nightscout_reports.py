"""What the simulated person's apps write about pump, loop and phone."""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from simulators.nightscout import NightscoutSimulator, Style

from .nightscout_support import NOON, TREATMENTS, FakeTime, ask, recorded

PERSON = SimulatedPerson(seed=7)
DEVICES = "/api/v1/devicestatus.json"
DAY_OF = "?find[created_at][$gte]=2026-11-20T12:00:00.000Z&count=5000"

RECORDED = {Style.LOOP: "rig-loop", Style.TRIO: "rig-trio", Style.AAPS: "mmol"}


def fields(document: object, path: str = "") -> dict[str, type]:
    """Return the type of each field, by its path; of a list its own only."""
    if not isinstance(document, Mapping):
        return {path: type(document)}
    return {
        name: kind
        for key, value in document.items()
        for name, kind in fields(value, f"{path}.{key}").items()
    }


def is_alike(one: type, other: type) -> bool:
    """Return whether two types are the same in JSON."""
    return one is other or {one, other} == {int, float}


@pytest.mark.parametrize("style", RECORDED)
async def test_device_status_looks_as_recorded(
    http: ClientSession, clock: FakeTime, style: Style
) -> None:
    clock.now += timedelta(minutes=1)
    async with NightscoutSimulator(clock=clock, person=PERSON, style=style) as site:
        answer = await ask(http, site, f"{DEVICES}?count=1")

    (document,) = answer.documents()
    real = fields(recorded(f"{RECORDED[style]}/devicestatus_count3").documents()[0])
    for path, kind in fields(document).items():
        assert path in real, path
        assert is_alike(kind, real[path]), path


@pytest.mark.parametrize(
    ("style", "count"),
    [
        (Style.PLAIN, 0),
        (Style.AAPS, 288),
        (Style.LOOP, 288),
        (Style.TRIO, 288),
        (Style.OPENAPS, 288),
        (Style.XDRIP, 288),
        (Style.TWO_UPLOADERS, 576),
    ],
)
async def test_a_loop_reports_every_five_minutes(
    http: ClientSession, clock: FakeTime, style: Style, count: int
) -> None:
    async with NightscoutSimulator(clock=clock, person=PERSON, style=style) as site:
        answer = await ask(http, site, f"{DEVICES}{DAY_OF}")

    assert len(answer.documents()) == count


@pytest.mark.parametrize("style", Style)
async def test_a_day_of_treatments_is_that_of_who_uploads(
    http: ClientSession, clock: FakeTime, style: Style
) -> None:
    async with NightscoutSimulator(clock=clock, person=PERSON, style=style) as site:
        answer = await ask(http, site, f"{TREATMENTS}{DAY_OF}")

    documents = answer.documents()
    given = [document for document in documents if document["insulin"]]
    expected = [
        treatment
        for treatment in PERSON.treatments(NOON - timedelta(days=1), NOON)
        if treatment.insulin
    ]
    names = [document["eventType"] for document in documents]
    apps = 2 if style is Style.TWO_UPLOADERS else 1
    assert len(given) == apps * len(expected)
    is_on_pump = style not in {Style.PLAIN, Style.XDRIP}
    assert names.count("Temp Basal") == (48 * apps if is_on_pump else 0)


async def test_loop_tells_whether_it_doses(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(
        clock=clock, person=PERSON, style=Style.LOOP
    ) as site:
        answer = await ask(http, site, "/api/v1/profile.json")

    (profile,) = answer.documents()
    assert profile["loopSettings"] == {"dosingEnabled": True, "maximumBolus": 10}


async def test_a_lost_signal_is_lost_for_everything(
    http: ClientSession, clock: FakeTime
) -> None:
    lost = SimulatedPerson(
        seed=7, scenario=Scenario.SIGNAL_LOSS, since=NOON - timedelta(hours=1)
    )
    async with NightscoutSimulator(clock=clock, person=lost, style=Style.AAPS) as site:
        answer = await ask(http, site, f"{DEVICES}?count=1")

    (document,) = answer.documents()
    assert document["created_at"] == "2026-11-21T11:00:01.000Z"
