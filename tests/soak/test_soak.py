"""A soak would find out what is wrong, and finds the same each time."""

from typing import Any

import pytest

from .lives import answer, lived

pytestmark = pytest.mark.timeout(600)

MUTATED = """
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
import json
from unittest.mock import patch

from benchmarks.soak import lived, row
from custom_components.glucose_follow import binary_sensor, event
from custom_components.glucose_follow.alarms import CgmAlarms
from custom_components.glucose_follow.cgm import budget, data, ranges, status
from custom_components.glucose_follow.cgm.clock import Clock
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.cgm.sources.nightscout.devices import DeviceLog
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.coordinator import CgmCoordinator

fresh, tell = data.fresh_until, CgmAlarms._tell
judged, logged_in = CgmCoordinator._judged, DexcomShareSource._logged_in
told_insulin, told_alarm = DeviceLog._insulin_on_board, event.alarm_attributes
placed, ten = ranges._next, timedelta(minutes=10)

def seldom(self, told):
    tell(self, tuple(each for each in told if each.kind != "repeated"))

def frozen(self):
    return judged(self) if self.is_answering else self.data

async def anew(self):
    self._session = None
    return await logged_in(self)

def more_insulin(self):
    told = told_insulin(self)
    return told and replace(told, value=told.value + 0.07)

def higher(*told):
    found = told_alarm(*told)
    return found | {"value": found["value"] and found["value"] + 0.5}

def beside(place, reading, thresholds):
    return placed(place, replace(reading, mgdl=reading.mgdl + 30), thresholds)

def youngest(self, moment):
    passed = timedelta(seconds=moment.monotonic - self._anchored)
    return max(moment.ours + self.skew, self._anchor + passed)

@contextmanager
def inventing():
    with (
        patch.object(DeviceLog, "_insulin_on_board", more_insulin),
        patch.object(event, "alarm_attributes", higher),
        patch.object(ranges, "_next", beside),
    ):
        yield

mutations = {
    "none": patch.object(data, "SPAN", data.SPAN),
    "frozen": patch.object(CgmCoordinator, "_judged", frozen),
    "inventing": inventing(),
    "insulin": patch.dict(status._LASTS, insulin_on_board=4 * ten),
    "facts": patch.object(binary_sensor, "_is_within", lambda *_: False),
    "seldom": patch.object(CgmAlarms, "_tell", seldom),
    "logins": patch.object(DexcomShareSource, "_logged_in", anew),
    "old": patch.object(data, "fresh_until", lambda *told: (at := fresh(*told)) and at + ten),
    "twice": patch.object(CgmAlarms, "_tell", lambda self, told: tell(self, told + told)),
    "often": patch.object(budget.Budget, "_is_affordable", lambda *_: True),
    "jumps": patch.object(Clock, "now", youngest),
    "lost": patch.object(Timeline, "_trim", lambda self, _: self._readings.__delitem__(slice(0, -50))),
}
once = row(*lived(6, days=0.3, is_short=True))
found, dense = {}, {"none", "jumps"}
for name, mutation in mutations.items():
    with mutation:
        # In the days of one a phone is silent, in others' a server, or a loop.
        seed = {"frozen": 9, "insulin": 6, "inventing": 6, "jumps": 9}.get(name, 5)
        life, _ = lived(seed, days=0.6, is_short=True, is_dense=name in dense)
        found[name] = sorted({each.rule for each in life.violations})
print(json.dumps({"once": once, "found": found}))
"""


@pytest.fixture(scope="module")
def homes() -> Any:
    """Live a while in a home that is as it should be, and in broken ones."""
    return answer("-c", MUTATED)


def test_a_seed_lives_through_the_same_days_again(homes: Any) -> None:
    once, again = homes["once"], lived(6, 0.3)

    assert once["trace"] == again["trace"]
    assert {**once, "cpu_seconds": 0} == {**again, "cpu_seconds": 0}


def test_a_home_that_is_broken_is_found_out(homes: Any) -> None:
    """A soak that cannot fail would prove nothing."""
    found = homes["found"]

    assert found["none"] == []
    assert {"shown past its time", "old reading shown"} <= {*found["old"]}
    assert "old reading shown" in found["frozen"]
    assert "old reading shown" in found["jumps"]
    assert "old insulin shown" in found["insulin"]
    assert {
        "alarm of another value",
        "insulin invented",
        "range of another value",
    } <= {*found["inventing"]}
    assert "fact of another range" in found["facts"]
    assert "repeated too seldom" in found["seldom"]
    assert "asked too often" in found["logins"]
    assert "alarms not as the engine says" in found["twice"]
    assert "asked too often" in found["often"]
    assert "reading lost" in found["lost"]
