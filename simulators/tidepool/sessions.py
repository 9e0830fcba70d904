"""Logins, one-use refreshes, and the realm that applications log in to.

Source: shoreline, user/api.go; TidepoolApi, reference/auth.v1.yaml and
auth.v2.yaml; TidepoolKit, Auth/OAuth2Authenticator.swift.
"""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count

EXPIRES_IN = 600
"""Seconds that a token of the realm lives."""

_CODE_LIFE = timedelta(minutes=1)


class RefusedError(Exception):
    """A login is refused."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep what is answered."""
        super().__init__(reason)
        self.status = status
        self.reason = reason


class OAuthError(Exception):
    """A token is not given; the text is the error's name in the protocol."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RealmTokens:
    """What an application gets for a code or a refresh token."""

    access: str
    refresh: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Code:
    """What a person's consent gave, for one use."""

    redirect_uri: str
    challenge: str
    expires: datetime


@dataclass(kw_only=True, slots=True)
class _Session:
    """Everything that goes back to one login."""

    token: str
    expires: datetime
    ends: datetime
    refreshes: list[str] = field(default_factory=list)
    """What it was and can be refreshed with, oldest first."""


class SessionDesk:
    """Knows one account, and who is logged in to it."""

    def __init__(
        self,
        *,
        username: str,
        password: str,
        life: timedelta,
        session_life: timedelta,
        client_id: str,
    ) -> None:
        """Let nobody in yet.

        Args:
            username: The e-mail address.
            password: Of the account.
            life: How long a token opens anything.
            session_life: How long a session can be refreshed.
            client_id: Of the application that the realm knows.
        """
        self.username = username
        self.password = password
        self.client_id = client_id
        self.is_verified = True
        """Whether the e-mail address is."""
        self.logins = 0
        """How many sessions were begun with a password."""
        self.is_lenient = False
        """Whether the realm takes a refresh token again that was used before."""
        self._life = life
        self._session_life = session_life
        self._sessions: list[_Session] = []
        self._codes: dict[str, _Code] = {}
        self._numbers = count(1)

    def log_in(self, authorization: str, now: datetime) -> str:
        """Return a new session's token.

        Raises:
            RefusedError: As the server words it.
        """
        self.logins += 1
        scheme, _, encoded = authorization.partition(" ")
        try:
            told = b64decode(encoded, validate=True).decode()
        except Base64Error, UnicodeDecodeError:
            told = ""
        username, _, password = told.partition(":")
        if scheme != "Basic" or not username or not password:
            raise RefusedError(400, "Missing id and/or password")
        if (username, password) != (self.username, self.password):
            raise RefusedError(401, "No user matched the given details")
        if not self.is_verified:
            raise RefusedError(403, "The user hasn't verified this account yet")
        return self.sign_in(now)

    def sign_in(self, now: datetime) -> str:
        """Return a new session's token, without a password."""
        session = _Session(
            token=self._token(),
            expires=now + self._life,
            ends=now + self._session_life,
        )
        self._sessions.append(session)
        return session.token

    def refresh(self, token: str, now: datetime) -> str:
        """Return the token that follows one, which is spent by it.

        Raises:
            RefusedError: It was spent before, or the session has ended.
        """
        for session in self._sessions:
            if session.token == token and now < session.ends:
                session.token, session.expires = self._token(), now + self._life
                return session.token
        raise RefusedError(401, "No x-tidepool-session-token was found")

    def is_valid(self, token: str, now: datetime) -> bool:
        """Return whether a token opens anything."""
        return any(
            session.token == token and now < session.expires
            for session in self._sessions
        )

    def end_tokens(self, now: datetime) -> None:
        """Let all tokens end; sessions go on."""
        for session in self._sessions:
            session.expires = now

    def end_sessions(self) -> None:
        """Log everybody out."""
        self._sessions = []

    def open_realm(self, now: datetime) -> RealmTokens:
        """Return the tokens of an application that a person agreed to."""
        self.sign_in(now)
        return self._rotated(self._sessions[-1], now)

    def code(self, redirect_uri: str, challenge: str, now: datetime) -> str:
        """Return a code for a person who agreed."""
        code = f"code-{next(self._numbers):08}"
        self._codes[code] = _Code(
            redirect_uri=redirect_uri, challenge=challenge, expires=now + _CODE_LIFE
        )
        return code

    def exchange(self, form: Mapping[str, str], now: datetime) -> RealmTokens:
        """Return tokens for a form of the application, which has no secret.

        Raises:
            OAuthError: It gets none.
        """
        if form.get("client_id") != self.client_id or "client_secret" in form:
            raise OAuthError("invalid_client")
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form, now)
            case "refresh_token":
                return self._by_refresh(form.get("refresh_token", ""), now)
        raise OAuthError("unsupported_grant_type")

    def _by_code(self, form: Mapping[str, str], now: datetime) -> RealmTokens:
        """Return tokens for a code, shown by whoever asked for it."""
        code = self._codes.pop(form.get("code", ""), None)
        proof = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(proof).decode().rstrip("=")
        if (
            code is None
            or now >= code.expires
            or form.get("redirect_uri") != code.redirect_uri
            or challenge != code.challenge
        ):
            raise OAuthError("invalid_grant")
        return self.open_realm(now)

    def _by_refresh(self, refresh: str, now: datetime) -> RealmTokens:
        """Return new tokens; a refresh token works once."""
        for session in self._sessions:
            known = session.refreshes if self.is_lenient else session.refreshes[-1:]
            if refresh in known and now < session.ends:
                return self._rotated(session, now)
        raise OAuthError("invalid_grant")

    def _rotated(self, session: _Session, now: datetime) -> RealmTokens:
        """Return the next tokens of a session."""
        session.token = f"access-{next(self._numbers):08}"
        session.refreshes.append(f"refresh-{next(self._numbers):08}")
        session.expires = now + timedelta(seconds=EXPIRES_IN)
        return RealmTokens(access=session.token, refresh=session.refreshes[-1])

    def _token(self) -> str:
        """Return a token that is none of the web's: two glued together."""
        number = next(self._numbers)
        return f"kc:access-{number:08}:refresh-{number:08}"
