"""A Nightscout site to follow: real sockets, recorded habits, faults on request."""

from . import faults, lies, socket_faults
from .credentials import ADMIN, CAREPORTAL, READABLE
from .phone import Bare
from .server import NightscoutSimulator, RecordedRequest
from .styles import Style

__all__ = [
    "ADMIN",
    "CAREPORTAL",
    "READABLE",
    "Bare",
    "NightscoutSimulator",
    "RecordedRequest",
    "Style",
    "faults",
    "lies",
    "socket_faults",
]
