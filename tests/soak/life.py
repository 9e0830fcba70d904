"""Lives through simulated days, and says what must not have happened."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
import gc
import logging
from pathlib import Path
import random
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, override
from unittest.mock import patch

from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import mock_storage

from custom_components.glucose_follow import coordinator, factory
from custom_components.glucose_follow.cgm import push, schedule
from custom_components.glucose_follow.const import TICK

from .clocks import Clocks, SoakLoop, one_processor
from .house import House, quiet
from .pace import USUAL, Pace
from .referee import Referee
from .subjects import KINDS, Subject, lead
from .sums import Life, look_at_repetitions, look_at_resources, sum_up
from .troubles import GRACE, Trouble, of
from .watch import HOUR, MINUTE, SECOND

STEP = 10 * SECOND
BEGINS = (
    datetime(2026, 10, 24, 10, tzinfo=UTC),
    datetime(2027, 3, 27, 10, tzinfo=UTC),
)
"""The day before clocks go back, and the day before they go forward."""

LASTING = 4
"""Of so many homes one never restarts: what grows slowly has time to."""

_WRONG = (-3 * HOUR, -HOUR, HOUR, 3 * HOUR, 26 * HOUR, -40 * MINUTE, 90 * SECOND)
_NOT_OURS = ("aiohttp.access", "aiohttp.server", "simulators")

type Happening = Callable[[House], Awaitable[None]]


class Ears(logging.Handler):
    """Hears exceptions, and whatever asyncio complains about."""

    def __init__(self) -> None:
        """Hear warnings and worse."""
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        is_exception = record.exc_info is not None or record.name == "asyncio"
        if is_exception and not record.name.startswith(_NOT_OURS):
            self.heard.append(logging.Formatter().format(record)[-2000:])


class Days:
    """Drives a home through its days."""

    def __init__(
        self,
        seed: int,
        days: float,
        subjects: Sequence[Subject],
        clocks: Clocks,
        tick: timedelta,
        pace: Pace,
    ) -> None:
        """Prepare."""
        self._pace = pace
        self.referee = Referee(list(subjects), clocks, tick)
        self.rng = Random(f"soak {seed}")
        self.clocks = clocks
        self.subjects = subjects
        self.happened: Counter[str] = Counter()
        self._end = clocks.world() + timedelta(days=days)
        self._is_lasting = seed % LASTING == 0
        self._troubles: dict[Subject, tuple[datetime, Trouble]] = {}
        self._next = {each: self._later(pace.between) for each in subjects}
        self._next_stop = self._later(pace.between_stops)
        self._begun: dict[Subject, list[datetime]] = {each: [] for each in subjects}
        self.samples: list[dict[str, int]] = []
        self.logins_allowed: Counter[str] = Counter()

    def _later(self, mean: timedelta) -> datetime:
        """Return when something happens next."""
        pause = mean * self.rng.expovariate(1)
        return self.clocks.world() + max(pause, 10 * MINUTE)

    async def live(self, house: House) -> None:
        """Live through all days."""
        await self._start(house)
        steps = 0
        while self.clocks.world() < self._end:
            await self._step(house)
            steps += 1
            if steps % 60 == 0:
                self.referee.look_at_requests(self._begun)
            if steps % 360 == 0:
                await self._every_hour(house)

    async def _step(self, house: House) -> None:
        """Let ten seconds pass."""
        await asyncio.sleep(STEP.total_seconds())
        now = self.clocks.world()
        for subject in self.subjects:
            subject.upload(now)
            await self._go_wrong(subject, now)
        if now >= self._next_stop:
            await self._stop(house)
            self._next_stop = self._later(self._pace.between_stops)
        if house.hass is not None:
            self.referee.look({each: house.coordinator(each) for each in self.subjects})

    async def _every_hour(self, house: House) -> None:
        """Compare answers, count what is held, and forget what is old."""
        await self.referee.look_at_answers()
        now = self.clocks.world()
        for subject in self.subjects:
            subject.tidy(now)
        if house.hass is not None and self.referee.is_all_sound:
            self.samples.append(held())

    async def _go_wrong(self, subject: Subject, now: datetime) -> None:
        """Begin or end somebody's trouble."""
        if (current := self._troubles.get(subject)) is not None:
            if now >= current[0]:
                del self._troubles[subject]
                await _done(current[1].end())
                self.referee.recover(subject, current[1].grace)
                self._next[subject] = self._later(self._pace.between)
        elif now >= self._next[subject]:
            trouble = of(subject, self.rng)
            self.happened[trouble.name] += 1
            self._troubles[subject] = now + self._lasting(), trouble
            self.referee.trouble(subject)
            await _done(trouble.begin())

    def _lasting(self) -> timedelta:
        """Return for how long something goes wrong: mostly minutes."""
        lasting = self._pace.lasting * self.rng.expovariate(1)
        return min(lasting, self._pace.longest)

    async def _stop(self, house: House) -> None:
        """Let something happen to the home or its clocks."""
        kinds: list[Happening] = [self._sleep, self._jump]
        if not self._is_lasting:
            kinds += [self._restart, self._restart, self._reload]
        # What is not running can only find its clock wrong.
        await self.rng.choice(kinds if house.hass else [self._jump])(house)

    async def _restart(self, house: House) -> None:
        """Stop or crash, be away, and start again."""
        is_crash = self.rng.random() < 0.5
        self.happened["crash" if is_crash else "restart"] += 1
        self.referee.detach(is_crash=is_crash)
        await house.stop(is_crash=is_crash)
        until = self.clocks.world() + self.rng.uniform(0.5, 20) * MINUTE
        while self.clocks.world() < until:
            await self._step(house)
        await self._start(house, is_crash=is_crash)

    async def _start(self, house: House, *, is_crash: bool = False) -> None:
        """Start Home Assistant."""
        self.referee.attach(await house.start())
        await house.follow(lambda each: self._began(house, each, is_crash=is_crash))

    def _began(self, house: House, subject: Subject, *, is_crash: bool = False) -> None:
        """Expect that somebody is followed soon."""
        self._begun[subject].append(self.clocks.world())
        followed = house.coordinator(subject)
        self.referee.follow(subject, followed, is_crash=is_crash)
        self.referee.disturb(GRACE, subject)

    async def _reload(self, house: House) -> None:
        """Set one person up again."""
        self.happened["reload"] += 1
        subject = self.rng.choice(self.subjects)
        await house.reload(subject)
        self._began(house, subject)

    async def _sleep(self, _: House) -> None:
        """Let the machine sleep, whatever its clock says."""
        self.happened["suspend"] += 1
        longest = self._pace.asleep / MINUTE
        self.clocks.suspend(self.rng.uniform(5, longest) * MINUTE)
        self._jumped()

    async def _jump(self, _: House) -> None:
        """Set the wall clock wrong, or right again."""
        self.happened["jump"] += 1
        wrong = timedelta() if self.clocks.wrong else self.rng.choice(_WRONG)
        self.clocks.wrong = wrong
        self._jumped()

    def _jumped(self) -> None:
        """Let a tick pass; what was asked in the last hour may be forgotten."""
        self.referee.woke_up()
        self.referee.disturb(GRACE)
        for begun in self._begun.values():
            begun.append(self.clocks.world())


def held() -> dict[str, int]:
    """Return how much of what is scarce is held at this moment."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]  # there is no public way
    return {
        "tasks": len(asyncio.all_tasks()),
        "timers": sum(not timer.cancelled() for timer in timers),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def what_is_held() -> str:
    """Return what timers and tasks are for."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]  # there is no public way
    left = [repr(timer) for timer in timers if not timer.cancelled()]
    return " ".join([*left, *map(repr, asyncio.all_tasks())])[:2000]


async def _done(result: Any) -> None:
    """Wait for what a trouble does, if it takes time."""
    if result is not None:
        await result


async def _live(
    seed: int, days: float, kinds: Sequence[int], tick: timedelta, pace: Pace
) -> Life:
    """Live through the days of a seed."""
    begin = BEGINS[seed % len(BEGINS)]
    clocks, ears = Clocks(begin), Ears()
    subjects: list[Subject] = [
        KINDS[kind](10 * seed + kind, int(days) + 1, begin, clocks.world)
        for kind in kinds
    ]
    life = Life(seed=seed, days=days, people=[each.kind for each in subjects])
    # Where jitter comes from.
    random.seed(seed)
    jitter = Random(seed)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        storage = stack.enter_context(mock_storage())
        stack.enter_context(patch.object(dt_util, "utcnow", clocks.ours))
        stack.enter_context(patch.object(coordinator, "TICK", tick))
        for module in (push, schedule):
            stack.enter_context(
                patch.object(module, "Random", lambda: Random(jitter.random()))
            )
        for name in ("DexcomShareSource", "TidepoolSource", "PasswordLogin"):
            stack.enter_context(patch.object(factory, name, getattr(factory, name)))
        logging.getLogger().addHandler(ears)
        stack.callback(logging.getLogger().removeHandler, ears)
        before = held()
        for subject in subjects:
            await subject.server.start()
            lead(subject)
            subject.upload(clocks.world())
        house = House(subjects, storage, folder)
        drive = Days(seed, days, subjects, clocks, tick, pace)
        try:
            await drive.live(house)
        finally:
            left = house.left
            if house.hass is not None:
                drive.referee.detach()
                await house.stop()
            for subject in subjects:
                await subject.server.close()
            await quiet()
            gc.collect()
            # What is to be written in a while is written.
            await asyncio.sleep(600)
        after, names = held(), what_is_held()
    sum_up(life, drive.referee, subjects, ears.heard)
    life.counts += drive.happened
    look_at_repetitions(life, clocks.world())
    look_at_resources(life, drive.samples, left, before, after, clocks.world(), names)
    life.violations = [
        each for each in life.violations if each.rule not in pace.left_out
    ]
    return life


def live(
    seed: int,
    days: float,
    kinds: Sequence[int] = (0, 1, 2, 3),
    tick: timedelta = TICK,
    pace: Pace = USUAL,
) -> Life:
    """Return what came of a seed's days.

    Args:
        seed: Of everything that happens.
        days: How many.
        kinds: Who is followed, by their place in `KINDS`.
        tick: How often the integration looks at its clocks, which costs most.
        pace: How much happens.
    """
    gc.collect()
    # What is imported stays; looking through it again and again takes long.
    gc.freeze()
    with one_processor(), asyncio.Runner(loop_factory=SoakLoop) as runner:
        return runner.run(_live(seed, days, kinds, tick, pace))
