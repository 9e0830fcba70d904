"""What opens a Nightscout site: an access token, an API secret, or nothing."""

from dataclasses import dataclass, field
from hashlib import sha1
import re

# Up to ten word characters of the subject's name, and 16 hexadecimal digits.
_ACCESS_TOKEN = re.compile(r"[\w]{0,10}-[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """A credential as it is stored and sent; the secret itself is neither."""

    token: str | None = field(default=None, repr=False)
    """An access token, which a site can take back without any other change."""

    secret_sha1: str | None = field(default=None, repr=False)
    """SHA-1 of the API secret, in hexadecimal: what the site wants to be sent."""

    @property
    def is_empty(self) -> bool:
        """Return whether the site is read without a credential."""
        return not self.headers

    @property
    def access_token(self) -> str | None:
        """Return the token if it has the shape of one, and may be part of a path."""
        token = self.token or ""
        return token if _ACCESS_TOKEN.fullmatch(token) else None

    @property
    def headers(self) -> dict[str, str]:
        """Return what to send.

        A token travels in the same header as a secret: in the address it would
        end in logs, and a wrong one there is answered with default rights
        instead of 401.
        """
        value = self.token or self.secret_sha1
        return {"api-secret": value} if value else {}


def parse_credential(text: str) -> Credential:
    """Return the credential that somebody typed, told apart by its shape."""
    text = text.strip()
    if not text:
        return Credential()
    if _ACCESS_TOKEN.fullmatch(text):
        return Credential(token=text)
    # Not a choice: the site's API wants SHA-1, and nothing else.
    digest = sha1(text.encode(), usedforsecurity=False)
    return Credential(secret_sha1=digest.hexdigest())
