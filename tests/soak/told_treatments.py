"""Which treatments are told: all that are news, each once."""

from datetime import datetime

from homeassistant.core import State
from homeassistant.util import dt as dt_util

from .watch import MINUTE, Notes, Watch

TOLD_WITHIN = 20 * MINUTE


class ToldTreatments:
    """Compares what is told with what was done."""

    def __init__(self, notes: Notes) -> None:
        """Prepare."""
        self._notes = notes

    def look(self, watch: Watch, now: datetime) -> None:
        """Note what was done and not told."""
        done = watch.subject.done
        while done and now - done[0][0] > TOLD_WITHIN:
            entered, treatment = done.pop(0)
            is_calm = not watch.is_in_trouble
            was_sound = is_calm and watch.sound_since <= entered - MINUTE
            if not (was_sound and watch.subject.tells_treatments):
                continue
            self._notes.counts["treatments"] += 1
            kind = "carbs" if treatment.carbs else "bolus"
            if treatment.is_automatic:
                kind = "automatic_bolus"
            if not watch.told[_name(kind, treatment.at)]:
                self._notes.add(watch, "treatment not told", f"{kind} {treatment.at}")

    def hear(self, watch: Watch, new: State) -> None:
        """Note a treatment that is told twice."""
        at = dt_util.parse_datetime(new.attributes["at"])
        assert at is not None
        name = _name(new.attributes["event_type"], at)
        watch.told[name] += 1
        self._notes.counts["told"] += 1
        if watch.told[name] > 1:
            self._notes.add(watch, "treatment told twice", name)


def _name(kind: str, at: datetime) -> str:
    """Return what tells a treatment from all others."""
    return f"{kind} {at.isoformat(timespec='seconds')}"
