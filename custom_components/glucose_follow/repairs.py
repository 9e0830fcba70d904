"""Problems that only a person can solve."""

from datetime import timedelta
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_LIVE, CONF_SOURCE, DOMAIN, SourceKind


@callback
def report_polling(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say that an entry whose polling is switched off learns nothing new."""
    _report(hass, entry, "polling_disabled", is_wrong=entry.pref_disable_polling)


@callback
def report_skew(hass: HomeAssistant, entry: ConfigEntry, skew: timedelta) -> None:
    """Say that our clock and the source's differ, and by how much."""
    minutes = round(abs(skew) / timedelta(minutes=1))
    _report(hass, entry, "clock_skew", is_wrong=bool(skew), minutes=str(minutes))


@callback
def report_silence(hass: HomeAssistant, entry: ConfigEntry, *, is_silent: bool) -> None:
    """Say what keeps a source that answers from having readings."""
    _report(hass, entry, "dexcom_share_silent", is_wrong=is_silent)


@callback
def offer_live(hass: HomeAssistant, entry: ConfigEntry, *, is_punctual: bool) -> None:
    """Offer to follow somebody live whose readings arrive in time anyway."""
    may_be_live = entry.data[CONF_SOURCE] == SourceKind.TIDEPOOL
    is_offered = may_be_live and is_punctual and not entry.options.get(CONF_LIVE)
    _report(hass, entry, "tidepool_live", is_wrong=is_offered, is_fixable=True)


@callback
def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw what was said about an entry that is no longer loaded."""
    for problem in (
        "clock_skew",
        "dexcom_share_silent",
        "polling_disabled",
        "tidepool_live",
    ):
        ir.async_delete_issue(hass, DOMAIN, f"{problem}_{entry.entry_id}")


@callback
def _report(
    hass: HomeAssistant,
    entry: ConfigEntry,
    problem: str,
    *,
    is_wrong: bool,
    is_fixable: bool = False,
    **placeholders: str,
) -> None:
    """Raise or withdraw an issue."""
    issue_id = f"{problem}_{entry.entry_id}"
    if not is_wrong:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry.entry_id},
        is_fixable=is_fixable,
        severity=ir.IssueSeverity.WARNING,
        translation_key=problem,
        translation_placeholders={"name": entry.title, **placeholders},
    )


class LiveFlow(RepairsFlow):
    """Lets a person decide that somebody is followed live."""

    def __init__(self, entry_id: str) -> None:
        """Keep whom it is about."""
        self._entry_id = entry_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Begin with the question."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Explain what changes, and change it once that is confirmed."""
        entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
        if user_input is None:
            return self.async_show_form(
                step_id="confirm", description_placeholders={"name": entry.title}
            )
        options = {**entry.options, CONF_LIVE: True}
        self.hass.config_entries.async_update_entry(entry, options=options)
        self.hass.config_entries.async_schedule_reload(self._entry_id)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return what solves an issue; there is one that a form can solve."""
    return LiveFlow(str((data or {})["entry_id"]))
