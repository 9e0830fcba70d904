"""Nightscout, and the servers and phones that speak its language."""

from .address import Address, parse_address
from .credential import Credential, parse_credential
from .source import NightscoutSource

__all__ = [
    "Address",
    "Credential",
    "NightscoutSource",
    "parse_address",
    "parse_credential",
]
