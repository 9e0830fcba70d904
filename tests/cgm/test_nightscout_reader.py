"""What a site says of pumps, loops and phones, and how seldom it is asked."""

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm import person_devices
from custom_components.glucose_follow.cgm.errors import (
    CgmConnectionError,
    CgmRateLimitError,
)
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    LoopState,
    Reported,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.cgm.sources.nightscout import (
    NightscoutSource,
    parse_address,
    parse_credential,
)
from custom_components.glucose_follow.cgm.sources.nightscout.v1 import created_at
from simulators.nightscout import NightscoutSimulator, Style, faults
from tests.simulators.nightscout_support import MINUTE, NOON, READER, SECRET, FakeTime

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
PAST = 7
"""Questions about what may have been done long ago: six changes and a switch."""


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def site(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to."""
    async with NightscoutSimulator(clock=clock, sleep=clock.sleep) as running:
        yield running
        running.fault = None


@pytest.fixture
def source(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> NightscoutSource:
    """Return a source of the site, that has not identified itself."""
    return follow(http, site, clock)


def follow(
    http: ClientSession,
    site: NightscoutSimulator,
    clock: FakeTime,
    credential: str = "",
) -> NightscoutSource:
    """Return a source of a site."""
    address = parse_address(str(site.url))
    return NightscoutSource(http, address, parse_credential(credential), clock=clock)


async def read(source: NightscoutSource) -> DeviceStatus:
    """Return what is reported."""
    status = await source.status()
    assert status is not None
    return status


def asked(site: NightscoutSimulator) -> Counter[str]:
    """Return how often each part of the API was asked since last time."""
    count = Counter(request.kind for request in site.requests)
    site.requests.clear()
    return count


@pytest.mark.parametrize(
    "style", [Style.AAPS, Style.LOOP, Style.TRIO, Style.OPENAPS, Style.TWO_UPLOADERS]
)
async def test_the_person_is_the_same_whoever_uploads(
    http: ClientSession, clock: FakeTime, style: Style
) -> None:
    async with NightscoutSimulator(clock=clock, person=PERSON, style=style) as site:
        clock.now += MINUTE
        source = follow(http, site, clock)
        await source.identify()

        status = await read(source)

    said = NOON + timedelta(seconds=1)
    insulin, carbs = status.insulin_on_board, status.carbs_on_board
    assert insulin is not None
    assert carbs is not None
    assert insulin.value == person_devices.insulin_on_board(PERSON, NOON)
    assert carbs.value == person_devices.carbs_on_board(PERSON, NOON)
    assert insulin.at == carbs.at == said
    assert status.loop == Reported(LoopState.LOOPING, said)
    assert status.is_suspended == Reported(False, said)
    assert status.forecast is not None
    assert status.enacted is not None
    assert status.profiles
    assert status.uploader_battery is not None
    changed = {
        kind: person_devices.last_change(PERSON, kind, NOON)
        for kind in person_devices.CHANGES
    }
    # The site has a day of the person, and what is older was never uploaded.
    for kind, told in (
        (TreatmentKind.SENSOR_START, status.sensor_started),
        (TreatmentKind.SITE_CHANGE, status.site_changed),
        (TreatmentKind.INSULIN_CHANGE, status.insulin_changed),
        (TreatmentKind.PUMP_BATTERY_CHANGE, status.pump_battery_changed),
    ):
        assert told == (changed[kind] if changed[kind] > NOON - DAY else None)


@pytest.mark.parametrize("style", [Style.AAPS, Style.LOOP, Style.TRIO])
async def test_both_versions_of_the_api_tell_the_same(
    http: ClientSession, clock: FakeTime, style: Style
) -> None:
    async with NightscoutSimulator(
        clock=clock,
        person=PERSON,
        style=style,
        api_secret=SECRET,
        tokens={READER: frozenset({"*"})},
    ) as site:
        site.add_treatment(at=NOON - 25 * DAY, eventType="Profile Switch", profile="X")
        site.add_treatment(at=NOON - 30 * DAY, eventType="Pump Battery Change")
        sources = [follow(http, site, clock, each) for each in (SECRET, READER)]
        for source in sources:
            await source.identify()

        one, other = [await read(source) for source in sources]

        assert [source.api for source in sources] == ["v1", "v3"]
        assert one == other
        assert one.loop is not None
        assert one.pump_battery_changed is not None


@pytest.mark.parametrize(
    ("style", "reservoir", "percent", "volts"),
    [
        (Style.AAPS, True, True, False),
        (Style.LOOP, True, False, False),
        (Style.TRIO, False, False, False),
        (Style.OPENAPS, True, False, True),
        (Style.XDRIP, False, False, False),
    ],
)
async def test_what_a_pump_does_not_tell_is_unknown(
    http: ClientSession,
    clock: FakeTime,
    style: Style,
    reservoir: bool,
    percent: bool,
    volts: bool,
) -> None:
    async with NightscoutSimulator(clock=clock, person=PERSON, style=style) as site:
        source = follow(http, site, clock)
        await source.identify()

        status = await read(source)

    assert person_devices.reservoir(PERSON, NOON) > 50
    assert (status.reservoir is not None) is reservoir
    assert (status.pump_battery is not None) is percent
    assert (status.pump_voltage is not None) is volts
    assert status.uploader_battery is not None


async def test_what_seldom_changes_is_seldom_asked_for(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.requests.clear()

    await source.status()
    assert asked(site) == {"devicestatus": 1, "profile": 1, "treatments": PAST}

    clock.now += HOUR - MINUTE
    await source.status()
    assert asked(site) == {"devicestatus": 1}

    clock.now += MINUTE
    await source.status()
    assert asked(site) == {"devicestatus": 1, "profile": 1}

    clock.now += 5 * HOUR
    await source.status()
    assert asked(site) == {"devicestatus": 1, "profile": 1, "treatments": PAST}


async def test_a_day_costs_as_many_requests_as_promised(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.requests.clear()

    for _ in range(288):
        await source.status()
        clock.now += 5 * MINUTE

    assert asked(site) == {"devicestatus": 288, "profile": 24, "treatments": 4 * PAST}


async def test_only_what_is_new_is_asked_for(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.requests.clear()
    site.add_devicestatus(at=NOON - MINUTE, pump={"reservoir": 90})

    await source.status()
    clock.now += 5 * MINUTE
    await source.status()
    clock.now += DAY
    await source.status()

    since = [
        request.query["find[created_at][$gte]"]
        for request in site.requests
        if request.kind == "devicestatus"
    ]
    assert since == [
        "2026-11-21T10:00:00.000Z",
        "2026-11-21T11:54:00.000Z",
        "2026-11-22T10:05:00.000Z",
    ]


@pytest.mark.parametrize("ahead", [-3 * HOUR, HOUR, 3 * HOUR, 3 * DAY])
async def test_a_clock_that_is_wrong_hides_no_device(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime, ahead: timedelta
) -> None:
    """A window that begins by a clock that is ahead would be after everything."""
    source = follow(http, site, FakeTime(now=NOON + ahead))
    site.add_devicestatus(at=NOON - MINUTE, pump={"reservoir": 90})
    await source.identify()
    site.requests.clear()

    status = await read(source)

    assert status.reservoir == Reported(90.0, NOON - MINUTE)
    since = site.requests[0].query["find[created_at][$gte]"]
    assert since == created_at(min(NOON, NOON + ahead) - 2 * HOUR, margin=0 * HOUR)


async def test_a_clock_that_went_ahead_hides_no_device(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    ours = FakeTime()
    source = follow(http, site, ours)
    await source.identify()
    await source.status()

    ours.now += 4 * HOUR
    clock.now += MINUTE
    site.add_devicestatus(pump={"reservoir": 90})
    await source.readings(NOON)

    assert (await read(source)).reservoir == Reported(90.0, clock.now)


async def test_news_replaces_what_was_known(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.add_devicestatus(at=NOON - MINUTE, pump={"reservoir": 90}, uploaderBattery=50)
    await source.status()

    clock.now += 5 * MINUTE
    site.add_devicestatus(pump={"reservoir": 89})
    status = await read(source)

    assert status.reservoir == Reported(89.0, clock.now)
    assert status.uploader_battery == Reported(50.0, NOON - MINUTE)


@pytest.mark.parametrize("days", [3, 5, 12, 300])
async def test_a_change_is_found_however_long_ago(
    source: NightscoutSource, site: NightscoutSimulator, days: int
) -> None:
    """Without a date a site looks four days back."""
    await source.identify()
    for number, event in enumerate(
        ("Sensor Start", "Site Change", "Insulin Change", "Pump Battery Change")
    ):
        site.add_treatment(at=NOON - days * DAY - number * HOUR, eventType=event)
        site.add_treatment(at=NOON - 2 * days * DAY, eventType=event)

    status = await read(source)

    assert status.sensor_started == NOON - days * DAY
    assert status.site_changed == NOON - days * DAY - HOUR
    assert status.insulin_changed == NOON - days * DAY - 2 * HOUR
    assert status.pump_battery_changed == NOON - days * DAY - 3 * HOUR


async def test_a_sensor_that_was_changed_was_started(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Sensor Start")
    site.add_treatment(at=NOON - 8 * DAY, eventType="Sensor Change")

    assert (await read(source)).sensor_started == NOON - 8 * DAY


async def test_a_pod_that_was_changed_is_a_site_that_was_changed(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    site.add_treatment(at=NOON - 3 * DAY, eventType="Pod Change")

    assert (await read(source)).site_changed == NOON - 3 * DAY


async def test_a_change_that_was_taken_back_or_is_planned_is_none(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    site.add_treatment(at=NOON - 5 * DAY, eventType="Site Change", isValid=False)
    site.add_treatment(at=NOON + DAY, eventType="Site Change")

    assert (await read(source)).site_changed == NOON - 9 * DAY


async def test_a_new_change_is_known_with_the_usual_treatments(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    await source.status()
    site.add_treatment(at=NOON, eventType="Site Change")
    site.add_treatment(at=NOON, eventType="Note")
    site.requests.clear()

    clock.now += MINUTE
    await source.treatments(NOON - 3 * HOUR)
    status = await read(source)

    assert status.site_changed == NOON
    assert asked(site) == {"treatments": 1, "devicestatus": 1}


async def test_a_deleted_change_makes_the_one_before_the_last(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    mistake = site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    assert (await read(source)).site_changed == NOON - HOUR

    site.remove_treatment(mistake)
    clock.now += 31 * MINUTE
    await source.treatments(clock.now - 72 * HOUR)

    assert (await read(source)).site_changed == NOON - 9 * DAY


async def test_a_change_that_was_corrected_keeps_no_wrong_moment(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    """It happened earlier, and was still the last of its kind."""
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    wrong = site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    assert (await read(source)).site_changed == NOON - HOUR

    site.edit_treatment(wrong, created_at="2026-11-21T07:00:00.000Z")
    clock.now += 31 * MINUTE
    await source.treatments(clock.now - 72 * HOUR)

    assert (await read(source)).site_changed == NOON - 5 * HOUR


@pytest.mark.parametrize("hours", [3, 72])
async def test_a_change_that_became_a_note_is_none(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime, hours: int
) -> None:
    """Also if only what was done lately is asked for."""
    await source.identify()
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    wrong = site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    await source.status()

    site.edit_treatment(wrong, eventType="Note")
    clock.now += 31 * MINUTE
    await source.treatments(clock.now - hours * HOUR)

    assert (await read(source)).site_changed == NOON - 9 * DAY


async def test_a_correction_is_asked_about_once(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    wrong = site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    await source.status()
    site.edit_treatment(wrong, created_at="2026-11-21T07:00:00.000Z")
    asked(site)

    for _ in range(12):
        clock.now += 5 * MINUTE
        await source.treatments(clock.now - 72 * HOUR)
        await source.status()

    assert asked(site)["treatments"] == 12 + PAST


async def test_a_change_that_only_long_questions_find_is_not_deleted_by_short_ones(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    """A document with its date in another zone is compared as text."""
    await source.identify()
    site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    await source.status()
    site.clear()

    await source.treatments(NOON - 3 * HOUR)

    assert (await read(source)).site_changed == NOON - HOUR


async def test_a_missing_change_is_not_asked_for_again_and_again(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    mistake = site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    await source.status()
    site.remove_treatment(mistake)
    asked(site)

    for _ in range(12):
        clock.now += 5 * MINUTE
        await source.treatments(clock.now - 72 * HOUR)
        await source.status()

    assert asked(site)["treatments"] == 12 + PAST


async def test_a_change_that_usual_answers_lack_is_not_asked_for_each_time(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    site.add_treatment(at=NOON - HOUR, eventType="Site Change")
    await source.status()
    asked(site)

    for _ in range(12):
        clock.now += 5 * MINUTE
        source._reader.take_treatments((), (), clock.now - 72 * HOUR)
        await source.status()

    assert asked(site)["treatments"] == 2 * PAST
    assert (await read(source)).site_changed == NOON - HOUR


async def test_a_switch_of_profile_counts_at_once(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    before = await read(source)
    site.add_treatment(eventType="Profile Switch", profile="Default", percentage=200)
    site.requests.clear()

    await source.treatments(NOON - 3 * HOUR)
    after = await read(source)

    assert len(before.profiles) == 1
    assert len(after.profiles) == 2
    assert after.profiles[1].start == NOON
    assert after.profiles[1].basal is not None
    assert after.profiles[1].basal.rates[0] == (0, 1.4)
    assert asked(site)["profile"] == 0


async def test_a_switch_that_was_deleted_does_not_count_any_more(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    mistake = site.add_treatment(eventType="Profile Switch", profile="Default")
    await source.treatments(NOON - 72 * HOUR)
    assert len((await read(source)).profiles) == 2

    site.remove_treatment(mistake)
    clock.now += 5 * MINUTE
    await source.treatments(clock.now - 72 * HOUR)

    assert [use.start for use in (await read(source)).profiles] == [NOON - 30 * DAY]


@pytest.mark.parametrize("hours", [3, 72])
async def test_a_switch_that_became_a_note_does_not_count_any_more(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime, hours: int
) -> None:
    await source.identify()
    mistake = site.add_treatment(eventType="Profile Switch", profile="Default")
    await source.treatments(NOON - 72 * HOUR)
    assert len((await read(source)).profiles) == 2

    site.edit_treatment(mistake, eventType="Note")
    clock.now += 5 * MINUTE
    await source.treatments(clock.now - hours * HOUR)

    assert [use.start for use in (await read(source)).profiles] == [NOON - 30 * DAY]


async def test_a_switch_that_was_corrected_counts_from_the_right_moment(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    mistake = site.add_treatment(eventType="Profile Switch", profile="Default")
    await source.status()

    site.edit_treatment(mistake, created_at="2026-11-21T07:00:00.000Z")
    clock.now += 5 * MINUTE
    await source.treatments(clock.now - 72 * HOUR)

    assert [use.start for use in (await read(source)).profiles] == [
        NOON - 30 * DAY,
        NOON - 5 * HOUR,
    ]


async def test_the_switch_before_a_deleted_one_is_asked_for(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    mistake = site.add_treatment(eventType="Profile Switch", profile="Default")
    await source.status()
    site.remove_treatment(mistake)
    clock.now += 31 * MINUTE
    asked(site)

    await source.treatments(clock.now - 72 * HOUR)
    await source.status()

    assert asked(site)["treatments"] == 1 + PAST


async def test_a_switch_that_usual_answers_may_lack_stays(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    """A short answer, or one that does not go back as far."""
    await source.identify()
    for at in (NOON - HOUR, NOON - 3 * DAY):
        site.add_treatment(at=at, eventType="Profile Switch", profile="Default")
    assert len((await read(source)).profiles) == 3

    source._reader.take_treatments((), (), NOON - 3 * HOUR)
    after_a_short_answer = await read(source)
    source._reader.take_treatments((), (), NOON - 72 * HOUR)

    assert len(after_a_short_answer.profiles) == 3
    assert [use.start for use in (await read(source)).profiles] == [
        NOON - 30 * DAY,
        NOON - 3 * DAY,
    ]


async def test_a_switch_is_found_however_long_ago(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.add_treatment(
        at=NOON - 25 * DAY, eventType="Profile Switch", profile="Default"
    )

    profiles = (await read(source)).profiles

    assert [use.start for use in profiles] == [NOON - 30 * DAY, NOON - 25 * DAY]


async def test_loop_that_only_recommends_is_open(
    http: ClientSession, clock: FakeTime
) -> None:
    """It claims to have done what it recommends."""
    async with NightscoutSimulator(
        clock=clock, person=PERSON, style=Style.LOOP
    ) as site:
        site.add_profile(loopSettings={"dosingEnabled": False})
        source = follow(http, site, clock)
        await source.identify()

        status = await read(source)

    assert status.loop is not None
    assert status.loop.value is LoopState.OPEN
    assert status.enacted is None


async def test_a_fault_of_open_loop_stays_a_fault(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.add_profile(loopSettings={"dosingEnabled": False})
    site.add_devicestatus(loop={"failureReason": "no pump"})
    await source.identify()

    loop = (await read(source)).loop

    assert loop is not None
    assert loop.value is LoopState.ERROR


async def test_an_open_loop_that_never_ran_is_unknown(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.add_profile(loopSettings={"dosingEnabled": False})
    await source.identify()

    assert (await read(source)).loop is None


async def test_trouble_with_what_is_asked_seldom_changes_nothing(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    site.add_treatment(at=NOON - 9 * DAY, eventType="Site Change")
    await source.identify()
    before = await read(source)

    clock.now += 7 * HOUR
    site.add_devicestatus(pump={"reservoir": 90})
    site.fault = faults.ServerError(only={"profile", "treatments"})
    during = await read(source)
    asked(site)
    clock.now += 29 * MINUTE
    await source.status()
    assert asked(site) == {"devicestatus": 1}
    clock.now += MINUTE
    site.fault = None
    await source.status()
    assert asked(site) == {"devicestatus": 1, "profile": 1, "treatments": PAST}

    assert during.profiles == before.profiles
    assert during.site_changed == before.site_changed
    assert during.reservoir is not None


async def test_a_profile_that_cannot_be_read_for_a_day_is_unknown(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    await source.status()
    site.fault = faults.ServerError(only={"profile"})

    clock.now += DAY - MINUTE
    assert (await read(source)).profiles
    clock.now += MINUTE
    assert (await read(source)).profiles == ()


async def test_trouble_with_devices_is_told(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.fault = faults.ServerError(only={"devicestatus"})

    with pytest.raises(CgmConnectionError):
        await source.status()


async def test_a_site_that_wants_to_rest_is_not_asked_for_more(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.fault = faults.RateLimit(90, only={"profile"})
    site.requests.clear()

    with pytest.raises(CgmRateLimitError):
        await source.status()

    assert asked(site) == {"devicestatus": 1, "profile": 1}


@pytest.mark.parametrize(
    ("rights", "features", "kinds"),
    [
        ({"entries"}, {Feature.LIVE}, set()),
        (
            {"entries", "treatments"},
            {Feature.LIVE, Feature.TREATMENTS, Feature.STATUS},
            {"treatments", "profile"},
        ),
        (
            {"entries", "devicestatus"},
            {Feature.LIVE, Feature.STATUS},
            {"devicestatus", "profile"},
        ),
    ],
)
async def test_only_what_may_be_read_is_asked_for(
    http: ClientSession,
    clock: FakeTime,
    rights: set[str],
    features: set[Feature],
    kinds: set[str],
) -> None:
    async with NightscoutSimulator(
        clock=clock,
        sleep=clock.sleep,
        api_secret=SECRET,
        tokens={READER: frozenset(rights)},
        default_roles="denied",
    ) as site:
        source = follow(http, site, clock, READER)
        await source.identify()
        site.requests.clear()

        status = await source.status()

        assert source.features == features | {Feature.PUSH}
        assert (status is not None) is (Feature.STATUS in features)
        assert set(asked(site)) == kinds


async def test_a_clock_that_went_back_makes_everything_due(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await source.identify()
    await source.status()
    asked(site)

    clock.now -= 7 * HOUR
    await source.status()

    assert asked(site) == {"devicestatus": 1, "profile": 1, "treatments": PAST}


async def test_unusable_documents_are_counted(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.identify()
    site.add_devicestatus(at=NOON - MINUTE, pump={"reservoir": 90})
    site.add_devicestatus(at=NOON + HOUR, pump={"reservoir": 80})

    status = await read(source)

    assert status.reservoir == Reported(90.0, NOON - MINUTE)
    assert source.skipped == 1


async def test_what_is_new_by_the_sites_clock_is_not_from_the_future(
    http: ClientSession, clock: FakeTime
) -> None:
    """Ours is an hour behind."""
    behind = FakeTime(now=NOON - HOUR)
    async with NightscoutSimulator(clock=clock) as site:
        site.add_devicestatus(at=NOON - MINUTE, pump={"reservoir": 90})
        source = follow(http, site, behind)
        await source.identify()

        status = await read(source)

    assert status.reservoir == Reported(90.0, NOON - MINUTE)
