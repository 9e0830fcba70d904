"""Everything that has to bear documents that nobody should send.

Only our own errors may come of them, and a document that says nothing usable is
skipped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import json
from typing import Any

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.data import STALE_AFTER, judge
from custom_components.glucose_follow.cgm.errors import CgmError
from custom_components.glucose_follow.cgm.json_array import ArrayReader
from custom_components.glucose_follow.cgm.models import Reading, SensorFault, Treatment
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
)
from custom_components.glucose_follow.cgm.sources.nightscout.news import News
from custom_components.glucose_follow.cgm.sources.nightscout.reader import StatusReader
from custom_components.glucose_follow.cgm.sources.tidepool import (
    decode as tidepool,
    devices as tidepool_devices,
    people,
)
from custom_components.glucose_follow.cgm.sources.tidepool.merge import merged
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json
from custom_components.glucose_follow.cgm.treatments import TreatmentLog

from . import fuzz_sources as sources
from .fuzz_answers import run
from .fuzz_documents import (
    ACCOUNT,
    DATES,
    DEVICES,
    EGVS,
    ENTRIES,
    HEARD,
    ID,
    JWT,
    LOGGED,
    NOW,
    PROFILES,
    RANGE,
    REALM,
    RECORDS,
    REFUSALS,
    REPORTS,
    STATUS,
    TIDEPOOL,
    TOKEN,
    TREATMENTS,
    UNVERIFIED,
)

type Decoder = Callable[[Json], object]
type Keeper = Callable[[list[Json]], sources.Kept]


@dataclass(frozen=True, slots=True)
class Target:
    """What reads answers, and the real documents that they are made of."""

    decode: Decoder
    templates: list[Any]
    """Empty where nothing is expected of an answer."""

    is_list: bool
    """Whether an answer has many of them."""

    kept: Keeper | None = None
    """Returns what comes of an answer, where one document must not cost the others."""


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
    question = log.question(NOW, is_new=True)
    assert question is not None
    log.answer(question, (), NOW)
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
    run(_said(news, documents))


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
    done = run(merged(facts))
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


def _many(decode: Decoder, *kinds: list[Any], kept: Keeper | None = None) -> Target:
    """Return what reads lists of documents of these kinds."""
    templates = [json.loads(json.dumps(each)) for kind in kinds for each in kind]
    return Target(decode, templates, is_list=True, kept=kept)


def _source(read: Callable[[Json], sources.Kept], *kinds: list[Any]) -> Target:
    """Return a source that reads lists of documents of these kinds."""
    return _many(read, *kinds, kept=read)


def _one(decode: Decoder, *templates: Any) -> Target:
    """Return what reads one such document."""
    return Target(decode, list(templates), is_list=False)


DECODERS: Mapping[str, Target] = {
    "nightscout": _many(_nightscout, ENTRIES, TREATMENTS),
    "nightscout_v1": _source(sources.nightscout_v1, ENTRIES, TREATMENTS),
    "nightscout_v3": _source(sources.nightscout_v3, ENTRIES, TREATMENTS),
    "nightscout_status": _many(
        sources.nightscout_status, TREATMENTS, REPORTS, PROFILES
    ),
    "nightscout_pages": _one(sources.nightscout_pages, *DATES),
    "nightscout_account": _one(sources.nightscout_account, STATUS),
    "nightscout_tokens": _one(sources.nightscout_tokens, JWT),
    "nightscout_news": _many(
        *(_news, ENTRIES, TREATMENTS, REPORTS, PROFILES), kept=sources.nightscout_said
    ),
    "nightscout_push": _one(sources.nightscout_push, *HEARD),
    "nightscout_packets": _one(_packet),
    "dexcom_share": _many(_share, RECORDS),
    "dexcom_share_source": _source(sources.share_source, RECORDS),
    "dexcom_share_login": _one(sources.share_login, ID, *REFUSALS),
    "dexcom_api": _many(_dexcom, EGVS, LOGGED, DEVICES),
    "dexcom_api_source": _source(sources.dexcom_source, EGVS, LOGGED, DEVICES),
    "dexcom_api_range": _one(data_range.data_range, RANGE),
    "oauth_tokens": _one(sources.oauth_tokens, TOKEN),
    "tidepool": _many(_tidepool, TIDEPOOL),
    "tidepool_source": _source(sources.tidepool_source, TIDEPOOL),
    "tidepool_people": _one(_people, ACCOUNT, [ACCOUNT]),
    "tidepool_account": _one(sources.tidepool_account, ACCOUNT, [ACCOUNT]),
    "tidepool_realm": _one(sources.tidepool_realm, REALM),
    "tidepool_login": _one(sources.tidepool_login, ACCOUNT, UNVERIFIED),
    "json_array": _one(_array),
    "headers": _one(_headers),
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
