"""What happened longer ago than what is held."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from .cgm import timeline, treatments
from .cgm.models import Reading, Treatment
from .cgm.transport import Json
from .coordinator import CgmCoordinator


async def async_readings(
    coordinator: CgmCoordinator, start: datetime, end: datetime
) -> list[Reading]:
    """Return the readings of [`start`, `end`), oldest first.

    The source is asked only for what is not held.

    Raises:
        CgmError: As documented on `CgmSource`.
        UpdateFailed: The source wants to be left alone.
    """
    data = coordinator.data
    held = coordinator.held.reaches(start, coordinator.now()) and data.is_answering
    found = data.readings if held else await _read(coordinator, start)
    return [reading for reading in found if start <= reading.at < end]


async def _read(coordinator: CgmCoordinator, since: datetime) -> Sequence[Reading]:
    """Return readings from `since` on; what is new among them is for everybody."""
    coordinator.restraint.refuse_to_ask()
    # The copy that counts may be a little older, and `since` itself is left out.
    samples = await coordinator.source.readings(since - timeline.SAME_VALUE)
    coordinator.held.merge(samples, coordinator.now())
    coordinator.async_judge()
    return timeline.once_each(
        sample for sample in samples if isinstance(sample, Reading)
    )


async def async_treatments(
    coordinator: CgmCoordinator, start: datetime, end: datetime
) -> list[Treatment]:
    """Return the treatments of [`start`, `end`), oldest first.

    Raises:
        CgmError: As documented on `CgmSource`.
        UpdateFailed: The source wants to be left alone.
    """
    data = coordinator.data
    span = treatments.TREATMENTS_SPAN
    held = start >= coordinator.now() - span and data.are_treatments_known
    found: Sequence[Treatment] = data.treatments
    if not held:
        coordinator.restraint.refuse_to_ask()
        found = treatments.once_each(await coordinator.source.treatments(start))
    return [treatment for treatment in found if start <= treatment.at < end]


async def async_statistics(
    coordinator: CgmCoordinator, start: datetime, end: datetime
) -> Mapping[str, Json] | None:
    """Return the source's own figures, None if it has none.

    Raises:
        CgmError: As documented on `CgmSource`.
        UpdateFailed: The source wants to be left alone.
    """
    coordinator.restraint.refuse_to_ask()
    return await coordinator.source.statistics(start, end)
