"""What every source of glucose offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .models import Account, DeviceStatus, Sample, Treatment
from .schedule import Caps
from .transport import Json


class Feature(StrEnum):
    """What an account can report, besides readings."""

    LIVE = "live"
    PUSH = "push"
    STATUS = "status"
    TREATMENTS = "treatments"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a source says unasked; all of it may have been said before."""

    samples: tuple[Sample, ...] = ()
    """What sensors sent, in any order."""

    treatments: tuple[Treatment, ...] = ()
    """What was done, or done otherwise than said before; in any order."""

    removed: frozenset[str] = frozenset()
    """Ids of treatments that are no longer there."""

    status: DeviceStatus | None = None
    """What pump, loop and phone reported, None if nothing was said of them."""


class CgmSource(Protocol):
    """Somewhere glucose comes from.

    Implementations own their transport, credentials and units. They raise only
    the errors in `errors`, return only the types in `models`, and never import
    Home Assistant. Treatments and status are empty, never an error, where the
    account has none.
    """

    @property
    def features(self) -> frozenset[Feature]:
        """Return what this account can report; fixed once `identify` ran."""

    @property
    def caps(self) -> Caps:
        """Return how often it may be asked, and how far back; never changes."""

    @property
    def api(self) -> str:
        """Return which interface of the source is in use, for diagnostics.

        Such as `v3`; never an address, a name or anything personal. It may
        change with each request.
        """

    @property
    def server_time(self) -> datetime | None:
        """Return the source's own clock in its newest answer, None if unknown.

        Aware, UTC. None for a source that shares our clock, and for an answer
        that a cache between us may have kept.
        """

    @property
    def skipped(self) -> int:
        """Return how many documents were unusable, each time they were read."""

    async def identify(self) -> Account:
        """Return whose data this is, after at most one attempt to log in.

        Raises:
            CgmError: As named in `errors`.
        """

    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor sent after `since`, oldest first.

        Raises:
            CgmError: As named in `errors`. One bad document is skipped.
        """

    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return what was done at or after `since`, oldest first.

        Raises:
            CgmError: As named in `errors`. One bad document is skipped.
        """

    async def status(self) -> DeviceStatus | None:
        """Return what pump, loop and phone last reported, None if nothing.

        Raises:
            CgmError: As named in `errors`.
        """

    async def known_status(self) -> DeviceStatus | None:
        """Return the same as far as it was told, treatments included, without asking.

        Returns:
            None if `status` alone tells it.
        """
        return None

    async def statistics(
        self, start: datetime, end: datetime
    ) -> Mapping[str, Json] | None:
        """Return the source's own figures as it words them, None if it has none.

        Args:
            start: Aware, included.
            end: Aware, left out.

        Raises:
            CgmError: As named in `errors`.
        """
        return None

    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Call `on_change` whenever there is news, until the connection ends.

        Only with `Feature.PUSH`. The first call means that the connection is
        up, and says everything that the source tells upon that, if only later.

        Raises:
            CgmAuthError: The credential is refused, or may not listen.
            CgmError: As named in `errors`: there was no connection.
        """

    async def close(self) -> None:
        """Let go of whatever the source holds; it is not used afterwards."""
