"""Hours as rows of Home Assistant's statistics."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfMass
from homeassistant.util.unit_conversion import BloodGlucoseConcentrationConverter

from .cgm.hours import Hour
from .const import DOMAIN
from .units import MGDL


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One series of statistics."""

    key: str
    """What ends its id."""

    name: str
    """What follows the person's name."""

    unit: str | None = None
    """None where it is the person's own."""

    unit_class: str | None = None
    """How Home Assistant converts it, None if it does not."""

    amount_fn: Callable[[Hour], float] | None = None
    """What is summed up, None for a mean."""

    def statistic_id(self, entry: ConfigEntry) -> str:
        """Return what the series of an entry is called."""
        return f"{DOMAIN}:{entry.entry_id.lower()}_{self.key}"

    def metadata(self, entry: ConfigEntry, unit: str | None) -> StatisticMetaData:
        """Return what the recorder has to know of it."""
        is_mean = self.amount_fn is None
        mean = StatisticMeanType.ARITHMETIC if is_mean else StatisticMeanType.NONE
        return StatisticMetaData(
            has_sum=not is_mean,
            mean_type=mean,
            name=f"{entry.title}: {self.name}",
            source=DOMAIN,
            statistic_id=self.statistic_id(entry),
            unit_class=self.unit_class,
            unit_of_measurement=unit or self.unit,
        )


GLUCOSE = Series(
    key="glucose",
    name="glucose",
    unit_class=BloodGlucoseConcentrationConverter.UNIT_CLASS,
)
AMOUNTS = (
    Series(
        key="insulin",
        name="bolus insulin",
        unit="U",
        amount_fn=lambda hour: hour.insulin,
    ),
    Series(
        key="carbs",
        name="carbs",
        unit=UnitOfMass.GRAMS,
        unit_class="mass",
        amount_fn=lambda hour: hour.carbs,
    ),
)


def glucose_rows(found: Iterable[Hour], unit: str) -> list[StatisticData]:
    """Return the hours that have a reading, in a unit."""

    def converted(mgdl: float) -> float:
        return BloodGlucoseConcentrationConverter.convert(mgdl, MGDL, unit)

    return [
        StatisticData(
            start=hour.start,
            mean=converted(hour.glucose.mean),
            min=converted(hour.glucose.lowest),
            max=converted(hour.glucose.highest),
        )
        for hour in found
        if hour.glucose is not None
    ]


def amount_rows(
    series: Series, found: Iterable[Hour], total: float | None
) -> list[StatisticData]:
    """Return hours with what was given or eaten in them, and all before it.

    Every hour has a row, or the next import would not know where to go on.

    Args:
        series: What is summed up.
        found: Oldest first.
        total: Of everything before them, None if there was nothing: then hours
            before the first amount are left out.
    """
    rows: list[StatisticData] = []
    for hour in found:
        amount = series.amount_fn(hour) if series.amount_fn else 0.0
        if total is None and not amount:
            continue
        total = round((total or 0.0) + amount, 3)
        rows.append(StatisticData(start=hour.start, state=amount, sum=total))
    return rows
