"""Problems that only a person can solve."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_SOURCE, DOMAIN, SourceKind


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
    if entry.data[CONF_SOURCE] == SourceKind.DEXCOM_SHARE:
        _report(hass, entry, "dexcom_share_silent", is_wrong=is_silent)


@callback
def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw what was said about an entry that is no longer loaded."""
    for problem in ("clock_skew", "dexcom_share_silent", "polling_disabled"):
        ir.async_delete_issue(hass, DOMAIN, f"{problem}_{entry.entry_id}")


@callback
def _report(
    hass: HomeAssistant,
    entry: ConfigEntry,
    problem: str,
    *,
    is_wrong: bool,
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
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=problem,
        translation_placeholders={"name": entry.title, **placeholders},
    )
