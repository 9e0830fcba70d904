"""Names and numbers that more than one module needs."""

from datetime import timedelta
from enum import StrEnum
import logging

from homeassistant.const import Platform

DOMAIN = "glucose_follow"
LOGGER = logging.getLogger(__package__)

PLATFORMS = [Platform.BINARY_SENSOR, Platform.SELECT, Platform.SENSOR]

CONF_ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a field
CONF_API_SECRET_SHA1 = "api_secret_sha1"  # noqa: S105 - the name of a field
CONF_CREDENTIAL = "credential"
CONF_FORGET_CREDENTIAL = "forget_credential"
CONF_SCENARIO = "scenario"
CONF_SCENARIO_SINCE = "scenario_since"
CONF_SEED = "seed"
CONF_SOURCE = "source"
CONF_STALE_AFTER = "stale_after"
CONF_UNIT = "unit"

STALE_AFTER_MINUTES = 15
STALE_AFTER_LEAST, STALE_AFTER_MOST = 8, 20
"""Two lost readings are no reason to worry; twenty minutes always are."""

READINGS_SPAN = timedelta(hours=24)
OVERLAP = timedelta(minutes=15)
"""Asked for again each time: readings arrive late and in any order."""

TREATMENTS_EVERY = timedelta(minutes=5)
TREATMENTS_BESIDE = timedelta(minutes=4)
"""Beside a new reading, but not beside each one of a sensor that sends many."""
TREATMENTS_OVERLAP = timedelta(hours=3)
TREATMENTS_ALL_EVERY = timedelta(hours=1)
TREATMENTS_ALL = timedelta(hours=72)
"""A day more than is kept: some documents are not dated in UTC."""
TREATMENTS_TRUSTED = timedelta(minutes=15)
"""How long the last known treatment may be called the last."""

TICK = timedelta(seconds=20)
"""Timers miss a suspend and a clock that jumps; the tick does not."""
OVERDUE = timedelta(seconds=30)

REFUSED_FIRST = timedelta(minutes=5)
REFUSED_AGAIN = timedelta(minutes=30)
"""A proxy or a database that comes back says 401 too."""

START_WAITS = 10
"""Seconds that Home Assistant's start waits for a source that worked before."""

SAVE_DELAY = 60

SIMULATED_PERIOD = timedelta(minutes=1)
"""A rehearsal should not take five minutes to begin."""


class SourceKind(StrEnum):
    """Where a person's glucose comes from; the values are flow steps."""

    NIGHTSCOUT = "nightscout"
    SIMULATED = "simulated"
