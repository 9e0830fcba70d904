"""Therapy profiles: which one was in use when, and its basal insulin.

Source: cgm-remote-monitor, lib/profilefunctions.js; AAPS, ProfileSwitchExtension.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
import json
from zoneinfo import ZoneInfo

from ...models import BasalSchedule, ProfileUse
from ...transport import Json
from . import amounts
from .fields import Document, between, later, moment, normalised, number, part, text

_DAY, _HOUR = 86_400, 3600
_MOST_RATE = 100.0
_MOST_HOURS = 24.0

_LEAST_PERCENT, _MOST_PERCENT = 1.0, 1000.0

_AAPS = "openaps://androidaps"


def uses(
    profiles: Sequence[Document], switches: Iterable[Document]
) -> tuple[ProfileUse, ...]:
    """Return which profiles were in use, earliest first.

    What began last counts, as on the site itself: a profile that was written,
    or one that was switched to. AAPS is the exception: what is written there
    does nothing before somebody switches to it.

    Time zones are read from files: not to be called in the event loop.

    Args:
        profiles: Documents, in any order.
        switches: Treatments of any type.
    """
    written = sorted(_written(profiles), key=lambda each: each[0].start)
    stores = [(use.start, store) for use, store in written]
    switched = [
        (use, _is_of_aaps(switch))
        for switch in switches
        if (use := _switched(switch, stores)) is not None
    ]
    limit = min((use.start for use, is_final in switched if is_final), default=None)
    found = [use for use, _ in written if limit is None or use.start <= limit]
    found += [use for use, _ in switched]
    return tuple(sorted(found, key=lambda use: use.start))


def is_loop_closed(profiles: Sequence[Document]) -> bool | None:
    """Return whether Loop may dose by itself, None if nobody says.

    Loop's own status claims that it did whatever it recommends.
    """
    dated = [(at, each) for each in profiles if (at := _begin(each)) is not None]
    newest = max(dated, key=lambda each: each[0])[1] if dated else {}
    told = part(newest.get("loopSettings")).get("dosingEnabled")
    return told if isinstance(told, bool) else None


def _written(profiles: Sequence[Document]) -> Iterator[tuple[ProfileUse, Document]]:
    """Yield the default profile of each document, and all that are in it."""
    for profile in profiles:
        start = _begin(profile)
        if start is None or profile.get("isValid") is False:
            continue
        store = part(profile.get("store")) or {"Default": dict(profile)}
        name = text(profile.get("defaultProfile")) or next(iter(store))
        basal = _schedule(part(store.get(name)))
        yield ProfileUse(start=start, name=name, basal=basal), store


def _begin(profile: Document) -> datetime | None:
    """Return from when on a profile counts."""
    return moment(profile, "startDate", "mills", "created_at")


def _switched(
    switch: Document, stores: Sequence[tuple[datetime, Document]]
) -> ProfileUse | None:
    """Return the profile that somebody switched to, None if it is no switch."""
    at = moment(switch, "created_at", "mills", "date")
    name = text(switch.get("profile"))
    is_switch = normalised(switch.get("eventType")) == "profileswitch"
    if at is None or name is None or not is_switch or switch.get("isValid") is False:
        return None
    known = [store for start, store in stores if start <= at]
    profile = _embedded(switch) or (part(known[-1].get(name)) if known else {})
    duration = amounts.minutes(switch)
    return ProfileUse(
        start=at,
        until=later(at, duration) if duration else None,
        name=name,
        basal=_customised(_schedule(profile), switch),
    )


def _embedded(switch: Document) -> Document:
    """Return the profile that a switch brings with it, mostly as text."""
    told = switch.get("profileJson")
    try:
        return part(json.loads(told) if isinstance(told, str) else told)
    except ValueError, RecursionError:
        return {}


def _is_of_aaps(switch: Document) -> bool:
    """Return whether AAPS switched, or was told to."""
    return normalised(switch.get("enteredBy")).startswith(_AAPS)


def _schedule(profile: Document) -> BasalSchedule | None:
    """Return what a profile gives by the time of day, None if that is unclear."""
    zone, told = _zone(profile.get("timezone")), profile.get("basal")
    if zone is None or not isinstance(told, list):
        return None
    rates = sorted(filter(None, (_rate(part(entry)) for entry in told)))
    if len(rates) != len(told) or not rates or rates[0][0] != 0:
        return None
    return BasalSchedule(zone=zone, rates=tuple(rates))


def _rate(entry: Document) -> tuple[int, float] | None:
    """Return an entry of a schedule: seconds since midnight and units per hour."""
    value = between(entry.get("value"), 0, _MOST_RATE)
    seconds = between(entry.get("timeAsSeconds"), 0, _DAY - 1)
    if seconds is None:
        seconds = _seconds(entry.get("time"))
    return None if value is None or seconds is None else (int(seconds), value)


def _seconds(told: Json) -> float | None:
    """Return the seconds since midnight of a time such as 06:30."""
    hours, _, minutes = told.partition(":") if isinstance(told, str) else ("", "", "")
    hour, minute = between(hours, 0, 23), between(minutes, 0, 59)
    return None if hour is None or minute is None else hour * _HOUR + minute * 60


def _zone(told: Json) -> tzinfo | None:
    """Return a time zone; Loop writes ETC/GMT+1, which nobody else does."""
    name = text(told) or ""
    head, slash, tail = name.partition("/")
    if head.lower() == "etc":
        name = f"Etc{slash}{tail}"
    try:
        return ZoneInfo(name)
    except KeyError, ValueError, OSError:
        return None


def _customised(
    schedule: BasalSchedule | None, switch: Document
) -> BasalSchedule | None:
    """Return a schedule with a switch's percentage and shift in time."""
    percent = between(switch.get("percentage", 100), _LEAST_PERCENT, _MOST_PERCENT)
    if schedule is None or percent is None:
        return None
    shift = _shift(number(switch.get("timeshift")) or 0.0)
    moved = sorted(
        ((begin + shift) % _DAY, round(value * percent / 100, 3))
        for begin, value in schedule.rates
    )
    if moved[0][0] != 0:
        moved.insert(0, (0, moved[-1][1]))
    return BasalSchedule(zone=schedule.zone, rates=tuple(moved))


def _shift(told: float) -> int:
    """Return seconds; AAPS tells milliseconds, what came before it hours."""
    hours = told if abs(told) <= _MOST_HOURS else told / 3_600_000
    return int(hours) * _HOUR
