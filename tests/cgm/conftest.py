"""What is true of glucose anywhere needs no Home Assistant."""

from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from hypothesis import is_hypothesis_test
import pytest

HERE = Path(__file__).parent
OF_LOOPS = (
    "configure_event_loop",
    "disable_http_server",
    "enable_event_loop_debug",
    "verify_cleanup",
)
"""What the plugin does for each test, with a loop and two threads of its own."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make no loop for who awaits nothing: it takes longer than most of these tests."""
    for item in items:
        if not isinstance(item, pytest.Function) or HERE not in item.path.parents:
            continue
        if not iscoroutinefunction(unwrapped(item.function)):
            kept = (name for name in item.fixturenames if name not in OF_LOOPS)
            item.fixturenames[:] = list(kept)


def unwrapped(function: Any) -> Any:
    """Return a test itself, also where hypothesis is around it."""
    return function.hypothesis.inner_test if is_hypothesis_test(function) else function


@pytest.fixture(autouse=True)
def _ready(socket_enabled: None) -> None:
    """Use loopback sockets, and no Home Assistant."""
