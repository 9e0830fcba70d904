"""What is true of glucose anywhere needs no Home Assistant."""

import pytest


@pytest.fixture(autouse=True)
def _ready(socket_enabled: None) -> None:
    """Use loopback sockets, and no Home Assistant."""
