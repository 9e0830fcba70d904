"""What is said about one person: a sentence or two, warnings first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from ..metrics import statistics
from ..models import Forecast, GlucoseRange, SensorStatus, TreatmentKind
from ..ranges import LOWS
from .phrasing import HIGH_LIMIT, LOW_LIMIT, Phrasing, Subject
from .words import Amount, Phrase, Words

AHEAD = timedelta(minutes=30)
"""How far a forecast is told."""

_HORIZON_LEAST = timedelta(minutes=20)
"""A forecast that ends sooner says too little to be called one."""

_MOSTLY = 70
"""Percent of the day with readings, from which they stand for all of it.

Source: T. Battelino et al., Diabetes Care 2019;42:1593.
"""

_BY_RANGE = {
    GlucoseRange.URGENT_LOW: Phrase.URGENT_LOW,
    GlucoseRange.LOW: Phrase.LOW,
    GlucoseRange.HIGH: Phrase.HIGH,
    GlucoseRange.URGENT_HIGH: Phrase.URGENT_HIGH,
}

_FAULTS = {
    SensorStatus.WARMUP: Phrase.WARMUP,
    SensorStatus.SENSOR_ERROR: Phrase.SENSOR_ERROR,
}


class Topic(StrEnum):
    """What can be asked; the values are keys of the files of sentences."""

    GLUCOSE = "glucose"
    TREND = "trend"
    LOW = "low"
    LAST_BOLUS = "last_bolus"
    INSULIN_ON_BOARD = "insulin_on_board"
    CARBS_ON_BOARD = "carbs_on_board"
    LAST_READING = "last_reading"
    TIME_IN_RANGE = "time_in_range"
    SENSOR_DUE = "sensor_due"
    FORECAST = "forecast"


_ABOUT_GLUCOSE = frozenset({Topic.LAST_READING, Topic.FORECAST})
"""Answers that say themselves that there is no present reading."""


def answer(topic: Topic, subject: Subject, words: Words) -> str:
    """Return what is said about a topic.

    No value is said without its age, none that is too old as if it were the
    present. A low, one to come, and that readings stopped come before whatever
    was asked.

    Args:
        topic: What was asked.
        subject: Whom it is about.
        words: The language of the answer.
    """
    return _Answer(subject, words).to(topic)


class _Answer(Phrasing):
    """Answers questions about one person."""

    def to(self, topic: Topic) -> str:
        """Return the answer to a question."""
        sentences: dict[Topic, Callable[[], str]] = {
            Topic.GLUCOSE: self.glucose,
            Topic.TREND: self.trend,
            Topic.LOW: self.low,
            Topic.LAST_BOLUS: self.last_bolus,
            Topic.INSULIN_ON_BOARD: self.insulin_on_board,
            Topic.CARBS_ON_BOARD: self.carbs_on_board,
            Topic.LAST_READING: self.last_reading,
            Topic.TIME_IN_RANGE: self.time_in_range,
            Topic.SENSOR_DUE: self.sensor_due,
            Topic.FORECAST: self.forecast,
        }
        said, warning = sentences[topic](), self.warning(topic)
        return said if warning in {None, said} else f"{warning} {said}"

    def warning(self, topic: Topic) -> str | None:
        """Return what comes before an answer that does not say it itself."""
        if topic in {Topic.GLUCOSE, Topic.TREND, Topic.LOW}:
            return None
        if self.is_low or (self.is_silent and topic not in _ABOUT_GLUCOSE):
            return self.glucose()
        is_near = self.data.is_low_soon and topic is not Topic.FORECAST
        return self.low_soon() if self.present and is_near else None

    @property
    def is_silent(self) -> bool:
        """Return whether readings that came have stopped."""
        is_known = self.data.newest_since is not None
        return self.subject.is_live and is_known and self.present is None

    @property
    def is_low(self) -> bool:
        """Return whether glucose is low now."""
        return self.present is not None and self.data.glucose_range in LOWS

    def glucose(self) -> str:
        """Return the present reading, or why there is none."""
        if self.present is None:
            return self.no_present()
        phrase = _BY_RANGE.get(self.data.glucose_range or GlucoseRange.IN_RANGE)
        now = self.with_reading(phrase or Phrase.IN_RANGE, self.present)
        if self.is_low or not self.data.is_low_soon:
            return now
        return f"{self.low_soon()} {now}"

    def no_present(self) -> str:
        """Return why there is no present reading, and what the last one was."""
        newest, since = self.subject.newest, self.subject.newest_since
        if since is None and self.data.newest_since is not None:
            return self.say(Phrase.NOT_CURRENT)
        if not self.subject.is_live and newest is not None:
            return self.with_reading(Phrase.DELAYED, newest)
        if fault := _FAULTS.get(self.data.sensor_status):
            said = self.say(fault)
            last = newest and self.with_reading(Phrase.LAST_WAS, newest)
            return f"{said} {last}" if last else said
        if since is None:
            return self.say(Phrase.NONE)
        return self.say(
            Phrase.STALE if newest else Phrase.GONE,
            duration=self.words.lasting(self.subject.now - since),
            reading=self.reading(newest) if newest else "",
        )

    def trend(self) -> str:
        """Return where glucose is heading."""
        if self.present is None:
            return self.glucose()
        if self.data.direction is None:
            parts = [self.say(Phrase.TREND_UNKNOWN), self.glucose()]
            return " ".join(reversed(parts) if self.is_low else parts)
        if self.data.glucose_range in _BY_RANGE:
            return self.glucose()
        now = self.with_reading(Phrase.TREND, self.present)
        return f"{self.low_soon()} {now}" if self.data.is_low_soon else now

    def low(self) -> str:
        """Return whether glucose is low."""
        if self.present is None or self.data.glucose_range is None:
            verdict = Phrase.CANNOT_TELL
        elif self.is_low:
            verdict = Phrase.IT_IS
        else:
            is_soon = self.data.is_low_soon
            verdict = Phrase.NOT_YET if is_soon else Phrase.IT_IS_NOT
        return f"{self.say(verdict)} {self.glucose()}"

    def low_soon(self) -> str:
        """Return that a low is likely, and when if that is known."""
        if self.data.low_in is None:
            return self.say(Phrase.LOW_SOON)
        ahead = self.words.ahead(timedelta(minutes=self.data.low_in))
        return self.say(Phrase.LOW_IN, ahead=ahead)

    def last_reading(self) -> str:
        """Return when the last reading was, and what."""
        if self.present is None or self.is_low:
            return self.glucose()
        return self.with_reading(Phrase.LAST_READING, self.present)

    def last_bolus(self) -> str:
        """Return how much the last bolus was, and when."""
        if not self.data.are_treatments_known:
            return self.say(Phrase.BOLUS_UNKNOWN)
        bolus = self.data.last_bolus
        if bolus is None or bolus.insulin is None:
            return self.say(Phrase.NO_BOLUS)
        units = self.words.amount(Amount.UNITS, bolus.insulin, decimals=2)
        return self.say(Phrase.LAST_BOLUS, units=units, age=self.age(bolus.at))

    def insulin_on_board(self) -> str:
        """Return how much insulin is at work."""
        reported = self.data.status.insulin_on_board
        if reported is None:
            return self.say(Phrase.INSULIN_UNKNOWN)
        insulin = self.words.amount(Amount.INSULIN, reported.value, decimals=2)
        age = self.age(reported.at)
        return self.say(Phrase.INSULIN_ON_BOARD, insulin=insulin, age=age)

    def carbs_on_board(self) -> str:
        """Return how many carbs are at work."""
        reported = self.data.status.carbs_on_board
        if reported is None:
            return self.say(Phrase.CARBS_UNKNOWN)
        carbs = self.words.amount(Amount.CARBS, reported.value)
        age = self.age(reported.at)
        return self.say(Phrase.CARBS_ON_BOARD, carbs=carbs, age=age)

    def time_in_range(self) -> str:
        """Return how much of the day was in the person's own range."""
        subject, data = self.subject, self.data
        if subject.now <= subject.midnight:
            return self.say(Phrase.TIME_UNKNOWN)
        today = statistics(
            data.readings, subject.midnight, subject.now, data.thresholds
        )
        if today.in_range is None:
            return self.say(Phrase.TIME_UNKNOWN)
        said = self.say(Phrase.TIME_IN_RANGE, percent=self.percent(today.in_range))
        if today.active >= _MOSTLY:
            return said
        missing = self.percent(100 - today.active)
        return f"{said} {self.say(Phrase.TIME_MISSING, percent=missing)}"

    def sensor_due(self) -> str:
        """Return when the sensor has to be changed, as far as that is known."""
        started, now = self.sensor_started(), self.subject.now
        if started is None:
            return self.say(Phrase.SENSOR_UNKNOWN)
        age = self.age(started)
        if self.subject.sensor_life is None:
            return self.say(Phrase.SENSOR_STARTED, age=age)
        due = started + self.subject.sensor_life
        if due <= now:
            return self.say(Phrase.SENSOR_OVERDUE, age=self.age(due))
        ahead = self.words.ahead(due - now)
        return self.say(Phrase.SENSOR_DUE, ahead=ahead, age=age)

    def sensor_started(self) -> datetime | None:
        """Return when the present sensor was started, None if nobody said."""
        known = [
            treatment.at
            for treatment in self.data.treatments
            if treatment.kind is TreatmentKind.SENSOR_START
            and treatment.at <= self.subject.now
        ]
        if self.data.status.sensor_started:
            known.append(self.data.status.sensor_started)
        return max(known, default=None)

    def forecast(self) -> str:
        """Return what glucose is expected to be in half an hour."""
        if self.present is None:
            return self.glucose()
        found = expected(self.data.forecast, self.subject.now + AHEAD)
        if found is None:
            return self.say(Phrase.FORECAST_UNKNOWN)
        at, mgdl = found
        ahead = self.words.ahead(at - self.subject.now)
        is_within = LOW_LIMIT <= mgdl <= HIGH_LIMIT
        value = self.bounded(mgdl)
        about = self.say(Phrase.ABOUT, value=value) if is_within else value
        said = self.say(Phrase.FORECAST, value=about, ahead=ahead)
        is_near = self.data.is_low_soon and not self.is_low
        return f"{self.low_soon()} {said}" if is_near else said


def expected(forecast: Forecast | None, at: datetime) -> tuple[datetime, float] | None:
    """Return the value expected at a moment, or the last one before, with its time.

    Args:
        forecast: In mg/dL, None if there is none.
        at: Aware.

    Returns:
        None if the forecast ends long before, or begins after that moment.
    """
    if forecast is None:
        return None
    step = min(int((at - forecast.start) / forecast.period), len(forecast.mgdl) - 1)
    moment = forecast.start + step * forecast.period
    if step < 0 or at - moment > AHEAD - _HORIZON_LEAST:
        return None
    return moment, forecast.mgdl[step]
