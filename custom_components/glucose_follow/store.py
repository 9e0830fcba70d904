"""The one place that persists: what must survive a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import NotRequired, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .cgm import alarm_state
from .cgm.alarm_state import AlarmState, StoredState
from .cgm.hours import YearRead
from .cgm.source import Feature
from .const import DOMAIN, SAVE_DELAY, SAVE_READINGS


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """For how long a source wants to be left alone."""

    until: datetime
    """When it is over, by our clock then."""

    length: timedelta
    """How long it was; our clock may be wrong by more."""

    settings: str
    """Fingerprint of the settings that it is for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What was known when Home Assistant stopped."""

    features: frozenset[Feature] | None = None
    """What the account could report, None if it never answered."""

    refused: str | None = None
    """Fingerprint of the settings that were refused for good, None if none."""

    pause: Pause | None = None
    """For how long the source wants to be left alone, None if it does not."""

    silent_since: datetime | None = None
    """Since when every answer was empty, None if the newest was not."""

    newest_at: datetime | None = None
    """Stamp of the newest reading."""

    newest_seen: datetime | None = None
    """When that reading was first seen."""

    reported: Mapping[str, datetime] = field(default_factory=dict)
    """When each entity that not every site fills last had a value."""

    alarms: AlarmState = field(default_factory=AlarmState)
    """What was told, and what was silenced."""

    year_read: YearRead | None = None
    """When a year of history was last read, None if it never was."""

    told_until: datetime | None = None
    """When the newest treatment that was told was done, None if none was."""


class _StoredYear(TypedDict):
    """How it is written down."""

    at: str
    uploaded: str | None
    tried: NotRequired[str | None]


class _StoredPause(TypedDict):
    """How it is written down."""

    until: str
    seconds: float
    settings: str


class _Stored(TypedDict):
    """How it is written down."""

    features: list[str] | None
    refused: str | None
    pause: NotRequired[_StoredPause | None]
    silent_since: NotRequired[str | None]
    newest_at: str | None
    newest_seen: str | None
    reported: NotRequired[dict[str, str]]
    alarms: NotRequired[StoredState]
    year_read: NotRequired[_StoredYear | None]
    told_until: NotRequired[str | None]


class CgmStore:
    """Remembers one entry's state; readings themselves are never written."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the entry's own file."""
        self._store: Store[_Stored] = Store(
            hass, 1, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._hass = hass
        self._due = inf

    async def async_load(self) -> Remembered:
        """Return what was known, nothing for a new entry."""
        stored = await self._store.async_load()
        if stored is None:
            return Remembered()
        return Remembered(
            features=_features(stored["features"]),
            refused=stored["refused"],
            pause=_pause(stored.get("pause")),
            silent_since=_moment(stored.get("silent_since")),
            newest_at=_moment(stored["newest_at"]),
            newest_seen=_moment(stored["newest_seen"]),
            reported={
                key: moment
                for key, text in stored.get("reported", {}).items()
                if (moment := _moment(text)) is not None
            },
            alarms=_alarms(stored),
            year_read=_year_read(stored.get("year_read")),
            told_until=_moment(stored.get("told_until")),
        )

    def save_soon(self, remembered: Remembered) -> None:
        """Write within a minute, and when Home Assistant stops."""
        self._save(remembered, SAVE_DELAY)

    def save_reading(self, remembered: Remembered) -> None:
        """Write that there is a new reading, soon only if a crash may not forget it.

        The source tells it again, but not when one from the future was first seen,
        and not how a low went on.
        """
        newest_at, seen = remembered.newest_at, remembered.newest_seen
        is_ahead = newest_at is not None and seen is not None and newest_at > seen
        is_needed = is_ahead or bool(remembered.alarms.held)
        self._save(remembered, SAVE_DELAY if is_needed else SAVE_READINGS)

    def _save(self, remembered: Remembered, within: float) -> None:
        """Write within so many seconds, and not later than was asked for before."""

        def write() -> _Stored:
            self._due = inf
            return _stored(remembered)

        now = self._hass.loop.time()
        self._due = min(self._due, now + within)
        self._store.async_delay_save(write, max(0.0, self._due - now))

    async def async_save(self, remembered: Remembered) -> None:
        """Write now."""
        self._due = inf
        await self._store.async_save(_stored(remembered))

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()


def _stored(remembered: Remembered) -> _Stored:
    """Return what is written down."""
    newest_at, newest_seen = remembered.newest_at, remembered.newest_seen
    features, silent_since = remembered.features, remembered.silent_since
    told_until = remembered.told_until
    return {
        "features": None if features is None else sorted(features),
        "refused": remembered.refused,
        "pause": _stored_pause(remembered.pause),
        "silent_since": silent_since.isoformat() if silent_since else None,
        "newest_at": newest_at.isoformat() if newest_at else None,
        "newest_seen": newest_seen.isoformat() if newest_seen else None,
        "reported": {key: at.isoformat() for key, at in remembered.reported.items()},
        "alarms": alarm_state.to_json(remembered.alarms),
        "year_read": _stored_year(remembered.year_read),
        "told_until": told_until.isoformat() if told_until else None,
    }


def _stored_pause(pause: Pause | None) -> _StoredPause | None:
    """Return what is written down of a pause."""
    if pause is None:
        return None
    return {
        "until": pause.until.isoformat(),
        "seconds": pause.length.total_seconds(),
        "settings": pause.settings,
    }


def _pause(stored: _StoredPause | None) -> Pause | None:
    """Return the pause that was written down, None if there was none."""
    until = _moment(stored["until"]) if stored else None
    if stored is None or until is None:
        return None
    length = timedelta(seconds=stored["seconds"])
    return Pause(until=until, length=length, settings=stored["settings"])


def _stored_year(year: YearRead | None) -> _StoredYear | None:
    """Return what is written down of when a year was read."""
    if year is None:
        return None
    uploaded = year.uploaded.isoformat() if year.uploaded else None
    tried = year.tried.isoformat() if year.tried else None
    return {"at": year.at.isoformat(), "uploaded": uploaded, "tried": tried}


def _year_read(stored: _StoredYear | None) -> YearRead | None:
    """Return when a year was read, None if nobody wrote it down."""
    at = _moment(stored["at"]) if stored else None
    if stored is None or at is None:
        return None
    return YearRead(
        at=at,
        uploaded=_moment(stored["uploaded"]),
        tried=_moment(stored.get("tried")),
    )


def _features(stored: list[str] | None) -> frozenset[Feature] | None:
    """Return the features that were written down; a newer version knew more."""
    if stored is None:
        return None
    known = {feature.value for feature in Feature}
    return frozenset(map(Feature, known.intersection(stored)))


def _alarms(stored: _Stored) -> AlarmState:
    """Return the alarms that were written down; an older version had none."""
    alarms = stored.get("alarms")
    return AlarmState() if alarms is None else alarm_state.from_json(alarms)


def _moment(text: str | None) -> datetime | None:
    """Return a time that was written down."""
    return dt_util.parse_datetime(text) if text else None
