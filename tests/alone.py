"""A Home Assistant that no one outside its test can reach."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from aiohttp import ThreadedResolver

_SERVER = "homeassistant.components.http.HomeAssistantHTTP"
_RESOLVER = "homeassistant.helpers.aiohttp_client._async_make_resolver"


@contextmanager
def alone() -> Iterator[None]:
    """Let each Home Assistant listen nowhere, and look for no names on the network.

    Another one may be where it would listen.
    """
    resolver = ThreadedResolver()
    resolver.real_close = resolver.close  # type: ignore[attr-defined]  # as theirs has
    with ExitStack() as stack:
        stack.enter_context(patch(_RESOLVER, return_value=resolver))
        for name in ("async_bind", "start"):
            stack.enter_context(patch(f"{_SERVER}.{name}"))
        yield
