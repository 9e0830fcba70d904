"""What readings say by themselves, whatever time it is."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from . import ranges, trend
from .forecast import Own
from .models import Direction, GlucoseRange, Reading, Thresholds


@dataclass(frozen=True, kw_only=True)
class Course:
    """Answers that stay the same until there is another reading.

    Each is worked out when it is first asked for, and once: the clock is looked
    at far more often than a sensor measures. Ask only if there is a reading.
    """

    readings: tuple[Reading, ...]
    """The last 24 h, oldest first."""

    breaks: tuple[datetime, ...]
    """As `trend.rate` has them."""

    thresholds: Thresholds
    """The person's own."""

    @cached_property
    def delta(self) -> float | None:
        """Return mg/dL per five minutes, None if it cannot be known."""
        return trend.delta(self.readings, self.breaks)

    @cached_property
    def rate(self) -> float | None:
        """Return mg/dL per minute, None if it cannot be known."""
        return trend.rate(self.readings, self.breaks)

    @cached_property
    def direction(self) -> Direction | None:
        """Return what the source said, else what was computed, else None."""
        return trend.direction(self.readings, self.breaks)

    @cached_property
    def glucose_range(self) -> GlucoseRange | None:
        """Return where the newest reading is."""
        return ranges.glucose_range(self.readings, self.thresholds)

    @cached_property
    def is_falling_fast(self) -> bool | None:
        """Return whether glucose falls fast, None if it cannot be known."""
        return ranges.is_falling_fast(self.readings, self.breaks)

    @cached_property
    def is_rising_fast(self) -> bool | None:
        """Return whether glucose rises fast, None if it cannot be known."""
        return ranges.is_rising_fast(self.readings, self.breaks)

    @cached_property
    def own(self) -> Own:
        """Return our own look ahead."""
        return Own(self.readings, self.breaks, self.thresholds.low)
