"""A home, a site and a browser, all real."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import socket

from playwright.async_api import Browser, Page, async_playwright

from simulators.home import Home

TOKEN = "home-0123456789abcdef"
ARTEFACTS = Path("artefacts")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def open_browser() -> AsyncGenerator[Browser]:
    """Run a browser."""
    ARTEFACTS.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=_FLAGS
        )
        yield browser
        await browser.close()


async def log_in(browser: Browser, home: Home) -> Page:
    """Return a page whose user is the home's owner."""
    tokens = json.dumps(json.dumps(home.tokens))
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    await context.add_init_script(f"localStorage.setItem('hassTokens', {tokens})")
    return await context.new_page()
