"""A person who does not exist, to rehearse automations with."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import override

from .. import person_devices
from ..models import Account, DeviceStatus, Sample, Treatment
from ..person import SimulatedPerson
from ..schedule import Caps
from ..source import CgmSource, Change, Feature


class SimulatedSource(CgmSource):
    """Answers what a simulated person's devices would have sent by now."""

    features = frozenset({Feature.LIVE, Feature.TREATMENTS, Feature.STATUS})
    api = "simulated"
    caps = Caps()
    skipped = 0

    def __init__(
        self, person: Callable[[], SimulatedPerson], clock: Callable[[], datetime]
    ) -> None:
        """Keep how to tell who it is and what time it is.

        Args:
            person: Asked at each call, so that the scenario can change.
            clock: Returns the present; aware.
        """
        self._person = person
        self._clock = clock
        self._born = clock()
        self._told = datetime.min.replace(tzinfo=UTC)

    @property
    @override
    def server_time(self) -> datetime | None:
        """Return the clock by which the person lives."""
        return self._clock()

    @override
    async def identify(self) -> Account:
        """Return an account; a simulated person always has one."""
        return Account(id=f"simulated-{self._person().seed}")

    @override
    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor sent after `since`, oldest first.

        What was told stays as it was: a scenario that begins while the source
        is in use changes the future only.
        """
        person = self._person()
        if person.since is not None and person.since > self._born:
            since = max(since, self._told)
        readings = person.readings(since, self._clock())
        if readings:
            self._told = max(self._told, readings[-1].at)
        return readings

    @override
    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return what was done at or after `since`, oldest first."""
        return self._person().treatments(since, self._clock())

    @override
    async def status(self) -> DeviceStatus | None:
        """Return what the person's pump, loop and phone reported by now."""
        return person_devices.status(self._person(), self._clock())

    @override
    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Return at once: nothing is pushed."""

    @override
    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
