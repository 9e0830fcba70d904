"""Dexcom's official API on a loopback socket: OAuth, both versions, all delays."""

from .faults import Fault
from .server import (
    CLIENT_ID,
    CLIENT_SECRET,
    DexcomApiSimulator,
    RecordedRequest,
    Refusal,
)
from .tokens import Tokens

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "DexcomApiSimulator",
    "Fault",
    "RecordedRequest",
    "Refusal",
    "Tokens",
]
