"""Tidepool on a loopback socket: sessions, sharing, and data with their oddities."""

from simulators.dexcom_api.faults import Fault

from .archive import Archive
from .documents import MGDL_PER_MMOL, Uploader
from .server import (
    CLIENT_ID,
    PASSWORD,
    REALM,
    TOKEN_HEADER,
    USER_ID,
    USERNAME,
    RecordedRequest,
    Share,
    TidepoolSimulator,
)

__all__ = [
    "CLIENT_ID",
    "MGDL_PER_MMOL",
    "PASSWORD",
    "REALM",
    "TOKEN_HEADER",
    "USERNAME",
    "USER_ID",
    "Archive",
    "Fault",
    "RecordedRequest",
    "Share",
    "TidepoolSimulator",
    "Uploader",
]
