"""What Dexcom has of one account by now: a person's, and what tests add to it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from custom_components.glucose_follow.cgm.models import TreatmentKind
from custom_components.glucose_follow.cgm.person import SimulatedPerson

from . import documents
from .documents import Document, at_of

KINDS = frozenset({"egvs", "events", "calibrations", "alerts"})

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_LOW_MGDL = 70
_BASAL_UNITS = "12.5"
_ALERT_STATES = {
    (False, False, True): "activeAlarming",
    (True, False, True): "activeAlarming",
    (False, True, True): "activeSnoozed",
    (False, True, False): "inactive",
    (True, True, False): "inactive",
}
"""By whether glucose was low at the last three readings."""


class Archive:
    """Makes documents from a person when asked, and remembers what was edited."""

    def __init__(
        self,
        person: SimulatedPerson | None,
        start: datetime,
        delay: timedelta,
        ends: datetime | None,
    ) -> None:
        """Begin with the person's first document.

        Args:
            person: Whose documents they are, None for nobody.
            start: When the account was opened.
            delay: How long after it happened a document can be had.
            ends: When the person stopped, None if never.
        """
        self._person = person
        self._start = start
        self._delay = delay
        self._ends = ends
        self._added: list[tuple[str, Document]] = []
        self._edited: dict[str, Document] = {}
        self._removed: set[str] = set()
        self._made: dict[str, tuple[datetime, list[Document]]] = {}

    def add(self, kind: str, document: Document) -> str:
        """Keep a document, which can be had at once, and return its id."""
        self._added.append((kind, document))
        return str(document.get("recordId", ""))

    def edit(self, record_id: str, fields: Document) -> None:
        """Change a document from now on."""
        self._edited[record_id] = self._edited.get(record_id, {}) | fields

    def remove(self, record_id: str) -> None:
        """Let a document vanish without a trace."""
        self._removed.add(record_id)

    def documents(self, kind: str, now: datetime) -> list[Document]:
        """Return all of a kind that can be had by now, newest first."""
        known = [document for name, document in self._added if name == kind]
        told = [*self._lived(kind, now), *known]
        if self._removed:
            told = [each for each in told if each.get("recordId") not in self._removed]
        if self._edited:
            told = [
                {**each, **self._edited.get(str(each.get("recordId")), {})}
                for each in told
            ]
        # What the person did is in order.
        if known or self._edited:
            told.sort(key=at_of)
        return told[::-1]

    def last_upload(self, now: datetime) -> datetime:
        """Return when the phone last sent anything."""
        return min(now, self._ends or now) - self._delay

    def _lived(self, kind: str, now: datetime) -> list[Document]:
        """Return what the person did and measured; every moment is made once."""
        until = self.last_upload(now)
        begin, made = self._made.get(kind, (self._start, []))
        if until < begin:
            begin, made = self._start, []
        made = [*made, *sorted(self._make(kind, begin, until), key=at_of)]
        self._made[kind] = max(begin, until), made
        return made

    def _make(self, kind: str, begin: datetime, until: datetime) -> Iterator[Document]:
        """Yield what the person did and measured in (`begin`, `until`]."""
        person = self._person
        if person is None:
            return
        match kind:
            case "egvs":
                yield from map(documents.egv, person.readings(begin, until))
            case "events":
                yield from _logged(person, begin, until)
            case "calibrations":
                for at in _daily(6, begin, until):
                    yield documents.calibration(at, round(person.mgdl(at)))
            case _:
                yield from _alerts(person, begin, until)


def _logged(
    person: SimulatedPerson, begin: datetime, until: datetime
) -> Iterator[Document]:
    """Yield what the person logged; a loop's insulin is not."""
    for treatment in person.treatments(begin + timedelta.resolution, until):
        is_known = treatment.kind in {TreatmentKind.CARBS, TreatmentKind.BOLUS}
        if is_known and not treatment.is_automatic:
            yield documents.logged(treatment)
    for at in _daily(21, begin, until):
        yield documents.long_acting(at, _BASAL_UNITS)


def _daily(hour: int, begin: datetime, until: datetime) -> Iterator[datetime]:
    """Yield a moment of every day in (`begin`, `until`]."""
    at = begin.replace(hour=hour, minute=0, second=0, microsecond=0)
    while at <= until:
        if at > begin:
            yield at
        at += _DAY


def _alerts(
    person: SimulatedPerson, begin: datetime, until: datetime
) -> Iterator[Document]:
    """Yield what a phone says of each low: it warns, is snoozed, and is content."""
    readings = person.readings(begin - _HOUR, until)
    lows = [reading.mgdl < _LOW_MGDL for reading in readings]
    for reading, *last in zip(readings[2:], lows, lows[1:], lows[2:], strict=False):
        state = _ALERT_STATES.get((last[0], last[1], last[2]))
        if state is not None and reading.at > begin:
            yield documents.alert(reading.at, "low", state)
