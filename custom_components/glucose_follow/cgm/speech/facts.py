"""What is known, for language models: numbers with their ages, no sentences."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from ..metrics import Episode, statistics
from ..models import GlucoseUnit, Reading, ReadingKind, Reported
from .answer import AHEAD, expected
from .phrasing import HIGH_LIMIT, LOW_LIMIT, Subject
from .words import in_unit

type Fact = dict[str, Fact] | list[Fact] | str | float | None
"""What JSON can say."""

type Facts = dict[str, Fact]


class Extra(StrEnum):
    """What is told besides glucose; the values are keys of sensors."""

    INSULIN_ON_BOARD = "insulin_on_board"
    CARBS_ON_BOARD = "carbs_on_board"
    LAST_BOLUS = "last_bolus"


def present(subject: Subject, extras: frozenset[Extra]) -> Facts:
    """Return what is known about a person now.

    A value that is not the present has another name than one that is.

    Args:
        subject: Whom it is about.
        extras: What may be told besides glucose.
    """
    data = subject.data
    facts: Facts = {
        "person": subject.name,
        "unit": subject.unit.value,
        "glucose": _glucose(subject),
    }
    if _is_present(subject):
        facts["forecast"] = _forecast(subject)
        facts["low_expected_in_minutes"] = data.low_in if data.is_low_soon else None
    return facts | {
        extra.value: _extra(subject, extra) for extra in Extra if extra in extras
    }


def history(
    subject: Subject, readings: Sequence[Reading], span: timedelta, zone: tzinfo
) -> Facts:
    """Return what the last hours were like, by the person's own thresholds.

    Args:
        subject: Whom it is about.
        readings: What was measured in that time, oldest first.
        span: How long.
        zone: Of the times in the answer.
    """
    data, unit = subject.data, subject.unit
    limits = data.thresholds
    found = statistics(readings, subject.now - span, subject.now, limits)
    return {
        "person": subject.name,
        "unit": unit.value,
        "hours": round(span / timedelta(hours=1)),
        "target": [in_unit(limits.low, unit), in_unit(limits.high, unit)],
        "readings": found.count,
        "percent_of_time_known": round(found.active),
        "mean": None if found.mean is None else in_unit(found.mean, unit),
        "percent_below_target": _share(found.very_low, found.low),
        "percent_in_target": _share(found.in_range),
        "percent_above_target": _share(found.high, found.very_high),
        "lows": [_episode(low, unit, zone, "lowest") for low in found.lows],
        "highs": [_episode(high, unit, zone, "highest") for high in found.highs],
        "is_stale": not _is_present(subject),
        "newest_reading_age_minutes": _age(subject, subject.newest_since),
    }


def _is_present(subject: Subject) -> bool:
    """Return whether there is a present reading; a late source has none."""
    return subject.data.latest is not None and subject.is_live


def _glucose(subject: Subject) -> Facts:
    """Return the newest reading; it is a value only if it is the present."""
    data = subject.data
    is_present = _is_present(subject)
    newest = data.latest if is_present else subject.newest
    facts: Facts = {
        "is_stale": not is_present,
        "is_from_delayed_source": not subject.is_live,
        "sensor_status": data.sensor_status.value,
        "age_minutes": _age(subject, subject.newest_since),
    }
    if newest is None:
        return facts
    value = _reading(newest, subject.unit)
    if not is_present:
        return facts | {"last_known_value": value}
    delta = data.delta
    return facts | {
        "value": value,
        "direction": data.direction.value if data.direction else None,
        "change_per_5_minutes": None if delta is None else in_unit(delta, subject.unit),
        "range": data.glucose_range.value if data.glucose_range else None,
    }


def _forecast(subject: Subject) -> Facts | None:
    """Return what is expected in half an hour, None if nobody can tell."""
    found = expected(subject.data.forecast, subject.now + AHEAD)
    if found is None:
        return None
    at, mgdl = found
    minutes = round((at - subject.now) / timedelta(minutes=1))
    return {"in_minutes": minutes, "value": _bounded(mgdl, subject.unit)}


def _extra(subject: Subject, extra: Extra) -> Facts | None:
    """Return one more value with its age, None if nobody knows it."""
    status = subject.data.status
    if extra is Extra.LAST_BOLUS:
        return _last_bolus(subject)
    if extra is Extra.INSULIN_ON_BOARD:
        return _reported(subject, status.insulin_on_board, "units")
    return _reported(subject, status.carbs_on_board, "grams")


def _last_bolus(subject: Subject) -> Facts | None:
    """Return the last bolus that a person gave, None if nobody knows it."""
    bolus = subject.data.last_bolus
    if bolus is None or not subject.data.are_treatments_known:
        return None
    return {"units": bolus.insulin, "age_minutes": _age(subject, bolus.at)}


def _reported(
    subject: Subject, reported: Reported[float] | None, unit: str
) -> Facts | None:
    """Return what a device said, None if it said nothing."""
    if reported is None:
        return None
    return {unit: reported.value, "age_minutes": _age(subject, reported.at)}


def _reading(reading: Reading, unit: GlucoseUnit) -> Fact:
    """Return a value, or what it is below or above."""
    beyond = {ReadingKind.LOW: LOW_LIMIT - 1, ReadingKind.HIGH: HIGH_LIMIT + 1}
    return _bounded(beyond.get(reading.kind, reading.mgdl), unit)


def _bounded(mgdl: float, unit: GlucoseUnit) -> Fact:
    """Return glucose, or what it is below or above where sensors end."""
    if mgdl < LOW_LIMIT:
        return f"below {in_unit(LOW_LIMIT, unit)}"
    if mgdl > HIGH_LIMIT:
        return f"above {in_unit(HIGH_LIMIT, unit)}"
    return in_unit(mgdl, unit)


def _episode(episode: Episode, unit: GlucoseUnit, zone: tzinfo, extreme: str) -> Facts:
    """Return when glucose was out of range, and how far."""
    return {
        "start": episode.start.astimezone(zone).isoformat(timespec="minutes"),
        "end": episode.end.astimezone(zone).isoformat(timespec="minutes"),
        extreme: _bounded(episode.mgdl, unit),
    }


def _share(*shares: float | None) -> Fact:
    """Return the sum of shares of time, None if they are not known."""
    known = [share for share in shares if share is not None]
    return round(sum(known)) if known else None


def _age(subject: Subject, at: datetime | None) -> Fact:
    """Return how many minutes ago something was, None if it never was."""
    if at is None:
        return None
    return max(0, round((subject.now - at) / timedelta(minutes=1)))
