"""Documents that nobody should send, and everything that has to bear them.

Real documents, of which a few fields are replaced by whatever JSON can say. Only
our own errors may come of it, and a document that says nothing usable is skipped.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from hypothesis import strategies as st

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.data import STALE_AFTER, judge
from custom_components.glucose_follow.cgm.errors import CgmError
from custom_components.glucose_follow.cgm.json_array import ArrayReader
from custom_components.glucose_follow.cgm.models import Reading, SensorFault, Treatment
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources import dexcom_share
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    data_range,
    decode as dexcom,
    devices as dexcom_devices,
    events as dexcom_events,
)
from custom_components.glucose_follow.cgm.sources.nightscout import (
    decode as nightscout,
    packets,
    thresholds,
)
from custom_components.glucose_follow.cgm.sources.nightscout.news import News
from custom_components.glucose_follow.cgm.sources.nightscout.reader import StatusReader
from custom_components.glucose_follow.cgm.sources.tidepool import (
    decode as tidepool,
    devices as tidepool_devices,
    people,
)
from custom_components.glucose_follow.cgm.sources.tidepool.merge import Merger
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json
from custom_components.glucose_follow.cgm.treatments import TreatmentLog
from simulators.dexcom_api import documents as dexcom_made
from simulators.dexcom_share_wire import TODAY
from simulators.nightscout.reports import reports_of
from simulators.nightscout.styles import Style, entries_of, treatments_of
from simulators.tidepool import documents as tidepool_made

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_PERSON = SimulatedPerson(seed=7)
_READINGS = _PERSON.readings(NOW - _DAY / 8, NOW)
_DONE = _PERSON.treatments(NOW - _DAY, NOW)

_ODD: tuple[Json, ...] = (
    None,
    True,
    "",
    -1,
    1e300,
    -1e300,
    10**30,
    -(10**30),
    253_402_300_799_999,
    -62_135_596_800_000,
    float("inf"),
    float("-inf"),
    float("nan"),
    "NaN",
    "1e999",
    "0001-01-01T00:00:00.000Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T25:61:61Z",
    "2026-11-21T11:55:00",
    "2026-11-21T11:55:00+99:99",
    "Date(99999999999999999999)",
    "Date(-99999999999999-0500)",
    "\ud800",
    "\x00",
    "<script>",
    [],
    {},
    [[]],
    [None, {}, []],
    {"value": {}},
)

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(_ODD)
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)

type Decoder = Callable[[Json], object]


@st.composite
def spoiled(draw: st.DrawFn, templates: list[Any]) -> Json:
    """Return a real document, a few fields of which are something else."""
    document: Json = deepcopy(draw(st.sampled_from(templates)))
    for _ in range(draw(st.integers(0, 4))):
        where: Json = document
        while isinstance(where, dict | list) and where:
            keys = list(where) if isinstance(where, dict) else range(len(where))
            key: Any = draw(st.sampled_from(list(keys)))
            inner = where[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                where = inner
                continue
            # Drawn as it is, and spoiled itself by what follows.
            where[key] = deepcopy(draw(st.sampled_from(_ODD) | anything))
            break
    return document


def _whole(*kinds: Iterable[Any]) -> st.SearchStrategy[Json]:
    """Return answers: lists of such documents, or something else altogether."""
    templates = [json.loads(json.dumps(each)) for kind in kinds for each in kind]
    documents = st.lists(spoiled(templates) | anything, max_size=12)
    return documents | spoiled([templates[:3]]) | anything


def _nightscout(told: Json) -> None:
    """Decode entries and treatments."""
    samples: list[Reading | SensorFault] = []
    done: list[Treatment] = []
    for document in nightscout.documents(told):
        nightscout.identity(document)
        treatment = nightscout.treatment(document)
        done += [treatment] if treatment is not None else []
        if nightscout.is_glucose(document):
            sample = nightscout.sample(document)
            samples += [sample] if sample is not None else []
    _judged(samples, done)


def _judged(
    samples: Iterable[Reading | SensorFault], done: Iterable[Treatment] = ()
) -> None:
    """Take in what was decoded, and make sure of what everybody relies on."""
    timeline, log = Timeline(), TreatmentLog()
    timeline.merge(samples, NOW)
    log.heard(tuple(done), frozenset(), NOW)
    timeline.gap_start(NOW)
    judge(
        timeline,
        log.treatments,
        now=NOW,
        stale_after=STALE_AFTER,
        are_treatments_known=log.are_known(NOW),
        is_answering=True,
    )
    stamps = [reading.at for reading in timeline.readings]
    assert stamps == sorted(stamps)
    for reading in timeline.readings:
        assert reading.at.utcoffset() == timedelta()
        assert 38 <= reading.mgdl <= 1000


def _news(told: Json) -> None:
    """Decode what a site says unasked, and what devices report."""
    reader = StatusReader(lambda: NOW)
    news = News(reader)
    documents: list[Json] = told if isinstance(told, list) else [told]
    asyncio.run(_said(news, documents))


async def _said(news: News, documents: list[Json]) -> None:
    """Say everything once in each place where it can be said."""
    await news.updated(
        {
            "sgvs": documents,
            "treatments": documents,
            "devicestatus": documents,
            "profiles": documents,
        }
    )
    for document in documents[:2]:
        await news.updated(document)
        await news.stored("update", {"colName": "devicestatus", "doc": document})
        await news.stored("delete", {"colName": "treatments", "identifier": document})


def _packet(told: Json) -> None:
    """Read a packet."""
    for prefix in ("", "2", '2["dataUpdate",', "3", "43", "2/storage,", "0"):
        packets.Packet(encoded_packet=f"{prefix}{json.dumps(told)}")


def _share(told: Json) -> None:
    """Decode what a Dexcom app shares, and errors of its server."""
    for record in told if isinstance(told, list) else [told]:
        dexcom_share._reading(record)
        for status in (400, 500):
            dexcom_share._explain(status, record)
    if isinstance(told, list):
        found = (dexcom_share._reading(record) for record in told)
        _judged(reading for reading in found if reading is not None)


def _dexcom(told: Json) -> None:
    """Decode what Dexcom's API says."""
    documents = dexcom.documents(told, "egvs")
    done = [
        treatment
        for document in dexcom_events.current(documents)
        for decode in (
            dexcom_events.event,
            dexcom_events.calibration,
            dexcom_devices.alert,
        )
        if (treatment := decode(document)) is not None
    ]
    _judged(filter(None, map(dexcom.reading, documents)), done)
    dexcom_devices.status(filter(None, map(dexcom_devices.device, documents)))


def _tidepool(told: Json) -> None:
    """Decode what Tidepool has."""
    documents = filter(None, map(tidepool.told, told if isinstance(told, list) else []))
    known = list(documents)
    facts = [fact for each in known for fact in tidepool.facts(each) or ()]
    done = asyncio.run(Merger(facts).treatments())
    _judged(filter(None, map(tidepool.reading, known)), done)
    latest = {each.type: each for each in known}
    found = tidepool_devices.status(latest, NOW)
    tidepool_devices.with_changes(found, latest)


def _people(told: Json) -> None:
    """Decode who there is."""
    people.user_id(told)
    people.own("id", told)
    list(people.shared(told))
    people.unit(told)


def _array(told: Json) -> None:
    """Read an array in pieces, and what is left of it."""
    body = json.dumps(told).encode()
    for cut in (len(body), len(body) // 2):
        reader = ArrayReader()
        for at in range(0, cut, 7):
            reader.feed(body[at : min(cut, at + 7)])
        reader.close()


def _headers(told: Json) -> None:
    """Read dates of headers."""
    text = told if isinstance(told, str) else json.dumps(told)
    transport._http_date(text)


_ENTRIES = [
    each for style in Style for one in _READINGS for each in entries_of(style, one)
]
_TREATMENTS = [
    each for style in Style for one in _DONE for each in treatments_of(style, one)
]
_REPORTS = [each for style in Style for each in reports_of(style, _PERSON, NOW)]
_PROFILES = [
    {
        "_id": "profile",
        "defaultProfile": "Default",
        "startDate": "2026-10-21T12:00:00.000Z",
        "mills": "0",
        "units": "mg/dL",
        "store": {
            "Default": {
                "dia": 6,
                "timezone": "Etc/GMT-1",
                "units": "mg/dL",
                "basal": [{"time": "06:00", "value": 0.9, "timeAsSeconds": 21600}],
            }
        },
    }
]
_RANGE = {
    "userId": "1",
    "egvs": {
        "start": {"systemTime": "2026-11-01T00:00:00"},
        "end": {"systemTime": "2026-11-21T11:55:00Z"},
    },
}
_LOGGED = [dexcom_made.logged(each) for each in _DONE]
_TIDEPOOL = [
    *map(tidepool_made.cbg, _READINGS),
    *(each for one in _DONE if one.carbs for each in tidepool_made.eaten(one)),
    *(tidepool_made.bolus(each) for each in _DONE if each.insulin),
    tidepool_made.basal(NOW, 0.8),
    tidepool_made.decision(NOW, 1.5, 20, [100, 110, 120]),
    tidepool_made.pump_status(NOW, 120, 0.7),
    tidepool_made.settings(NOW),
    tidepool_made.upload(NOW),
    tidepool_made.made("deviceEvent", NOW, subType="prime", primeTarget="cannula"),
    tidepool_made.made(
        "physicalActivity", NOW, duration={"value": 30, "units": "minutes"}
    ),
    tidepool_made.made("smbg", NOW, value=5.5, units="mmol/L"),
    tidepool_made.made("bloodKetone", NOW, value=0.4, units="mmol/L"),
]
_ACCOUNT = {
    "userid": "1",
    "profile": {"fullName": "Alex", "patient": {}},
    "trustorPermissions": {"view": {}},
    "units": {"bg": "mmol/L"},
}
_SETTINGS = {
    "settings": {
        "units": "mg/dl",
        "thresholds": {
            "bgHigh": 260,
            "bgTargetTop": 180,
            "bgTargetBottom": 80,
            "bgLow": 55,
        },
    }
}

DECODERS: Mapping[str, tuple[Decoder, st.SearchStrategy[Json]]] = {
    "nightscout": (_nightscout, _whole(_ENTRIES, _TREATMENTS)),
    "nightscout_news": (_news, _whole(_ENTRIES, _TREATMENTS, _REPORTS, _PROFILES)),
    "nightscout_packets": (_packet, anything),
    "nightscout_thresholds": (
        thresholds.thresholds_of,
        spoiled([_SETTINGS]) | anything,
    ),
    "dexcom_share": (_share, _whole(map(TODAY.record_of, _READINGS))),
    "dexcom_api": (
        _dexcom,
        _whole(map(dexcom_made.egv, _READINGS), _LOGGED, [dexcom_made.device(NOW)]),
    ),
    "dexcom_api_range": (data_range.data_range, spoiled([_RANGE]) | anything),
    "tidepool": (_tidepool, _whole(_TIDEPOOL)),
    "tidepool_people": (_people, spoiled([_ACCOUNT, [_ACCOUNT]]) | anything),
    "json_array": (_array, anything),
    "headers": (_headers, anything),
}


def bears(decoder: Decoder, told: Json) -> bool:
    """Return whether something could be decoded; only our errors say that not."""
    try:
        decoder(told)
    except CgmError:
        return False
    return True


def size(told: Json) -> int:
    """Return how many documents an answer has."""
    return max(1, len(told)) if isinstance(told, list) else 1
