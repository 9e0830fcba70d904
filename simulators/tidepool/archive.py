"""What Tidepool has of one person by now: lived, and added by tests."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from custom_components.glucose_follow.cgm.models import TreatmentKind
from custom_components.glucose_follow.cgm.person import SimulatedPerson

from . import documents
from .documents import Document, Uploader, at_of

_HOUR = timedelta(hours=1)
_HALF_HOUR = timedelta(minutes=30)
_DAY = timedelta(days=1)


class Archive:
    """Makes documents from a person when asked, and remembers what was edited."""

    def __init__(
        self,
        person: SimulatedPerson | None = None,
        *,
        start: datetime | None = None,
        delay: timedelta = timedelta(),
    ) -> None:
        """Begin with the person's first document.

        Args:
            person: Whose documents they are, None for nobody.
            start: When the account was opened, needed with a person.
            delay: How long after it happened a document can be had.
        """
        self._person = person
        self._start = start
        self._delay = delay
        self._added: list[Document] = []
        self._edited: dict[str, Document] = {}
        self._removed: set[str] = set()
        self._until = start
        self._lived: list[Document] = []

    def add(self, kind: str, at: datetime, **fields: object) -> str:
        """Keep a document, which can be had at once, and return its id."""
        document = documents.made(kind, at, **fields)
        self._added.append(document)
        return str(document["id"])

    def edit(self, identity: str, **fields: object) -> None:
        """Change a document from now on."""
        self._edited[identity] = self._edited.get(identity, {}) | fields

    def remove(self, identity: str) -> None:
        """Let a document vanish without a trace."""
        self._removed.add(identity)

    def hide(self, at: datetime) -> None:
        """Let a document of this moment vanish without a trace."""
        self._removed |= {
            str(document["id"])
            for document in [*self._added, *self._lived]
            if at_of(document) == at
        }

    def all(self, now: datetime) -> Iterable[Document]:
        """Return everything that can be had by now."""
        self._live(now)
        found = [*self._added, *self._lived]
        if self._removed:
            found = [each for each in found if each["id"] not in self._removed]
        if self._edited:
            found = [
                {**each, **self._edited.get(str(each["id"]), {})} for each in found
            ]
        return found

    def _live(self, now: datetime) -> None:
        """Add what has been uploaded since somebody last asked."""
        if self._person is None or self._start is None or self._until is None:
            return
        until = now - self._delay
        if until < self._until:
            self._until, self._lived = self._start, []
        self._lived += _lived(self._person, self._until, until, self._start)
        self._until = max(self._until, until)


def _lived(
    person: SimulatedPerson, begin: datetime, until: datetime, start: datetime
) -> Iterator[Document]:
    """Yield what was measured and done in (`begin`, `until`]."""
    yield from map(documents.cbg, person.readings(begin, until))
    for treatment in person.treatments(begin + timedelta.resolution, until):
        if treatment.kind is TreatmentKind.CARBS:
            yield from documents.eaten(treatment)
        else:
            yield documents.bolus(treatment)
    for at in _every(_HOUR, begin, until):
        yield documents.basal(at, round(0.5 + at.hour / 24, 2))
    for at in _every(_HALF_HOUR, begin, until):
        ahead = [round(person.mgdl(at)) + step for step in range(7)]
        yield documents.decision(at, round(at.hour / 10, 2), at.minute, ahead)
        yield documents.pump_status(at, 150.0 - at.hour, 0.75)
    if begin == start:
        yield documents.settings(start + _HOUR / 60)
        yield documents.upload(start + _HOUR / 60)
    for at in _every(_DAY, begin, until):
        if at.toordinal() % 3 == 0:
            yield documents.made(
                "deviceEvent", at, subType="prime", primeTarget="cannula", volume=0.3
            )
            yield documents.made("deviceEvent", at, subType="reservoirChange")


def _every(step: timedelta, begin: datetime, until: datetime) -> Iterator[datetime]:
    """Yield full steps of the day in (`begin`, `until`]."""
    at = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    while at <= until:
        if at > begin:
            yield at
        at += step


def visible(
    documents: Iterable[Document], *, carelink: bool, dexcom: bool, medtronic: bool
) -> Iterable[Document]:
    """Return what is not hidden by default.

    What `dexcom` adds is everything, not Dexcom's only: without it, inside of the
    time that a cloud has data of, only those are shown.
    """
    shown = documents
    if not carelink:
        shown = [each for each in shown if each.get("source") != "carelink"]
    if not medtronic:
        shown = [each for each in shown if not _is_direct(each)]
    return shown if dexcom else _clouded(shown)


def _is_direct(document: Document) -> bool:
    """Return whether a pump's upload tells what a loop tells too."""
    is_theirs = document.get("uploadId") == Uploader.MEDTRONIC
    return is_theirs and document["type"] in {"basal", "bolus", "cbg"}


def _clouded(documents: Iterable[Document]) -> list[Document]:
    """Return documents without glucose that a cloud may have too."""
    shown = list(documents)
    told = [at_of(each) for each in shown if each.get("uploadId") == Uploader.CLOUD]
    if not told:
        return shown
    first, last = min(told), max(told)
    return [
        each
        for each in shown
        if each["type"] != "cbg"
        or each.get("uploadId") == Uploader.CLOUD
        or not first <= at_of(each) <= last
    ]
