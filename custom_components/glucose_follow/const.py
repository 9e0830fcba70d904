"""Names and numbers that more than one module needs."""

from datetime import timedelta
from enum import StrEnum
import logging

from homeassistant.const import Platform

from .cgm.data import STALE_AFTER

DOMAIN = "glucose_follow"
LOGGER = logging.getLogger(__package__)

PLATFORMS = [
    # First: what happens before somebody listens is not heard.
    Platform.EVENT,
    Platform.BINARY_SENSOR,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
]

CONF_ACCEPTED_AT = "accepted_at"
CONF_ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a field
CONF_ACCOUNT_ID = "account_id"
CONF_API_SECRET_SHA1 = "api_secret_sha1"  # noqa: S105 - the name of a field
CONF_ALARMS = "alarms"
CONF_AUTH_IMPLEMENTATION = "auth_implementation"
CONF_CONFIG_ENTRY_ID = "config_entry_id"
CONF_CREDENTIAL = "credential"
CONF_ENVIRONMENT = "environment"
CONF_EXPOSE_TO_ASSIST = "expose_to_assist"
CONF_FORGET_CREDENTIAL = "forget_credential"
CONF_IS_ON = "is_on"
CONF_PERSISTENCE = "persistence"
CONF_REPEAT = "repeat"
CONF_LIVE = "live"
CONF_SCENARIO = "scenario"
CONF_SCENARIO_SINCE = "scenario_since"
CONF_SEED = "seed"
CONF_SESSION_TOKEN = "session_token"  # noqa: S105 - the name of a field
CONF_NICKNAMES = "nicknames"
CONF_PERSON = "person"
CONF_SENSOR_DAYS = "sensor_days"
CONF_SOURCE = "source"
CONF_STALE_AFTER = "stale_after"
CONF_THRESHOLDS = "thresholds"
CONF_UNIT = "unit"
CONF_USER_ID = "user_id"
CONF_VOICE = "voice"
CONF_WINDOW_END = "window_end"
CONF_WINDOW_START = "window_start"

ALL_LEVELS = "all"
"""What an action or an event is about that is about every alarm."""

STALE_AFTER_MINUTES = STALE_AFTER // timedelta(minutes=1)
STALE_AFTER_LEAST, STALE_AFTER_MOST = 8, 20
"""Two lost readings are no reason to worry; twenty minutes always are."""

NEWS_WITHIN = timedelta(minutes=30)
"""What is entered later is written down, not announced."""
LATE_NEWS_WITHIN = timedelta(hours=6)
"""The same for sources that are hours behind by themselves."""

TICK = timedelta(seconds=20)
"""Timers miss a suspend and a clock that jumps; the tick does not."""
OVERDUE = timedelta(seconds=30)
UNEXPECTED = timedelta(minutes=5)
"""When to ask again if nothing else decides it."""
AGAIN = timedelta(seconds=5)
"""When to ask again if a clock jumped while the source answered."""

REFUSED_FIRST = timedelta(minutes=5)
REFUSED_AGAIN = timedelta(minutes=30)
"""A proxy or a database that comes back says 401 too."""

START_WAITS = 10
"""Seconds that Home Assistant's start waits for a source that worked before."""

SAVE_DELAY = 60
SAVE_READINGS = 900
"""Seconds until what matters is written down, and until a mere reading is.

Writing after each reading was a fifth of all work, and wears a card out.
"""

REPORTED_AGAIN = timedelta(days=1)
"""How exactly is written down when something was last reported."""
VANISHED_AFTER = timedelta(days=30)
"""What was not reported for so long may be removed; an override may be rare."""

SILENT_AFTER = timedelta(days=1)
"""A source that answers and has no reading for so long is set up wrongly."""

SIMULATED_PERIOD = timedelta(minutes=1)
"""A rehearsal should not take five minutes to begin."""


class SourceKind(StrEnum):
    """Where a person's glucose comes from; the values are flow steps."""

    NIGHTSCOUT = "nightscout"
    DEXCOM_SHARE = "dexcom_share"
    DEXCOM_API = "dexcom_api"
    TIDEPOOL = "tidepool"
    SIMULATED = "simulated"
