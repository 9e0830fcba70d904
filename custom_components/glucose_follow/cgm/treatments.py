"""What was done in the last two days, and when to ask for more."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from .models import Treatment

TREATMENTS_SPAN = timedelta(hours=48)
"""How far back treatments are kept."""

_EVERY = timedelta(minutes=5)
_BESIDE = timedelta(minutes=4)
"""Beside a new reading, but not beside each one of a sensor that sends many."""

_OVERLAP = timedelta(hours=3)
_ALL_EVERY = timedelta(hours=1)
_ALL = timedelta(hours=72)
"""A day more than is kept: some documents are not dated in UTC."""

_TRUSTED = timedelta(minutes=15)
"""How long the last known treatment may be called the last."""

_LATE_TRUSTED = timedelta(hours=1)
"""The same where nothing is younger anyway, and questions are far apart."""

_LEAST_REST = timedelta(minutes=1)

RECENT = timedelta(hours=24)
"""What is older was not removed by anybody: the source forgets it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a source is asked for."""

    since: datetime
    """Where it begins; aware."""

    at: datetime
    """When it is asked; aware."""

    is_complete: bool
    """Whether everything that is kept is asked for."""


class _Heard(NamedTuple):
    """What a source said unasked."""

    fresh: tuple[Treatment, ...]
    removed: frozenset[str]
    disputed: frozenset[str]
    """Said to be removed as well, which is believed only of a whole answer."""


class TreatmentLog:
    """Treatments as a source told them, and how old that news is."""

    def __init__(self, *, is_late: bool = False) -> None:
        """Know nothing yet.

        Args:
            is_late: Whether the source is hours behind, and holds what it told.
        """
        self._is_late = is_late
        self._trusted = _LATE_TRUSTED if is_late else _TRUSTED
        self.treatments: tuple[Treatment, ...] = ()
        """Oldest first; the last 48 h and what is planned."""
        self._copies: tuple[Treatment, ...] = ()
        self._asked: datetime | None = None
        self._told: datetime | None = None
        self._told_all: datetime | None = None
        self._rests_until: datetime | None = None
        self._visible: frozenset[str] = frozenset()
        self._is_unchecked = False
        self._is_doubted = False
        self._disputed: frozenset[str] = frozenset()
        self._heard_meanwhile: list[_Heard] | None = None

    def question(
        self, now: datetime, *, is_new: bool, is_pushed: bool = False
    ) -> Question | None:
        """Return what to ask for now, None if it is too early.

        A clock that went back makes everything due.

        Args:
            now: The present; aware.
            is_new: Whether a new reading has just arrived.
            is_pushed: Whether the source says by itself what is new, and lately did.
        """
        if self._rests_until is not None and now < self._rests_until:
            return None
        if _is_younger(self._asked, now, _BESIDE if is_new else _EVERY):
            return None
        # What a late source has to tell is older than a short question reaches.
        is_complete = (
            self._is_late
            or self._is_doubted
            or not _is_younger(self._told_all, now, _ALL_EVERY)
        )
        if is_pushed and not is_complete:
            return None
        self._asked = now
        self._heard_meanwhile = []
        since = now - (_ALL if is_complete else _OVERLAP)
        return Question(since=since, at=now, is_complete=is_complete)

    def answer(
        self, question: Question, fresh: Sequence[Treatment], now: datetime
    ) -> None:
        """Take in what was told.

        Args:
            question: What was asked.
            fresh: Everything from its beginning on, oldest first.
            now: The present; aware.
        """
        self._keep(
            _still_told(
                self._copies,
                fresh,
                since=question.since,
                now=now,
                visible=None if question.is_complete else self._visible,
            )
        )
        is_missing = self._is_unchecked and self._is_missing(question, fresh)
        if question.is_complete:
            self._disputed = frozenset()
        # What was said while it was answered may be newer than the answer.
        for heard in self._heard_meanwhile or ():
            self._take_in(heard, now)
        self._heard_meanwhile = None
        # Counted from the question: what was done while it was answered is not in it.
        self._told = question.at
        if question.is_complete:
            # Once is enough: what only long questions find is missing each time.
            self._is_unchecked = not self._is_doubted
            self._is_doubted = self.is_disputed
            self._told_all = question.at
            self._visible = frozenset()
        else:
            self._visible = frozenset(treatment.id for treatment in fresh)
            self._is_unchecked = False
            self._is_doubted = self._is_doubted or is_missing

    def _is_missing(self, question: Question, fresh: Sequence[Treatment]) -> bool:
        """Return whether a short answer lacks what a whole one may have told."""
        told = {treatment.id for treatment in fresh}
        return any(
            known.at >= question.since and known.id not in told
            for known in self.treatments
        )

    def heard(
        self, fresh: Sequence[Treatment], removed: Collection[str], now: datetime
    ) -> None:
        """Take in what the source said unasked, which may be that nothing is new.

        Args:
            fresh: New or edited, in any order.
            removed: Ids of those that are no longer there.
            now: The present; aware.
        """
        gone = [known for known in self._copies if known.id in removed]
        recent = [known for known in gone if known.at > now - RECENT]
        is_everything = not fresh and len(gone) == len(self._copies)
        disputed: frozenset[str] = frozenset()
        if len(recent) > 1 or is_everything:
            # A site that cannot read its database says so of all it has.
            disputed = frozenset(known.id for known in gone)
        heard = _Heard(tuple(fresh), frozenset(removed) - disputed, disputed)
        if recent or disputed:
            # Even one may be all that it could not read.
            self._is_doubted = True
        self._take_in(heard, now)
        if self._heard_meanwhile is not None:
            self._heard_meanwhile.append(heard)
        self._told = now

    def _take_in(self, heard: _Heard, now: datetime) -> None:
        """Change what is known by what was said."""
        gone = heard.removed
        told = {treatment.id for treatment in heard.fresh}
        self._disputed = (self._disputed | heard.disputed) - told
        known = [known for known in self._copies if known.id not in gone]
        self._keep(_still_told(known, heard.fresh, since=now, now=now, visible=()))

    def _keep(self, copies: tuple[Treatment, ...]) -> None:
        """Keep all copies: the other one is the last as soon as one is removed."""
        self._copies = copies
        self.treatments = tuple(once_each(copies))

    def rest(self, now: datetime, retry_after: float | None) -> None:
        """Leave the source alone for as long as it wishes, in seconds."""
        wished = timedelta(seconds=retry_after or 0)
        self._rests_until = now + max(wished, _LEAST_REST)

    @property
    def is_told(self) -> bool:
        """Return whether everything was told at least once."""
        return self._told_all is not None

    @property
    def is_disputed(self) -> bool:
        """Return whether the source took back what only a whole answer can settle."""
        return bool(self._disputed)

    def are_known(self, now: datetime) -> bool:
        """Return whether treatments were told recently enough to call one the last."""
        if not self.is_told or self.is_disputed:
            return False
        return _is_younger(self._told, now, self._trusted)

    @property
    def turning(self) -> tuple[datetime, ...]:
        """Return when that may be otherwise by itself."""
        return () if self._told is None else (self._told, self._told + self._trusted)


class Announcer:
    """Knows which treatments nobody was told of yet.

    What is there at first was done before somebody listened, and what is entered
    late is no news; what is planned is told when its time comes.
    """

    def __init__(self, within: timedelta, told_until: datetime | None = None) -> None:
        """Know no treatment yet.

        Args:
            within: Age up to which a treatment is news.
            told_until: When the newest that was told in an earlier life was done:
                the first answer of this one may lack it; aware.
        """
        self._before = told_until
        self._within = within
        self._told: dict[object, datetime] | None = None
        self._looked_at: tuple[Sequence[Treatment], int] = ((), -1)

    def news(
        self, treatments: Sequence[Treatment], now: datetime
    ) -> tuple[Treatment, ...]:
        """Return what was done since the last question, oldest first, once.

        Args:
            treatments: All that are known, oldest first.
            now: The present; aware.
        """
        count = bisect_right(treatments, now, key=attrgetter("at"))
        known_before, count_before = self._looked_at
        if treatments is known_before and count == count_before:
            return ()
        self._looked_at = treatments, count
        done, told = treatments[:count], self._told
        # An edit keeps the id, and another uploader's copy the event or what was done.
        fresh = tuple(
            treatment
            for treatment in done
            if told is not None
            and told.keys().isdisjoint(_names(treatment))
            and now - treatment.at < self._within
            and not self._is_from_before(treatment, now)
        )
        known = {key: at for key, at in (told or {}).items() if now - at < _ALL}
        for treatment in done:
            known |= dict.fromkeys(_names(treatment), treatment.at)
        self._told = known
        return fresh

    def _is_from_before(self, treatment: Treatment, now: datetime) -> bool:
        """Return whether an earlier life may have told of a treatment.

        A clock that was ahead then must not silence this one.
        """
        before = self._before
        return before is not None and treatment.at <= before <= now


class Deeds:
    """What was done, in a few bytes each, so that nothing counts twice."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._keys: set[int] = set()

    def is_new(self, treatment: Treatment) -> bool:
        """Return whether nobody told of the same before, under whatever id."""
        # Python looks through all tuples that live for long, but through no numbers.
        key = hash(_what_was_done(treatment))
        is_new = key not in self._keys
        self._keys.add(key)
        return is_new


def merge_treatments(
    known: Sequence[Treatment],
    fresh: Sequence[Treatment],
    *,
    since: datetime,
    now: datetime,
    visible: Collection[str] | None = None,
) -> tuple[Treatment, ...]:
    """Return all treatments after a source told everything from `since` on.

    What it no longer tells was deleted. Two uploaders' copies of one treatment
    (the same event of the pump, or the same kind, amount and second) are one,
    but a bolus that is spread is never a copy of one that is not.

    Args:
        known: Told before, oldest first.
        fresh: Told now, oldest first.
        since: Where `fresh` begins; aware.
        now: What is older than 48 h before it is dropped; aware.
        visible: Ids that the same question was answered with before; only they
            can be missed. A document whose date is not in UTC answers longer
            questions only. None if every treatment would have been told.

    Returns:
        Oldest first.
    """
    return tuple(
        once_each(_still_told(known, fresh, since=since, now=now, visible=visible))
    )


def _still_told(
    known: Sequence[Treatment],
    fresh: Sequence[Treatment],
    *,
    since: datetime,
    now: datetime,
    visible: Collection[str] | None,
) -> tuple[Treatment, ...]:
    """Return what is still told, with all copies and in no order."""
    told = {treatment.id for treatment in fresh}
    kept = [
        treatment
        for treatment in known
        if treatment.id not in told
        and (
            treatment.at < since
            or (visible is not None and treatment.id not in visible)
        )
    ]
    start = now - TREATMENTS_SPAN
    return tuple(treatment for treatment in (*kept, *fresh) if treatment.at >= start)


def once_each(treatments: Iterable[Treatment]) -> list[Treatment]:
    """Return one of all uploaders' copies of each treatment, oldest first."""
    merged = _one_of_each(_one_of_each(treatments, _event), _what_was_done)
    return sorted(merged, key=attrgetter("at"))


def _one_of_each(
    treatments: Iterable[Treatment], deed: Callable[[Treatment], tuple[object, ...]]
) -> Iterable[Treatment]:
    """Return one copy of each treatment: the same one whoever is asked first."""
    found: dict[tuple[object, ...], Treatment] = {}
    for treatment in treatments:
        key = deed(treatment)
        other = found.get(key, treatment)
        first = min(treatment, other, key=lambda copy: copy.id)
        # Not every uploader knows that a loop gave it; none makes that up.
        is_automatic = treatment.is_automatic or other.is_automatic
        if is_automatic != first.is_automatic:
            first = replace(first, is_automatic=is_automatic)
        found[key] = first
    return found.values()


def _names(treatment: Treatment) -> frozenset[object]:
    """Return all that tells a treatment and its copies from others."""
    return frozenset((treatment.id, _event(treatment), _what_was_done(treatment)))


def _event(treatment: Treatment) -> tuple[object, ...]:
    """Return what the pump calls a treatment, as every uploader tells it.

    A pump may call the two parts of one bolus the same: what was given at once,
    and what was spread.
    """
    if treatment.event is None:
        return (treatment.id,)
    return (treatment.event, treatment.kind, treatment.is_spread)


def _what_was_done(treatment: Treatment) -> tuple[object, ...]:
    """Return what two uploaders' copies of one treatment have in common."""
    amounts = (treatment.insulin, treatment.carbs, treatment.mgdl)
    if not any(amounts):
        return (treatment.id,)
    second = treatment.at.replace(microsecond=0)
    return (second, treatment.kind, treatment.is_spread, *amounts)


def _is_younger(moment: datetime | None, now: datetime, span: timedelta) -> bool:
    """Return whether a moment was less than `span` ago; never if it is yet to come."""
    return moment is not None and timedelta() <= now - moment < span
