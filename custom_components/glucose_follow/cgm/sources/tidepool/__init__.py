"""Tidepool: data of most pumps and sensors, at the pace of their uploads."""

from .environment import Environment, api_url
from .login import Login, PasswordLogin
from .people import Person
from .source import History, TidepoolSource

__all__ = [
    "Environment",
    "History",
    "Login",
    "PasswordLogin",
    "Person",
    "TidepoolSource",
    "api_url",
]
