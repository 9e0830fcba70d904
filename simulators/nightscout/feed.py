"""A simulated person's uploads, made when somebody asks for them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
import math

from custom_components.glucose_follow.cgm import person_devices
from custom_components.glucose_follow.cgm.models import Treatment, TreatmentKind
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson

from .documents import Document, from_ms, iso, moment_ms, object_id, to_ms
from .reports import WRITTEN_AFTER, reports_of
from .styles import Style, entries_of, treatments_of

_HOUR_MS = 3_600_000


type Upload = tuple[datetime, Document]
"""When a document arrived, and the document, whose own time may be rounded."""


class Feed:
    """What a person's apps have uploaded until now.

    Documents are made hour by hour and kept. The person is a function of time,
    so a clock may jump in both directions and every hour stays the same.
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
        self._person = person
        self._style = style
        self._start = start
        self._history = history
        self._lag = lag
        self._entries: dict[int, tuple[Upload, ...]] = {}
        self._treatments: dict[int, tuple[Upload, ...]] = {}
        self._reports: dict[int, tuple[Upload, ...]] = {}

    def live(self, scenario: Scenario, since: datetime) -> None:
        """Let the person live a scenario; what was uploaded after `since` changes."""
        self._person = replace(self._person, scenario=scenario, since=since)
        for kept in (self._entries, self._treatments, self._reports):
            kept.clear()

    def entries(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield entries dated after `after_ms` that are there, newest first."""
        return self._span(self._entries, self._make_entries, now, after_ms)

    def treatments(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield treatments dated after `after_ms` that are there, newest first."""
        return self._span(self._treatments, self._make_treatments, now, after_ms)

    def reports(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield device status dated after `after_ms` that is there, newest first."""
        return self._span(self._reports, self._make_reports, now, after_ms)

    def profiles(self) -> Iterator[Document]:
        """Yield the profile that the person's loop wrote, if it did."""
        if self._style is Style.LOOP:
            yield _loop_profile(self._start - timedelta(days=30))

    def next_upload(self, now: datetime) -> datetime:
        """Return when something arrives next, or an hour from now if nothing does."""
        hour = math.floor(to_ms(now - self._lag) / _HOUR_MS)
        coming = (
            arrived
            for kept, make in (
                (self._entries, self._make_entries),
                (self._treatments, self._make_treatments),
            )
            for number in (hour, hour + 1)
            for arrived, _ in self._hour(kept, make, number)
            if arrived > now
        )
        return min(coming, default=now + timedelta(hours=1))

    def _span(
        self,
        kept: dict[int, tuple[Upload, ...]],
        make: Callable[[datetime, datetime], tuple[Upload, ...]],
        now: datetime,
        after_ms: float,
    ) -> Iterator[Document]:
        """Yield what has arrived until now, newest first, an hour at a time."""
        oldest = to_ms(min(self._start, now) - self._history)
        bottom = max(after_ms, oldest)
        newest_hour = math.floor(to_ms(now) / _HOUR_MS)
        for hour in range(newest_hour, math.floor(bottom / _HOUR_MS) - 1, -1):
            yield from (
                document
                for arrived, document in self._hour(kept, make, hour)
                if arrived <= now and bottom < moment_ms(document)
            )

    def _hour(
        self,
        kept: dict[int, tuple[Upload, ...]],
        make: Callable[[datetime, datetime], tuple[Upload, ...]],
        hour: int,
    ) -> tuple[Upload, ...]:
        """Return what is measured or done in an hour, newest first."""
        if hour not in kept:
            begin = from_ms(hour * _HOUR_MS)
            kept[hour] = make(begin, begin + timedelta(hours=1))
        return kept[hour]

    def _make_entries(self, begin: datetime, end: datetime) -> tuple[Upload, ...]:
        """Return an hour of entries, newest first."""
        return tuple(
            (reading.at + self._lag, document)
            for reading in reversed(self._person.readings(begin, end))
            for document in entries_of(self._style, reading)
        )

    def _make_treatments(self, begin: datetime, end: datetime) -> tuple[Upload, ...]:
        """Return an hour of treatments, newest first."""
        done = [
            *self._person.treatments(begin, end - timedelta.resolution),
            *self._pump_treatments(begin, end),
        ]
        done.sort(key=lambda treatment: treatment.at, reverse=True)
        return tuple(
            (treatment.at + self._lag, document)
            for treatment in done
            for document in treatments_of(self._style, treatment)
        )

    def _pump_treatments(self, begin: datetime, end: datetime) -> Iterator[Treatment]:
        """Yield what was done with the pump and the sensor, in any order."""
        if self._style is Style.PLAIN:
            return
        for change in person_devices.changes(self._person, begin, end):
            has_pump = self._style is not Style.XDRIP
            if has_pump or change.kind is TreatmentKind.SENSOR_START:
                yield change
        if self._style is not Style.XDRIP:
            last = end - timedelta.resolution
            yield from person_devices.temp_basals(
                self._person, begin - timedelta.resolution, last
            )

    def _make_reports(self, begin: datetime, end: datetime) -> tuple[Upload, ...]:
        """Return an hour of device status, newest first."""
        uploads = [
            (at + WRITTEN_AFTER + self._lag, document)
            for at in person_devices.ticks(begin, end)
            for document in reports_of(self._style, self._person, at)
        ]
        return tuple(reversed(uploads))


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
