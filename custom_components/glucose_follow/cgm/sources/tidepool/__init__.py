"""Tidepool: data of most pumps and sensors, at the pace of their uploads."""

from .environment import Environment, api_url
from .login import AccessToken, PasswordLogin
from .people import Person
from .realm import SCOPE, Realm, find_realm
from .source import TidepoolSource

__all__ = [
    "SCOPE",
    "AccessToken",
    "Environment",
    "PasswordLogin",
    "Person",
    "Realm",
    "TidepoolSource",
    "api_url",
    "find_realm",
]
