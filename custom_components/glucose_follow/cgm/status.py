"""What pump, loop and phone say that is still so, and when to ask them again.

Each value ends at its own age, judged anew whenever somebody looks, so nothing
has to be told for an old value to go.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from . import basal
from .models import (
    DeviceStatus,
    LoopState,
    Reported,
    TemporaryTarget,
    Treatment,
    TreatmentKind,
)
from .timeline import AHEAD

_ON_BOARD = timedelta(minutes=30)
"""Source: cgm-remote-monitor, lib/plugins/iob.js."""

_DEVICES = timedelta(minutes=60)
"""When Nightscout's own plugins call pump and loop urgent."""

_LOOPS_WITHIN = timedelta(minutes=15)
"""Loops run every five minutes; LoopFollow warns after as much."""

_NEXT_WITHIN = timedelta(minutes=10)
"""After the end of a basal rate; nobody knows what the pump gives by then."""

_LASTS: Mapping[str, timedelta] = {
    "insulin_on_board": _ON_BOARD,
    "carbs_on_board": _ON_BOARD,
    "basal_rate": _DEVICES,
    "loop": _DEVICES,
    "is_suspended": _DEVICES,
    "reservoir": _DEVICES,
    "pump_battery": _DEVICES,
    "pump_voltage": _DEVICES,
    "uploader_battery": _DEVICES,
    "active_profile": _DEVICES,
    "override": _DEVICES,
    "forecast": _LOOPS_WITHIN,
}
"""How long each value is so after it was told."""

_LOOP_TAKES = timedelta(seconds=45)
"""From a reading to the site: the loop, its pump and its phone."""

_EVERY = timedelta(minutes=6)
_BESIDE = timedelta(minutes=4)
"""After each reading, but not after each one of a sensor that sends many."""

_SELDOM = timedelta(minutes=15)
"""Where no pump and no loop is heard of, there is not much to be told."""

_ASKED_WITHIN = timedelta(hours=1)
"""What is said unasked is not everything that a source knows."""

_PUSHED_WITHIN = timedelta(hours=3)
"""Where everything is pushed, only what was lost on the way is to be found."""

_LEAST_REST = timedelta(minutes=1)

_PUMP_WEAR = frozenset(
    {
        TreatmentKind.INSULIN_CHANGE,
        TreatmentKind.PUMP_BATTERY_CHANGE,
        TreatmentKind.RESUME,
        TreatmentKind.SITE_CHANGE,
        TreatmentKind.SUSPEND,
        TreatmentKind.TEMP_BASAL,
    }
)
"""Nobody does these without a pump."""


def current(
    status: DeviceStatus,
    treatments: Sequence[Treatment],
    *,
    now: datetime,
    are_treatments_known: bool,
    is_late: bool = False,
) -> DeviceStatus:
    """Return what is so at `now`, without what is too old to be so.

    Args:
        status: What was told, however long ago.
        treatments: The last days and what is planned, oldest first.
        now: The present; aware.
        are_treatments_known: Whether treatments were told recently; without
            them nobody knows what runs for a while.
        is_late: Whether the source is hours behind, so that what it has not told
            yet is no sign that it did not happen.

    Returns:
        Without `profiles` and `enacted`: what they lead to is `basal_rate`.
    """
    past = [each for each in treatments if each.at <= now]
    done = past if are_treatments_known else []
    told = _without_old(status, now)
    is_basal_known = are_treatments_known and _is_pump_heard(status, told, done)
    override, override_until = _override(status, told, done, now, is_late=is_late)
    return _with(
        told,
        loop=_loop(told, now, is_late=is_late),
        basal_rate=_told_rate(told, now)
        or (basal.rate(told, done, now) if is_basal_known else None),
        active_profile=told.active_profile or _active_profile(status, now),
        temporary_target=_target(told, done, now),
        override=override,
        override_until=override_until,
        sensor_started=_last(status.sensor_started, past, TreatmentKind.SENSOR_START),
        site_changed=_last(status.site_changed, past, TreatmentKind.SITE_CHANGE),
        insulin_changed=_last(
            status.insulin_changed, past, TreatmentKind.INSULIN_CHANGE
        ),
        pump_battery_changed=_last(
            status.pump_battery_changed, past, TreatmentKind.PUMP_BATTERY_CHANGE
        ),
        profiles=(),
        enacted=None,
    )


def ages(status: DeviceStatus, now: datetime) -> Mapping[str, timedelta]:
    """Return how old everything is that was told, by the names of its fields.

    What is yet to come, as the end of an override, has no age.
    """
    moments: dict[str, datetime] = {}
    for field in fields(status):
        value: object = getattr(status, field.name)
        if isinstance(value, Reported):
            moments[field.name] = value.at
        elif isinstance(value, datetime) and value <= now:
            moments[field.name] = value
    return {name: now - at for name, at in moments.items()}


def turns(
    status: DeviceStatus, treatments: Sequence[Treatment], now: datetime
) -> Iterator[timedelta]:
    """Yield in how long `current` may return something else by itself.

    As durations, because not every calendar goes as far as what devices say; in
    no order, and with some that are over.
    """
    for name, span in _LASTS.items():
        told: Reported[object] | None = getattr(status, name)
        if told is not None:
            yield told.at - now - AHEAD
            yield told.at - now + span
    if status.loop is not None:
        yield status.loop.at - now + _LOOPS_WITHIN
    if status.basal_rate_until is not None:
        yield status.basal_rate_until - now + _NEXT_WITHIN
    for end in _ends(status, treatments):
        yield end - now
    yield from basal.turns(status.profiles, now)


def _ends(status: DeviceStatus, treatments: Sequence[Treatment]) -> Iterator[datetime]:
    """Yield when what is done for a while begins and ends."""
    if status.override_until is not None:
        yield status.override_until
    if status.temporary_target is not None and status.temporary_target.value.until:
        yield status.temporary_target.value.until
    enacted = () if status.enacted is None else (status.enacted,)
    for treatment in (*treatments, *enacted):
        yield treatment.at
        if treatment.duration is not None and treatment.until is not None:
            yield treatment.until
        if treatment.target is not None and treatment.target.until is not None:
            yield treatment.target.until
        if treatment.kind is TreatmentKind.OVERRIDE and treatment.until is None:
            yield treatment.at + _DEVICES


def _without_old(status: DeviceStatus, now: datetime) -> DeviceStatus:
    """Return what was told recently enough."""
    fresh = {
        name: _fresh(getattr(status, name), now, span) for name, span in _LASTS.items()
    }
    return _with(status, **fresh)


def _with(status: DeviceStatus, **values: object) -> DeviceStatus:
    """Return a status with other values, the same one if they are not others."""
    others = {
        name: value
        for name, value in values.items()
        if value is not getattr(status, name)
    }
    if not others:
        return status
    return replace(status, **others)  # type: ignore[arg-type]  # callers name fields


def _fresh[T](
    told: Reported[T] | None, now: datetime, span: timedelta
) -> Reported[T] | None:
    """Return a report that is younger than `span`, None for any other.

    One from far in the future is of a wrong clock, and its age unknown.
    """
    if told is None or not -AHEAD <= now - told.at < span:
        return None
    return told


def _told_rate(told: DeviceStatus, now: datetime) -> Reported[float] | None:
    """Return the basal rate that was told, None once it has ended for too long."""
    until = told.basal_rate_until
    if until is not None and now - until >= _NEXT_WITHIN:
        return None
    return told.basal_rate


def _loop(
    status: DeviceStatus, now: datetime, *, is_late: bool
) -> Reported[LoopState] | None:
    """Return what the loop does: nothing, if it did nothing for too long."""
    loop = status.loop
    if loop is None:
        return None
    if now - loop.at >= _LOOPS_WITHIN:
        return None if is_late else Reported(LoopState.NOT_LOOPING, loop.at)
    is_suspended = status.is_suspended is not None and status.is_suspended.value
    if is_suspended and loop.value is not LoopState.ERROR:
        return Reported(LoopState.SUSPENDED, loop.at)
    return loop


def _is_pump_heard(
    status: DeviceStatus, told: DeviceStatus, done: Sequence[Treatment]
) -> bool:
    """Return whether there is a pump, and somebody hears of it.

    A profile alone is no pump: many people who inject have one as well. And
    once pump or loop has been heard of, silence means that nobody knows.
    """
    if _has_reported(status):
        return _has_reported(told)
    wear = (status.site_changed, status.insulin_changed, status.pump_battery_changed)
    return any(wear) or any(treatment.kind in _PUMP_WEAR for treatment in done)


def _has_reported(status: DeviceStatus) -> bool:
    """Return whether a pump or a loop says anything."""
    return any(_signs(status))


def _signs(status: DeviceStatus) -> tuple[Reported[object] | None, ...]:
    """Return what only a pump or a loop can say."""
    return (
        status.loop,
        status.is_suspended,
        status.reservoir,
        status.pump_battery,
        status.pump_voltage,
    )


def _active_profile(status: DeviceStatus, now: datetime) -> Reported[str] | None:
    """Return the name of the profile in use."""
    profile = basal.in_use(status.profiles, now)
    return Reported(profile.name, profile.start) if profile else None


def _target(
    told: DeviceStatus, done: Sequence[Treatment], now: datetime
) -> Reported[TemporaryTarget] | None:
    """Return the temporary target that runs."""
    newest = told.temporary_target
    for treatment in done:
        if treatment.kind is TreatmentKind.TEMPORARY_TARGET:
            target = treatment.target
            newest = Reported(target, treatment.at) if target else None
    if newest is None or newest.value.until is None or now < newest.value.until:
        return newest
    return None


def _override(
    status: DeviceStatus,
    told: DeviceStatus,
    done: Sequence[Treatment],
    now: datetime,
    *,
    is_late: bool,
) -> tuple[Reported[str] | None, datetime | None]:
    """Return the override that runs, and its end: whatever was said last.

    What a loop said that is too old by now still ends what was entered before.
    Of a late source nobody knows what followed, nor for long what has no end.
    """
    newest, until = told.override, told.override_until
    said_at = None if status.override is None else status.override.at
    for treatment in done:
        is_newer = said_at is None or treatment.at > said_at
        if treatment.kind is TreatmentKind.OVERRIDE and is_newer:
            newest = Reported(treatment.note or "Custom", treatment.at)
            until = treatment.until
    if newest is None:
        return None, None
    if is_late and (until or newest.at + _DEVICES) <= now:
        return None, None
    if until is not None and until <= now:
        return Reported("", until), None
    return newest, until


def _last(
    known: datetime | None, past: Sequence[Treatment], kind: TreatmentKind
) -> datetime | None:
    """Return when something was last done, however long ago."""
    moments = [each.at for each in past if each.kind is kind]
    return max([*moments, known] if known else moments, default=None)


class StatusLog:
    """What a source last told of pump, loop and phone, and when to ask again."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.status: DeviceStatus | None = None
        """Everything that was told, however old; None before the first answer."""
        self._asked: datetime | None = None
        self._heard: datetime | None = None
        self._rests_until: datetime | None = None

    def is_due(
        self,
        now: datetime,
        newest_seen: datetime | None,
        *,
        is_pushed: bool = False,
        is_late: bool = False,
    ) -> bool:
        """Return whether to ask now; who is told yes is expected to.

        A loop runs when a reading arrives, and says so most of a minute later.
        A clock that went back makes everything due.

        Args:
            now: The present; aware.
            newest_seen: When the newest reading was first seen, if any was.
            is_pushed: Whether the source says by itself what is new, and lately did.
            is_late: Whether the source is hours behind, so that nothing is urgent.
        """
        if is_late and _is_younger(self._asked, now, _ASKED_WITHIN):
            return False
        if self._rests_until is not None and now < self._rests_until:
            return False
        if not self._is_time(now, newest_seen, is_pushed=is_pushed):
            return False
        self._asked = now
        return True

    def answer(self, status: DeviceStatus) -> None:
        """Take in what was told."""
        self.status = status

    def heard(self, status: DeviceStatus, now: datetime) -> None:
        """Take in what the source said unasked, and ask the less for it."""
        self.status, self._heard = status, now

    def rest(self, now: datetime, retry_after: float | None) -> None:
        """Leave the source alone for as long as it wishes, in seconds."""
        self._rests_until = now + max(timedelta(seconds=retry_after or 0), _LEAST_REST)

    def _is_time(
        self, now: datetime, newest_seen: datetime | None, *, is_pushed: bool
    ) -> bool:
        """Return whether enough has passed since the last question."""
        is_told = is_pushed and self._heard is not None
        within = _PUSHED_WITHIN if is_told else _ASKED_WITHIN
        if self._asked is None or not timedelta() <= now - self._asked < within:
            return True
        if is_told or _is_younger(self._heard, now, _EVERY):
            return False
        passed = now - self._asked
        if self.status is not None and not _is_lively(self.status, now):
            return passed >= _SELDOM
        if passed >= _EVERY:
            return True
        if newest_seen is None or passed < _BESIDE:
            return False
        return self._asked < newest_seen + _LOOP_TAKES <= now


def _is_younger(moment: datetime | None, now: datetime, span: timedelta) -> bool:
    """Return whether a moment was less than `span` ago; never if it is yet to come."""
    return moment is not None and timedelta() <= now - moment < span


def _is_lively(status: DeviceStatus, now: datetime) -> bool:
    """Return whether a pump or a loop was heard of lately."""
    is_heard = any(_fresh(each, now, _DEVICES) for each in _signs(status))
    return is_heard or _fresh(status.insulin_on_board, now, _ON_BOARD) is not None
