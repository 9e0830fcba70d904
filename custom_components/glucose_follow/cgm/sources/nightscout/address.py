"""Addresses of Nightscout sites, as people paste them."""

from dataclasses import dataclass, field
from ipaddress import ip_address
import re

from yarl import URL

from ...errors import CgmConnectionError

_LOCAL_SUFFIXES = (".local", ".lan", ".home", ".internal", ".home.arpa")

# What is pasted behind the site's own address: the API, a page, a phone's file.
_TAIL = re.compile(r"(/api(/v\d.*)?|/sgv\.json|/index\.html)?/*$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a site is, and what else was in the address."""

    url: URL
    """Scheme, host, port and path prefix; nothing else, no slash at the end."""

    credential: str = field(default="", repr=False)
    """The token or secret that was pasted along, empty if none was."""

    @property
    def id(self) -> str:
        """Return what stays the same however the address is written."""
        host = self.url.host or ""
        port = "" if self.url.is_default_port() else f":{self.url.port}"
        return f"{host.lower()}{port}{self.url.path.rstrip('/')}"


def parse_address(text: str) -> Address:
    """Return the site that somebody means.

    Without a scheme it is https, and http for machines of the home network,
    which rarely have a certificate. `https://secret@site`, as uploaders want
    it, carries an API secret; `?token=` an access token.

    Raises:
        CgmConnectionError: There can be no site at such an address.
    """
    text = text.strip()
    if len(text.split()) != 1:
        raise CgmConnectionError("Not the address of a site")
    if "://" not in text:
        text = f"{_likely_scheme(text)}://{text}"
    try:
        return _address(URL(text))
    except ValueError:
        pass
    raise CgmConnectionError("Not the address of a site")


def _address(url: URL) -> Address:
    """Return the site that an address leads to.

    Raises:
        ValueError: There can be no site at such an address.
    """
    if url.scheme not in {"http", "https"} or not url.host or not url.port:
        raise ValueError("Not an address of the web")
    site = url.origin().with_path(_TAIL.sub("", url.path))
    # It is stored as text; some hosts cannot be read again.
    if (
        URL(str(site)).host != site.host
        or not str(site).isprintable()
        or " " in str(site)
    ):
        raise ValueError("Not an address that can be written down")
    user = url.user if url.user and not url.password else ""
    return Address(
        url=site,
        credential=url.query.get("token") or user,
    )


def _likely_scheme(text: str) -> str:
    """Return the scheme for an address that came without one."""
    try:
        host = URL(f"https://{text}").host or ""
    except ValueError:
        return "https"
    try:
        return "http" if ip_address(host).is_private else "https"
    except ValueError:
        is_local = "." not in host or host.lower().endswith(_LOCAL_SUFFIXES)
        return "http" if is_local else "https"
