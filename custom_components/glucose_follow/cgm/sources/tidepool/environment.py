"""Where Tidepool keeps whose data.

Source: TidepoolApi, reference/data.v1.yaml.
"""

from enum import StrEnum

from yarl import URL


class Environment(StrEnum):
    """Which Tidepool an account is of; the values are stored in entries."""

    PRODUCTION = "production"
    INTEGRATION = "integration"


_HOSTS = {
    Environment.PRODUCTION: "api.tidepool.org",
    Environment.INTEGRATION: "external.integration.tidepool.org",
}


def api_url(environment: Environment) -> URL:
    """Return the address that all paths of an environment are relative to."""
    return URL.build(scheme="https", host=_HOSTS[environment])
