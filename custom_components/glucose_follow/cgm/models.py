"""What a source reports: mg/dL, units of insulin, grams, aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LOWEST_MGDL = 39
"""What sensors report for LOW, and the smallest value that is glucose at all.

Source: cgm-remote-monitor, lib/plugins/errorcodes.js.
"""

HIGHEST_MGDL = 600
"""Above any sensor's range; a larger number is a fault of whoever wrote it."""


class Direction(StrEnum):
    """Where glucose is heading; the values are Home Assistant states."""

    DOUBLE_UP = "double_up"
    SINGLE_UP = "single_up"
    FORTY_FIVE_UP = "forty_five_up"
    FLAT = "flat"
    FORTY_FIVE_DOWN = "forty_five_down"
    SINGLE_DOWN = "single_down"
    DOUBLE_DOWN = "double_down"


class ReadingKind(StrEnum):
    """Whether a sensor measured a value or only knows that it is beyond its range."""

    MEASURED = "measured"
    LOW = "low"
    HIGH = "high"


class SensorStatus(StrEnum):
    """What the sensor is doing; the values are Home Assistant states."""

    OK = "ok"
    LOW = "low"
    HIGH = "high"
    WARMUP = "warmup"
    SENSOR_ERROR = "sensor_error"
    NO_DATA = "no_data"


class TreatmentKind(StrEnum):
    """What was done."""

    BOLUS = "bolus"
    CARBS = "carbs"
    TEMP_BASAL = "temp_basal"
    SITE_CHANGE = "site_change"
    SENSOR_START = "sensor_start"
    SENSOR_STOP = "sensor_stop"
    INSULIN_CHANGE = "insulin_change"
    PUMP_BATTERY_CHANGE = "pump_battery_change"
    EXERCISE = "exercise"
    NOTE = "note"
    PROFILE_SWITCH = "profile_switch"
    TEMPORARY_TARGET = "temporary_target"
    FINGER_STICK = "finger_stick"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One glucose value from a sensor."""

    at: datetime
    """When the sensor measured it; aware, UTC."""

    mgdl: int
    """Glucose in mg/dL, whatever unit the source shows it in."""

    direction: Direction | None = None
    """What the source said, or None; never derived here."""

    kind: ReadingKind = ReadingKind.MEASURED
    """LOW and HIGH are real, but their number is only the sensor's limit."""

    @property
    def is_out_of_range(self) -> bool:
        """Return whether the number is the sensor's limit, not a measurement."""
        return self.kind is not ReadingKind.MEASURED


@dataclass(frozen=True, kw_only=True, slots=True)
class SensorFault:
    """A moment at which a sensor reported an error code instead of glucose."""

    at: datetime
    """When the sensor reported it; aware, UTC."""

    status: SensorStatus
    """`WARMUP` or `SENSOR_ERROR`."""


type Sample = Reading | SensorFault
"""What sensors send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Treatment:
    """Something a person or a pump did."""

    at: datetime
    """When it was done, or is planned for; aware, UTC."""

    id: str
    """The source's own id, the same when the treatment is edited."""

    kind: TreatmentKind
    """What it is, judged by its fields before its name."""

    insulin: float | None = None
    """Units delivered, above 0, None if none."""

    carbs: float | None = None
    """Grams, above 0, None if none."""

    is_automatic: bool = False
    """Whether a loop gave it without being asked."""

    duration: float | None = None
    """Minutes, None if it takes none or the source does not say."""

    note: str | None = None
    """What somebody wrote, None if nothing."""

    entered_by: str | None = None
    """Who or what wrote it down, None if unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceStatus:
    """What pumps, loops and phones report."""

    at: datetime
    """When it was reported; aware, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Whose data a credential opens."""

    id: str
    """What stays the same when the credential changes."""

    title: str | None = None
    """What the source calls the account, None if nothing."""

    unit: GlucoseUnit | None = None
    """The unit that the account is shown in, None if the source does not say."""

    time_zone: str | None = None
    """IANA name, None if the source does not say."""


class GlucoseUnit(StrEnum):
    """How people read glucose; the values are Home Assistant units."""

    MGDL = "mg/dL"
    MMOL = "mmol/L"
