"""When sensor, site and insulin were changed, however long ago that was."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter

from ...models import TreatmentKind
from . import events
from .facts import Told
from .fields import stamp

_KINDS = ("prime", "reservoirChange", "sensorEvent")
"""Device events that tell when something was changed."""

_EVERY = timedelta(hours=6)
"""How often they are asked for."""

_PRIMES = timedelta(days=14)
"""How far back a cannula is looked for; they are changed every few days."""

_NEWEST = {"latest": "true"}

type Ask = Callable[[Mapping[str, str], Callable[[Told], None]], Awaitable[None]]
"""Passes on what the server answers to a query."""


class DeviceChanges:
    """The newest event of each kind."""

    def __init__(self, ask: Ask) -> None:
        """Know nothing yet.

        Args:
            ask: Passes on nothing that is from the future.
        """
        self._ask = ask
        self._known: Mapping[str, Told] = {}
        self._prime: Told | None = None
        self._asked: datetime | None = None

    async def newest(self, now: datetime) -> Mapping[str, Told]:
        """Return the newest event of each kind, of primes that of a cannula.

        Args:
            now: The present; aware.

        Raises:
            CgmError: As documented on `JsonClient.stream`.
        """
        if self._asked is None or now - self._asked >= _EVERY:
            latest: dict[str, Told] = {}
            for kind in _KINDS:
                for told in await self._told(kind, _NEWEST):
                    latest[kind] = told
            prime = latest.pop("prime", None)
            if (site := await self._site(prime, now)) is not None:
                latest["prime"] = site
            self._known, self._prime, self._asked = latest, prime, now
        return self._known

    async def _site(self, prime: Told | None, now: datetime) -> Told | None:
        """Return the last prime of a cannula: a tube may have been filled since."""
        if prime is None or _is_site(prime):
            return prime
        known = self._known.get("prime")
        if prime == self._prime:
            return known
        primes = await self._told("prime", {"startDate": stamp(now - _PRIMES)})
        sites = [each for each in (*primes, known) if each and _is_site(each)]
        return max(sites, key=attrgetter("at"), default=None)

    async def _told(self, kind: str, query: Mapping[str, str]) -> list[Told]:
        """Return events of a kind, in any order."""
        found: list[Told] = []
        query = {"type": "deviceEvent", "subType": kind, **query}
        await self._ask(query, found.append)
        return [told for told in found if told.sub_type == kind]


def _is_site(told: Told) -> bool:
    """Return whether a site was changed."""
    facts = events.device_event(told) or ()
    return any(fact.treatment.kind is TreatmentKind.SITE_CHANGE for fact in facts)
