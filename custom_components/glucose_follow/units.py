"""Glucose in the unit that a person reads."""

from homeassistant.const import UnitOfBloodGlucoseConcentration
from homeassistant.util.unit_conversion import BloodGlucoseConcentrationConverter

MGDL = UnitOfBloodGlucoseConcentration.MILLIGRAMS_PER_DECILITER


def shown(mgdl: float, unit: str) -> float:
    """Return a value or a difference as it is shown: 109 mg/dL, 6.1 mmol/L.

    Args:
        mgdl: In mg/dL.
        unit: Of the entry.
    """
    return round(BloodGlucoseConcentrationConverter.convert(mgdl, MGDL, unit), 1)


def in_mgdl(value: float, unit: str) -> float:
    """Return what a person entered in mg/dL, not rounded."""
    return BloodGlucoseConcentrationConverter.convert(value, unit, MGDL)
