"""Tidepool: data of most pumps and sensors, at the pace of their uploads."""

from .environment import Environment, api_url
from .login import AccessToken, PasswordLogin
from .people import Person
from .source import TidepoolSource

__all__ = [
    "AccessToken",
    "Environment",
    "PasswordLogin",
    "Person",
    "TidepoolSource",
    "api_url",
]
