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
            self._take(subject, watch)
            self._look_at_logins(watch, now)
            often = 1 + sum(at > now - HOUR for at in starts[subject])
            ended = self._sessions_ended(watch, now)
            budget = subject.calm if _was_calm(watch, now, often) else subject.budget
            for name, times, most in (
                ("readings", watch.asked_readings, budget.readings * often + ended),
                ("total", watch.asked, budget.total * often + ended),
                ("logins", watch.asked_to_log_in, budget.logins * often),
            ):
                del times[: bisect_right(times, now - HOUR)]
                watch.most[name] = max(watch.most[name], len(times))
                if len(times) > most:
                    detail = f"{len(times)} for {name} in an hour, {often} starts"
                    self._notes.add(watch, "asked too often", detail)

    @staticmethod
    def _take(subject: Subject, watch: Watch) -> None:
        """Take in what a server was asked, and let it forget that."""
        last, is_second = None, False
        for request in subject.server.requests:
            if subject.is_for_history(request):
                continue
            # Who finds a connection dropped tries another at once, and no third.
            what = request.at, str(request.query), subject.is_for_readings(request)
            is_second = what == last and not is_second
            last = what
            if is_second:
                continue
            watch.asked.append(request.at)
            if subject.is_for_readings(request):
                watch.asked_readings.append(request.at)
            if subject.is_for_login(request):
                watch.asked_to_log_in.append(request.at)
        subject.server.requests.clear()

    def _sessions_ended(self, watch: Watch, now: datetime) -> int:
        """Return how many more than one ended: each costs a request that fails."""
        # Logins are looked at every ten minutes.
        recent = bisect_right(watch.logins_seen, now - HOUR - 10 * MINUTE)
        del watch.logins_seen[:recent]
        return max(0, len(watch.logins_seen) - 1)

    def _look_at_logins(self, watch: Watch, now: datetime) -> None:
        """Note that a password was sent, and nothing had gone wrong.

        A session is good for a day. Who looks after a sleep sees a login late.
        """
        logins, is_calm = watch.subject.logins, is_sound(watch, now)
        if logins > watch.logins:
            at = next(reversed(watch.asked_to_log_in), now)
            is_soon = watch.login_at is not None and at - watch.login_at < 23 * HOUR
            if is_calm and watch.was_sound and is_soon:
                self._notes.add(watch, "logged in without need", f"{logins}")
            watch.logins_seen += [now] * (logins - watch.logins)
            watch.logins, watch.login_at = logins, at
        watch.was_sound = is_calm


def _was_calm(watch: Watch, now: datetime, often: int) -> bool:
    """Return whether nothing was wrong for an hour, and nothing began."""
    is_long = watch.sound_since <= now - HOUR
    return is_long and not watch.is_in_trouble and often == 1
