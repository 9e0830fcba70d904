"""What happened longer ago than what is held."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .cgm import timeline, treatments
from .cgm.errors import CgmAuthError, CgmError, CgmRateLimitError
from .cgm.models import Reading, Treatment
from .cgm.transport import Json

if TYPE_CHECKING:
    from .coordinator import CgmCoordinator

_SHARED = timedelta(minutes=5)
"""How long an answer is good for whoever asks for the same: the rest is held."""


class Past:
    """Asks a source for what is not held; if it is refused, so is everybody."""

    def __init__(self, coordinator: CgmCoordinator) -> None:
        """Ask nothing yet."""
        self._coordinator = coordinator
        self._readings = _Answer(self._ask_for_readings)

    async def readings(self, start: datetime, end: datetime) -> list[Reading]:
        """Return the readings of [`start`, `end`), oldest first.

        Raises:
            CgmError: As documented on `CgmSource`.
            UpdateFailed: The source wants to be left alone.
        """
        data, now = self._coordinator.data, self._coordinator.now()
        found: Sequence[Reading] = data.readings
        if not (self._is_held(start, now) and data.is_answering):
            found = await self._readings.since(start, now, held=found)
        return [reading for reading in found if start <= reading.at < end]

    async def treatments(self, start: datetime, end: datetime) -> list[Treatment]:
        """Return the treatments of [`start`, `end`), oldest first.

        No answer is shared: doses are added up, and what is deleted must not be.

        Raises:
            CgmError: As documented on `CgmSource`.
            UpdateFailed: The source wants to be left alone.
        """
        data, now = self._coordinator.data, self._coordinator.now()
        found: Sequence[Treatment] = data.treatments
        is_held = start >= now - treatments.TREATMENTS_SPAN
        if not (is_held and data.are_treatments_known):
            source = self._coordinator.source
            told = await self._ask(lambda: source.treatments(start), is_usual=False)
            found = treatments.once_each(told)
        return [treatment for treatment in found if start <= treatment.at < end]

    async def statistics(
        self, start: datetime, end: datetime
    ) -> Mapping[str, Json] | None:
        """Return the source's own figures, None if it has none.

        Raises:
            CgmError: As documented on `CgmSource`.
            UpdateFailed: The source wants to be left alone.
        """
        source = self._coordinator.source
        return await self._ask(lambda: source.statistics(start, end), is_usual=False)

    @callback
    def async_forget(self, now: datetime) -> None:
        """Forget what is shared no more."""
        self._readings.forget(now)

    def _is_held(self, start: datetime, now: datetime) -> bool:
        """Return whether all readings from a moment on are held that there are."""
        reach = self._coordinator.source.caps.reach
        first = start if reach is None else max(start, now - reach)
        return self._coordinator.held.reaches(first, now)

    async def _ask_for_readings(self, since: datetime) -> Iterable[Reading]:
        """Return readings from `since` on; what is new in them is for everybody."""
        coordinator = self._coordinator
        # The copy that counts may be a little older, and `since` itself is left out.
        after = since - timeline.SAME_VALUE
        samples = await self._ask(lambda: coordinator.source.readings(after))
        coordinator.held.merge(samples, coordinator.now())
        coordinator.async_judge()
        return (sample for sample in samples if isinstance(sample, Reading))

    async def _ask[T](
        self, question: Callable[[], Awaitable[T]], *, is_usual: bool = True
    ) -> T:
        """Return what the source answers, unless it wants to be left alone.

        Args:
            question: Asks the source.
            is_usual: Whether everything depends on the right to ask this.
        """
        coordinator = self._coordinator
        coordinator.restraint.refuse_to_ask()
        try:
            return await question()
        except CgmRateLimitError as err:
            if is_usual:
                await coordinator.async_refused(err)
            else:
                coordinator.log.rest(coordinator.now(), err.retry_after)
            raise
        except CgmAuthError as err:
            if is_usual or not coordinator.source.caps.retries_refused:
                await coordinator.async_refused(err)
            raise


class _Answer:
    """The newest answer about readings, for whoever asks for what is in it."""

    def __init__(self, ask: Callable[[datetime], Awaitable[Iterable[Reading]]]) -> None:
        """Know nothing yet.

        Args:
            ask: Asks for everything from a moment on.
        """
        self._ask = ask
        self._told: Sequence[Reading] = ()
        self._since = self._until = datetime.max.replace(tzinfo=UTC)
        self._failure: CgmError | None = None
        self._asking = asyncio.Lock()

    async def since(
        self, start: datetime, now: datetime, *, held: Iterable[Reading]
    ) -> Sequence[Reading]:
        """Return everything from `start` on, oldest first.

        Whoever waits for somebody else's question shares what comes of it.

        Args:
            start: Where it begins; aware.
            now: The present; aware.
            held: What is known anyway, and may be newer than what is shared.
        """
        known = self._failure
        async with self._asking:
            if self._failure is not None and self._failure is not known:
                raise self._failure.with_traceback(None)
            self.forget(now)
            if start >= self._since:
                return timeline.once_each([*self._told, *held])
            self._told = timeline.once_each(await self._anew(start))
            self._since, self._until = start, now + _SHARED
            return self._told

    def forget(self, now: datetime) -> None:
        """Forget an answer that is too old, or of a clock that was ahead."""
        if not self._until - _SHARED <= now < self._until:
            self._told = ()
            self._since = self._until = datetime.max.replace(tzinfo=UTC)

    async def _anew(self, start: datetime) -> Iterable[Reading]:
        """Return what is asked for now, and remember if that failed."""
        try:
            return await self._ask(start)
        except CgmError as err:
            self._failure = err
            raise
