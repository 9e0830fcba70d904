"""Real documents of every source, and what JSON can say instead of a field."""

from datetime import UTC, datetime, timedelta

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.transport import Json
from simulators.dexcom_api import documents as dexcom_made
from simulators.dexcom_share_wire import TODAY
from simulators.nightscout.reports import reports_of
from simulators.nightscout.styles import Style, entries_of, treatments_of
from simulators.tidepool import documents as tidepool_made

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
READINGS = PERSON.readings(NOW - _DAY / 8, NOW)
DONE = PERSON.treatments(NOW - _DAY, NOW)

ODD: tuple[Json, ...] = (
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
    "https://xn--\x00/",
    "https://[",
    [],
    {},
    [[]],
    [None, {}, []],
    {"value": {}},
)

ENTRIES = [
    each for style in Style for one in READINGS for each in entries_of(style, one)
]
TREATMENTS = [
    each for style in Style for one in DONE for each in treatments_of(style, one)
]
REPORTS = [each for style in Style for each in reports_of(style, PERSON, NOW)]
PROFILES = [
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
RANGE = {
    "userId": "1",
    "egvs": {
        "start": {"systemTime": "2026-11-01T00:00:00"},
        "end": {"systemTime": "2026-11-21T11:55:00Z"},
    },
}
WIDE: Json = {
    name: {
        "start": {"systemTime": "2026-11-01T00:00:00"},
        "end": {"systemTime": "2026-11-21T12:00:00Z"},
    }
    for name in ("egvs", "events", "calibrations")
}
LOGGED = [dexcom_made.logged(each) for each in DONE]
TIDEPOOL = [
    *map(tidepool_made.cbg, READINGS),
    *(each for one in DONE if one.carbs for each in tidepool_made.eaten(one)),
    *(tidepool_made.bolus(each) for each in DONE if each.insulin),
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
ACCOUNT = {
    "userid": "1",
    "profile": {"fullName": "Alex", "patient": {}},
    "trustorPermissions": {"view": {}},
    "units": {"bg": "mmol/L"},
}
SETTINGS = {
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
DATES: list[Json] = [
    {"sgv": 100, "date": 1795262400000.5},
    {"carbs": 20, "created_at": "2026-11-21T12:00:00.000Z"},
]
STATUS = {
    **SETTINGS,
    "status": "ok",
    "name": "nightscout",
    "message": {"canRead": True, "canWrite": False, "message": "OK"},
}
JWT: Json = {
    "token": "e30.e30.c2ln",
    "sub": "reader",
    "iat": 1795262400,
    "exp": 1795291200,
}
HEARD = [
    {"sid": "x", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000},
    {"read": True, "write": False, "write_treatment": False},
    {"delta": True, "sgvs": ENTRIES[:2], "treatments": TREATMENTS[:2]},
    {"colName": "treatments", "doc": TREATMENTS[0]},
    ["dataUpdate", {"sgvs": ENTRIES[:1]}],
]
ID: Json = "12345678-90ab-cdef-1234-567890abcdef"
REFUSALS = [
    {"Code": code, "Message": "Cannot Authenticate by Account", "SubCode": "<xml/>"}
    for code in (
        "AccountPasswordInvalid",
        "InvalidArgument",
        "SSO_AuthenticateMaxAttemptsExceeded",
        "SSO_InternalError",
        "SessionNotValid",
    )
]
TOKEN = {
    "access_token": "access",
    "refresh_token": "refresh",
    "token_type": "Bearer",
    "expires_in": 7200,
}
REALM = {
    "auth": {"url": "https://auth.example", "realm": "tidepool"},
    "authorization_endpoint": "https://auth.example/auth",
    "token_endpoint": "https://auth.example/token",
}
UNVERIFIED = {"code": 403, "reason": "The user hasn't verified this account yet"}
RECORDS = [TODAY.record_of(each) for each in READINGS]
EGVS = [dexcom_made.egv(each) for each in READINGS]
DEVICES = [dexcom_made.device(NOW)]
