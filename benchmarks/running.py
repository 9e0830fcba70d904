"""How soon a running Home Assistant shows a reading, beside what it brings itself.

One person, followed in five ways at once by one Home Assistant, over real sockets
in simulated time. Each reading arrives six seconds after it was measured.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from statistics import fmean, median

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import ATTR_DATE, EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_share import DexcomShareSimulator
from simulators.nightscout import NightscoutSimulator

from . import followers
from .apart import USERNAME
from .follow import percentile
from .travel import BEGIN, Clock, TravellingLoop, home

_GLUCOSE = SensorDeviceClass.BLOOD_GLUCOSE_CONCENTRATION
_LAG = timedelta(seconds=6)
_RELOAD = timedelta(seconds=0.067)
"""From a change to its announcement; median of a real server."""

_SECRET = "correct horse battery"
_TOKEN = "running-0123456789abcdef"
_WARM_UP = timedelta(hours=1)
_SETTLED = timedelta(minutes=10)
"""What arrives so long before the end must be shown."""

type Row = dict[str, float]
type Written = tuple[int, str]
type Shown = Callable[[HomeAssistant, MockConfigEntry], datetime | None]


@dataclass(kw_only=True)
class _Watcher:
    """Notes when which reading was first written to the states of an entry.

    That is when its glucose shows the value, and what goes with it the time.
    """

    entry: MockConfigEntry
    shown: Shown
    """Returns when what an entry shows was measured."""

    first: dict[Written, datetime] = field(default_factory=dict)
    """When a reading was written."""

    def look(self, hass: HomeAssistant, now: datetime) -> None:
        """Note what is shown."""
        at = self.shown(hass, self.entry)
        glucose = _glucose(hass, self.entry)
        if at is not None and glucose is not None:
            self.first.setdefault(_written(at, glucose.state), now)


def _written(at: datetime, glucose: object) -> Written:
    """Return what every source tells alike: the second and the value."""
    return int(at.timestamp()), str(glucose)


def running(hours: float, people: int) -> dict[str, Row]:
    """Return seconds from available to written, for each way to follow somebody.

    Args:
        hours: Simulated, of each person.
        people: One after the other; each is measured at other moments of the
            minute, which decides about whoever asks at fixed intervals.
    """
    # Sites without sockets are asked for them, which is not worth a line each.
    logging.disable(logging.CRITICAL)
    waits: dict[str, list[float]] = {}
    missed: Counter[str] = Counter()
    for seed in range(people):
        person = SimulatedPerson(seed=seed)
        with asyncio.Runner(loop_factory=TravellingLoop) as runner:
            found = runner.run(_running(person, hours))
            loop = runner.get_loop()
            assert isinstance(loop, TravellingLoop)
            # Threads end in their own time.
            loop.is_patient = True
        for name, (taken, lost) in found.items():
            waits.setdefault(name, []).extend(taken)
            missed[name] += lost
    return {name: _row(taken, missed[name]) for name, taken in waits.items()}


async def _running(
    person: SimulatedPerson, hours: float
) -> dict[str, tuple[list[float], int]]:
    """Return seconds until readings were written, and how many never were."""
    loop = asyncio.get_running_loop()
    start = loop.time()

    def clock() -> datetime:
        return BEGIN + timedelta(seconds=loop.time() - start)

    async with AsyncExitStack() as stack:
        pushing = await stack.enter_async_context(_site(clock, person, pushes=True))
        polled = await stack.enter_async_context(_site(clock, person, pushes=False))
        share = await stack.enter_async_context(_share(clock, person))
        stack.enter_context(followers.share_at(str(share.url)))
        hass = await stack.enter_async_context(home(clock))
        watchers = {
            "ours, push": _ours(followers.ours(str(pushing.url), _TOKEN, 1)),
            "ours, poll": _ours(followers.ours(str(polled.url), _TOKEN, 2)),
            "nightscout": _Watcher(
                entry=followers.nightscout(str(polled.url), _SECRET), shown=_nightscout
            ),
            "ours, share": _ours(followers.ours_by_share()),
            "dexcom": _Watcher(entry=followers.dexcom(), shown=_dexcom),
        }
        await _watch(hass, watchers, clock)
        await asyncio.sleep((_WARM_UP + timedelta(hours=hours)).total_seconds())
        for watcher in watchers.values():
            await hass.config_entries.async_unload(watcher.entry.entry_id)
        arrived = person.readings(BEGIN + _WARM_UP, clock() - _SETTLED)
    return {name: _waits(watcher, arrived) for name, watcher in watchers.items()}


async def _watch(
    hass: HomeAssistant, watchers: dict[str, _Watcher], clock: Clock
) -> None:
    """Set everybody up, and look whenever something is written."""
    registry = er.async_get(hass)
    by_entry = {watcher.entry.entry_id: watcher for watcher in watchers.values()}

    @callback
    def hear(
        event: Event[EventStateChangedData] | Event[EventStateReportedData],
    ) -> None:
        """Look at what was written, though it may be the same value again."""
        entity = registry.async_get(event.data["entity_id"])
        if entity is not None and entity.config_entry_id in by_entry:
            by_entry[entity.config_entry_id].look(hass, clock())

    @callback
    def is_any(_: EventStateReportedData) -> bool:
        """Return that all of them are looked at."""
        return True

    hass.bus.async_listen(EVENT_STATE_CHANGED, hear)
    hass.bus.async_listen(EVENT_STATE_REPORTED, hear, event_filter=is_any)
    for watcher in watchers.values():
        watcher.entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(watcher.entry.entry_id)


def _waits(watcher: _Watcher, arrived: Sequence[Reading]) -> tuple[list[float], int]:
    """Return seconds until readings were written, and how many never were."""
    waits = [
        (watcher.first[written] - reading.at - _LAG).total_seconds()
        for reading in arrived
        if (written := _written(reading.at, reading.mgdl)) in watcher.first
    ]
    return waits, len(arrived) - len(waits)


def _row(waits: list[float], missed: int) -> Row:
    """Return the numbers people compare."""
    return {
        "readings": len(waits),
        "missed": missed,
        "median_s": round(median(waits), 2),
        "mean_s": round(fmean(waits), 2),
        "p95_s": round(percentile(waits, 0.95), 2),
        "most_s": round(max(waits), 2),
    }


def _site(
    clock: Clock, person: SimulatedPerson, *, pushes: bool
) -> NightscoutSimulator:
    """Return the person's site."""
    return NightscoutSimulator(
        clock=clock,
        person=person,
        api_secret=_SECRET,
        tokens={_TOKEN: frozenset({"*"})},
        default_roles="denied",
        # The simulated site sees the person's own uploads at once.
        upload_lag=_LAG + _RELOAD if pushes else _LAG,
        has_sockets=pushes,
        ping=(600, 300),
        debounce=0,
    )


def _share(clock: Clock, person: SimulatedPerson) -> DexcomShareSimulator:
    """Return where the person shares."""
    return DexcomShareSimulator(
        clock=clock, person=person, username=USERNAME, upload_lag=_LAG
    )


def _glucose(hass: HomeAssistant, entry: MockConfigEntry) -> State | None:
    """Return the state of an entry's glucose."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    sensors = (each for each in entities if each.original_device_class == _GLUCOSE)
    sensor = next(sensors, None)
    return None if sensor is None else hass.states.get(sensor.entity_id)


def _ours(entry: MockConfigEntry) -> _Watcher:
    """Return who watches an entry of ours."""
    return _Watcher(entry=entry, shown=_last_reading)


def _last_reading(hass: HomeAssistant, entry: MockConfigEntry) -> datetime | None:
    """Return what our sensor of the last reading shows."""
    name = f"{entry.entry_id}_last_reading"
    sensor = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, name)
    state = None if sensor is None else hass.states.get(sensor)
    return None if state is None else dt_util.parse_datetime(state.state)


def _nightscout(hass: HomeAssistant, entry: MockConfigEntry) -> datetime | None:
    """Return what Home Assistant's `nightscout` shows."""
    state = _glucose(hass, entry)
    shown = state.attributes.get(ATTR_DATE) if state is not None else None
    return shown if isinstance(shown, datetime) else None


def _dexcom(_: HomeAssistant, entry: MockConfigEntry) -> datetime | None:
    """Return when what Home Assistant's `dexcom` shows was measured.

    No state of it says so; what it writes, it does as soon as it has read this.
    """
    reading = entry.runtime_data.data
    return None if reading is None else reading.datetime
