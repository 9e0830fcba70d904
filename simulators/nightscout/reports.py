"""What pumps, loops and phones report, field by field as it was recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta

from custom_components.glucose_follow.cgm import person_devices
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Reported,
    Treatment,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson

from .documents import Document, identifier, iso, object_id, to_ms
from .styles import Style

_UNKNOWN_RESERVOIR = 3_735_928_559

WRITTEN_AFTER = timedelta(seconds=1)
"""How long the loop runs before anybody can say so."""


def reports_of(style: Style, person: SimulatedPerson, at: datetime) -> list[Document]:
    """Return the device status that the person's apps write at a tick of the loop."""
    status = person_devices.status(person, at)
    if status.looped_at != at:
        # The signal is lost.
        return []
    return [make(status, at + WRITTEN_AFTER) for make in _REPORTS.get(style, ())]


def _value(reported: Reported[float] | None) -> float:
    """Return a number that a simulated person always has."""
    assert reported is not None
    return reported.value


def _temp_basal(status: DeviceStatus) -> Treatment:
    """Return the temporary basal rate that runs; one always does."""
    assert status.enacted is not None
    return status.enacted


def _aaps(status: DeviceStatus, at: datetime) -> Document:
    """Return the document of AndroidAPS, uploaded through v3."""
    stamp, temp = iso(at), _temp_basal(status)
    seed = f"devicestatus {stamp}"
    return {
        "app": "AAPS",
        "date": to_ms(at),
        "utcOffset": 60,
        "created_at": stamp,
        "device": "openaps://samsung SM-G970F",
        "isCharging": False,
        "uploaderBattery": round(_value(status.uploader_battery)),
        "pump": {
            "clock": stamp,
            "reservoir": _value(status.reservoir),
            "battery": {"percent": round(_value(status.pump_battery))},
            "status": {"status": "normal", "timestamp": stamp},
            "extended": {
                "Version": "3.3.2.1",
                "TempBasalAbsoluteRate": temp.rate,
                "BaseBasalRate": 1.1,
                "ActiveProfile": person_devices.PROFILE_NAME,
            },
        },
        "openaps": {
            "suggested": _suggested(status, stamp) | _curves(status),
            "enacted": _enacted(status, stamp),
            "iob": _iob(status, stamp),
        },
        "configuration": {"pump": "Dana-RS", "version": "3.3.2.1"},
        "identifier": identifier(seed),
        "srvModified": to_ms(at),
        "srvCreated": to_ms(at),
        "subject": "phone",
        "_id": object_id(seed),
    }


def _trio(status: DeviceStatus, at: datetime) -> Document:
    """Return the document of Trio, whose pod tells neither reservoir nor battery."""
    stamp = iso(at)
    left = _value(status.reservoir)
    return {
        "_id": object_id(f"devicestatus {stamp}"),
        "device": "Trio",
        "created_at": stamp,
        "openaps": {
            "version": "0.7.1",
            "iob": _iob(status, stamp),
            "suggested": {
                **_suggested(status, stamp),
                "reservoir": _UNKNOWN_RESERVOIR,
            },
            "enacted": _enacted(status, stamp),
        },
        "pump": {
            "clock": stamp,
            "reservoir": left if left <= 50 else _UNKNOWN_RESERVOIR,
            "battery": {"percent": 100, "string": "normal", "display": False},
            "status": {
                "status": "normal",
                "bolusing": False,
                "suspended": False,
                "timestamp": stamp,
            },
            "bolusIncrement": 0.05,
        },
        "uploader": {
            "battery": round(_value(status.uploader_battery)),
            "isCharging": False,
        },
        "utcOffset": 0,
    }


def _openaps(status: DeviceStatus, at: datetime) -> Document:
    """Return the document of a rig with a pump that tells volts."""
    stamp = iso(at)
    return {
        "_id": object_id(f"devicestatus {stamp}"),
        "device": "openaps://rig",
        "created_at": stamp,
        "openaps": {
            "iob": [_iob(status, stamp)],
            "suggested": _suggested(status, stamp) | _curves(status),
            "enacted": _enacted(status, stamp),
        },
        "pump": {
            "clock": at.isoformat(timespec="seconds"),
            "reservoir": _value(status.reservoir),
            "battery": {
                "status": "normal",
                "voltage": round(1.2 + _value(status.pump_battery) / 250, 2),
            },
            "status": {
                "status": "normal",
                "bolusing": False,
                "suspended": False,
                "timestamp": stamp,
            },
        },
        "uploader": {
            "battery": round(_value(status.uploader_battery)),
            "batteryVoltage": 4070,
        },
        "utcOffset": 0,
    }


def _suggested(status: DeviceStatus, stamp: str) -> Document:
    """Return what oref suggests."""
    assert status.forecast is not None
    mgdl = status.forecast.value.mgdl
    return {
        "temp": "absolute",
        "bg": round(mgdl[0]),
        "eventualBG": round(mgdl[-1]),
        "deliverAt": stamp,
        "COB": round(_value(status.carbs_on_board)),
        "IOB": _value(status.insulin_on_board),
        "timestamp": stamp,
        "rate": _temp_basal(status).rate,
        "duration": 30,
    }


def _enacted(status: DeviceStatus, stamp: str) -> Document:
    """Return what oref did, which is what it suggested."""
    return {**_suggested(status, stamp), **_curves(status), "received": True}


def _curves(status: DeviceStatus) -> Document:
    """Return where oref expects glucose to go."""
    assert status.forecast is not None
    curves = status.forecast.value
    return {
        "predBGs": {
            "IOB": [round(value) for value in curves.lowest],
            "COB": [round(value) for value in curves.mgdl],
            "UAM": [round(value) for value in curves.highest],
        }
    }


def _iob(status: DeviceStatus, stamp: str) -> Document:
    """Return insulin on board as oref tells it."""
    return {"iob": _value(status.insulin_on_board), "activity": 0.02, "time": stamp}


def _loop(status: DeviceStatus, at: datetime) -> Document:
    """Return the document of Loop, which keeps whole seconds only."""
    stamp = iso(at).replace(".000", "")
    ahead = iso(at + 4 * timedelta(minutes=1)).replace(".000", "")
    assert status.forecast is not None
    temp = _temp_basal(status)
    return {
        "_id": object_id(f"devicestatus {stamp}"),
        "device": "loop://iPhone",
        "created_at": iso(at),
        "uploader": {
            "name": "iPhone",
            "battery": round(_value(status.uploader_battery)),
            "timestamp": stamp,
        },
        "pump": {
            "clock": stamp,
            "pumpID": "175F78A9",
            "manufacturer": "Insulet",
            "model": "Dash",
            "bolusing": False,
            "suspended": False,
            "secondsFromGMT": 3600,
            "reservoir": _value(status.reservoir),
        },
        "loop": {
            "name": "Loop",
            "version": "3.4.4",
            "timestamp": stamp,
            "iob": {"iob": _value(status.insulin_on_board), "timestamp": ahead},
            "cob": {"cob": _value(status.carbs_on_board), "timestamp": stamp},
            "predicted": {
                "startDate": stamp,
                "values": list(status.forecast.value.mgdl),
            },
            "automaticDoseRecommendation": {
                "timestamp": stamp,
                "tempBasalAdjustment": {"rate": temp.rate, "duration": 1800},
                "bolusVolume": 0,
            },
            "recommendedBolus": 0,
            "enacted": {
                "timestamp": stamp,
                "rate": temp.rate,
                "duration": 30,
                "received": True,
                "bolusVolume": 0,
            },
        },
        "override": {"timestamp": stamp, "active": False},
        "utcOffset": 0,
    }


def _xdrip(status: DeviceStatus, at: datetime) -> Document:
    """Return the document of xDrip+, which knows its phone only."""
    stamp = iso(at)
    return {
        "_id": object_id(f"devicestatus xdrip {stamp}"),
        "device": "samsung SM-A536B",
        "created_at": stamp,
        "uploader": {
            "battery": max(1, round(_value(status.uploader_battery)) - 7),
            "type": "PHONE",
        },
        "utcOffset": 0,
    }


_REPORTS: dict[Style, tuple[Callable[[DeviceStatus, datetime], Document], ...]] = {
    Style.AAPS: (_aaps,),
    Style.LOOP: (_loop,),
    Style.TRIO: (_trio,),
    Style.OPENAPS: (_openaps,),
    Style.XDRIP: (_xdrip,),
    Style.TWO_UPLOADERS: (_aaps, _xdrip),
}
