"""Codes and tokens: refresh tokens work once, and one used twice ends it all.

Source: developer.dexcom.com, authentication; tidepool-org/platform on rotation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

EXPIRES_IN = 7200
"""Seconds that an access token lives."""

_CODE_LIFE = timedelta(minutes=1)


class OAuthError(Exception):
    """A token was not given; the text is the error's name in the protocol."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """What a client gets for a code or a refresh token."""

    access: str
    refresh: str


@dataclass(kw_only=True)
class _Family:
    """All tokens that go back to one consent."""

    access: dict[str, datetime] = field(default_factory=dict)
    refresh: str = ""
    spent: set[str] = field(default_factory=set)
    is_revoked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Code:
    """What a login gave, for one use."""

    redirect_uri: str
    expires: datetime


class TokenDesk:
    """Knows one application and everybody who allowed it to read."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Know nobody yet."""
        self.client_id = client_id
        self.client_secret = client_secret
        self._codes: dict[str, _Code] = {}
        self._families: list[_Family] = []
        self._numbers = count(1)

    def code(self, redirect_uri: str, now: datetime) -> str:
        """Return a code for a person who agreed."""
        code = f"code-{next(self._numbers):08}"
        self._codes[code] = _Code(redirect_uri=redirect_uri, expires=now + _CODE_LIFE)
        return code

    def sign_in(self, now: datetime) -> Tokens:
        """Return the first tokens of a new consent."""
        family = _Family()
        self._families.append(family)
        return self._rotate(family, now)

    def revoke(self) -> None:
        """Let everybody withdraw their consent."""
        for family in self._families:
            family.is_revoked = True

    def is_valid(self, access: str, now: datetime) -> bool:
        """Return whether an access token opens anything."""
        return any(
            not family.is_revoked and now < family.access[access]
            for family in self._families
            if access in family.access
        )

    def exchange(self, form: Mapping[str, object], now: datetime) -> Tokens:
        """Return tokens for a form that asks for them.

        Raises:
            OAuthError: It gets none.
        """
        told = {key: value for key, value in form.items() if isinstance(value, str)}
        client = told.get("client_id"), told.get("client_secret")
        if client != (self.client_id, self.client_secret):
            raise OAuthError("invalid_client")
        match told.get("grant_type"):
            case "authorization_code":
                return self._by_code(told, now)
            case "refresh_token":
                return self._by_refresh(told, now)
            case None:
                raise OAuthError("invalid_request")
        raise OAuthError("unsupported_grant_type")

    def _by_code(self, told: Mapping[str, str], now: datetime) -> Tokens:
        """Return tokens for a code that was not used before."""
        code = self._codes.pop(told.get("code", ""), None)
        if (
            code is None
            or now >= code.expires
            or told.get("redirect_uri") != code.redirect_uri
        ):
            raise OAuthError("invalid_grant")
        return self.sign_in(now)

    def _by_refresh(self, told: Mapping[str, str], now: datetime) -> Tokens:
        """Return new tokens; who shows a spent one loses everything."""
        refresh = told.get("refresh_token", "")
        for family in self._families:
            if refresh in family.spent:
                family.is_revoked = True
            if refresh == family.refresh and not family.is_revoked:
                return self._rotate(family, now)
        raise OAuthError("invalid_grant")

    def _rotate(self, family: _Family, now: datetime) -> Tokens:
        """Return new tokens, and let the refresh token before them be spent."""
        number = next(self._numbers)
        tokens = Tokens(access=f"access-{number:08}", refresh=f"refresh-{number:08}")
        if family.refresh:
            family.spent.add(family.refresh)
        family.refresh = tokens.refresh
        family.access[tokens.access] = now + timedelta(seconds=EXPIRES_IN)
        return tokens
