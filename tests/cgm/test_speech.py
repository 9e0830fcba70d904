"""What is said: sentences by situation, numbers by language, warnings first."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
import re

import pytest
import yaml  # type: ignore[import-untyped]  # it has no annotations

from custom_components.glucose_follow.cgm import speech
from custom_components.glucose_follow.cgm.data import CgmData, judge
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Direction,
    Forecast,
    GlucoseRange,
    GlucoseUnit,
    Reading,
    ReadingKind,
    Reported,
    SensorStatus,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.speech import (
    Extra,
    Subject,
    Topic,
    Words,
    WordsError,
    answer,
    history,
    plural,
    plurals,
    present,
)
from custom_components.glucose_follow.cgm.speech.words import Amount
from custom_components.glucose_follow.cgm.timeline import Timeline

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOLDER = Path(speech.__file__).parent.parent.parent / "sentences"
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def document(language: str) -> dict[str, object]:
    """Return what a file of sentences says."""
    text = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    assert isinstance(found, dict)
    return found


@cache
def words(language: str = "en") -> Words:
    """Return the words of a language."""
    return Words.read(language, document(language))


ENGLISH = words()


def reading(
    minutes: float = 4,
    mgdl: int = 109,
    direction: Direction | None = Direction.FLAT,
    kind: ReadingKind = ReadingKind.MEASURED,
) -> Reading:
    """Return a reading of so many minutes ago."""
    at = NOW - minutes * MINUTE
    return Reading(at=at, mgdl=mgdl, direction=direction, kind=kind)


def fresh(newest: Reading, where: GlucoseRange | None) -> CgmData:
    """Return what is known while a reading is current."""
    return CgmData(
        readings=(newest,),
        newest_at=newest.at,
        newest_since=newest.at,
        latest=newest,
        delayed=newest,
        direction=newest.direction,
        sensor_status=SensorStatus.OK,
        is_signal_lost=False,
        glucose_range=where,
        are_treatments_known=True,
    )


def gone(newest: Reading, **known: object) -> CgmData:
    """Return what is known once a reading is too old."""
    data = CgmData(
        readings=(newest,),
        newest_at=newest.at,
        newest_since=newest.at,
        delayed=newest if NOW - newest.at < 24 * HOUR else None,
        are_treatments_known=True,
    )
    return replace(data, **known)  # type: ignore[arg-type]  # whatever a test names


STEADY = fresh(reading(), GlucoseRange.IN_RANGE)
LOW = fresh(reading(2, 62, Direction.SINGLE_DOWN), GlucoseRange.LOW)


def subject(
    data: CgmData, unit: GlucoseUnit = GlucoseUnit.MGDL, **known: object
) -> Subject:
    """Return Alex."""
    alex = Subject(name="Alex", data=data, unit=unit, now=NOW, midnight=NOW - 12 * HOUR)
    return replace(alex, **known)  # type: ignore[arg-type]  # whatever a test names


def said(topic: Topic, data: CgmData, **known: object) -> str:
    """Return what is said about Alex in English."""
    return answer(topic, replace(subject(data), **known), ENGLISH)  # type: ignore[arg-type]  # whatever a test names


def forecast(*mgdl: float, start: datetime = NOW) -> Forecast:
    """Return a forecast in steps of five minutes."""
    return Forecast(start=start, period=5 * MINUTE, mgdl=mgdl)


@pytest.mark.parametrize(
    ("where", "newest", "expected"),
    [
        (
            GlucoseRange.IN_RANGE,
            reading(),
            "Alex is at 109 and steady, 4 minutes ago.",
        ),
        (
            GlucoseRange.URGENT_LOW,
            reading(1, 52, Direction.DOUBLE_DOWN),
            "Careful, Alex is very low: 52 and falling fast, 1 minute ago.",
        ),
        (
            GlucoseRange.URGENT_LOW,
            reading(1, 39, Direction.SINGLE_DOWN, ReadingKind.LOW),
            "Careful, Alex is very low: below 40 and falling, 1 minute ago.",
        ),
        (
            GlucoseRange.LOW,
            reading(0.1, 65, None),
            "Alex is low: 65, just now.",
        ),
        (
            GlucoseRange.HIGH,
            reading(3, 215, Direction.FORTY_FIVE_UP),
            "Alex is high: 215 and rising slowly, 3 minutes ago.",
        ),
        (
            GlucoseRange.URGENT_HIGH,
            reading(3, 401, None, ReadingKind.HIGH),
            "Careful, Alex is very high: above 400, 3 minutes ago.",
        ),
        (None, reading(), "Alex is at 109 and steady, 4 minutes ago."),
    ],
)
def test_the_present_is_said_with_its_age_and_warnings_come_first(
    where: GlucoseRange | None, newest: Reading, expected: str
) -> None:
    assert said(Topic.GLUCOSE, fresh(newest, where)) == expected


@pytest.mark.parametrize(
    ("mgdl", "kind", "where", "expected"),
    [
        (101, ReadingKind.MEASURED, "in_range", "Alex is at 5.6"),
        (90, ReadingKind.MEASURED, "in_range", "Alex is at 5.0"),
        (39, ReadingKind.LOW, "urgent_low", "Careful, Alex is very low: below 2.2"),
        (
            401,
            ReadingKind.HIGH,
            "urgent_high",
            "Careful, Alex is very high: above 22.2",
        ),
    ],
)
def test_glucose_is_said_in_the_persons_unit(
    mgdl: int, kind: ReadingKind, where: str, expected: str
) -> None:
    data = fresh(reading(4, mgdl, None, kind), GlucoseRange(where))

    sentence = said(Topic.GLUCOSE, data, unit=GlucoseUnit.MMOL)

    assert sentence == f"{expected}, 4 minutes ago."


def test_a_low_to_come_is_said_before_what_is() -> None:
    soon = replace(STEADY, is_low_soon=True)

    assert said(Topic.GLUCOSE, soon) == (
        "Alex may soon be low. Alex is at 109 and steady, 4 minutes ago."
    )
    assert said(Topic.GLUCOSE, replace(soon, low_in=15)) == (
        "Alex may be low in 15 minutes. Alex is at 109 and steady, 4 minutes ago."
    )


def test_a_low_to_come_is_nothing_to_say_once_it_is_there() -> None:
    assert said(Topic.GLUCOSE, replace(LOW, is_low_soon=True, low_in=0)) == (
        "Alex is low: 62 and falling, 2 minutes ago."
    )


def test_an_old_value_is_said_to_be_the_last_not_the_present() -> None:
    """As the issue has it: how long ago first, then what it was."""
    assert said(Topic.GLUCOSE, gone(reading(25, 82, Direction.SINGLE_DOWN))) == (
        "No reading from Alex for 25 minutes. The last was 82 and falling."
    )


def test_a_direction_that_nobody_reported_is_not_said_of_an_old_value() -> None:
    assert said(Topic.GLUCOSE, gone(reading(25, 82, None))) == (
        "No reading from Alex for 25 minutes. The last was 82."
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gone(reading(60 * 30)), "No reading from Alex for 30 hours."),
        (
            CgmData(newest_at=NOW - 3 * HOUR, newest_since=NOW - 3 * HOUR),
            "No reading from Alex for 3 hours.",
        ),
        (
            gone(
                reading(40),
                newest_at=NOW - 20 * MINUTE,
                newest_since=NOW - 20 * MINUTE,
                delayed=None,
            ),
            "No reading from Alex for 20 minutes.",
        ),
        (CgmData(), "There is no reading from Alex yet."),
    ],
)
def test_a_value_that_is_not_known_or_too_old_to_matter_is_not_said(
    data: CgmData, expected: str
) -> None:
    assert said(Topic.GLUCOSE, data) == expected


def seen(ahead: timedelta, ago: timedelta, now: datetime = NOW) -> CgmData:
    """Return what is known of a reading seen so long ago, whose stamp was ahead."""
    timeline = Timeline()
    timeline.merge([Reading(at=NOW - ago + ahead, mgdl=90)], NOW - ago)
    return judge(
        timeline,
        (),
        now=now,
        stale_after=15 * MINUTE,
        are_treatments_known=True,
        is_answering=True,
    )


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (9, "Alex is at 90, 9 minutes ago."),
        (14, "Alex is at 90, 14 minutes ago."),
        (20, "No reading from Alex for 20 minutes. The last was 90."),
    ],
)
def test_a_phone_that_is_ahead_makes_no_reading_younger(
    ago: int, expected: str
) -> None:
    data = seen(9 * MINUTE, ago * MINUTE)

    assert said(Topic.GLUCOSE, data) == expected
    assert glucose_of(present(subject(data), ALL))["age_minutes"] == ago
    told = history(subject(data), data.readings, HOUR, UTC)
    assert told["newest_reading_age_minutes"] == ago
    assert told["is_stale"] == (ago > 15)


@pytest.mark.parametrize("is_live", [True, False])
def test_a_clock_that_is_behind_makes_no_age_up(is_live: bool) -> None:
    """A small computer that starts without a network goes on where it stopped."""
    data = seen(0 * MINUTE, 20 * MINUTE, NOW - HOUR)
    early = subject(data, now=NOW - HOUR, is_live=is_live)

    sentence = answer(Topic.GLUCOSE, early, ENGLISH)

    assert sentence == "There is no current reading from Alex."
    assert glucose_of(present(early, ALL))["age_minutes"] is None


def test_the_last_value_is_said_if_only_its_twin_is_left() -> None:
    """Two uploaders stamp a reading differently; a restart may read either."""
    timeline = Timeline(NOW - 20 * MINUTE, NOW - 20 * MINUTE)
    timeline.merge([Reading(at=NOW - 20 * MINUTE - 2 * SECOND, mgdl=62)], NOW)
    data = judge(
        timeline,
        (),
        now=NOW,
        stale_after=15 * MINUTE,
        are_treatments_known=True,
        is_answering=True,
    )

    assert said(Topic.GLUCOSE, data) == (
        "No reading from Alex for 20 minutes. The last was 62."
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (SensorStatus.WARMUP, "Alex's sensor is starting up."),
        (SensorStatus.SENSOR_ERROR, "Alex's sensor reports an error."),
    ],
)
def test_a_sensor_without_values_is_the_reason_given(
    status: SensorStatus, expected: str
) -> None:
    last = " The last reading was 82 and falling, 25 minutes ago."
    old = gone(reading(25, 82, Direction.SINGLE_DOWN), sensor_status=status)

    assert said(Topic.GLUCOSE, old) == expected + last
    assert said(Topic.GLUCOSE, CgmData(sensor_status=status)) == expected


@pytest.mark.parametrize("topic", [Topic.GLUCOSE, Topic.TREND, Topic.FORECAST])
def test_a_source_that_reports_late_never_says_the_present(topic: Topic) -> None:
    """Even what is a few minutes old was not judged to be the present."""
    late = said(topic, gone(reading(140, 124)), is_live=False)
    fresh_by_chance = said(topic, STEADY, is_live=False)

    assert late == (
        "The newest reading from Alex is 124 and steady, 2 hours ago. Readings "
        "arrive late here, so this is not the present."
    )
    assert fresh_by_chance.startswith("The newest reading from Alex is 109")
    assert said(topic, CgmData(), is_live=False) == "There is no reading from Alex yet."


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            fresh(reading(4, 109, Direction.SINGLE_UP), GlucoseRange.IN_RANGE),
            "Alex is rising: 109, 4 minutes ago.",
        ),
        (
            fresh(reading(4, 109, None), GlucoseRange.IN_RANGE),
            "I cannot tell where Alex is heading. Alex is at 109, 4 minutes ago.",
        ),
        (LOW, "Alex is low: 62 and falling, 2 minutes ago."),
        (
            fresh(reading(4, 62, None), GlucoseRange.LOW),
            "Alex is low: 62, 4 minutes ago. I cannot tell where Alex is heading.",
        ),
        (
            fresh(reading(4, 200, None), GlucoseRange.HIGH),
            "I cannot tell where Alex is heading. Alex is high: 200, 4 minutes ago.",
        ),
        (
            replace(STEADY, is_low_soon=True, low_in=18),
            "Alex may be low in 18 minutes. Alex is steady: 109, 4 minutes ago.",
        ),
        (
            gone(reading(25, 82, Direction.SINGLE_DOWN)),
            "No reading from Alex for 25 minutes. The last was 82 and falling.",
        ),
    ],
)
def test_the_trend_is_said_if_it_is_known(data: CgmData, expected: str) -> None:
    assert said(Topic.TREND, data) == expected


@pytest.mark.parametrize(
    ("data", "beginning"),
    [
        (LOW, "Yes. Alex is low: 62"),
        (
            fresh(reading(1, 52), GlucoseRange.URGENT_LOW),
            "Yes. Careful, Alex is very low: 52",
        ),
        (STEADY, "No. Alex is at 109"),
        (
            fresh(reading(1, 290), GlucoseRange.URGENT_HIGH),
            "No. Careful, Alex is very high: 290",
        ),
        (replace(STEADY, is_low_soon=True), "Not yet. Alex may soon be low. Alex is"),
        (fresh(reading(), None), "I cannot tell. Alex is at 109"),
        (gone(reading(25, 62)), "I cannot tell. No reading from Alex for 25 minutes."),
        (CgmData(), "I cannot tell. There is no reading from Alex yet."),
    ],
)
def test_whether_it_is_low_is_answered_only_by_the_present(
    data: CgmData, beginning: str
) -> None:
    assert said(Topic.LOW, data).startswith(beginning)


def test_a_late_value_does_not_tell_whether_it_is_low() -> None:
    assert said(Topic.LOW, gone(reading(140, 62)), is_live=False).startswith(
        "I cannot tell. The newest reading from Alex is 62 and steady, 2 hours ago."
    )


@pytest.mark.parametrize("topic", sorted(set(Topic) - {Topic.LOW, Topic.LAST_READING}))
def test_a_low_comes_first_whatever_was_asked(topic: Topic) -> None:
    low = "Alex is low: 62 and falling, 2 minutes ago."

    assert said(topic, LOW).startswith(low)
    assert said(topic, LOW).count(low) == 1


@pytest.mark.parametrize("topic", Topic)
def test_a_low_to_come_comes_first_whatever_was_asked(topic: Topic) -> None:
    soon = replace(
        STEADY, is_low_soon=True, low_in=12, forecast=forecast(*range(109, 60, -7))
    )

    sentence = said(topic, soon)

    assert sentence.removeprefix("Not yet. ").startswith(
        "Alex may be low in 12 minutes. "
    )
    assert sentence.count("may be low") == 1


@pytest.mark.parametrize("topic", [each for each in Topic if each is not Topic.LOW])
def test_that_readings_stopped_comes_first_whatever_was_asked(topic: Topic) -> None:
    sentence = said(topic, gone(reading(25, 82)))

    assert sentence.startswith("No reading from Alex for 25 minutes. The last was 82")
    assert sentence.count("No reading") == 1


@pytest.mark.parametrize("data", [CgmData(), gone(reading(180, 82))])
def test_what_never_came_or_always_comes_late_is_no_warning(data: CgmData) -> None:
    is_live = data.newest_at is None

    sentence = said(Topic.INSULIN_ON_BOARD, data, is_live=is_live)

    assert sentence == "I do not know how much insulin Alex has on board."


def test_the_last_reading_is_said_with_its_age_first() -> None:
    stale = gone(reading(25, 82, Direction.SINGLE_DOWN))

    assert said(Topic.LAST_READING, STEADY) == (
        "The last reading from Alex came 4 minutes ago: 109 and steady."
    )
    assert (
        said(Topic.LAST_READING, LOW) == "Alex is low: 62 and falling, 2 minutes ago."
    )
    assert said(Topic.LAST_READING, stale).startswith("No reading from Alex for 25")


def bolus(insulin: float | None, at: datetime = NOW - 2 * HOUR) -> Treatment:
    """Return a bolus."""
    return Treatment(at=at, id="1", kind=TreatmentKind.BOLUS, insulin=insulin)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (bolus(4.5), "Alex's last bolus was 4.5 units, 2 hours ago."),
        (bolus(1), "Alex's last bolus was 1 unit, 2 hours ago."),
        (bolus(0.123), "Alex's last bolus was 0.12 units, 2 hours ago."),
        (bolus(None), "I know of no bolus of Alex's in the last two days."),
        (None, "I know of no bolus of Alex's in the last two days."),
    ],
)
def test_the_last_bolus_is_said(last: Treatment | None, expected: str) -> None:
    assert said(Topic.LAST_BOLUS, replace(STEADY, last_bolus=last)) == expected


def test_a_bolus_is_not_called_the_last_if_there_may_be_another() -> None:
    data = replace(STEADY, last_bolus=bolus(4.5), are_treatments_known=False)

    assert said(Topic.LAST_BOLUS, data) == (
        "I do not know about Alex's boluses at the moment."
    )


@pytest.mark.parametrize(
    ("topic", "status", "expected"),
    [
        (
            Topic.INSULIN_ON_BOARD,
            DeviceStatus(insulin_on_board=Reported(2.5, NOW - 7 * MINUTE)),
            "Alex has 2.5 units of insulin on board, reported 7 minutes ago.",
        ),
        (
            Topic.INSULIN_ON_BOARD,
            DeviceStatus(insulin_on_board=Reported(-0.4, NOW)),
            "Alex has -0.4 units of insulin on board, reported just now.",
        ),
        (
            Topic.INSULIN_ON_BOARD,
            DeviceStatus(insulin_on_board=Reported(-0.001, NOW)),
            "Alex has 0 units of insulin on board, reported just now.",
        ),
        (
            Topic.INSULIN_ON_BOARD,
            DeviceStatus(),
            "I do not know how much insulin Alex has on board.",
        ),
        (
            Topic.CARBS_ON_BOARD,
            DeviceStatus(carbs_on_board=Reported(19.6, NOW - MINUTE)),
            "Alex has 20 grams of carbs on board, reported 1 minute ago.",
        ),
        (
            Topic.CARBS_ON_BOARD,
            DeviceStatus(),
            "I do not know how many carbs Alex has on board.",
        ),
    ],
)
def test_what_is_on_board_is_said_with_its_age(
    topic: Topic, status: DeviceStatus, expected: str
) -> None:
    assert said(topic, replace(STEADY, status=status)) == expected


def day(*values: tuple[float, int]) -> CgmData:
    """Return what is known after hours with these values, five minutes apart."""
    found = tuple(
        reading(minutes, mgdl)
        for hours, mgdl in values
        for minutes in range(round(hours * 60), round(hours * 60) - 60, -5)
    )
    return replace(STEADY, readings=(*found, reading()))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            day(*((hour, 100 if hour > 3 else 200) for hour in range(12, 0, -1))),
            "Alex has been in range for 76 percent of the time today.",
        ),
        (
            day((2, 100), (1, 200)),
            (
                "Alex has been in range for 53 percent of the time today. "
                "For 83 percent of the day there are no readings."
            ),
        ),
        (CgmData(), "There are no readings from Alex today yet."),
    ],
)
def test_the_time_in_range_is_that_of_the_persons_day(
    data: CgmData, expected: str
) -> None:
    assert said(Topic.TIME_IN_RANGE, data) == expected


def test_a_day_that_just_began_has_no_time_in_range() -> None:
    assert said(Topic.TIME_IN_RANGE, STEADY, midnight=NOW) == (
        "There are no readings from Alex today yet."
    )


@pytest.mark.parametrize(
    ("started", "life", "expected"),
    [
        (
            6 * DAY,
            10 * DAY,
            "Alex's sensor is due in 4 days. It was started 6 days ago.",
        ),
        (10 * DAY, 10 * DAY, "Alex's sensor was due just now."),
        (11 * DAY, 10 * DAY, "Alex's sensor was due 1 day ago."),
        (6 * DAY, None, "Alex's sensor was started 6 days ago."),
        (None, 10 * DAY, "I do not know when Alex's sensor was started."),
    ],
)
def test_a_sensor_is_due_when_somebody_said_how_long_it_lasts(
    started: timedelta | None, life: timedelta | None, expected: str
) -> None:
    at = NOW - started if started else None
    data = replace(STEADY, status=DeviceStatus(sensor_started=at))

    assert said(Topic.SENSOR_DUE, data, sensor_life=life) == expected


def test_the_newest_sensor_counts_whoever_reports_it() -> None:
    """A planned start is none yet."""
    starts = tuple(
        Treatment(at=at, id=str(at), kind=TreatmentKind.SENSOR_START)
        for at in (NOW - 30 * HOUR, NOW + HOUR)
    )
    data = replace(
        STEADY,
        treatments=(*starts, bolus(1)),
        status=DeviceStatus(sensor_started=NOW - 9 * DAY),
    )

    assert said(Topic.SENSOR_DUE, data) == "Alex's sensor was started 30 hours ago."


@pytest.mark.parametrize(
    ("expected_values", "start", "expected"),
    [
        ((108, 106, 104, 102, 100, 98, 95, 90), NOW, "be about 95 in 30 minutes."),
        ((108, 106, 104, 102, 100), NOW, "be about 100 in 20 minutes."),
        ((108, 106, 104, 102, 100, 98, 95), NOW - 8 * MINUTE, "be about 95 in 22"),
        ((60, 55, 50, 45, 42, 40, 35), NOW, "be below 40 in 30 minutes."),
        ((390, 395, 400, 405, 410, 412, 415), NOW, "be above 400 in 30 minutes."),
    ],
)
def test_a_forecast_is_said_for_half_an_hour_or_as_far_as_it_goes(
    expected_values: tuple[float, ...], start: datetime, expected: str
) -> None:
    data = replace(STEADY, forecast=forecast(*expected_values, start=start))

    assert said(Topic.FORECAST, data).startswith(f"Alex is expected to {expected}")


@pytest.mark.parametrize(
    "thin",
    [
        None,
        forecast(),
        forecast(108, 106),
        forecast(108, 106, 104, 102, 100, start=NOW - 8 * MINUTE),
        forecast(108, 106, start=NOW + 50 * MINUTE),
    ],
)
def test_a_forecast_that_says_too_little_is_none(thin: Forecast | None) -> None:
    assert said(Topic.FORECAST, replace(STEADY, forecast=thin)) == (
        "There is no forecast for Alex at the moment."
    )


def test_a_forecast_of_a_low_begins_with_it() -> None:
    data = replace(
        STEADY,
        forecast=forecast(100, 95, 90, 85, 80, 74, 66),
        is_low_soon=True,
        low_in=28,
    )

    assert said(Topic.FORECAST, data) == (
        "Alex may be low in 28 minutes. Alex is expected to be about 66 in 30 minutes."
    )


def test_there_is_no_forecast_without_a_present() -> None:
    data = replace(gone(reading(25, 82, None)), forecast=forecast(*[80] * 7))

    assert said(Topic.FORECAST, data) == (
        "No reading from Alex for 25 minutes. The last was 82."
    )


@pytest.mark.parametrize("minutes", [7, 16, 90, 60 * 20])
def test_no_value_is_said_without_its_age(minutes: int) -> None:
    """The number of the reading, never without how long ago."""
    data = gone(reading(minutes, 173))

    for topic in Topic:
        sentence = said(topic, data)

        assert "173" not in sentence or re.search(r"(for|ago).*173", sentence), topic
        assert not re.search(r"Alex is (at|low|high|very)", sentence), topic


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_something_to_say(language: str) -> None:
    known = [STEADY, LOW, CgmData(), gone(reading(200, 82))]

    for topic, data, is_live in product(Topic, known, [True, False]):
        sentence = answer(topic, subject(data, is_live=is_live), words(language))

        assert "Alex" in sentence, topic
        assert not re.search(r"[{}<>]|  ", sentence), topic


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-MINUTE, "just now"),
        (0.4 * MINUTE, "just now"),
        (0.6 * MINUTE, "1 minute ago"),
        (59 * MINUTE, "59 minutes ago"),
        (60 * MINUTE, "1 hour ago"),
        (61 * MINUTE, "61 minutes ago"),
        (119 * MINUTE, "119 minutes ago"),
        (120 * MINUTE, "2 hours ago"),
        (24 * HOUR, "1 day ago"),
        (47 * HOUR, "47 hours ago"),
        (48 * HOUR, "2 days ago"),
    ],
)
def test_ages_are_said_as_people_say_them(age: timedelta, expected: str) -> None:
    assert ENGLISH.ago(age) == expected


def test_what_has_hardly_begun_is_said_to_last_a_minute() -> None:
    assert ENGLISH.lasting(timedelta()) == "1 minute"
    assert ENGLISH.ahead(timedelta()) == "in 1 minute"


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("en", "1", "one"),
        ("en", "0", "other"),
        ("en", "1.5", "other"),
        ("fr", "0", "one"),
        ("fr", "1.5", "one"),
        ("fr", "2", "other"),
        ("pt", "0.5", "one"),
        ("da", "0.5", "one"),
        ("da", "1.5", "one"),
        ("da", "0", "other"),
        ("da", "2.5", "other"),
        ("pl", "1", "one"),
        ("pl", "2", "few"),
        ("pl", "12", "many"),
        ("pl", "22", "few"),
        ("pl", "25", "many"),
        ("pl", "112", "many"),
        ("pl", "0", "many"),
        ("pl", "1.5", "other"),
        ("fi", "-1", "one"),
    ],
)
def test_a_number_takes_the_form_of_its_language(
    language: str, number: str, form: str
) -> None:
    """Samples as CLDR gives them."""
    assert plural(language, number) == form


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_every_number(language: str) -> None:
    """Half units too: none falls into a form that the language does not have."""
    for halves in range(250):
        text = f"{halves / 2:g}"
        assert plural(language, text) in plurals(language)
        amount = words(language) if halves < 3 else None
        assert amount is None or amount.amount(Amount.UNITS, halves / 2, decimals=1)


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "5.6"), ("de", "5,6"), ("pl", "5,6")]
)
def test_a_decimal_is_written_as_the_language_does(
    language: str, expected: str
) -> None:
    assert words(language).glucose(101, GlucoseUnit.MMOL) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["Alex"], "Alex"),
        (["Alex", "Sam"], "Alex or Sam"),
        (["Alex", "Kim", "Sam"], "Alex, Kim or Sam"),
    ],
)
def test_names_to_choose_from_are_listed(names: list[str], expected: str) -> None:
    assert ENGLISH.choice(names) == expected


@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [
        ("fr", "Alex", "Le capteur d'Alex"),
        ("fr", "Sam", "Le capteur de Sam"),
        ("fr", "Élise", "Le capteur d'Élise"),
    ],
)
def test_french_elides_before_a_vowel(language: str, name: str, expected: str) -> None:
    data = replace(STEADY, status=DeviceStatus(sensor_started=NOW - DAY))

    sentence = answer(Topic.SENSOR_DUE, subject(data, name=name), words(language))

    assert sentence.startswith(expected)


@pytest.mark.parametrize(
    ("names", "expected"), [(["Alex", "Inés"], "Alex e Inés"), (["A", "B"], "A y B")]
)
def test_spanish_joins_names_as_they_sound(names: list[str], expected: str) -> None:
    assert words("es").both(names) == expected


def test_italian_elides_before_eight() -> None:
    data = day(*((hour, 100 if hour == 1 else 200) for hour in range(12, 0, -1)))

    assert "l'8 per cento" in answer(Topic.TIME_IN_RANGE, subject(data), words("it"))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("decimal",), None),
        (("decimal",), 5),
        (("answers", "low"), None),
        (("answers", "low"), ""),
        (("answers", "nobody says this"), "x"),
        (("directions",), None),
        (("directions", "flat"), None),
        (("times", "ago"), None),
        (("times", "ago", "hours"), None),
        (("times", "ago", "hours", "one"), None),
        (("times", "ago", "hours", "few"), "{n}"),
        (("amounts", "carbs"), None),
        (("smoothing",), None),
        (("smoothing",), ["x"]),
        (("smoothing",), [{"pattern": "x"}]),
    ],
)
def test_a_file_that_lacks_something_is_refused(
    path: tuple[str, ...], wrong: object
) -> None:
    broken = document("en")
    part: dict[str, object] = broken
    for key in path[:-1]:
        found = part[key]
        assert isinstance(found, dict)
        part = found
    if wrong is None:
        part.pop(path[-1])
    else:
        part[path[-1]] = wrong

    with pytest.raises(WordsError):
        Words.read("en", broken)


ALL = frozenset(Extra)


def glucose_of(facts: Mapping[str, object]) -> Mapping[str, object]:
    """Return what facts say about glucose."""
    found = facts["glucose"]
    assert isinstance(found, dict)
    return found


def test_a_model_is_told_the_present_with_its_age() -> None:
    data = replace(
        STEADY,
        delta=-4.0,
        last_bolus=bolus(4.5),
        forecast=forecast(108, 106, 104, 102, 100, 98, 95),
        status=DeviceStatus(
            insulin_on_board=Reported(2.5, NOW - 7 * MINUTE),
            carbs_on_board=Reported(20.0, NOW),
        ),
    )

    assert present(subject(data), ALL) == {
        "person": "Alex",
        "unit": "mg/dL",
        "glucose": {
            "value": 109,
            "is_stale": False,
            "is_from_delayed_source": False,
            "age_minutes": 4,
            "direction": "flat",
            "change_per_5_minutes": -4,
            "range": "in_range",
            "sensor_status": "ok",
        },
        "forecast": {"in_minutes": 30, "value": 95},
        "low_expected_in_minutes": None,
        "insulin_on_board": {"units": 2.5, "age_minutes": 7},
        "carbs_on_board": {"grams": 20.0, "age_minutes": 0},
        "last_bolus": {"units": 4.5, "age_minutes": 120},
    }


@pytest.mark.parametrize("is_live", [True, False])
def test_a_model_is_not_told_an_old_value_as_the_present(is_live: bool) -> None:
    data = gone(reading(25, 82, Direction.SINGLE_DOWN), forecast=forecast(*[80] * 7))

    facts = present(subject(data, is_live=is_live), frozenset())

    assert glucose_of(facts) == {
        "last_known_value": 82,
        "is_stale": True,
        "is_from_delayed_source": not is_live,
        "age_minutes": 25,
        "sensor_status": "no_data",
    }
    assert facts.keys() == {"person", "unit", "glucose"}


def test_a_model_is_told_that_a_source_is_late_even_if_a_value_is_young() -> None:
    facts = glucose_of(present(subject(STEADY, is_live=False), ALL))

    assert facts["is_stale"]
    assert "value" not in facts
    assert facts["last_known_value"] == 109


def test_a_model_is_told_that_nothing_is_known() -> None:
    facts = present(subject(replace(CgmData(), last_bolus=bolus(1))), ALL)

    assert glucose_of(facts) == {
        "is_stale": True,
        "is_from_delayed_source": False,
        "age_minutes": None,
        "sensor_status": "no_data",
    }
    assert [facts[extra] for extra in Extra] == [None, None, None]


def test_a_model_is_told_nothing_besides_what_it_may_see() -> None:
    facts = present(subject(STEADY), frozenset({Extra.LAST_BOLUS}))

    assert "last_bolus" in facts
    assert "insulin_on_board" not in facts


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(ReadingKind.LOW, "below 2.2"), (ReadingKind.HIGH, "above 22.2")],
)
def test_a_model_is_not_told_a_limit_as_a_value(
    kind: ReadingKind, expected: str
) -> None:
    data = fresh(reading(4, 39, None, kind), None)

    facts = glucose_of(present(subject(data, GlucoseUnit.MMOL), ALL))

    assert facts["value"] == expected
    assert facts["direction"] is None
    assert facts["range"] is None


@pytest.mark.parametrize(
    ("mgdl", "expected"), [(1, "below 40"), (40, 40), (400, 400), (420, "above 400")]
)
def test_a_model_is_told_no_forecast_that_a_sensor_could_not_measure(
    mgdl: int, expected: object
) -> None:
    data = replace(STEADY, forecast=forecast(*[mgdl] * 7))

    facts = present(subject(data), ALL)["forecast"]

    assert facts == {"in_minutes": 30, "value": expected}


def test_a_model_is_told_no_lowest_that_nobody_measured() -> None:
    """LOW and HIGH are no numbers."""
    data = day((5, 100), (4, 39), (3, 100), (2, 401), (1, 100))

    facts = history(subject(data), data.readings, 5 * HOUR, UTC)

    assert [each["lowest"] for each in episodes(facts, "lows")] == ["below 40"]
    assert [each["highest"] for each in episodes(facts, "highs")] == ["above 400"]


def episodes(facts: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """Return what facts say about lows or highs."""
    found = facts[key]
    assert isinstance(found, list)
    return found


def test_a_model_is_told_of_a_low_to_come() -> None:
    soon = replace(STEADY, is_low_soon=True, low_in=15)

    assert present(subject(soon), ALL)["low_expected_in_minutes"] == 15
    assert present(subject(soon), ALL)["forecast"] is None


def test_a_model_is_told_what_the_last_hours_were_like() -> None:
    data = day((6, 100), (5, 60), (4, 100), (3, 200), (2, 260), (1, 100))

    facts = history(subject(data), data.readings, 6 * HOUR, UTC)

    assert facts["percent_in_target"] == 50
    assert facts["percent_below_target"] == 17
    assert facts["percent_above_target"] == 33
    assert facts["mean"] == 137
    assert facts["target"] == [70, 180]
    assert facts["hours"] == 6
    assert facts["lows"] == [
        {
            "start": "2026-11-21T07:00+00:00",
            "end": "2026-11-21T08:00+00:00",
            "lowest": 60,
        }
    ]
    assert facts["highs"] == [
        {
            "start": "2026-11-21T09:00+00:00",
            "end": "2026-11-21T11:00+00:00",
            "highest": 260,
        }
    ]
    assert facts["newest_reading_age_minutes"] == 4


def test_a_model_is_told_history_in_the_persons_unit() -> None:
    data = day((1, 100))

    facts = history(subject(data, GlucoseUnit.MMOL), data.readings, HOUR, UTC)

    assert facts["unit"] == "mmol/L"
    assert facts["mean"] == 5.6
    assert facts["target"] == [3.9, 10.0]


def test_a_model_is_told_that_hours_without_readings_say_nothing() -> None:
    facts = history(subject(CgmData()), (), HOUR, UTC)

    assert facts["readings"] == 0
    assert facts["percent_of_time_known"] == 0
    assert facts["mean"] is None
    assert facts["percent_in_target"] is None
    assert facts["newest_reading_age_minutes"] is None
