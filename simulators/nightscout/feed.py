"""A simulated person's uploads, made when somebody asks for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
import math

from custom_components.glucose_follow.cgm import person_devices
from custom_components.glucose_follow.cgm.models import Treatment, TreatmentKind
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson

from .documents import Document, from_ms, iso, moment_ms, object_id, to_ms
from .reports import WRITTEN_AFTER, reports_of
from .styles import Style, entries_of, treatments_of

_HOUR_MS = 3_600_000


type Upload = tuple[datetime, float, Document]
"""When a document arrived, its own time, which may be rounded, and the document."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Uploader:
    """Who uploads, and how."""

    person: SimulatedPerson
    style: Style
    lag: timedelta


type _Make = Callable[[_Uploader, int], tuple[Upload, ...]]
"""Returns what is measured or done in an hour since 1970, newest first."""


class Feed:
    """What a person's apps have uploaded until now.

    Documents are made hour by hour and kept, for all sites of the same person. The
    person is a function of time, so a clock may jump in both directions and every
    hour stays the same.
    """

    def __init__(
        self,
        person: SimulatedPerson,
        style: Style,
        start: datetime,
        history: timedelta,
        lag: timedelta,
    ) -> None:
        """Begin `history` before `start`, or before any earlier moment asked for."""
        self._uploader = _Uploader(person=person, style=style, lag=lag)
        self._start = start
        self._history = history

    def live(self, scenario: Scenario, since: datetime) -> None:
        """Let the person live a scenario; what was uploaded after `since` changes."""
        person = replace(self._uploader.person, scenario=scenario, since=since)
        self._uploader = replace(self._uploader, person=person)

    def entries(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield entries dated after `after_ms` that are there, newest first."""
        return self._span(_make_entries, now, after_ms)

    def treatments(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield treatments dated after `after_ms` that are there, newest first."""
        return self._span(_make_treatments, now, after_ms)

    def reports(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield device status dated after `after_ms` that is there, newest first."""
        return self._span(_make_reports, now, after_ms)

    def profiles(self) -> Iterator[Document]:
        """Yield the profile that the person's loop wrote, if it did."""
        if self._uploader.style is Style.LOOP:
            yield _loop_profile(self._start - timedelta(days=30))

    def next_upload(self, now: datetime) -> datetime:
        """Return when something arrives next, or an hour from now if nothing does."""
        hour = math.floor(to_ms(now - self._uploader.lag) / _HOUR_MS)
        coming = (
            arrived
            for make in (_make_entries, _make_treatments)
            for number in (hour, hour + 1)
            for arrived, *_ in make(self._uploader, number)
            if arrived > now
        )
        return min(coming, default=now + timedelta(hours=1))

    def _span(self, make: _Make, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield what has arrived until now, newest first, an hour at a time."""
        oldest = to_ms(min(self._start, now) - self._history)
        bottom = max(after_ms, oldest)
        newest_hour = math.floor(to_ms(now) / _HOUR_MS)
        for hour in range(newest_hour, math.floor(bottom / _HOUR_MS) - 1, -1):
            yield from (
                document
                for arrived, at_ms, document in make(self._uploader, hour)
                if arrived <= now and bottom < at_ms
            )


@lru_cache(maxsize=2048)
def _make_entries(by: _Uploader, hour: int) -> tuple[Upload, ...]:
    """Return an hour of entries, newest first."""
    return tuple(
        (reading.at + by.lag, moment_ms(document), document)
        for reading in reversed(by.person.readings(*_span_of(hour)))
        for document in entries_of(by.style, reading)
    )


@lru_cache(maxsize=2048)
def _make_treatments(by: _Uploader, hour: int) -> tuple[Upload, ...]:
    """Return an hour of treatments, newest first."""
    begin, end = _span_of(hour)
    done = [
        *by.person.treatments(begin, end - timedelta.resolution),
        *_pump_treatments(by, begin, end),
    ]
    done.sort(key=lambda treatment: treatment.at, reverse=True)
    return tuple(
        (treatment.at + by.lag, moment_ms(document), document)
        for treatment in done
        for document in treatments_of(by.style, treatment)
    )


def _pump_treatments(
    by: _Uploader, begin: datetime, end: datetime
) -> Iterator[Treatment]:
    """Yield what was done with the pump and the sensor, in any order."""
    if by.style is Style.PLAIN:
        return
    for change in person_devices.changes(by.person, begin, end):
        has_pump = by.style is not Style.XDRIP
        if has_pump or change.kind is TreatmentKind.SENSOR_START:
            yield change
    if by.style is not Style.XDRIP:
        last = end - timedelta.resolution
        yield from person_devices.temp_basals(
            by.person, begin - timedelta.resolution, last
        )


@lru_cache(maxsize=2048)
def _make_reports(by: _Uploader, hour: int) -> tuple[Upload, ...]:
    """Return an hour of device status, newest first."""
    uploads = [
        (at + WRITTEN_AFTER + by.lag, moment_ms(document), document)
        for at in person_devices.ticks(*_span_of(hour))
        for document in reports_of(by.style, by.person, at)
    ]
    return tuple(reversed(uploads))


def _span_of(hour: int) -> tuple[datetime, datetime]:
    """Return when an hour begins and ends."""
    begin = from_ms(hour * _HOUR_MS)
    return begin, begin + timedelta(hours=1)


def _loop_profile(start: datetime) -> Document:
    """Return a profile as Loop writes it."""
    basal = [
        {"time": f"{hour:02}:00", "value": rate, "timeAsSeconds": hour * 3600}
        for hour, rate in person_devices.RATES
    ]
    return {
        "_id": object_id("loop profile"),
        "defaultProfile": person_devices.PROFILE_NAME,
        "startDate": iso(start),
        "mills": "0",
        "units": "mg/dL",
        "enteredBy": "Loop",
        "created_at": iso(start),
        "loopSettings": {"dosingEnabled": True, "maximumBolus": 10},
        "store": {
            person_devices.PROFILE_NAME: {
                "dia": 6,
                "timezone": "ETC/GMT-1",
                "units": "mg/dL",
                "basal": basal,
            }
        },
    }
