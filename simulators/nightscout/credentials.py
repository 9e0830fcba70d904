"""Who may do what: API secret, access tokens, JWTs, and the penalty for guessing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha512
import hmac
import json
from typing import Literal

type DefaultRoles = Literal["readable", "denied"]

READABLE = frozenset({"*"})
"""May read everything."""

CAREPORTAL = frozenset({"*", "treatments:create"})
"""May read everything and log treatments."""

ADMIN = frozenset({"admin"})
"""May do everything, like the API secret."""

_JWT_LIFE = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What a request says about who it is from."""

    secret: str | None
    """Header `api-secret` or `?secret=`: a hash of the secret, or an access token."""

    bearer: str | None
    """What follows `Authorization: Bearer`."""

    token: str | None
    """`?token=`: an access token or a JWT; a wrong one counts as none at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What a request may do."""

    rights: frozenset[str]
    """As passed to the simulator, with what the default roles add."""

    token: str | None = None
    """The access token whose subject was found, None for the secret or nobody."""

    is_default: bool = False
    """Whether nobody was named, so the default roles decide."""

    @property
    def is_admin(self) -> bool:
        """Return whether everything is allowed."""
        return "admin" in self.rights

    def may_read(self, what: str = "*") -> bool:
        """Return whether a collection, or everything, may be read."""
        return bool(self.rights & {what, "*", "admin"})

    def may_create(self, what: str) -> bool:
        """Return whether documents may be added to a collection."""
        return bool(self.rights & {f"{what}:create", "admin"})

    def may(self, what: str, action: str) -> bool:
        """Return whether something may be done to a collection."""
        if action == "read":
            return self.may_read(what)
        return bool(self.rights & {f"{what}:{action}", "admin"})


class Credentials:
    """Whom a site knows."""

    def __init__(
        self,
        api_secret: str | None,
        tokens: Mapping[str, frozenset[str]],
        default_roles: DefaultRoles,
    ) -> None:
        """Know one secret and some tokens."""
        self.secret = api_secret
        self.tokens = dict(tokens)
        self.default_roles = default_roles

    @property
    def default_rights(self) -> frozenset[str]:
        """Return what everybody may do."""
        return READABLE if self.default_roles == "readable" else frozenset()

    def resolve(self, attempt: Attempt, now: datetime) -> Grant | None:
        """Return what somebody may do, None if they tried something wrong."""
        if attempt.secret and self._is_secret(attempt.secret):
            return Grant(rights=ADMIN)
        jwt = attempt.bearer or self._exchanged(attempt.token, now)
        if jwt or attempt.secret:
            token = self.token_of(jwt, now) if jwt else None
            token = token or self._known(attempt.secret)
            if token is None or token not in self.tokens:
                return None
            rights = self.tokens[token] | self.default_rights
            return Grant(rights=rights, token=token)
        return Grant(rights=self.default_rights, is_default=True)

    def issue(self, token: str, now: datetime) -> dict[str, object]:
        """Return the JWT for an access token, with what it says."""
        issued = int(now.timestamp())
        times: dict[str, object] = {
            "iat": issued,
            "exp": issued + int(_JWT_LIFE.total_seconds()),
        }
        groups = [self.tokens[token], self.default_rights]
        return {
            "token": _sign({"accessToken": token, **times}),
            "sub": token.rpartition("-")[0] or token,
            "permissionGroups": [sorted(map(_permission, rights)) for rights in groups],
            **times,
        }

    def token_of(self, jwt: str, now: datetime) -> str | None:
        """Return whose JWT it is, None if it is forged or has expired.

        The token may have been revoked since.
        """
        claims = _verified(jwt)
        expires, token = claims.get("exp"), claims.get("accessToken")
        if not isinstance(expires, int) or now.timestamp() >= expires:
            return None
        return token if isinstance(token, str) else None

    def exchangeable(self, text: str, now: datetime) -> str | None:
        """Return the access token that a JWT can be had for, None if there is none.

        A JWT that has not expired is as good as the token it was made from.
        """
        token = self.token_of(text, now)
        return token if token in self.tokens else self._known(text)

    def _exchanged(self, token: str | None, now: datetime) -> str | None:
        """Return a JWT for what `?token=` holds, None if it is nobody's."""
        if token and self.token_of(token, now) in self.tokens:
            return token
        known = self._known(token)
        return str(self.issue(known, now)["token"]) if known else None

    def _known(self, token: str | None) -> str | None:
        """Return the token as it was granted; only the digits count, not the name."""
        digits = (token or "").rpartition("-")[2]
        for known in self.tokens:
            if token == known or (len(digits) == 16 and known.endswith(f"-{digits}")):
                return known
        return None

    def _is_secret(self, attempted: str) -> bool:
        """Return whether a hash is the secret's; the plain secret is not."""
        if self.secret is None:
            return False
        secret = self.secret.encode()
        weak = sha1(secret, usedforsecurity=False).hexdigest()
        return attempted.lower() in {weak, sha512(secret).hexdigest()}


class Penalties:
    """How long requests of an address are held because of wrong credentials.

    Every failure adds the same time, and a success forgives all of them.
    """

    def __init__(self, seconds: float) -> None:
        """Hold nothing yet."""
        self._step = timedelta(seconds=seconds)
        self.step_ms = round(seconds * 1000)
        self._until: dict[str, datetime] = {}

    def left(self, address: str, now: datetime) -> float:
        """Return for how many seconds a request that arrives now is held."""
        until = self._until.get(address, now)
        return max(0.0, (until - now).total_seconds())

    def add(self, address: str, now: datetime) -> None:
        """Count a failure."""
        self._until[address] = max(now, self._until.get(address, now)) + self._step

    def forgive(self, address: str) -> None:
        """Forget an address's failures."""
        self._until.pop(address, None)


def _permission(right: str) -> str:
    """Return a right as Nightscout's roles spell it."""
    if right in {"admin", "*"}:
        return "*" if right == "admin" else "*:*:read"
    return f"api:{right}" if ":" in right else f"api:{right}:read"


_KEY = b"a simulator signs with a key that everybody may know"


def _sign(claims: Mapping[str, object]) -> str:
    """Return claims as a JWT."""
    header = _encode({"alg": "HS256", "typ": "JWT"})
    payload = _encode(claims)
    return f"{header}.{payload}.{_signature(header, payload)}"


def _verified(jwt: str) -> Mapping[str, object]:
    """Return what a JWT claims, nothing if it was not signed here."""
    header, _, rest = jwt.partition(".")
    payload, _, signature = rest.partition(".")
    if not hmac.compare_digest(
        signature.encode(), _signature(header, payload).encode()
    ):
        return {}
    claims: dict[str, object] = json.loads(urlsafe_b64decode(payload + "=="))
    return claims


def _encode(claims: Mapping[str, object]) -> str:
    """Return a part of a JWT."""
    text = json.dumps(claims, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _signature(header: str, payload: str) -> str:
    """Return the third part of a JWT."""
    digest = hmac.digest(_KEY, f"{header}.{payload}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")
