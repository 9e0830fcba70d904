"""What happened longer ago than what is held."""

from collections.abc import Mapping
from datetime import datetime

from .cgm.models import Reading, Treatment
from .cgm.transport import Json
from .cgm.treatments import TREATMENTS_SPAN
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
    once = {reading.at: reading for reading in found if start <= reading.at < end}
    return [once[at] for at in sorted(once)]


async def _read(coordinator: CgmCoordinator, since: datetime) -> list[Reading]:
    """Return readings after `since`; what is new among them is for everybody."""
    coordinator.restraint.refuse_to_ask()
    samples = await coordinator.source.readings(since)
    coordinator.held.merge(samples, coordinator.now())
    coordinator.async_judge()
    return [sample for sample in samples if isinstance(sample, Reading)]


async def async_treatments(
    coordinator: CgmCoordinator, start: datetime, end: datetime
) -> list[Treatment]:
    """Return the treatments of [`start`, `end`), oldest first.

    Raises:
        CgmError: As documented on `CgmSource`.
        UpdateFailed: The source wants to be left alone.
    """
    data = coordinator.data
    held = start >= coordinator.now() - TREATMENTS_SPAN and data.are_treatments_known
    if held:
        found = data.treatments
    else:
        coordinator.restraint.refuse_to_ask()
        found = tuple(await coordinator.source.treatments(start))
    once = {each.id: each for each in found if start <= each.at < end}
    return sorted(once.values(), key=lambda treatment: treatment.at)


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
