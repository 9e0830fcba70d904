"""What is shown, and answered: nothing old, nothing invented, nothing lost."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from homeassistant.core import HomeAssistant, State, StateMachine
from homeassistant.util import dt as dt_util

from custom_components.glucose_follow.cgm.data import STALE_AFTER
from custom_components.glucose_follow.const import DOMAIN

from .watch import AGED, HOUR, SECOND, SHOWN_WITHIN, UNKNOWN, Notes, Watch, is_sound

RANGES = {
    "urgent_low": (0, 60),
    "low": (56, 74),
    "in_range": (70, 180),
    "high": (176, 249),
    "urgent_high": (245, 1000),
}
"""From and to which value: a range ends 5 mg/dL beyond where it begins."""

FACTS_OF = {
    "low": {"low", "urgent_low"},
    "urgent_low": {"urgent_low"},
    "high": {"high", "urgent_high"},
    "urgent_high": {"urgent_high"},
}
"""In which ranges a fact is so."""


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
            watch.seen |= shown.keys()
            self.look_at_age(watch, shown, now)
            self._look_at_value(watch, states, glucose)
            self._look_at_reading(watch, shown, states, now)
            self._look_at_facts(watch, shown)
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

    def look_at_alarm(self, watch: Watch, alarm: State, now: datetime) -> None:
        """Note an alarm about a value that is not one of the newest readings'."""
        subject, value = watch.subject, alarm.attributes["value"]
        if value is None:
            return
        newest = subject.stamps[bisect_right(subject.stamps, now - HOUR) :]
        if value not in {subject.known[at].mgdl for at in newest}:
            detail = f"{alarm.attributes['level']} {value}"
            self._notes.add(watch, "alarm of another value", detail)

    @staticmethod
    def note_wait(watch: Watch, last: State, now: datetime) -> None:
        """Note for how long the server had a reading that is shown now."""
        at = _moment(last)
        subject = watch.subject
        place = bisect_right(subject.stamps, at + SECOND) - 1 if at else -1
        if place >= 0:
            arrived = subject.arrived[subject.stamps[place]]
            watch.waits.append((now - arrived).total_seconds())

    def look_at_age(
        self, watch: Watch, shown: Mapping[str, State], now: datetime
    ) -> None:
        """Note what is shown past its time."""
        newest = watch.subject.stamps[-1] if watch.subject.stamps else None
        if newest is None or now - newest > self._notes.oldest(now, STALE_AFTER):
            self._notes.add(watch, "shown past its time", f"{list(shown)}")

    def _look_at_reading(
        self,
        watch: Watch,
        shown: Mapping[str, State],
        states: StateMachine,
        now: datetime,
    ) -> None:
        """Note what is of a reading past its time, whatever the server has by now."""
        last = states.get(watch.ids["last_reading"])
        at = _moment(last)
        if at is None or now - at - SECOND > self._notes.oldest(now, STALE_AFTER):
            told = last.state if last else "no state"
            self._notes.add(watch, "old reading shown", f"{told}: {list(shown)}")

    def _look_at_facts(self, watch: Watch, shown: Mapping[str, State]) -> None:
        """Note a range that is not the value's, or a fact that is not the range's."""
        glucose, place = shown.get("glucose"), shown.get("range")
        if glucose is None or place is None:
            return
        least, most = RANGES[place.state]
        if not least <= float(glucose.state) <= most:
            detail = f"{place.state} of {glucose.state}"
            self._notes.add(watch, "range of another value", detail)
        for key, ranges in FACTS_OF.items():
            if (fact := shown.get(key)) is None:
                self._notes.add(watch, "fact not known", key)
            elif (fact.state == "on") != (place.state in ranges):
                detail = f"{key} {fact.state} in {place.state}"
                self._notes.add(watch, "fact of another range", detail)

    def _look_at_value(
        self, watch: Watch, states: StateMachine, glucose: State | None
    ) -> None:
        """Note a value that is not the one of the newest reading."""
        last = states.get(watch.ids["last_reading"])
        if glucose is None or last is None:
            return
        at = _moment(last)
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
        at = _moment(last)
        if at is None or at < stamps[older].replace(microsecond=0):
            told = last.state if last else "no state"
            self._notes.add(watch, "newest not shown", f"{told}, not {stamps[older]}")


def _moment(state: State | None) -> datetime | None:
    """Return the moment that a state tells."""
    return _read(state.state) if state else None


@lru_cache(maxsize=64)
def _read(told: str) -> datetime | None:
    """Return the moment of a text; it is looked at every ten seconds."""
    return dt_util.parse_datetime(told)
