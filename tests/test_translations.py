"""Everything that is shown has words and icons, and the papers are in order."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion
from homeassistant.config_entries import ConfigFlow
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import SelectSelector
from homeassistant.util.yaml import parse_yaml
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import (
    config_flow,
    flow,
    flow_alarms,
    flow_dexcom_api,
    flow_dexcom_share,
    flow_nightscout,
    flow_oauth,
    flow_simulated,
    flow_tidepool,
    flow_tidepool_oauth,
    flow_tidepool_person,
    repairs,
)
from custom_components.glucose_follow.binary_sensor import BINARY_SENSORS
from custom_components.glucose_follow.cgm.alarm_levels import Level
from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.condition import CONDITIONS
from custom_components.glucose_follow.const import DOMAIN, LOGGER, PLATFORMS, SourceKind
from custom_components.glucose_follow.entity import CgmDescription
from custom_components.glucose_follow.errors import translation_key
from custom_components.glucose_follow.event import EVENTS
from custom_components.glucose_follow.number import NUMBERS
from custom_components.glucose_follow.select import SCENARIO
from custom_components.glucose_follow.sensor import SENSORS, SNOOZED_UNTIL
from custom_components.glucose_follow.status_sensor import STATUS_SENSORS
from custom_components.glucose_follow.switch import SWITCHES
from custom_components.glucose_follow.trigger import TRIGGERS

type Words = dict[str, Any]
"""A part of a file of translations, as deep as its keys go."""

PACKAGE = Path(config_flow.__file__).parent

DESCRIPTIONS: Mapping[Platform, tuple[CgmDescription, ...]] = {
    Platform.BINARY_SENSOR: BINARY_SENSORS,
    Platform.EVENT: EVENTS,
    Platform.NUMBER: NUMBERS,
    Platform.SELECT: (SCENARIO,),
    Platform.SENSOR: (*SENSORS, *STATUS_SENSORS, SNOOZED_UNTIL),
    Platform.SWITCH: SWITCHES,
}

FORMS = {
    "dexcom_api": flow_dexcom_api.DEXCOM_API_SCHEMA,
    "dexcom_share": flow_dexcom_share.DEXCOM_SHARE_SCHEMA,
    "nightscout": flow_nightscout.NIGHTSCOUT_SCHEMA,
    "pick_implementation": flow_oauth.pick_schema({}),
    "reauth_dexcom_api": flow_dexcom_api.REAUTH_SCHEMA,
    "reauth_dexcom_share": flow_dexcom_share.DEXCOM_SHARE_LOGIN_SCHEMA,
    "reauth_confirm": flow_nightscout.REAUTH_SCHEMA,
    "reconfigure": flow_nightscout.RECONFIGURE_SCHEMA,
    "reconfigure_dexcom_share": flow_dexcom_share.RECONFIGURE_SCHEMA,
    "reconfigure_tidepool": flow_tidepool.RECONFIGURE_SCHEMA,
    "reauth_tidepool": flow_tidepool.TIDEPOOL_LOGIN_SCHEMA,
    "reauth_tidepool_oauth": flow_tidepool_oauth.REAUTH_SCHEMA,
    "simulated": flow_simulated.SIMULATED_SCHEMA,
    "tidepool": flow_tidepool.TIDEPOOL_SCHEMA,
    "tidepool_oauth": flow_tidepool_oauth.TIDEPOOL_OAUTH_SCHEMA,
    "tidepool_person": flow_tidepool_person.person_schema([]),
}

ENTRANCES = {
    *("reauth", "user"),
    *("auth", "authorize_rejected", "creation", "oauth_discovery"),
}
"""Steps without a form of their own; Home Assistant's own lead to a login."""

ERRORS: tuple[CgmError, ...] = (
    CgmError(""),
    CgmAuthError(""),
    CgmAuthError("", is_recognised=True),
    CgmAuthError("", is_unverified=True),
    CgmConnectionError(""),
    CgmRateLimitError(""),
    CgmResponseError(""),
)

FORM_ERRORS = set(flow.PASSWORD_NEEDED.values())
"""What only a form can be told."""

ACTION_ERRORS = {
    "no_alarms",
    "period_invalid",
    "phones_not_told",
    "thresholds_out_of_order",
}
"""What only an action can be told."""

# What hassfest knows; it refuses a manifest with any other key.
MANIFEST_REQUIRED = {
    "codeowners",
    "documentation",
    "domain",
    "iot_class",
    "issue_tracker",
    "name",
    "version",
}
MANIFEST_KEYS = MANIFEST_REQUIRED | {
    "after_dependencies",
    "bluetooth",
    "categories",
    "config_flow",
    "connectivity",
    "dependencies",
    "dhcp",
    "homekit",
    "import_executor",
    "integration_type",
    "loggers",
    "mqtt",
    "preview_features",
    "quality_scale",
    "requirements",
    "single_config_entry",
    "ssdp",
    "usb",
    "zeroconf",
}

RULES = {
    # Bronze
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    # Silver
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    # Gold
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    # Platinum
    "async-dependency",
    "inject-websession",
    "strict-typing",
}


def load(path: Path) -> Words:
    """Return what a JSON file says."""
    content: Words = json.loads(path.read_text(encoding="utf-8"))
    return content


TRANSLATIONS = sorted((PACKAGE / "translations").glob("*.json"))
ENGLISH = load(PACKAGE / "translations/en.json")
ICONS = load(PACKAGE / "icons.json")


def texts(words: Words, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the path of keys that leads to it."""
    for key, value in words.items():
        inner = f"{path}.{key}".removeprefix(".")
        if isinstance(value, dict):
            yield from texts(value, inner)
        else:
            yield inner, value


def fields(schema: probatio.Schema) -> set[str]:
    """Return the names of the fields in a form."""
    return {str(key) for key in schema.schema}


def placeholders(text: str) -> set[str]:
    """Return the names in a text that something is put in place of."""
    return set(re.findall(r"\{(\w+)\}", text))


def parts(kind: str) -> Words:
    """Return the triggers, conditions or actions that files describe."""
    content = parse_yaml((PACKAGE / f"{kind}.yaml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return {key: part for key, part in content.items() if not key.startswith(".")}


def chosen(*kinds: str) -> Iterator[Words]:
    """Yield every choice that files describe, as selectors have it."""
    for kind in kinds:
        for part in parts(kind).values():
            for field in part["fields"].values():
                if "select" in field["selector"]:
                    yield field["selector"]["select"]


def described() -> Iterator[tuple[Platform, CgmDescription]]:
    """Yield every description with its platform."""
    for platform, descriptions in DESCRIPTIONS.items():
        for description in descriptions:
            yield platform, description


def states(description: CgmDescription) -> set[str]:
    """Return the states that an entity has words for, none for a number."""
    options = getattr(description, "options", None)
    return set(options or getattr(description, "words", None) or ())


def test_every_platform_is_looked_at() -> None:
    """A platform that is added must be added here."""
    assert set(DESCRIPTIONS) == set(PLATFORMS)


def test_every_entity_has_a_name_and_no_name_is_left_over() -> None:
    named = {
        platform: set(entities) for platform, entities in ENGLISH["entity"].items()
    }

    assert named == {
        platform: {description.translation_key for description in descriptions}
        for platform, descriptions in DESCRIPTIONS.items()
    }
    assert all(
        words["name"]
        for entities in ENGLISH["entity"].values()
        for words in entities.values()
    )


def test_a_key_is_its_own_translation_key() -> None:
    for _, description in described():
        assert description.translation_key == description.key


def test_every_state_of_an_enumeration_has_words() -> None:
    for platform, description in described():
        words = ENGLISH["entity"][platform][description.key]
        expected = states(description)
        if platform is Platform.BINARY_SENSOR:
            expected = {"off", "on"}
        assert set(words.get("state", ())) == expected, description.key


def test_every_kind_of_event_has_words_and_no_words_are_left_over() -> None:
    for description in EVENTS:
        words = ENGLISH["entity"]["event"][description.key]["state_attributes"]
        assert set(words["event_type"]["state"]) == set(description.event_types or ())


def test_every_action_is_named_explained_and_has_an_icon() -> None:
    actions = parse_yaml((PACKAGE / "services.yaml").read_text(encoding="utf-8"))

    assert isinstance(actions, dict)
    assert set(ENGLISH["services"]) == set(ICONS["services"]) == set(actions)
    for name, action in actions.items():
        words = ENGLISH["services"][name]
        assert set(words["fields"]) == set(action["fields"])
        for field in words["fields"].values():
            assert set(field) == {"name", "description"}


@pytest.mark.parametrize(
    ("kind", "known"), [("triggers", TRIGGERS), ("conditions", CONDITIONS)]
)
def test_every_trigger_and_condition_is_described_named_and_has_an_icon(
    kind: str, known: Words
) -> None:
    described = parts(kind)

    assert set(described) == set(known) == set(ENGLISH[kind]) == set(ICONS[kind])
    for name, part in described.items():
        words = ENGLISH[kind][name]
        assert set(words) == {"name", "description", "fields"}
        assert set(words["fields"]) == set(part["fields"])
        for field in words["fields"].values():
            assert set(field) == {"name", "description"}


def test_every_entity_without_a_class_has_an_icon() -> None:
    """Home Assistant has an icon for every class but the class of enumerations."""
    for platform, description in described():
        icons = ICONS["entity"].get(platform, {}).get(description.key, {})
        if description.device_class in (None, "enum"):
            assert icons.get("default"), description.key


def test_no_icon_is_for_an_entity_or_a_state_that_does_not_exist() -> None:
    known = {
        (platform, description.key): states(description)
        for platform, description in described()
    }
    for platform, entities in ICONS["entity"].items():
        for key, icons in entities.items():
            possible = known[platform, key]
            if platform in {Platform.BINARY_SENSOR, Platform.SWITCH}:
                possible = {"off", "on"}
            assert set(icons.get("state", ())) <= possible, key


def test_every_icon_is_written_as_one() -> None:
    for path, icon in texts(ICONS):
        assert re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", icon), path


def test_every_step_has_words_and_no_words_are_left_over() -> None:
    steps = {
        name.removeprefix("async_step_")
        for name in set(dir(config_flow.GlucoseFollowConfigFlow)) - set(dir(ConfigFlow))
        if name.startswith("async_step_")
    }

    assert steps - ENTRANCES == set(FORMS)
    assert set(ENGLISH["config"]["step"]) == {*FORMS, "user"}
    assert all(step["title"] for step in ENGLISH["config"]["step"].values())


def test_the_menu_has_words_for_every_source() -> None:
    words = ENGLISH["config"]["step"]["user"]

    assert set(words["menu_options"]) == {*SourceKind, "tidepool_oauth"}
    assert set(words["menu_options"]) <= set(FORMS)


@pytest.mark.parametrize("step", FORMS)
def test_every_field_is_named_and_explained(step: str) -> None:
    words = ENGLISH["config"]["step"][step]

    assert set(words.get("data", ())) == fields(FORMS[step])
    assert set(words.get("data_description", ())) == fields(FORMS[step])


def test_every_setting_is_named_and_explained() -> None:
    words = ENGLISH["options"]["step"]

    assert set(words) == {"init"}
    assert set(words["init"]["data"]) == fields(config_flow.TIDEPOOL_OPTIONS_SCHEMA)
    assert set(words["init"]["data_description"]) == fields(
        config_flow.TIDEPOOL_OPTIONS_SCHEMA
    )


def test_every_alarm_has_a_section_whose_settings_are_named_and_explained() -> None:
    sections = ENGLISH["options"]["step"]["init"]["sections"]

    assert set(sections) == fields(probatio.Schema(flow_alarms.SECTIONS)) == set(Level)
    for words in sections.values():
        assert words["name"]
        assert set(words["data"]) == fields(flow_alarms.ALARM_SCHEMA)
        assert set(words["data_description"]) == fields(flow_alarms.ALARM_SCHEMA)


def test_every_alarm_can_be_chosen_in_actions_and_has_words() -> None:
    actions = parse_yaml((PACKAGE / "services.yaml").read_text(encoding="utf-8"))

    assert isinstance(actions, dict)
    for name, choices in (("snooze", ["all", *Level]), ("test_alarm", [*Level])):
        selector = actions[name]["fields"]["level"]["selector"]["select"]
        assert selector["options"] == choices
        assert selector["translation_key"] == "alarm_level"
    assert set(ENGLISH["selector"]["alarm_level"]["options"]) == {"all", *Level}


def test_every_choice_has_words_and_no_words_are_left_over() -> None:
    """Choices without a key of translations are shown as they are: units."""
    selectors: list[Mapping[str, Any]] = [
        selector.config
        for schema in (*FORMS.values(), config_flow.TIDEPOOL_OPTIONS_SCHEMA)
        for selector in schema.schema.values()
        if isinstance(selector, SelectSelector)
    ]
    worded: dict[str, set[str]] = {}
    for config in (*selectors, *chosen("conditions", "services", "triggers")):
        if key := config.get("translation_key"):
            worded.setdefault(key, set()).update(config["options"])
    plain = {
        option
        for config in selectors
        if "translation_key" not in config
        for option in config["options"]
    }
    assert worded == {
        key: set(words["options"]) for key, words in ENGLISH["selector"].items()
    }
    assert plain == {"mg/dL", "mmol/L"}


def test_a_scenario_is_called_the_same_wherever_it_is_chosen() -> None:
    assert (
        ENGLISH["selector"]["scenario"]["options"]
        == ENGLISH["entity"]["select"]["scenario"]["state"]
    )


def test_every_error_is_explained_in_forms_and_in_the_log() -> None:
    keys = {translation_key(error) for error in ERRORS}

    assert keys == {
        "cannot_connect",
        "email_not_verified",
        "invalid_auth",
        "invalid_response",
        "not_permitted",
        "rate_limited",
        "unknown",
    }
    assert set(ENGLISH["config"]["error"]) == keys | FORM_ERRORS
    assert set(ENGLISH["exceptions"]) == keys | ACTION_ERRORS


def test_every_kind_of_error_is_looked_at() -> None:
    """An error that is added must be added here, unless its source keeps it."""
    public = {
        kind for kind in CgmError.__subclasses__() if not kind.__name__.startswith("_")
    }

    assert public == {type(error) for error in ERRORS[1:]}


def test_every_end_of_a_flow_has_words() -> None:
    assert set(ENGLISH["config"]["abort"]) >= {
        "already_configured",
        "reauth_successful",
        "reconfigure_successful",
        "wrong_account",
    }


def test_every_issue_has_words_and_knows_what_they_speak_of(
    hass: HomeAssistant,
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={"source": "dexcom_share"},
        pref_disable_polling=True,
        entry_id="alex",
    )
    repairs.report_polling(hass, entry)
    repairs.report_skew(hass, entry, timedelta(hours=-1))
    repairs.report_silence(hass, entry, is_silent=True)
    tidepool = MockConfigEntry(
        domain=DOMAIN, title="Alex", data={"source": "tidepool"}, entry_id="alex"
    )
    repairs.offer_live(hass, tidepool, is_punctual=True)

    issues = [
        issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.translation_key is not None
    ]

    assert {issue.translation_key for issue in issues} == set(ENGLISH["issues"])
    for issue in issues:
        words = ENGLISH["issues"][issue.translation_key]
        told = issue.translation_placeholders
        assert told is not None
        spoken = " ".join(text for _, text in texts(words))
        assert placeholders(spoken) == set(told)
        assert ("fix_flow" in words) is issue.is_fixable
        assert told["name"] == "Alex"


def test_only_what_is_told_is_put_into_words() -> None:
    """Home Assistant tells a name when it asks for a credential again."""
    address = {"documentation", "redirect_url"}
    spoken_of = {path: placeholders(text) for path, text in texts(ENGLISH)}

    assert {
        path: names
        for path, names in spoken_of.items()
        if names and not path.startswith("issues.")
    } == {
        "application_credentials.description": {"dexcom", "tidepool", "redirect_url"},
        "config.step.dexcom_api.description": address,
        "config.step.reauth_confirm.description": {"name"},
        "config.step.reauth_dexcom_api.description": {"name"},
        "exceptions.no_alarms.message": {"name"},
        "exceptions.period_invalid.message": {"days"},
        "exceptions.phones_not_told.message": {"failed", "phones"},
        "exceptions.thresholds_out_of_order.message": {
            "urgent_low",
            "low",
            "high",
            "urgent_high",
        },
        "config.step.reauth_dexcom_share.description": {"name"},
        "config.step.reauth_tidepool.description": {"name"},
        "config.step.reauth_tidepool_oauth.description": {"name"},
        "config.step.tidepool_oauth.description": address,
    }


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_every_language_says_the_same(path: Path) -> None:
    words = load(path)

    english = {key: placeholders(text) for key, text in texts(ENGLISH)}
    assert {key: placeholders(text) for key, text in texts(words)} == english


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_words_are_plain(path: Path) -> None:
    """Hassfest refuses HTML, and only core's own build resolves references."""
    for key, text in texts(load(path)):
        assert text == text.strip() != "", key
        assert "[%" not in text, key
        assert not re.search(r"<[a-z/]", text), key


def test_the_manifest_is_sorted_as_hassfest_wants_it() -> None:
    keys = list(load(PACKAGE / "manifest.json"))

    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


def test_the_manifest_says_what_hassfest_and_hacs_want_to_know() -> None:
    manifest = load(PACKAGE / "manifest.json")

    assert set(manifest) >= MANIFEST_REQUIRED
    assert set(manifest) <= MANIFEST_KEYS
    assert manifest["domain"] == DOMAIN == PACKAGE.name
    assert manifest["config_flow"] is True
    assert manifest["codeowners"]
    assert AwesomeVersion(manifest["version"]).valid
    for key in ("documentation", "issue_tracker"):
        assert manifest[key].startswith("https://github.com/glucose-follow/")


def test_the_manifest_names_the_logger() -> None:
    manifest = load(PACKAGE / "manifest.json")

    assert manifest["loggers"] == [LOGGER.name]


def test_every_rule_of_the_quality_scale_is_kept_or_excused() -> None:
    quality = parse_yaml((PACKAGE / "quality_scale.yaml").read_text(encoding="utf-8"))
    assert isinstance(quality, dict)

    assert len(RULES) == 54
    assert set(quality["rules"]) == RULES
    for rule, verdict in quality["rules"].items():
        if verdict != "done":
            assert verdict["status"] in {"done", "exempt"}, rule
            assert verdict["comment"].strip(), rule
