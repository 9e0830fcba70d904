"""A long history is imported without being held."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
import logging
import sys
import threading
from typing import override

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.glucose_follow.cgm.hours import Glucose, Hour
from custom_components.glucose_follow.cgm.models import Reading, Treatment
from custom_components.glucose_follow.cgm.sources.tidepool.facts import Fact, Told
from custom_components.glucose_follow.history_import import HistoryImport
from simulators.tidepool import Archive, TidepoolSimulator
from tests.conftest import NOW, Clocks
from tests.home import set_up
from tests.tidepool import entry_of, lead_to

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

OURS = (Reading, Treatment, Fact, Told, Hour, Glucose)
MOST = 100
"""How many of them may be alive at once: calculations, which may be told twice."""


@pytest.fixture
async def tidepool(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool that knows of nothing yet."""
    async with TidepoolSimulator(clock=clocks.world, token_life=30 * DAY) as server:
        lead_to(server, monkeypatch)
        yield server


def looped(days: int) -> Archive:
    """Return some days of a person with a loop, none of them yet to come."""
    archive = Archive()
    for number in range(days * 288):
        at = NOW - (number + 1) * 5 * MINUTE
        archive.add("cbg", at, value=5 + number % 50 / 10)
        if number % 3 == 0:
            archive.add("bolus", at, subType="automated", normal=0.15)
        if number % 72 == 0:
            carbs = {"carbohydrate": {"net": 40, "units": "grams"}}
            archive.add("food", at, nutrition=carbs)
            archive.add("wizard", at, carbInput=40)
    return archive


class Census:
    """How many objects of ours there are: each holds on to its class."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count from now on."""
        self.made = 0
        self.most = 0
        self._before = self._references()
        for each in OURS:
            monkeypatch.setattr(each, "__init__", self._counting(each.__init__))

    def _counting(self, init: Callable[..., None]) -> Callable[..., None]:
        """Return what makes an object, and counts all that there are."""

        def count(made: object, **fields: object) -> None:
            self.made += 1
            self.most = max(self.most, self._references() - self._before)
            init(made, **fields)

        return count

    def _references(self) -> int:
        """Return how many references to our classes there are."""
        return sum(map(sys.getrefcount, OURS))


async def test_a_long_history_is_never_held(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Python looks through what lives for long, and everybody else has to wait."""
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.archive = looped(days=14)
    again = HistoryImport(hass, entry.runtime_data, entry.runtime_data.source)
    census = Census(monkeypatch)

    await again._run()

    again._forget()
    progress = entry.runtime_data.history
    assert (progress.state, progress.days_done) == ("done", 365)
    assert (progress.readings, progress.treatments) == (4032, 1344 + 56)
    assert census.made > 20_000
    assert 0 < census.most <= MOST


@dataclass
class Stuck(RecorderTask):
    """Something that keeps a recorder busy."""

    is_over: threading.Event = field(default_factory=threading.Event)

    @override
    def run(self, instance: Recorder) -> None:
        """Wait until it is over."""
        self.is_over.wait(timeout=30)


async def test_hours_do_not_pile_up_before_a_slow_recorder(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.archive.add("cbg", NOW - 360 * DAY, value=5)
    recorder = get_instance(hass)
    again = HistoryImport(hass, entry.runtime_data, entry.runtime_data.source)
    tidepool.requests.clear()
    stuck = Stuck()
    recorder.queue_task(stuck)

    task = hass.async_create_task(again._run())
    while not recorder.backlog:  # noqa: ASYNC110 - it is Home Assistant that is busy
        await asyncio.sleep(0)
    for _ in range(2000):
        await asyncio.sleep(0)
    during = len(tidepool.requests)
    stuck.is_over.set()
    await task

    again._forget()
    assert (during, len(tidepool.requests)) == (3, 3 * 13)
