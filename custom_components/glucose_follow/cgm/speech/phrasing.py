"""How values, ages and directions of one person are put into words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..data import CgmData
from ..models import GlucoseUnit, Reading, ReadingKind
from .words import Amount, Phrase, Words

LOW_LIMIT, HIGH_LIMIT = 40, 400
"""What LOW is below and HIGH above, in mg/dL."""

_CLOCK_TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Whom a question is about, and what is known at that moment."""

    name: str
    """What the person is called."""

    data: CgmData
    """Judged at `now`, not before."""

    unit: GlucoseUnit
    """The unit that the person reads glucose in."""

    now: datetime
    """The present; aware."""

    midnight: datetime
    """When the person's day began; aware."""

    is_live: bool = True
    """Whether the source reports the present at all."""

    sensor_life: timedelta | None = None
    """How long a sensor is worn, None if nobody said."""

    @property
    def newest(self) -> Reading | None:
        """Return the newest reading if it is recent enough to be mentioned.

        After a restart its time can be known, and the reading itself not.
        """
        return self.data.delayed

    @property
    def newest_since(self) -> datetime | None:
        """Return what the age of the newest reading counts from.

        Returns:
            None without a reading, and where the clock is behind that moment.
        """
        since = self.data.newest_since
        is_ahead = since is not None and since > self.now + _CLOCK_TOLERANCE
        return None if is_ahead else since


class Phrasing:
    """Puts what is known about one person into the words of one language."""

    def __init__(self, subject: Subject, words: Words) -> None:
        """Speak about somebody in some language."""
        self.subject = subject
        self.words = words
        self.data = subject.data

    @property
    def present(self) -> Reading | None:
        """Return the present reading; a source that reports late has none."""
        return self.data.latest if self.subject.is_live else None

    def with_reading(self, phrase: Phrase, reading: Reading) -> str:
        """Return a phrase about a reading, with the reading and its age."""
        return self.say(
            phrase,
            reading=self.reading(reading),
            value=self.value(reading),
            direction=self.direction(reading) or "",
            age=self.age(self.since(reading)),
        )

    def since(self, reading: Reading) -> datetime:
        """Return what the age of a reading counts from: a phone may be ahead."""
        is_newest = reading.at == self.data.newest_at
        return (self.subject.newest_since if is_newest else None) or reading.at

    def reading(self, reading: Reading) -> str:
        """Return a value and where it was heading."""
        value, direction = self.value(reading), self.direction(reading)
        if direction is None:
            return value
        return self.say(Phrase.READING, value=value, direction=direction)

    def direction(self, reading: Reading) -> str | None:
        """Return where a reading was heading, None if nobody said."""
        is_present = reading is self.present
        direction = self.data.direction if is_present else reading.direction
        return None if direction is None else self.words.directions[direction]

    def value(self, reading: Reading) -> str:
        """Return the value of a reading, or what it is below or above."""
        if reading.kind is ReadingKind.LOW:
            return self.bounded(LOW_LIMIT - 1)
        if reading.kind is ReadingKind.HIGH:
            return self.bounded(HIGH_LIMIT + 1)
        return self.words.glucose(reading.mgdl, self.subject.unit)

    def bounded(self, mgdl: float) -> str:
        """Return glucose, or what it is below or above where sensors end."""
        unit = self.subject.unit
        if mgdl < LOW_LIMIT:
            return self.say(Phrase.BELOW, value=self.words.glucose(LOW_LIMIT, unit))
        if mgdl > HIGH_LIMIT:
            return self.say(Phrase.ABOVE, value=self.words.glucose(HIGH_LIMIT, unit))
        return self.words.glucose(mgdl, unit)

    def percent(self, share: float) -> str:
        """Return a share of time."""
        return self.words.amount(Amount.PERCENT, share)

    def age(self, at: datetime) -> str:
        """Return how long ago something was."""
        return self.words.ago(self.subject.now - at)

    def say(self, phrase: Phrase, **values: str) -> str:
        """Return a phrase about the person."""
        return self.words.say(phrase, name=self.subject.name, **values)
