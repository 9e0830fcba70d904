"""The one place that persists: what must survive a restart."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .cgm.source import Feature
from .const import DOMAIN, SAVE_DELAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What was known when Home Assistant stopped."""

    features: frozenset[Feature] | None = None
    """What the account could report, None if it never answered."""

    newest_at: datetime | None = None
    """Stamp of the newest reading."""

    newest_seen: datetime | None = None
    """When that reading was first seen."""


class _Stored(TypedDict):
    """How it is written down."""

    features: list[str]
    newest_at: str | None
    newest_seen: str | None


class CgmStore:
    """Remembers one entry's state; readings themselves are never written."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the entry's own file."""
        self._store: Store[_Stored] = Store(
            hass, 1, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )

    async def async_load(self) -> Remembered:
        """Return what was known, nothing for a new entry."""
        stored = await self._store.async_load()
        if stored is None:
            return Remembered()
        known = {feature.value for feature in Feature}
        return Remembered(
            features=frozenset(map(Feature, known.intersection(stored["features"]))),
            newest_at=_moment(stored["newest_at"]),
            newest_seen=_moment(stored["newest_seen"]),
        )

    def save_soon(self, remembered: Remembered) -> None:
        """Write within a minute, and when Home Assistant stops."""
        self._store.async_delay_save(lambda: _stored(remembered), SAVE_DELAY)

    async def async_save(self, remembered: Remembered) -> None:
        """Write now."""
        await self._store.async_save(_stored(remembered))

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()


def _stored(remembered: Remembered) -> _Stored:
    """Return what is written down."""
    newest_at, newest_seen = remembered.newest_at, remembered.newest_seen
    return {
        "features": sorted(remembered.features or ()),
        "newest_at": newest_at.isoformat() if newest_at else None,
        "newest_seen": newest_seen.isoformat() if newest_seen else None,
    }


def _moment(text: str | None) -> datetime | None:
    """Return a time that was written down."""
    return dt_util.parse_datetime(text) if text else None
