"""Adding a person through a Nightscout site."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.helpers.selector import BooleanSelector
import probatio
from yarl import URL

from .cgm.errors import CgmError
from .cgm.sources.nightscout import Address, Credential, parse_address, parse_credential
from .const import (
    CONF_ACCESS_TOKEN,
    CONF_API_SECRET_SHA1,
    CONF_CREDENTIAL,
    CONF_FORGET_CREDENTIAL,
    CONF_SOURCE,
    SourceKind,
)
from .errors import translation_key
from .flow import SECRET, TEXT, PersonFlow

NIGHTSCOUT_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_NAME): TEXT,
        # Text, not a web address: people paste them without a scheme.
        probatio.Required(CONF_URL): TEXT,
        probatio.Optional(probatio.Secret(CONF_CREDENTIAL)): SECRET,
    }
)
RECONFIGURE_SCHEMA = NIGHTSCOUT_SCHEMA.extend(
    {probatio.Optional(CONF_FORGET_CREDENTIAL, default=False): BooleanSelector()}
)
REAUTH_SCHEMA = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_CREDENTIAL)): SECRET}
)


class NightscoutFlow(PersonFlow):
    """Asks for a site, and for what opens it."""

    async def async_step_nightscout(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a site, and for what opens it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                address = parse_address(user_input[CONF_URL])
            except CgmError as err:
                errors["base"] = translation_key(err)
            else:
                data = {
                    CONF_SOURCE: SourceKind.NIGHTSCOUT.value,
                    CONF_URL: str(address.url),
                    **self._credential_data(address, user_input),
                }
                await self._abort_if_taken(address.id)
                account, errors = await self._async_identify(data)
                if account:
                    typed = user_input.get(CONF_NAME, "").strip()
                    known = self._known().get(CONF_NAME, "Nightscout")
                    name = typed or account.title or known
                    return self._finish(
                        name, data, account.unit, thresholds=account.thresholds
                    )
        is_new = self.source != SOURCE_RECONFIGURE
        return self._form(
            "nightscout" if is_new else "reconfigure",
            NIGHTSCOUT_SCHEMA if is_new else RECONFIGURE_SCHEMA,
            errors,
            user_input or self._known(),
        )

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what opens the site now."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {
                CONF_SOURCE: entry.data[CONF_SOURCE],
                CONF_URL: entry.data[CONF_URL],
                **_stored(parse_credential(user_input[CONF_CREDENTIAL])),
            }
            account, errors = await self._async_identify(data)
            if account:
                return self.async_update_reload_and_abort(entry, data=data)
        return self._form("reauth_confirm", REAUTH_SCHEMA, errors, user_input)

    def _credential_data(
        self, address: Address, user_input: dict[str, Any]
    ) -> dict[str, str]:
        """Return how a credential is stored.

        Left empty, what was entered before stays, but for another place: it
        must not be sent to whoever answers at a mistyped address.
        """
        typed = user_input.get(CONF_CREDENTIAL, "").strip() or address.credential
        known = self._kept()
        is_kept = (
            not typed
            and not user_input.get(CONF_FORGET_CREDENTIAL)
            and _is_same_place(URL(known.get(CONF_URL, "")), address.url)
        )
        if is_kept:
            keys = (CONF_ACCESS_TOKEN, CONF_API_SECRET_SHA1)
            return {key: known[key] for key in keys if key in known}
        return _stored(parse_credential(typed))


def _is_same_place(before: URL, after: URL) -> bool:
    """Return whether one server is meant, at most better protected than before."""
    is_safer = (before.scheme, after.scheme) == ("http", "https")
    same_host = before.host == after.host
    is_moved = before.explicit_port is None and after.explicit_port is None
    same_origin = before.is_absolute() and before.origin() == after.origin()
    return same_origin or (same_host and is_safer and is_moved)


def _stored(credential: Credential) -> dict[str, str]:
    """Return how a credential is stored: what it is made of, nothing more."""
    stored = {
        CONF_ACCESS_TOKEN: credential.token,
        CONF_API_SECRET_SHA1: credential.secret_sha1,
    }
    return {key: value for key, value in stored.items() if value}
