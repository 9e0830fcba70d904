"""What was read of an account, so that only what is new must be read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from .facts import Latest
from .merge import Dated

KEPT = timedelta(days=4)
"""How much is held; who asks for more gets it without its being held."""

OVERLAP = timedelta(days=1)
"""How far back documents are read again: they arrive late, change and vanish."""

_ALL_EVERY = timedelta(hours=1)
"""How often the whole overlap is read again."""

_TRUSTED = timedelta(hours=6)
"""How long nothing is read because nothing is newer; something may be older."""

# An overlap can be subtracted from it: before the year 1 there is no time.
_EVER = datetime.min.replace(tzinfo=UTC) + OVERLAP


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What to read."""

    since: datetime
    """From when on, to the end; aware."""

    is_all: bool
    """Whether it is all that may have changed."""


class Ledger[T: Dated]:
    """Everything of some types from some moment on, by ids.

    An answer can be short without saying so: an error in the middle of it ends
    in a complete array all the same. So what an answer does not repeat stays
    until the next one does not repeat it either.
    """

    def __init__(self, types: tuple[str, ...], *, near: timedelta = OVERLAP) -> None:
        """Hold nothing.

        Args:
            types: What Tidepool calls what is held here.
            near: How far before what is new is read again for who asks for more, at
                most; the whole overlap is, once an hour.
        """
        self.types = types
        self._near = near
        self._items: dict[str, T] = {}
        self._missed: set[str] = set()
        self._changed: set[str] = set()
        self._latest: Latest = {}
        self._since: datetime | None = None
        self._read: datetime | None = None
        self._read_all: datetime | None = None

    def begin(
        self, since: datetime, latest: Latest | None, now: datetime
    ) -> Question | None:
        """Return what to read, None if all that is asked for is held.

        Args:
            since: What is asked for; aware.
            latest: The newest documents, None if nobody looked.
            now: The present; aware.
        """
        if self._since is None or since < self._since:
            return Question(since=since, is_all=True)
        new_since = self._until(now) if latest is None else self._new_since(latest)
        if new_since is None:
            if _is_younger(self._read, now, _TRUSTED):
                return None
            new_since = self._until(now)
        is_all = not _is_younger(self._read_all, now, _ALL_EVERY)
        near = max(min(since, new_since), new_since - self._near)
        start = new_since - OVERLAP if is_all else near
        return Question(since=max(self._since, now - KEPT, start), is_all=is_all)

    def renew(
        self,
        question: Question,
        items: Mapping[str, T],
        latest: Latest | None,
        now: datetime,
    ) -> None:
        """Take in an answer.

        Args:
            question: What `begin` returned.
            items: By id; all of them from the beginning of the question on.
            latest: What `begin` got.
            now: The present; aware.
        """
        self._changed |= {
            key for key, item in items.items() if self._items.get(key) != item
        }
        absent = {
            key
            for key, item in self._items.items()
            if item.at >= question.since and key not in items
        }
        for key in absent & self._missed:
            del self._items[key]
        self._missed = ((self._missed - items.keys()) | absent) & self._items.keys()
        self._items |= items
        self._since = min(question.since, self._since or question.since)
        self._read = now
        if question.is_all:
            self._read_all = now
        if latest is not None:
            self._latest = {key: latest[key] for key in self.types if key in latest}
        self._forget(now)

    def tell(self, since: datetime) -> list[T]:
        """Return what happened at or after `since`, oldest first.

        So is, once, what was added or changed before it.
        """
        told = [
            item
            for key, item in self._items.items()
            if item.at >= since or key in self._changed
        ]
        self._changed = set()
        return sorted(told, key=attrgetter("at"))

    def _new_since(self, latest: Latest) -> datetime | None:
        """Return where the types ended that have something newer, None if none has.

        A pump may be read once a week while a sensor is all the time.
        """
        before = self._latest
        ends = (
            before[key].at if key in before else _EVER
            for key in self.types
            if latest.get(key) != before.get(key)
        )
        return min(ends, default=None)

    def _until(self, now: datetime) -> datetime:
        """Return when the newest item is from, by a clock that can be believed."""
        return min(now, max((item.at for item in self._items.values()), default=now))

    def _forget(self, now: datetime) -> None:
        """Drop what is too old to be held."""
        if self._since is not None and self._since < now - KEPT:
            self._since = now - KEPT
            self._items = {
                key: item for key, item in self._items.items() if item.at >= self._since
            }


def _is_younger(moment: datetime | None, now: datetime, span: timedelta) -> bool:
    """Return whether a moment was less than `span` ago; never if it is yet to come."""
    return moment is not None and timedelta() <= now - moment < span
