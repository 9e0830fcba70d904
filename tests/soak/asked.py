"""What a source is asked, held to its budget."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime

from .subjects import Subject
from .watch import HOUR, MINUTE, Notes, Watch, is_sound


class Asked:
    """Looks at the requests and logins that servers saw."""

    def __init__(self, notes: Notes, watches: Mapping[Subject, Watch]) -> None:
        """Look at everybody."""
        self._notes = notes
        self._watches = watches

    def look(self, starts: Mapping[Subject, list[datetime]]) -> None:
        """Hold what was asked in the last hour to its budget, and forget it."""
        now = self._notes.clocks.world()
        for subject, watch in self._watches.items():
            last: object = None
            for request in subject.server.requests:
                # Who finds a connection dropped tries another at once.
                what = request.at, str(request.query), subject.is_for_readings(request)
                if subject.is_for_history(request) or what == last:
                    continue
                last = what
                watch.asked.append(request.at)
                if subject.is_for_readings(request):
                    watch.asked_readings.append(request.at)
            subject.server.requests.clear()
            self._look_at_logins(watch, now)
            often = 1 + sum(at > now - HOUR for at in starts[subject])
            for name, times, most in (
                ("readings", watch.asked_readings, subject.budget.readings),
                ("total", watch.asked, subject.budget.total),
            ):
                del times[: bisect_right(times, now - HOUR)]
                watch.most[name] = max(watch.most[name], len(times))
                if len(times) > most * often + self._sessions_ended(watch, now):
                    detail = f"{len(times)} for {name} in an hour, {often} starts"
                    self._notes.add(watch, "asked too often", detail)

    def _sessions_ended(self, watch: Watch, now: datetime) -> int:
        """Return how many more than one ended: each costs a request that fails."""
        # Logins are looked at every ten minutes.
        recent = bisect_right(watch.logins_seen, now - HOUR - 10 * MINUTE)
        del watch.logins_seen[:recent]
        return max(0, len(watch.logins_seen) - 1)

    def _look_at_logins(self, watch: Watch, now: datetime) -> None:
        """Note that a password was sent, and nothing had gone wrong."""
        logins, is_calm = watch.subject.logins, is_sound(watch, now)
        if logins > watch.logins:
            is_soon = watch.login_at is not None and now - watch.login_at < 23 * HOUR
            if is_calm and watch.was_sound and is_soon:
                self._notes.add(watch, "logged in without need", f"{logins}")
            watch.logins_seen += [now] * (logins - watch.logins)
            watch.logins, watch.login_at = logins, now
        watch.was_sound = is_calm
