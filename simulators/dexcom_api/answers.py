"""What the API answers to a request that may be answered."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import re
from statistics import fmean, median, pstdev, pvariance

from aiohttp import web

from . import documents
from .archive import Archive
from .documents import Document, as_v2, at_of, naive, times

LONGEST = {"v3": timedelta(days=30), "v2": timedelta(days=90)}
"""What may be asked for at once."""

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_RECORD_TYPES = {
    "egvs": "egv",
    "events": "event",
    "calibrations": "calibration",
    "alerts": "alert",
    "devices": "device",
    "dataRange": "dataRange",
}
_BOUNDS = ["urgentLow", "low", "high"]


class BadRequestError(Exception):
    """What is answered with 400."""


class Answers:
    """Answers from one account's archive."""

    def __init__(self, archive: Archive, user_id: str) -> None:
        """Keep whose it is."""
        self._archive = archive
        self._user_id = user_id

    def data_range(self, version: str, now: datetime) -> Document:
        """Return from when to when there is anything."""
        told: Document = {} if version == "v2" else self._envelope("dataRange")
        for kind in ("calibrations", "egvs", "events"):
            found = self._archive.documents(kind, now)
            told[kind] = _span(version, found[-1], found[0]) if found else None
        return told

    def listed(
        self, version: str, kind: str, request: web.Request, now: datetime
    ) -> Document:
        """Return the documents of a window.

        Raises:
            BadRequestError: The window is no good.
        """
        if kind == "devices":
            return self._devices(version, request, now)
        start, end = _window(version, request)
        found = [
            document
            for document in self._archive.documents(kind, now)
            if start <= at_of(document) < end
        ]
        return self._listed(version, kind, found)

    async def statistics(self, request: web.Request, now: datetime) -> Document:
        """Return figures of a window, the way version 2 counts them.

        Raises:
            BadRequestError: The window or the ranges are no good.
        """
        start, end = _window("v2", request)
        urgent, low, high = _bounds(await request.json())
        values = [
            int(str(document["value"]))
            for document in self._archive.documents("egvs", now)
            if start <= at_of(document) < end
        ]
        if not values:
            return {"hypoglycemiaRisk": None, "nDays": 0, "nValues": 0}
        counts = {
            "UrgentLow": sum(value < urgent for value in values),
            "BelowRange": sum(urgent <= value < low for value in values),
            "WithinRange": sum(low <= value <= high for value in values),
            "AboveRange": sum(value > high for value in values),
        }
        return {
            "hypoglycemiaRisk": "minimal",
            "min": min(values),
            "max": max(values),
            "mean": fmean(values),
            "median": median(values),
            "variance": pvariance(values),
            "stdDev": pstdev(values),
            "nDays": (end - start).days,
            "nValues": len(values),
            **{f"n{name}": count for name, count in counts.items()},
            **{
                f"percent{name}": 100 * count / len(values)
                for name, count in counts.items()
            },
        }

    def _devices(self, version: str, request: web.Request, now: datetime) -> Document:
        """Return the devices; only version 2 wants a window, and counts in days."""
        if version == "v2":
            _window(version, request)
        device = documents.device(self._archive.last_upload(now))
        return self._listed(version, "devices", [device])

    def _listed(self, version: str, kind: str, found: Sequence[Document]) -> Document:
        """Return documents in the version's envelope."""
        if version == "v3":
            return {**self._envelope(kind), "records": list(found)}
        units = {"unit": "mg/dL", "rateUnit": "mg/dL/min"} if kind == "egvs" else {}
        return {**units, kind: [as_v2(kind, document) for document in found]}

    def _envelope(self, kind: str) -> Document:
        """Return what every answer of version 3 begins with."""
        return {
            "recordType": _RECORD_TYPES[kind],
            "recordVersion": "3.0",
            "userId": self._user_id,
        }


def _span(version: str, first: Document, last: Document) -> Document:
    """Return both ends of a kind of document."""
    return {
        "start": _border(version, at_of(first)),
        "end": _border(version, at_of(last)),
    }


def _border(version: str, at: datetime) -> Document:
    """Return one end; version 2 knows no offsets."""
    if version == "v3":
        return times(at)
    return {"systemTime": naive(at), "displayTime": naive(at)}


def _window(version: str, request: web.Request) -> tuple[datetime, datetime]:
    """Return the window that a request names."""
    start, end = (_moment(request, name) for name in ("startDate", "endDate"))
    if not timedelta() < end - start <= LONGEST[version]:
        raise BadRequestError
    return start, end


def _moment(request: web.Request, name: str) -> datetime:
    """Return a moment of the query, which must have no zone."""
    told = request.query.get(name, "")
    if _STAMP.fullmatch(told) is None:
        raise BadRequestError
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


def _bounds(body: object) -> list[int]:
    """Return the bounds of the first range, if the ranges cover a day.

    Raises:
        BadRequestError: They do not, or are not in order.
    """
    try:
        assert isinstance(body, dict)
        ranges = body["targetRanges"]
        lengths = [_hours(each["startTime"], each["endTime"]) for each in ranges]
        bounds = [each["bound"] for each in ranges[0]["egvRanges"]]
        names = [each["name"] for each in ranges[0]["egvRanges"]]
    except (AssertionError, IndexError, KeyError, TypeError, ValueError) as err:
        raise BadRequestError from err
    if sum(lengths) != 24 or names != _BOUNDS or bounds != sorted(set(bounds)):
        raise BadRequestError
    return bounds


def _hours(start: str, end: str) -> float:
    """Return how long a part of the day is, which may go past midnight."""
    begin, until = (int(told[:2]) + int(told[3:5]) / 60 for told in (start, end))
    return (until - begin) % 24 or 24
