"""Records as they were written over the years."""

from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import CgmResponseError
from custom_components.glucose_follow.cgm.models import Direction, Reading, ReadingKind
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from simulators.dexcom_share import PASSWORD, DexcomShareSimulator
from simulators.dexcom_share_wire import TrendForm, Wire
from simulators.nightscout import faults
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, MINUTE, NOON, FromCache, Make, only


@pytest.mark.parametrize("data", [None, {}, "text", 7])
async def test_records_that_are_no_list_are_an_error(
    source: DexcomShareSource, server: DexcomShareSimulator, data: object
) -> None:
    await source.identify()
    server.fault = faults.Garbage(data)

    with pytest.raises(CgmResponseError):
        await source.readings(NOON - DAY)


@pytest.mark.parametrize(
    ("since", "minutes"),
    [
        (timedelta(), "1"),
        (-DAY, "1"),
        (MINUTE, "1"),
        (MINUTE + timedelta(milliseconds=1), "2"),
        (timedelta(minutes=20), "20"),
        (DAY, "1440"),
        (3 * DAY, "1440"),
    ],
)
async def test_the_gap_and_no_more_than_a_day_is_asked_for(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    since: timedelta,
    minutes: str,
) -> None:
    await source.readings(NOON - since)

    assert server.requests[-1].query["minutes"] == minutes
    assert server.requests[-1].query["maxCount"] == "288"
    assert server.requests[-1].body == b"{}"


async def test_a_clock_that_is_behind_asks_for_enough(make: Make) -> None:
    source = make(clock=lambda: NOON - timedelta(hours=2))

    assert only(await source.readings(NOON - 2 * MINUTE)).mgdl == 120


async def test_a_clock_that_nobody_tells_is_not_compared(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.fault = FromCache()

    assert only(await source.readings(NOON - 2 * MINUTE)).mgdl == 120
    assert source.server_time is None


async def test_readings_are_newer_than_asked_oldest_first_and_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    for minutes, mgdl in ((11, 110), (6, 115), (16, 105), (6, 999), (6, 116)):
        server.add_reading(mgdl, at=NOON - minutes * MINUTE)

    found = await source.readings(NOON - 16 * MINUTE)

    assert values(found) == [110, 115, 120]
    assert source.skipped == 1


def values(samples: object) -> list[int]:
    """Return values in their order."""
    assert isinstance(samples, list)
    return [each.mgdl for each in samples]


@pytest.mark.parametrize("switch", ["has_share", "has_follower"])
async def test_an_account_that_shares_nothing_has_no_data(
    source: DexcomShareSource, server: DexcomShareSimulator, switch: str
) -> None:
    setattr(server, switch, False)

    assert list(await source.readings(NOON - DAY)) == []


@pytest.mark.parametrize("trend", TrendForm)
@pytest.mark.parametrize("has_slashes", [False, True])
async def test_readings_of_every_year_are_the_same(
    http: ClientSession, clock: FakeTime, trend: TrendForm, has_slashes: bool
) -> None:
    wire = Wire(has_slashes=has_slashes, is_shifted=has_slashes, trend=trend)
    async with DexcomShareSimulator(
        clock=clock, person=SimulatedPerson(seed=7), wire=wire
    ) as server:
        source = DexcomShareSource(
            http,
            username=server.username,
            password=PASSWORD,
            region=Region.US,
            clock=clock,
            base=server.url,
        )
        found = await source.readings(NOON - DAY)

    assert list(found) == SimulatedPerson(seed=7).readings(NOON - DAY, NOON)


@pytest.mark.parametrize(
    ("trend", "expected"),
    [
        (0, None),
        (1, Direction.DOUBLE_UP),
        (2, Direction.SINGLE_UP),
        (3, Direction.FORTY_FIVE_UP),
        (4, Direction.FLAT),
        (5, Direction.FORTY_FIVE_DOWN),
        (6, Direction.SINGLE_DOWN),
        (7, Direction.DOUBLE_DOWN),
        (8, None),
        (9, None),
        (10, None),
        (-4, None),
        ("Flat", Direction.FLAT),
        ("FLAT", Direction.FLAT),
        ("SINGLE_DOWN", Direction.SINGLE_DOWN),
        ("FortyFiveUp", Direction.FORTY_FIVE_UP),
        ("forty five up", Direction.FORTY_FIVE_UP),
        ("None", None),
        ("NOT COMPUTABLE", None),
        ("RateOutOfRange", None),
        ("Sideways", None),
        ("", None),
        (None, None),
        (True, None),
        (["Flat"], None),
        (4.5, None),
    ],
)
@pytest.mark.parametrize("form", [TrendForm.NAME, TrendForm.NUMBER])
async def test_a_trend_is_read_however_it_is_written(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    trend: object,
    expected: Direction | None,
    form: TrendForm,
) -> None:
    at = NOON - 2 * MINUTE
    times = f"Date({round(at.timestamp() * 1000)})"
    server.wire = Wire(trend=form)
    if isinstance(trend, int) and not isinstance(trend, bool):
        server.add_reading(100, at=at, trend=trend)
    else:
        server.add_record({"WT": times, "Value": 100, "Trend": trend}, at=at)

    found = await source.readings(NOON - 3 * MINUTE)

    assert values(found) == [100, 120]
    assert isinstance(found[0], Reading)
    assert found[0].direction is expected


@pytest.mark.parametrize(
    ("mgdl", "kind"),
    [
        (39, ReadingKind.LOW),
        (40, ReadingKind.MEASURED),
        (400, ReadingKind.MEASURED),
        (401, ReadingKind.HIGH),
        (402, ReadingKind.MEASURED),
        (600, ReadingKind.MEASURED),
    ],
)
async def test_beyond_the_sensors_range_is_told_apart(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    mgdl: int,
    kind: ReadingKind,
) -> None:
    server.add_reading(mgdl, at=NOON)

    found = only(await source.readings(NOON - MINUTE))

    assert (found.mgdl, found.kind) == (mgdl, kind)


WT = f"Date({round(NOON.timestamp() * 1000)})"


@pytest.mark.parametrize(
    "record",
    [
        *(
            {"WT": WT, "Value": value}
            for value in (38, 601, 0, -1, True, 1e9, "120", None)
        ),
        *({"WT": told, "Value": 120} for told in (None, 1, "", "Date()", "Date(x)")),
        {"WT": f"Date({'9' * 15})", "Value": 120},
        {"DT": WT, "ST": WT, "Value": 120},
        {"WT": WT},
        {},
        None,
        "text",
        [],
    ],
)
async def test_a_useless_record_is_skipped_and_counted(
    source: DexcomShareSource, server: DexcomShareSimulator, record: object
) -> None:
    await source.identify()
    server.fault = faults.Garbage([record, {"WT": WT, "Value": 120}])

    assert only(await source.readings(NOON - DAY)).at == NOON
    assert source.skipped == 1


@pytest.mark.parametrize(
    "form", ["Date({})", "/Date({})/", "Date({}-0400)", "/Date({}+0000)/"]
)
async def test_moments_are_wall_time_and_not_display_time(
    source: DexcomShareSource, server: DexcomShareSimulator, form: str
) -> None:
    ms = round(NOON.timestamp() * 1000)
    record = {
        "WT": form.format(ms),
        "ST": form.format(ms - 3_600_000),
        "DT": form.format(ms - 14_400_000),
        "Value": 120,
    }
    server.add_record(record, at=NOON)

    assert only(await source.readings(NOON - MINUTE)).at == NOON


async def test_nothing_but_glucose_is_shared(source: DexcomShareSource) -> None:
    await source.listen(lambda _: None)
    await source.close()

    assert list(await source.treatments(NOON - DAY)) == []
    assert await source.status() is None


async def test_the_servers_clock_is_told(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    assert source.server_time is None
    server.skew = timedelta(seconds=40)

    await source.identify()

    assert source.server_time == NOON + server.skew
