"""What a referee may expect of a home that slept."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from custom_components.glucose_follow.cgm.models import (
    Reading,
    Treatment,
    TreatmentKind,
)
from tests.conftest import NOW
from tests.voice import HOUR, MINUTE, known

from .clocks import Clocks
from .shown import Shown
from .subjects import Subject
from .told_alarms import ToldAlarms
from .watch import SECOND, Notes, Watch

TICK = 10 * SECOND
SLEPT = 2 * HOUR
RAISED = ("raised", "signal_lost")


class Night:
    """A home that sleeps while the signal is lost, and who judges it."""

    def __init__(self) -> None:
        """Begin 16 minutes after the last reading."""
        self._now = NOW
        clocks = SimpleNamespace(world=lambda: self._now)
        self._notes = Notes(cast("Clocks", clocks), TICK, 100)
        self._told = ToldAlarms(self._notes, Shown(self._notes))
        subject = cast("Subject", SimpleNamespace(kind="pushed"))
        self._watch = Watch(subject=subject, ids={}, sound_since=NOW)
        entry = SimpleNamespace(options={})
        self._home: Any = SimpleNamespace(now=lambda: self._now, config_entry=entry)
        self._know()

    def _know(self, *treatments: Treatment) -> None:
        """Let this be known, and no reading since the first."""
        last = Reading(at=NOW - 16 * MINUTE, mgdl=120)
        self._home.data = known([last], treatments, now=self._now)

    def sleep(self) -> None:
        """Sleep once the signal is lost, until long after the alarm was due."""
        self._told.step(self._watch, self._home)
        self._now += SLEPT
        self._notes.lenient_until = self._now + TICK + 2 * SECOND
        self._know()
        self.look()

    def look(self) -> None:
        """Let the referee look."""
        self._told.look(self._watch, self._home, None, self._now)

    def tell(self) -> None:
        """Let the home tell that the signal is lost."""
        self._watch.heard.append(RAISED)

    def learn(self) -> None:
        """Let the home learn that a new sensor warms up."""
        started = Treatment(
            at=self._now - HOUR, id="1", kind=TreatmentKind.SENSOR_START
        )
        self._know(started)
        self._told.step(self._watch, self._home)

    def violations(self) -> list[str]:
        """Return what is wrong in the next quarter of an hour."""
        for _ in range(90):
            self._now += timedelta(seconds=10)
            self.look()
        self._told.forget_timer(self._watch)
        return [each.detail for each in self._notes.violations]


@pytest.mark.parametrize(
    ("happened", "wrong"),
    [
        ((Night.tell,), []),
        ((Night.learn,), []),
        ((Night.tell, Night.learn), []),
        ((), ["[], not [('raised', 'signal_lost')]"]),
        ((Night.tell, Night.tell), [f"{[RAISED, RAISED]}, not {[RAISED]}"]),
    ],
)
async def test_news_may_come_before_a_home_that_slept_looks(
    happened: tuple[Callable[[Night], None], ...], wrong: list[str]
) -> None:
    """It tells then what was due, or what is due by the news, and nothing else."""
    night = Night()

    night.sleep()
    for each in happened:
        each(night)

    assert night.violations() == wrong
