"""Documents as Tidepool's storage has them, with all that is odd about them.

Values are mmol/L. The label of some says otherwise, as that of data does which
an older service took in. Apps leave out what a pump's upload has.

Source: TidepoolApi, reference/data/models/ and docs/device-data/; jellyfish,
lib/schema/schema.js.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import NAMESPACE_OID, uuid5

from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    ReadingKind,
    Treatment,
)

type Document = dict[str, object]

MGDL_PER_MMOL = 18.01559
_HOUR_MS = 3_600_000

_TRENDS = {
    Direction.DOUBLE_UP: "rapidRise",
    Direction.SINGLE_UP: "moderateRise",
    Direction.FORTY_FIVE_UP: "slowRise",
    Direction.FLAT: "constant",
    Direction.FORTY_FIVE_DOWN: "slowFall",
    Direction.SINGLE_DOWN: "moderateFall",
    Direction.DOUBLE_DOWN: "rapidFall",
}
_LIMITS = {ReadingKind.LOW: ("low", 40), ReadingKind.HIGH: ("high", 400)}


class Uploader(StrEnum):
    """Who sent a document; the values are ids of uploads."""

    PHONE = "upid_0123456789ab"
    CLOUD = "upid_1123456789ab"
    CARELINK = "upid_2123456789ab"
    MEDTRONIC = "upid_3123456789ab"


_SENDERS = (Uploader.CLOUD, Uploader.PHONE, Uploader.CARELINK, Uploader.MEDTRONIC)


def document_id(seed: str) -> str:
    """Return the id of what is told apart by a text."""
    return uuid5(NAMESPACE_OID, seed).hex


def made(kind: str, at: datetime, **fields: object) -> Document:
    """Return a document of a type, with what each has."""
    return {
        "type": kind,
        "id": document_id(f"{kind} {at.isoformat()} {fields}"),
        "time": stamp(at),
        "uploadId": Uploader.PHONE.value,
        **fields,
    }


def stamp(at: datetime) -> str:
    """Return a moment as documents have it."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def at_of(document: Document) -> datetime:
    """Return when a document is from; aware, UTC."""
    return _read(str(document["time"]))


@lru_cache(maxsize=4096)
def _read(told: str) -> datetime:
    """Return a moment; every query looks at those of all documents."""
    return datetime.fromisoformat(told).astimezone(UTC)


def cbg(reading: Reading) -> Document:
    """Return a sensor value: by whom and how depends on the hour."""
    at = reading.at
    sender = _SENDERS[at.hour % len(_SENDERS)]
    value = reading.mgdl / MGDL_PER_MMOL
    document = made(
        "cbg",
        at,
        value=value if at.hour % 2 else round(value, 5),
        units="mg/dL" if at.hour % 3 == 0 else "mmol/L",
        **_sent_by(sender, at),
    )
    if reading.direction:
        document["trend"] = _TRENDS[reading.direction]
    if reading.kind in _LIMITS:
        side, threshold = _LIMITS[reading.kind]
        annotation = {
            "code": "bg/out-of-range",
            "value": side,
            "threshold": threshold,
        }
        document["annotations"] = [annotation]
    return document


def bolus(treatment: Treatment) -> Document:
    """Return insulin: of a loop, at once, or a part of it later."""
    units = treatment.insulin or 0
    identity = document_id(treatment.id)
    if treatment.is_automatic:
        amounts: Document = {"subType": "automated", "normal": units}
    elif treatment.at.minute % 5 == 0:
        first = round(units / 2, 2)
        amounts = {
            "subType": "dual/square",
            "normal": first,
            "extended": round(units - first, 2),
            "duration": _HOUR_MS,
        }
    else:
        amounts = {"subType": "normal", "normal": units}
    return made("bolus", treatment.at, **amounts) | {"id": identity}


def eaten(treatment: Treatment) -> list[Document]:
    """Return carbs: logged, told to a bolus calculator, or both."""
    meal = made(
        "food",
        treatment.at,
        name="lunch",
        nutrition={"carbohydrate": {"net": treatment.carbs, "units": "grams"}},
    ) | {"id": document_id(treatment.id)}
    calculation = made(
        "wizard",
        treatment.at + timedelta(minutes=2),
        carbInput=treatment.carbs,
        carbUnits="grams",
        units="mg/dL",
        bgInput=6.66089758925464,
        bolus=document_id(treatment.id.removesuffix("carbs") + "bolus"),
    )
    choice = treatment.at.minute % 3
    return [[meal], [calculation], [meal, calculation]][choice]


def basal(at: datetime, rate: float) -> Document:
    """Return an hour of a loop's basal insulin."""
    return made("basal", at, deliveryType="automated", rate=rate, duration=_HOUR_MS)


def decision(at: datetime, insulin: float, carbs: float, mgdl: list[int]) -> Document:
    """Return what a loop reckoned, and where it expects glucose to go."""
    return made(
        "dosingDecision",
        at,
        reason="loop",
        insulinOnBoard={"time": stamp(at), "amount": insulin},
        carbsOnBoard={"time": stamp(at), "amount": carbs},
        bgForecast=[
            {
                "time": stamp(at + step * timedelta(minutes=5)),
                "value": value / MGDL_PER_MMOL,
            }
            for step, value in enumerate(mgdl)
        ],
        units={"bg": "mg/dL", "carb": "grams", "insulin": "Units"},
    )


def pump_status(at: datetime, units: float, charge: float) -> Document:
    """Return what is left in a pump; its charge is a factor."""
    return made(
        "pumpStatus",
        at,
        reservoir={"time": stamp(at), "remaining": units, "units": "Units"},
        battery={"time": stamp(at), "remaining": charge, "units": "percent"},
    )


def settings(at: datetime) -> Document:
    """Return a pump's settings, whose label has been wrong for years."""
    return made(
        "pumpSettings",
        at,
        activeSchedule="Weekday",
        manufacturers=["Tandem"],
        model="1002717",
        units={"bg": "mg/dL", "carb": "grams"},
        bgTargets={"Weekday": [{"start": 0, "target": 6.66089758925464}]},
    )


def upload(at: datetime) -> Document:
    """Return who uploads."""
    return made(
        "upload",
        at,
        deviceManufacturers=["Dexcom"],
        deviceModel="G7",
        deviceTags=["cgm"],
        client={"name": "com.loopkit.Loop", "version": "3.4.1"},
    )


def _sent_by(sender: Uploader, at: datetime) -> Document:
    """Return what a document of this uploader has besides."""
    if sender is Uploader.PHONE:
        return {"uploadId": sender.value, "origin": {"name": "com.apple.HealthKit"}}
    fields: Document = {
        "uploadId": sender.value,
        "deviceId": "MMT-1711:12345678",
        "deviceTime": at.replace(tzinfo=None).isoformat(timespec="seconds"),
        "timezoneOffset": 0,
    }
    if sender is Uploader.CARELINK:
        fields["source"] = "carelink"
    return fields
