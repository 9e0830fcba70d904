"""Where applications send people to log in, and get tokens.

Source: TidepoolKit, TAPI.swift (lookupOIDConfiguration); OpenID Connect Discovery
1.0, section 4.
"""

from dataclasses import dataclass

from aiohttp import ClientSession
from yarl import URL

from ...errors import CgmConnectionError, CgmError, CgmResponseError
from ...transport import Json, JsonClient
from .environment import Environment, api_url
from .fields import Document, part, text

SCOPE = "openid offline_access"
"""What a person is asked to allow: to be known, and to be read while away."""

_DISCOVERY = ".well-known/openid-configuration"


@dataclass(frozen=True, kw_only=True, slots=True)
class Realm:
    """The addresses of one environment's login."""

    authorize_url: URL
    """Where a person agrees."""

    token_url: URL
    """Where a code or a refresh token becomes tokens."""


async def find_realm(
    session: ClientSession, environment: Environment, base: URL | None = None
) -> Realm:
    """Return where an environment lets people log in, which it says itself.

    Args:
        session: Whoever made it closes it.
        environment: Which Tidepool the account is of.
        base: Asked in place of the environment's server.

    Raises:
        CgmConnectionError: As documented on `JsonClient.get`, or the way is
            barred: nothing that is asked here needs a right.
        CgmResponseError: No realm is told, or one that is less safe than the API.
        CgmError: As documented on `JsonClient.get`.
    """
    api = base or api_url(environment)
    info = await JsonClient(session, api, explain=_explain).get("info")
    auth = part(_document(info), "auth")
    # A name with a slash leads elsewhere, and one that begins with it nowhere.
    name = _told(auth, "realm").replace("/", "")
    issuer = _safe(auth, "url", api) / "realms" / name
    page = await JsonClient(session, issuer, explain=_explain).get(_DISCOVERY)
    told = _document(page)
    return Realm(
        authorize_url=_safe(told, "authorization_endpoint", issuer),
        token_url=_safe(told, "token_endpoint", issuer),
    )


def _document(answer: Json) -> Document:
    """Return an answer that is a document, an empty one for any other."""
    return answer if isinstance(answer, dict) else {}


def _told(document: Document, key: str) -> str:
    """Return a text that is promised.

    Raises:
        CgmResponseError: There is none.
    """
    if found := text(document.get(key)):
        return found
    raise CgmResponseError("A realm was promised")


def _safe(document: Document, key: str, before: URL) -> URL:
    """Return an address that tokens may be sent to.

    Raises:
        CgmResponseError: There is none, or it is less safe than the one before.
    """
    told = _told(document, key)
    try:
        url = URL(told)
        # It is read only here, and may be one that nobody can read.
        host = url.host
    except ValueError:
        raise CgmResponseError("A realm was promised") from None
    if host is None or url.scheme != before.scheme:
        raise CgmResponseError("The realm is elsewhere")
    return url


def _explain(status: int, _: Json) -> CgmError | None:
    """Return what it means that a page for everybody is refused."""
    if status in {401, 403}:
        return CgmConnectionError(f"The way to the realm is barred (HTTP {status})")
    return None
