"""When something about people becomes so: what automations are told, and once.

What is not known is neither so nor not: a gap ends nothing and begins nothing, and
what is known after it is compared with what was known before it. In range, a gap
and then low is a low that began; low, a gap and then low is the same low. What is
found when somebody is looked at for the first time is where they are, not news.
"""

from collections.abc import Collection
from enum import StrEnum


class Behavior(StrEnum):
    """Who of several people is told of."""

    EACH = "each"
    """Everybody, each time."""

    FIRST = "first"
    """Whom it becomes so of while it is so of nobody else."""

    ALL = "all"
    """The last one, when it is so of everybody."""


class _Wait:
    """Whether what became so lasts long enough to be told."""

    def __init__(self, duration: float) -> None:
        """Expect nothing yet."""
        self._duration = duration
        self._is_pending = False
        self._since: float | None = None

    @property
    def until(self) -> float | None:
        """Return when it can be told at the earliest, None if nothing is expected."""
        return None if self._since is None else self._since + self._duration

    def step(self, *, is_new: bool, value: bool | None, now: float) -> bool:
        """Return whether it can be told; not to know begins the wait anew."""
        self._is_pending = value is not False and (is_new or self._is_pending)
        if not self._is_pending or value is None:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        if now < self._since + self._duration:
            return False
        self._is_pending, self._since = False, None
        return True


class Crossings:
    """Remembers what is known of some people, and says of whom something became so.

    Times are seconds on a clock that never jumps.
    """

    def __init__(self, behavior: Behavior = Behavior.EACH, duration: float = 0) -> None:
        """Follow nobody yet.

        Args:
            behavior: Who of several people is told of.
            duration: Seconds that it has to last, 0 for none.
        """
        self._behavior = behavior
        self._duration = duration
        self._values: dict[str, bool | None] = {}
        self._known: dict[str, bool] = {}
        self._were_all: bool | None = None
        self._waits: dict[str, _Wait] = {}
        self._who: dict[str, str] = {}

    @property
    def next_at(self) -> float | None:
        """Return when to look again if nothing happens, None for never."""
        waits = (wait.until for wait in self._waits.values())
        return min((until for until in waits if until is not None), default=None)

    def follow(self, people: Collection[str]) -> None:
        """Know of exactly these people from now on; this tells nothing.

        Args:
            people: Whoever was not among them before is not known yet.
        """
        self._values = {person: self._values.get(person) for person in people}
        self._known = {
            person: value for person, value in self._known.items() if person in people
        }
        for key, person in list(self._who.items()):
            if person not in people:
                del self._who[key], self._waits[key]
        self._remember_all()

    def step(self, person: str, value: bool | None, now: float) -> list[str]:
        """Return whom to tell of now that something is known of a person.

        Args:
            person: One of those who are followed.
            value: Whether it is so, None if that is not known.
            now: The present.
        """
        is_new = value is True and self._known.get(person) is False
        self._values[person] = value
        if value is not None:
            self._known[person] = value
        if self._behavior is Behavior.ALL:
            is_new = self._all() is True and self._were_all is False
            self._remember_all()
        elif self._behavior is Behavior.FIRST:
            is_new = is_new and not self._is_so_of_others(person)
        if is_new:
            self._expect(person)
        return self._told(now, new=person if is_new else None)

    def look(self, now: float) -> list[str]:
        """Return whom to tell of because it has lasted long enough."""
        return self._told(now, new=None)

    def _expect(self, person: str) -> None:
        """Begin to wait, for a person or for all of them together."""
        key = self._key(person)
        self._waits[key] = _Wait(self._duration)
        self._who[key] = person

    def _told(self, now: float, *, new: str | None) -> list[str]:
        """Return whose wait is over."""
        return [
            self._who[key]
            for key, wait in self._waits.items()
            if wait.step(
                is_new=new is not None and key == self._key(new),
                value=self._value(key),
                now=now,
            )
        ]

    def _key(self, person: str) -> str:
        """Return who a person waits with: nobody, or everybody."""
        return person if self._behavior is Behavior.EACH else ""

    def _value(self, key: str) -> bool | None:
        """Return whether it is so of a person, or of people as the behavior has it."""
        if self._behavior is Behavior.EACH:
            return self._values[key]
        if self._behavior is Behavior.ALL:
            return self._all()
        return self._any()

    def _any(self) -> bool | None:
        """Return whether it is so of anybody, None if it may be."""
        values = self._values.values()
        if any(values):
            return True
        return None if None in values else False

    def _all(self) -> bool | None:
        """Return whether it is so of everybody, None if it may be."""
        values = self._values.values()
        if not values or False in values:
            return False
        return None if None in values else True

    def _is_so_of_others(self, person: str) -> bool:
        """Return whether it is so of anybody but a person."""
        return any(value for other, value in self._values.items() if other != person)

    def _remember_all(self) -> None:
        """Remember whether it is so of everybody, unless that is not known."""
        together = self._all()
        if together is not None:
            self._were_all = together
