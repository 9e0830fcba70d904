"""Dexcom's official API: complete, and hours behind."""

from .devices import Alert, Device
from .environment import SCOPE, Environment, api_url, authorize_url, token_url
from .source import AccessToken, DexcomApiSource, Version

__all__ = [
    "SCOPE",
    "AccessToken",
    "Alert",
    "Device",
    "DexcomApiSource",
    "Environment",
    "Version",
    "api_url",
    "authorize_url",
    "token_url",
]
