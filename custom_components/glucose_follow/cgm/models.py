"""What a source reports: mg/dL, units of insulin, grams, aware UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

LOWEST_MGDL = 39
"""What sensors report for LOW, and the smallest value that is glucose at all.

Source: cgm-remote-monitor, lib/plugins/errorcodes.js.
"""

HIGHEST_MGDL = 600
"""Above any sensor's range; a larger number is a fault of whoever wrote it."""

METER_MGDL = 10, 600
"""The smallest and the largest number that any meter shows."""


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


class GlucoseRange(StrEnum):
    """Where glucose is, by a person's thresholds; the values are states."""

    URGENT_LOW = "urgent_low"
    LOW = "low"
    IN_RANGE = "in_range"
    HIGH = "high"
    URGENT_HIGH = "urgent_high"


class LoopState(StrEnum):
    """What a closed loop is doing; the values are Home Assistant states."""

    LOOPING = "looping"
    OPEN = "open"
    SUSPENDED = "suspended"
    NOT_LOOPING = "not_looping"
    ERROR = "error"


class TreatmentKind(StrEnum):
    """What was done."""

    BOLUS = "bolus"
    CARBS = "carbs"
    LONG_ACTING = "long_acting"
    BASAL = "basal"
    TEMP_BASAL = "temp_basal"
    SUSPEND = "suspend"
    RESUME = "resume"
    PRIME = "prime"
    SITE_CHANGE = "site_change"
    SENSOR_START = "sensor_start"
    SENSOR_STOP = "sensor_stop"
    INSULIN_CHANGE = "insulin_change"
    PUMP_BATTERY_CHANGE = "pump_battery_change"
    EXERCISE = "exercise"
    NOTE = "note"
    PROFILE_SWITCH = "profile_switch"
    TEMPORARY_TARGET = "temporary_target"
    OVERRIDE = "override"
    FINGER_STICK = "finger_stick"
    BLOOD_KETONE = "blood_ketone"
    ALERT = "alert"
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
    """Units delivered, above 0, None if none; of `LONG_ACTING` no bolus."""

    carbs: float | None = None
    """Grams, above 0, None if none."""

    rate: float | None = None
    """Units per hour of basal insulin, 0 included, None if it is no basal."""

    percent: float | None = None
    """How much more basal insulin than scheduled, None if `rate` says it."""

    mgdl: int | None = None
    """Glucose of a finger stick in mg/dL, None if it is none."""

    ketone: float | None = None
    """Blood ketone in mmol/L, None if it is none."""

    is_automatic: bool = False
    """Whether a loop gave it without being asked."""

    is_spread: bool = False
    """Whether insulin was spread over time, also if that was cut short."""

    duration: float | None = None
    """Minutes, None if it takes none or the source does not say."""

    note: str | None = None
    """What somebody wrote, None if nothing; of an `ALERT` its snake_case name."""

    entered_by: str | None = None
    """Who or what wrote it down, None if unknown."""

    target: TemporaryTarget | None = None
    """Of `TEMPORARY_TARGET`, None if it only ends the one before."""

    event: str | None = None
    """What the pump calls it: the same in every uploader's copy."""

    @property
    def until(self) -> datetime | None:
        """Return when it ends; None if nobody says, or no calendar goes so far."""
        if self.duration is None:
            return None
        try:
            return self.at + timedelta(minutes=self.duration)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Reported[T]:
    """Something that a device said, and when."""

    value: T
    """What it said."""

    at: datetime
    """When it was so; aware, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """Where glucose is expected to go."""

    start: datetime
    """Moment of the first value; aware, UTC."""

    period: timedelta
    """From one value to the next."""

    mgdl: tuple[float, ...]
    """The expected values in mg/dL."""

    lowest: tuple[float, ...] = ()
    """As many values, the least that are likely; empty if nobody says."""

    highest: tuple[float, ...] = ()
    """As many values, the most that are likely; empty if nobody says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TemporaryTarget:
    """A glucose target for a while."""

    low: int
    """mg/dL."""

    high: int
    """mg/dL."""

    until: datetime | None = None
    """When it ends, None if nobody says; aware, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BasalSchedule:
    """Basal insulin by the time of day."""

    zone: tzinfo
    """Whose days these are."""

    rates: tuple[tuple[int, float], ...]
    """Seconds since midnight and units per hour, earliest first, from 0 on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileUse:
    """A therapy profile, and when it was in use."""

    start: datetime
    """When it began; aware, UTC."""

    until: datetime | None = None
    """When it ends by itself, None if it stays until the next; aware, UTC."""

    name: str
    """What it is called."""

    basal: BasalSchedule | None = None
    """What it gives, None if nobody says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceStatus:
    """What pumps, loops and phones report, each value with its own time."""

    insulin_on_board: Reported[float] | None = None
    """Units."""

    carbs_on_board: Reported[float] | None = None
    """Grams."""

    basal_rate: Reported[float] | None = None
    """Units per hour that the pump gives now."""

    basal_rate_until: datetime | None = None
    """When what is known of that rate ends, None if nobody says; aware, UTC."""

    loop: Reported[LoopState] | None = None
    """What the loop does, and when it last tried."""

    looped_at: datetime | None = None
    """When the loop last ran without a fault, however long ago; aware, UTC."""

    is_suspended: Reported[bool] | None = None
    """Whether the pump gives nothing at all."""

    reservoir: Reported[float] | None = None
    """Units left in the pump."""

    pump_battery: Reported[float] | None = None
    """Percent."""

    pump_voltage: Reported[float] | None = None
    """Volts, from pumps that do not say percent."""

    uploader_battery: Reported[float] | None = None
    """Percent."""

    active_profile: Reported[str] | None = None
    """Name of the therapy profile in use."""

    temporary_target: Reported[TemporaryTarget] | None = None
    """The target that replaces the profile's."""

    override: Reported[str] | None = None
    """Name of the override in use, empty if there is none."""

    override_until: datetime | None = None
    """When that override ends, None if nobody says; aware, UTC."""

    forecast: Reported[Forecast] | None = None
    """The loop's own."""

    sensor_started: datetime | None = None
    """However long ago; aware, UTC."""

    site_changed: datetime | None = None
    """However long ago; aware, UTC."""

    insulin_changed: datetime | None = None
    """However long ago; aware, UTC."""

    pump_battery_changed: datetime | None = None
    """However long ago; aware, UTC."""

    pump_model: str | None = None
    """What the pump is called, None if nobody says."""

    uploader_model: str | None = None
    """What sends the data: a phone, an app or a receiver."""

    sensor_model: str | None = None
    """What the sensor or its transmitter is called."""

    profiles: tuple[ProfileUse, ...] = ()
    """What basal insulin is scheduled by, earliest first."""

    enacted: Treatment | None = None
    """The newest `TEMP_BASAL` that the loop says it set."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Where a person's ranges begin and end, in mg/dL.

    Low is below `low`, high above `high`; the urgent ones include their bounds.
    """

    urgent_low: int = 55
    low: int = 70
    high: int = 180
    urgent_high: int = 250


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

    thresholds: Thresholds | None = None
    """What somebody chose at the source, None if nobody did."""


class GlucoseUnit(StrEnum):
    """How people read glucose; the values are Home Assistant units."""

    MGDL = "mg/dL"
    MMOL = "mmol/L"
