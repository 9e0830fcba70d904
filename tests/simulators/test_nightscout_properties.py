"""API v2's properties are as a real site told them."""

import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
import pytest

from simulators.nightscout import NightscoutSimulator
from simulators.nightscout.site import Units

from .nightscout_support import MINUTE, NARROW, NOON, READER, FakeTime

FIXTURES = Path(__file__).parents[1] / "fixtures/nightscout"
STRANGE = {"unfiltered", "noise"}
"""What uploaders add to a reading, and a site passes on."""


def recorded(name: str) -> dict[str, Any]:
    """Return the properties that a real site told."""
    text = (FIXTURES / name / "properties.http").read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text.partition("\n\n")[2])
    return told


def plain(value: Any) -> Any:
    """Return a property without what uploaders add."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in STRANGE}
    return [plain(each) for each in value] if isinstance(value, list) else value


async def ask(site: NightscoutSimulator, path: str, token: str = READER) -> Any:
    """Return what a site answers."""
    url = site.url / f"api/v2/properties{path}"
    async with ClientSession() as http, http.get(url % {"token": token}) as page:
        return await page.json() if page.status == 200 else page.status


@pytest.mark.parametrize(("name", "units"), [("mmol", "mmol"), ("rig-loop", "mg/dl")])
async def test_the_same_readings_are_the_same_properties(
    name: str, units: Units
) -> None:
    real = recorded(name)
    clock = FakeTime()
    async with NightscoutSimulator(
        clock=clock, units=units, tokens={READER: frozenset({"*"})}
    ) as site:
        for bucket in real["buckets"]:
            (sgv,) = bucket["sgvs"]
            site.add_entry(
                _id=sgv["_id"],
                date=sgv["mills"],
                sgv=sgv["mgdl"],
                device=sgv["device"],
                direction=sgv["direction"],
            )
        told = await ask(site, "")

    for key in ("bgnow", "delta", "buckets", "rawbg", "direction"):
        assert told[key] == plain(real[key]), key


async def test_only_what_is_named_is_told_and_nobody_complains() -> None:
    async with NightscoutSimulator(
        clock=FakeTime(), tokens={READER: frozenset({"*"})}, default_roles="denied"
    ) as site:
        assert await ask(site, "/bgnow,delta") == {"bgnow": {}, "delta": {}}
        site.add_entry(at=NOON - MINUTE, sgv=100)
        assert set(await ask(site, "/bgnow,nonsense")) == {"bgnow"}
        assert await ask(site, "/rawbg") == {"rawbg": {}}
        assert await ask(site, "/nonsense") == {}


async def test_who_may_read_anything_may_read_them() -> None:
    async with NightscoutSimulator(
        clock=FakeTime(),
        tokens={NARROW: frozenset({"entries"})},
        default_roles="denied",
    ) as site:
        assert "bgnow" in await ask(site, "", token=NARROW)
