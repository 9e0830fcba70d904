"""Dexcom's official API: complete, and hours behind."""

from .environment import SCOPE, Environment, api_url, authorize_url, token_url
from .source import AccessToken, DexcomApiSource, Version

__all__ = [
    "SCOPE",
    "AccessToken",
    "DexcomApiSource",
    "Environment",
    "Version",
    "api_url",
    "authorize_url",
    "token_url",
]
