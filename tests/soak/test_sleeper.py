"""What a referee may expect of a home that slept."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.core import State
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
CLEARED = ("cleared", "signal_lost")
ALARM = "event.alex_pushed_alarm"


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

    def wait(self) -> None:
        """Let the moment come when an alarm is due, and the referee look."""
        self._told.follow(self._watch, self._home)
        assert self._watch.next_at is not None
        self._now = self._watch.next_at
        self._know()
        self.look()

    def hear(self) -> None:
        """Let the home tell the alarm."""
        self._hear("raised")

    def read(self) -> None:
        """Let the home learn of a reading."""
        self._home.data = known([Reading(at=self._now, mgdl=120)], now=self._now)
        self._told.step(self._watch, self._home)

    def end(self) -> None:
        """Let the home tell that the alarm is over."""
        self._hear("cleared")

    def _hear(self, kind: str) -> None:
        """Let the referee hear of the alarm."""
        attributes = {"event_type": kind, "level": RAISED[1], "value": None}
        told = State(ALARM, str(self._now), attributes)
        self._told.hear(self._watch, told, self._now)

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


@pytest.mark.parametrize(
    ("happened", "wrong"),
    [
        ((Night.read,), []),
        ((Night.hear,), []),
        ((Night.hear, Night.read, Night.end), []),
        ((), [f"[], not {[RAISED]}"]),
        ((Night.read, Night.hear), [f"{[RAISED]}, not []"]),
        ((Night.hear, Night.read), [f"{[RAISED]}, not {[RAISED, CLEARED]}"]),
        ((Night.hear, Night.end), [f"{[RAISED, CLEARED]}, not {[RAISED]}"]),
    ],
)
async def test_a_home_may_look_before_or_after_news_that_end_what_is_due(
    happened: tuple[Callable[[Night], None], ...], wrong: list[str]
) -> None:
    """Its tick may come a second before its timer, and the news in between."""
    night = Night()

    night.wait()
    for each in happened:
        each(night)

    assert night.violations() == wrong
