"""What a loop told of insulin on board: what it said, and not for long."""

from datetime import datetime, timedelta

from homeassistant.core import StateMachine

from .watch import REPORTED, UNKNOWN, Notes, Watch

ON_BOARD_LASTS = timedelta(minutes=30)


class ToldDevices:
    """Looks at what is shown of a loop."""

    def __init__(self, notes: Notes) -> None:
        """Prepare."""
        self._notes = notes

    def look(self, watch: Watch, states: StateMachine, now: datetime) -> None:
        """Note a value that no loop told, or told too long ago.

        The home looks at its next tick, unlike with readings, which have a timer.
        """
        found = states.get(watch.ids[REPORTED])
        if found is None or found.state in UNKNOWN:
            return
        watch.seen.add(REPORTED)
        told = watch.subject.reports.get(float(found.state))
        if told is None:
            self._notes.add(watch, "insulin invented", found.state)
        elif now - told - self._notes.tick > self._notes.oldest(now, ON_BOARD_LASTS):
            self._notes.add(watch, "old insulin shown", f"{found.state} of {told}")
