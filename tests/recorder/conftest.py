"""Fixtures for tests that need Home Assistant's recorder."""

from homeassistant.components.recorder.core import Recorder
import pytest


@pytest.fixture(autouse=True)
def _ready(
    recorder_mock: Recorder,
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    """Record, and only then find the integration: the order matters."""
