"""Time that passes only where nothing is under way, and clocks that are wrong."""

import asyncio
from datetime import datetime, timedelta
from typing import override

from benchmarks.travel import TravellingLoop


class SoakLoop(TravellingLoop):
    """A loop whose clock stands still while anything is done.

    How fast the machine is leaves no trace then, so that a seed lives through
    exactly the same days each time.
    """

    ahead = 1000.0

    @override
    def time(self) -> float:
        """Return what was skipped, and nothing else."""
        return self.ahead


class Clocks:
    """What time it really is, and what Home Assistant's machine believes."""

    def __init__(self, begin: datetime) -> None:
        """Begin in agreement; needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._begin = begin
        self._slept = timedelta()
        self.wrong = timedelta()
        """What is added to the wall clock of Home Assistant's machine."""

    def world(self) -> datetime:
        """Return what time it really is."""
        passed = timedelta(seconds=self._loop.time() - self._started)
        return self._begin + passed + self._slept

    def ours(self) -> datetime:
        """Return what the wall clock of Home Assistant's machine says."""
        return self.world() + self.wrong

    def suspend(self, passed: timedelta) -> None:
        """Let the machine sleep: its monotonic clock stands still."""
        self._slept += passed
