"""How Dexcom Share writes what it says, and how it did in other years."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import json

from aiohttp import web

from custom_components.glucose_follow.cgm.models import Reading

from .nightscout.answers import html_error, json_answer

_TRENDS = (
    "None",
    "DoubleUp",
    "SingleUp",
    "FortyFiveUp",
    "Flat",
    "FortyFiveDown",
    "SingleDown",
    "DoubleDown",
    "NotComputable",
    "RateOutOfRange",
)

type Record = dict[str, object]


class TrendForm(StrEnum):
    """How trends were written over the years."""

    NAME = "name"
    UPPER = "upper"
    NUMBER = "number"


class ErrorForm(StrEnum):
    """How errors were written over the years, and what else came."""

    XML = "xml"
    JSON = "json"
    TEXT = "text"
    LIST = "list"
    NULL = "null"
    HTML = "html"


class Lockout(StrEnum):
    """How the server spells that it is enough, and how one may expect it to."""

    THREE_E = "SSO_AuthenticateMaxAttemptsExceeed"
    TWO_E = "SSO_AuthenticateMaxAttemptsExceeded"


class Refusal(StrEnum):
    """How a wrong credential is answered."""

    TODAY = "AccountPasswordInvalid"
    BY_NAME = "Cannot Authenticate by AccountName"
    BY_ID = "Cannot Authenticate by AccountId"
    NOT_FOUND = "SSO_AuthenticateAccountNotFound"
    INVALID = "SSO_AuthenticatePasswordInvalid"
    ARGUMENT = "InvalidArgument"
    NOBODY = "nobody"


class ShareError(Exception):
    """The server refuses, in words of its own."""

    def __init__(self, code: str, message: str, kind: str) -> None:
        """Keep what the answer will say."""
        super().__init__(code)
        self.code, self.message, self.kind = code, message, kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Wire:
    """How the server writes what it says; today's way unless told otherwise."""

    has_slashes: bool = False
    """Whether moments are written as `/Date(...)/`."""

    is_shifted: bool = False
    """Whether DT is the local time as if it were UTC, and ST an hour off."""

    trend: TrendForm = TrendForm.NAME
    error: ErrorForm = ErrorForm.XML
    lockout: Lockout = Lockout.THREE_E
    refusal: Refusal = Refusal.TODAY
    session_gone: str = "SessionIdNotFound"

    def record(self, at: datetime, mgdl: object, trend: object) -> Record:
        """Return a record; a trend that is no number of one is left as it is."""
        if isinstance(trend, int) and 0 <= trend < len(_TRENDS):
            trend = self._trend(trend)
        return {**self._times(at), "Value": mgdl, "Trend": trend}

    def record_of(self, reading: Reading) -> Record:
        """Return a reading as it is written."""
        name = (reading.direction or "none").replace("_", "")
        number = [each.lower() for each in _TRENDS].index(name)
        return self.record(reading.at, reading.mgdl, number)

    def error_of(self, err: ShareError) -> web.Response:
        """Return an error, always with HTTP 500."""
        if self.error is ErrorForm.HTML:
            return html_error(500, err.message)
        details = f'<OnlineException Type="5" TypeString="{err.kind}" />'
        if self.error is ErrorForm.JSON:
            details = json.dumps({"OnlineException": {"TypeString": err.kind}})
        told: Record = {
            "Code": err.code,
            "Message": err.message,
            "SubCode": details,
            "TypeName": "FaultException",
        }
        odd = {
            ErrorForm.TEXT: err.message,
            ErrorForm.LIST: [told],
            ErrorForm.NULL: None,
        }
        return json_answer(odd.get(self.error, told), status=500)

    def _trend(self, number: int) -> object:
        """Return a trend as it is written."""
        if self.trend is TrendForm.NUMBER:
            return number
        name = _TRENDS[number]
        return name.upper() if self.trend is TrendForm.UPPER else name

    def _times(self, at: datetime) -> Record:
        """Return the three times of a reading; the person lives in New York."""
        ms = round(at.timestamp() * 1000)
        hour = 3_600_000 if self.is_shifted else 0
        offset = "+0000" if self.is_shifted else "-0500"
        slash = "/" if self.has_slashes else ""
        return {
            "WT": f"{slash}Date({ms}){slash}",
            "ST": f"{slash}Date({ms - hour}){slash}",
            "DT": f"{slash}Date({ms - 5 * hour}{offset}){slash}",
        }


TODAY = Wire()
"""As the server writes now."""
