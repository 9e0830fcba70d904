"""Fixtures for tests that need Home Assistant's recorder."""

import logging

from homeassistant.components.recorder.core import Recorder
import pytest

# The plugin has every statement written down, which nobody reads.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _ready(
    recorder_mock: Recorder,
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    """Record, and only then find the integration: the order matters."""
