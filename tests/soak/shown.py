"""What is shown, and answered: nothing old, nothing invented, nothing lost."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, State, StateMachine
from homeassistant.util import dt as dt_util

from custom_components.glucose_follow.cgm.data import STALE_AFTER
from custom_components.glucose_follow.const import DOMAIN

from .watch import (
    AGED,
    HOUR,
    SECOND,
    SHOWN_WITHIN,
    SKEWED,
    SLOWEST,
    UNKNOWN,
    Notes,
    Watch,
    is_sound,
)


class Shown:
    """Looks at states and answers."""

    def __init__(self, notes: Notes) -> None:
        """Prepare."""
        self._notes = notes

    def look(self, watch: Watch, states: StateMachine, now: datetime) -> State | None:
        """Look at one person; return the state of their glucose if it is known."""
        shown = {
            key: found
            for key in AGED
            if (found := states.get(watch.ids[key])) and found.state not in UNKNOWN
        }
        glucose = shown.get("glucose")
        if shown:
            self.look_at_age(watch, shown, now)
            self._look_at_value(watch, states, glucose)
        if is_sound(watch, now):
            self._look_for_newest(watch, states, now)
        return glucose

    async def look_at_answer(
        self, watch: Watch, hass: HomeAssistant, now: datetime
    ) -> None:
        """Compare what `get_readings` answers with what the server has."""
        start = now - 23 * HOUR
        answer = await hass.services.async_call(
            DOMAIN,
            "get_readings",
            {
                "config_entry_id": f"01JSOAK{watch.subject.kind.upper():0<19}",
                "start": start.isoformat(),
                "end": now.isoformat(),
            },
            blocking=True,
            return_response=True,
        )
        assert answer is not None
        self._compare(watch, answer["readings"], start, now)

    def _compare(
        self, watch: Watch, answer: Any, start: datetime, now: datetime
    ) -> None:
        """Compare readings with those that the server had for a while."""
        subject = watch.subject
        found = {
            datetime.fromisoformat(each["at"]): round(each["value"]) for each in answer
        }
        self._notes.counts["answers"] += 1
        for at in subject.stamps:
            if start <= at and subject.arrived[at] <= now - SHOWN_WITHIN:
                self._notes.counts["readings"] += 1
                if at not in found:
                    self._notes.add(watch, "reading lost", at.isoformat())
        for at, value in found.items():
            known = subject.known.get(at)
            if known is None or known.mgdl != value:
                self._notes.add(watch, "reading invented", f"{at.isoformat()} {value}")

    def look_at_age(
        self, watch: Watch, shown: Mapping[str, State], now: datetime
    ) -> None:
        """Note what is shown past its time."""
        newest = watch.subject.stamps[-1] if watch.subject.stamps else None
        if newest is None or now - newest > self._oldest(now):
            self._notes.add(watch, "shown past its time", f"{list(shown)}")

    def _look_at_value(
        self, watch: Watch, states: StateMachine, glucose: State | None
    ) -> None:
        """Note a value that is not the one of the newest reading."""
        last = states.get(watch.ids["last_reading"])
        if glucose is None or last is None:
            return
        at = dt_util.parse_datetime(last.state)
        if at is None:
            self._notes.add(watch, "value without a reading", last.state)
            return
        # The state leaves out fractions of a second.
        subject = watch.subject
        place = bisect_right(subject.stamps, at + SECOND) - 1
        stamp = subject.stamps[place] if place >= 0 else None
        is_it = stamp is not None and stamp.replace(microsecond=0) == at
        reading = subject.known[stamp] if stamp is not None and is_it else None
        if reading is None or reading.mgdl != float(glucose.state):
            self._notes.add(watch, "value of another reading", f"{last.state}")

    def _look_for_newest(
        self,
        watch: Watch,
        states: StateMachine,
        now: datetime,
    ) -> None:
        """Note that the newest reading is there, and not shown."""
        subject = watch.subject
        stamps = subject.stamps
        older = bisect_right(stamps, now - SHOWN_WITHIN) - 1
        if older < 0 or subject.arrived[stamps[older]] > now - SHOWN_WITHIN:
            return
        last = states.get(watch.ids["last_reading"])
        at = dt_util.parse_datetime(last.state) if last else None
        if at is None or at < stamps[older].replace(microsecond=0):
            told = last.state if last else "no state"
            self._notes.add(watch, "newest not shown", f"{told}, not {stamps[older]}")

    def _oldest(self, now: datetime) -> timedelta:
        """Return how old may be what is shown."""
        if now < self._notes.lenient_until:
            return timedelta.max
        wrong = abs(self._notes.clocks.wrong)
        if not wrong:
            return STALE_AFTER + SECOND
        return STALE_AFTER + (wrong if wrong <= SKEWED else SLOWEST / 2) + SECOND
