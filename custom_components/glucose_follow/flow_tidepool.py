"""Adding a person through Tidepool."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio

from .cgm.sources.tidepool import Environment, PasswordLogin, Person
from .const import (
    CONF_ENVIRONMENT,
    CONF_SESSION_TOKEN,
    CONF_SOURCE,
    CONF_USER_ID,
    SourceKind,
)
from .factory import create_login, create_tidepool
from .flow import SECRET, TEXT, PersonFlow

_LOGIN: dict[probatio.Marker, Any] = {
    probatio.Required(CONF_USERNAME): TEXT,
    probatio.Required(probatio.Secret(CONF_PASSWORD)): SECRET,
}
TIDEPOOL_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Required(
            CONF_ENVIRONMENT, default=Environment.PRODUCTION.value
        ): SelectSelector(
            SelectSelectorConfig(
                options=[environment.value for environment in Environment],
                translation_key="tidepool_environment",
            )
        ),
        **_LOGIN,
    }
)
TIDEPOOL_LOGIN_SCHEMA = probatio.Schema(_LOGIN)


def person_schema(people: Sequence[Person]) -> probatio.Schema:
    """Return a form to choose one of several people in."""
    options = [
        SelectOptionDict(value=person.id, label=person.name or person.id)
        for person in people
    ]
    selector = SelectSelector(SelectSelectorConfig(options=options))
    return probatio.Schema({probatio.Required(CONF_USER_ID): selector})


class TidepoolFlow(PersonFlow):
    """Asks for a login, and for whom of those it may see."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._person_name = ""
        self._login: dict[str, Any] = {}
        self._people: Sequence[Person] = ()

    async def async_step_tidepool(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login; a session begins, and is kept."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._person_name = user_input[CONF_NAME].strip() or "Tidepool"
            self._login = _data(user_input, user_input[CONF_ENVIRONMENT])
            errors = await self._async_log_in()
            if len(self._people) == 1:
                return await self._follow(self._people[0].id)
            if self._people:
                return await self.async_step_tidepool_person()
        return self._form(
            "tidepool", TIDEPOOL_SCHEMA, errors, user_input or self._known()
        )

    async def async_step_tidepool_person(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whom of several people to follow."""
        if user_input is not None:
            return await self._follow(user_input[CONF_USER_ID])
        return self._form(
            "tidepool_person", person_schema(self._people), {}, self._known()
        )

    async def async_step_reauth_tidepool(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login as it is now; it has to see the same person."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._login = _data(user_input, entry.data[CONF_ENVIRONMENT])
            errors = await self._async_log_in()
            if entry.data[CONF_USER_ID] in {person.id for person in self._people}:
                return await self._follow(entry.data[CONF_USER_ID])
            if self._people:
                return self.async_abort(reason="wrong_account")
        known = {CONF_USERNAME: entry.data[CONF_USERNAME]}
        return self._form(
            "reauth_tidepool", TIDEPOOL_LOGIN_SCHEMA, errors, user_input or known
        )

    async def _async_log_in(self) -> dict[str, str]:
        """Find out whom a login may see, or return why it sees nobody."""
        source = create_tidepool(self.hass, self._login, self._session().token)
        people, errors = await self._async_answer(source, source.people())
        self._people = people or ()
        return errors

    def _session(self) -> PasswordLogin:
        """Return the session of the login, which remembers its newest token."""
        keep = partial(self._login.__setitem__, CONF_SESSION_TOKEN)
        return create_login(self.hass, self._login, keep)

    async def _follow(self, user_id: str) -> ConfigFlowResult:
        """Make sure that a person's data can be read, and keep what they need."""
        self._login[CONF_USER_ID] = user_id
        account, errors = await self._async_identify(self._login, self._session().token)
        if self.source == SOURCE_REAUTH:
            if account is None:
                return self._form(
                    "reauth_tidepool", TIDEPOOL_LOGIN_SCHEMA, errors, self._login
                )
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data=self._login
            )
        if account is None:
            typed = {CONF_NAME: self._person_name, **self._login}
            return self._form("tidepool", TIDEPOOL_SCHEMA, errors, typed)
        await self._abort_if_taken(account.id)
        return self._finish(self._person_name, self._login, account.unit)


def _data(user_input: dict[str, Any], environment: str) -> dict[str, Any]:
    """Return how a login is stored; a password is kept as it was typed.

    It is needed: a session that nobody refreshed for a while is over.
    """
    return {
        CONF_SOURCE: SourceKind.TIDEPOOL.value,
        CONF_ENVIRONMENT: environment,
        CONF_USERNAME: user_input[CONF_USERNAME].strip(),
        CONF_PASSWORD: user_input[CONF_PASSWORD],
    }
