"""What a site says about itself: status, versions and profile."""

from datetime import timedelta

from .documents import Document, iso, object_id, to_ms
from .site import Site

_VERSIONS: list[Document] = [
    {"version": "1.0.0", "url": "/api/v1"},
    {"version": "2.0.0", "url": "/api/v2"},
    {"version": "3.0.3-alpha", "url": "/api/v3"},
]


def versions(site: Site) -> list[Document]:
    """Return the answer of `/api/versions`."""
    return _VERSIONS if site.has_v3 else _VERSIONS[:-1]


def status(site: Site, authorized: object) -> Document:
    """Return the answer of `status.json`."""
    now = site.clock()
    return {
        "status": "ok",
        "name": "nightscout",
        "version": "15.0.7",
        "serverTime": iso(now),
        "serverTimeEpoch": to_ms(now),
        "apiEnabled": True,
        "careportalEnabled": True,
        "boluscalcEnabled": False,
        "settings": {
            "units": site.units,
            "customTitle": site.title,
            "authDefaultRoles": site.credentials.default_roles,
            "authFailDelay": site.penalties.step_ms,
            **_SETTINGS,
            "thresholds": {**_THRESHOLDS, **site.thresholds},
        },
        "extendedSettings": {"devicestatus": {"advanced": True, "days": 1}},
        "authorized": authorized,
        "runtimeState": "loaded",
    }


def profiles(site: Site) -> list[Document]:
    """Return the answer of `profile.json`: one profile, a month old."""
    start = iso(site.clock() - timedelta(days=30))
    return [
        {
            "defaultProfile": "Default",
            "startDate": start,
            "mills": str(to_ms(site.clock() - timedelta(days=30))),
            "units": site.units,
            "created_at": start,
            "store": {"Default": {**_PROFILE, "units": site.units}},
            "_id": object_id("profile"),
        }
    ]


_THRESHOLDS = {"bgHigh": 260, "bgTargetTop": 180, "bgTargetBottom": 80, "bgLow": 55}
_SETTINGS: Document = {
    "timeFormat": 12,
    "dayStart": 7,
    "dayEnd": 21,
    "nightMode": False,
    "editMode": True,
    "showRawbg": "never",
    "theme": "default",
    "alarmUrgentHigh": True,
    "alarmUrgentHighMins": [30, 60, 90, 120],
    "alarmHigh": True,
    "alarmHighMins": [30, 60, 90, 120],
    "alarmLow": True,
    "alarmLowMins": [15, 30, 45, 60],
    "alarmUrgentLow": True,
    "alarmUrgentLowMins": [15, 30, 45],
    "alarmUrgentMins": [30, 60, 90, 120],
    "alarmWarnMins": [30, 60, 90, 120],
    "alarmTimeagoWarn": True,
    "alarmTimeagoWarnMins": 15,
    "alarmTimeagoUrgent": True,
    "alarmTimeagoUrgentMins": 30,
    "alarmPumpBatteryLow": False,
    "language": "en",
    "scaleY": "log",
    "showPlugins": "iob cob basal cage sage iage bage pump openaps loop upbat delta "
    "direction upbat",
    "showForecast": "ar2",
    "focusHours": 3,
    "heartbeat": 60,
    "baseURL": "",
    "insecureUseHttp": True,
    "secureHstsHeader": True,
    "secureHstsHeaderIncludeSubdomains": False,
    "secureHstsHeaderPreload": False,
    "secureCsp": False,
    "deNormalizeDates": False,
    "showClockDelta": False,
    "showClockLastTime": False,
    "frameUrl1": "",
    "frameUrl2": "",
    "frameUrl3": "",
    "frameUrl4": "",
    "frameUrl5": "",
    "frameUrl6": "",
    "frameUrl7": "",
    "frameUrl8": "",
    "frameName1": "",
    "frameName2": "",
    "frameName3": "",
    "frameName4": "",
    "frameName5": "",
    "frameName6": "",
    "frameName7": "",
    "frameName8": "",
    "adminNotifiesEnabled": True,
    "authenticationPromptOnLoad": False,
    "DEFAULT_FEATURES": [
        "bgnow",
        "delta",
        "direction",
        "timeago",
        "devicestatus",
        "upbat",
        "errorcodes",
        "profile",
        "bolus",
        "dbsize",
        "runtimestate",
        "basal",
        "careportal",
    ],
    "alarmTypes": ["predict"],
    "enable": [
        "careportal",
        "iob",
        "cob",
        "basal",
        "cage",
        "sage",
        "iage",
        "bage",
        "pump",
        "openaps",
        "loop",
        "rawbg",
        "upbat",
        "delta",
        "direction",
        "devicestatus",
        "treatmentnotify",
        "bgnow",
        "timeago",
        "errorcodes",
        "profile",
        "bolus",
        "dbsize",
        "runtimestate",
        "ar2",
    ],
}

_PROFILE: Document = {
    "dia": "6",
    "carbs_hr": "30",
    "delay": "20",
    "timezone": "Europe/Berlin",
    "units": "mg/dl",
    "startDate": "1970-01-01T00:00:00.000Z",
    "carbratio": [
        {"time": "00:00", "value": "9", "timeAsSeconds": "0"},
        {"time": "11:00", "value": "10", "timeAsSeconds": "39600"},
        {"time": "17:00", "value": "8.5", "timeAsSeconds": "61200"},
    ],
    "sens": [
        {"time": "00:00", "value": "45", "timeAsSeconds": "0"},
        {"time": "06:00", "value": "40", "timeAsSeconds": "21600"},
        {"time": "11:00", "value": "48", "timeAsSeconds": "39600"},
    ],
    "basal": [
        {"time": "00:00", "value": "0.7", "timeAsSeconds": "0"},
        {"time": "03:00", "value": "0.95", "timeAsSeconds": "10800"},
        {"time": "06:00", "value": "1.1", "timeAsSeconds": "21600"},
        {"time": "10:00", "value": "0.85", "timeAsSeconds": "36000"},
        {"time": "17:00", "value": "0.95", "timeAsSeconds": "61200"},
        {"time": "22:00", "value": "0.75", "timeAsSeconds": "79200"},
    ],
    "target_low": [
        {"time": "00:00", "value": "95", "timeAsSeconds": "0"},
        {"time": "07:00", "value": "90", "timeAsSeconds": "25200"},
    ],
    "target_high": [
        {"time": "00:00", "value": "110", "timeAsSeconds": "0"},
        {"time": "07:00", "value": "105", "timeAsSeconds": "25200"},
    ],
}
