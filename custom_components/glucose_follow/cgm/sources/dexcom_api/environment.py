"""Where Dexcom keeps whose data, and where people allow us to read them.

Source: developer.dexcom.com, the v3 endpoint overview and authentication.
"""

from enum import StrEnum

from yarl import URL

SCOPE = "offline_access"
"""The only scope that there is."""


class Environment(StrEnum):
    """Where an account lives; the values are stored in entries."""

    US = "us"
    EU = "eu"
    JP = "jp"
    SANDBOX = "sandbox"


_HOSTS = {
    Environment.US: "api.dexcom.com",
    Environment.EU: "api.dexcom.eu",
    Environment.JP: "api.dexcom.jp",
    Environment.SANDBOX: "sandbox-api.dexcom.com",
}


def api_url(environment: Environment) -> URL:
    """Return the address that all paths of an environment are relative to."""
    return URL.build(scheme="https", host=_HOSTS[environment])


def authorize_url(environment: Environment, base: URL | None = None) -> URL:
    """Return where a person allows an application to read their data."""
    return _oauth(environment, base) / "login"


def token_url(environment: Environment, base: URL | None = None) -> URL:
    """Return where codes and refresh tokens become access tokens.

    Client id and secret go into the body, and a refresh token works once.
    """
    return _oauth(environment, base) / "token"


def _oauth(environment: Environment, base: URL | None) -> URL:
    """Return where authorization begins: the one that applications of v2 have too."""
    return (base or api_url(environment)) / "v2/oauth2"
