"""What was read of one kind, so that only what is new must be read again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol

from .data_range import DataRange

KEPT = timedelta(days=3)
"""How much is held; who asks for more makes us read it again."""


class Dated(Protocol):
    """Something that happened."""

    @property
    def at(self) -> datetime:
        """Return when; aware, UTC."""


class Ledger[T: Dated]:
    """Everything of a kind from some moment on, by the ids of its documents."""

    def __init__(self, overlap: timedelta = KEPT) -> None:
        """Hold nothing.

        Args:
            overlap: How far back documents are read again: they arrive late,
                change and vanish.
        """
        self._overlap = overlap
        self._items: dict[str, T] = {}
        self._changed: set[str] = set()
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._told: DataRange | None = None

    def begin(self, since: datetime, told: DataRange, now: datetime) -> datetime | None:
        """Return from when to read, None if everything from `since` on is held."""
        if self._since is None or since < self._since:
            return since
        if told == self._told and not told.hides_news(now):
            return None
        return max(self._since, (self._until or self._since) - self._overlap)

    def renew(
        self,
        items: Mapping[str, T],
        start: datetime,
        told: DataRange,
        until: datetime | None,
    ) -> None:
        """Replace everything from `start` on by all that there is now.

        Args:
            items: By id. One that is held with another time has moved.
            start: What `begin` returned.
            told: The data range that was asked for before.
            until: The last moment that there is anything of, None without data.
        """
        since, before = self._since, self._until
        if since is not None and before is not None:
            self._changed |= {
                key
                for key, item in items.items()
                if since <= item.at <= before and self._items.get(key) != item
            }
        # Without data nothing is left of what was before the overlap either.
        held = self._items if until is not None else {}
        kept = {key: item for key, item in held.items() if item.at < start}
        self._items = kept | dict(items)
        self._since = start if since is None else min(since, start)
        self._until, self._told = until, told

    def tell(self, since: datetime) -> list[T]:
        """Return what happened at or after `since`, oldest first.

        So is, once, what was added or changed before it, in a stretch that was
        told before.
        """
        told = [
            item
            for key, item in self._items.items()
            if item.at >= since or key in self._changed
        ]
        self._changed = set()
        self._forget()
        return sorted(told, key=attrgetter("at"))

    def _forget(self) -> None:
        """Drop what is too old to be held."""
        if self._since is None or self._until is None:
            return
        oldest = self._since = max(self._since, self._until - KEPT)
        self._items = {
            key: item for key, item in self._items.items() if item.at >= oldest
        }
