"""Choosing a person at Tidepool, however somebody logged in."""

from collections.abc import Callable, Sequence
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio

from .cgm.sources.tidepool import AccessToken, Environment, Person
from .const import CONF_USER_ID
from .factory import create_tidepool
from .flow import PersonFlow

type Login = dict[str, Any]
"""What becomes an entry's data; a person is added to it."""

ENVIRONMENT = SelectSelector(
    SelectSelectorConfig(
        options=[environment.value for environment in Environment],
        translation_key="tidepool_environment",
    )
)


def person_schema(people: Sequence[Person]) -> probatio.Schema:
    """Return a form to choose one of several people in."""
    options = [
        SelectOptionDict(value=person.id, label=person.name or person.id)
        for person in people
    ]
    selector = SelectSelector(SelectSelectorConfig(options=options))
    return probatio.Schema({probatio.Required(CONF_USER_ID): selector})


class TidepoolPersonFlow(PersonFlow):
    """Asks for one of those that a login may see."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._person_name = ""
        self._login: Login = {}
        self._people: Sequence[Person] = ()
        self._token: Callable[[], AccessToken]
        """Returns what keeps the login's token valid."""
        self._again: Callable[[dict[str, str]], ConfigFlowResult]
        """Returns the form that the login began with, with what went wrong."""

    async def _choose_person(
        self,
        login: Login,
        token: Callable[[], AccessToken],
        again: Callable[[dict[str, str]], ConfigFlowResult],
    ) -> ConfigFlowResult:
        """Go on with whom a login may see."""
        self._login, self._token, self._again = login, token, again
        source = create_tidepool(self.hass, login, token())
        people, errors = await self._async_answer(source, source.people())
        if people is None:
            return again(errors)
        if self.source == SOURCE_REAUTH:
            known = self._get_reauth_entry().data[CONF_USER_ID]
            if known not in {person.id for person in people}:
                return self.async_abort(reason="wrong_account")
            return await self._follow(known)
        self._people = people
        if len(people) == 1:
            return await self._follow(people[0].id)
        return await self.async_step_tidepool_person()

    async def async_step_tidepool_person(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whom of several people to follow."""
        if user_input is not None:
            return await self._follow(user_input[CONF_USER_ID])
        return self._form(
            "tidepool_person", person_schema(self._people), {}, self._known()
        )

    async def _follow(self, user_id: str) -> ConfigFlowResult:
        """Make sure that a person's data can be read, and keep what they need."""
        self._login[CONF_USER_ID] = user_id
        account, errors = await self._async_identify(self._login, self._token())
        if account is None:
            return self._again(errors)
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data=self._login
            )
        await self._abort_if_taken(account.id)
        return self._finish(self._person_name, self._login, account.unit)
