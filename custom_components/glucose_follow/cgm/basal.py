"""Which basal rate runs now: the scheduled one, or what replaces it for a while."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from .models import (
    BasalSchedule,
    DeviceStatus,
    ProfileUse,
    Reported,
    Treatment,
    TreatmentKind,
)

_CHANGES = frozenset(
    {TreatmentKind.TEMP_BASAL, TreatmentKind.SUSPEND, TreatmentKind.RESUME}
)

_QUARTER = 900
"""Seconds; wherever clocks are changed, that is when a quarter of an hour begins."""


def rate(
    status: DeviceStatus, treatments: Sequence[Treatment], now: datetime
) -> Reported[float] | None:
    """Return the units per hour that the pump gives, and since when.

    Every change ends the one before. What the loop says it set counts like the
    treatments, which not every loop uploads while they run.

    Args:
        status: What was told, without what is too old.
        treatments: The last days, oldest first; all of them.
        now: The present; aware.

    Returns:
        None without a profile that says what is scheduled.
    """
    profile = in_use(status.profiles, now)
    if profile is None or profile.basal is None:
        return None
    scheduled = _scheduled(profile.basal, now)
    change = _newest_change(status, treatments, now)
    suspended = status.is_suspended
    if suspended is not None and (change is None or suspended.at >= change.at):
        if suspended.value:
            return Reported(0.0, suspended.at)
        if change is not None and change.kind is TreatmentKind.SUSPEND:
            return scheduled
    return scheduled if change is None else _changed(change, scheduled, now)


def in_use(profiles: Sequence[ProfileUse], now: datetime) -> ProfileUse | None:
    """Return the profile in use at `now`: the last begun that has not ended."""
    begun = [
        profile
        for profile in profiles
        if profile.start <= now and (profile.until is None or now < profile.until)
    ]
    return max(begun, key=lambda profile: profile.start, default=None)


def turns(profiles: Sequence[ProfileUse], now: datetime) -> Iterator[timedelta]:
    """Yield in how long another profile or scheduled rate may be in use."""
    for profile in profiles:
        yield profile.start - now
        if profile.until is not None:
            yield profile.until - now
    current = in_use(profiles, now)
    if current is not None and current.basal is not None:
        yield _scheduled_for(current.basal, now)


def _newest_change(
    status: DeviceStatus, treatments: Sequence[Treatment], now: datetime
) -> Treatment | None:
    """Return the last change of the basal rate, None if there was none."""
    changes = [each for each in treatments if each.kind in _CHANGES and each.at <= now]
    if status.enacted is not None and status.enacted.at <= now:
        changes.append(status.enacted)
    return max(changes, key=lambda change: change.at, default=None)


def _changed(
    change: Treatment, scheduled: Reported[float], now: datetime
) -> Reported[float]:
    """Return the rate that a change leads to."""
    if change.until is None:
        is_endless = change.kind is TreatmentKind.SUSPEND
        return Reported(0.0, change.at) if is_endless else scheduled
    if now >= change.until:
        return scheduled
    if change.rate is not None:
        return Reported(change.rate, change.at)
    if change.percent is not None:
        since = max(change.at, scheduled.at)
        return Reported(round(scheduled.value * (1 + change.percent / 100), 3), since)
    return scheduled


def _scheduled(schedule: BasalSchedule, now: datetime) -> Reported[float]:
    """Return the scheduled rate by the clock on the person's wall.

    Pumps do as that clock says, so on the day it changes some rate runs for an
    hour more or less.
    """
    local = now.astimezone(schedule.zone)
    seconds = _seconds(local)
    begin, value = max(entry for entry in schedule.rates if entry[0] <= seconds)
    clock = time(begin // 3600, begin % 3600 // 60, begin % 60, tzinfo=schedule.zone)
    since = datetime.combine(local.date(), clock).astimezone(UTC)
    return Reported(value, min(since, now))


def _scheduled_for(schedule: BasalSchedule, now: datetime) -> timedelta:
    """Return for how long what is scheduled stays so, at the least."""
    if _scheduled(schedule, now).at == now:
        # In the hour that is skipped in spring it has always just begun.
        return timedelta.resolution
    seconds = _seconds(now.astimezone(schedule.zone))
    begins = [begin for begin, _ in schedule.rates if begin > seconds]
    left = min([*begins, 86_400]) - seconds
    quarter = _QUARTER - int(now.timestamp()) % _QUARTER
    return timedelta(seconds=min(left, quarter), microseconds=-now.microsecond)


def _seconds(local: datetime) -> int:
    """Return whole seconds since midnight on the clock on the wall."""
    return local.hour * 3600 + local.minute * 60 + local.second
