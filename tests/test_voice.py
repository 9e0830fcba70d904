"""Asking Home Assistant's own conversation agent about people."""

from collections.abc import Iterator
from typing import Any, override
from unittest.mock import patch

from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.conversation.models import AbstractConversationAgent
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import (
    chat_session,
    device_registry as dr,
    entity_registry as er,
    intent,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.models import Direction
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.const import (
    CONF_EXPOSE_TO_ASSIST,
    CONF_NICKNAMES,
    CONF_PERSON,
    CONF_STALE_AFTER,
    CONF_UNIT,
    CONF_VOICE,
    DOMAIN,
)

from .conftest import NOW, Clocks
from .home import set_up, settle
from .voice import (
    ALEX,
    DAY,
    LANGUAGES,
    MINUTE,
    NEVER,
    SAM,
    Pipelines,
    alex,
    ask,
    follow,
    know,
    known,
    person,
    readings,
    sam,
    start_assist,
    table,
)

STEADY = "Alex is at 109 and steady, 4 minutes ago."
FALLING = "Sam is low: 3.4 and falling, 2 minutes ago."
NOT_OURS = "Sorry, I couldn't understand that"
WHICH = "Please ask again with a name: Alex or Sam."
INTENT = "GlucoseFollowGetGlucose"

pytestmark = pytest.mark.usefixtures("clocks")


def sentences(hass: HomeAssistant) -> list[str]:
    """Return everything that is registered with Assist."""
    return get_agent_manager(hass).trigger_sentences


def is_intent_known(hass: HomeAssistant) -> bool:
    """Return whether the intent is registered."""
    return INTENT in {handler.intent_type for handler in intent.async_get(hass)}


async def change_options(
    hass: HomeAssistant, entry: MockConfigEntry, **changed: object
) -> None:
    """Change settings as a person would."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    kept = {CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 15, CONF_EXPOSE_TO_ASSIST: False}
    await hass.config_entries.options.async_configure(
        form["flow_id"], {**kept, CONF_VOICE: True, **changed}
    )
    await settle(hass)


def phrases(asked: dict[str, Any], *whose: str) -> Iterator[tuple[str, str, str]]:
    """Yield every topic, whom a question is about, and the question."""
    for topic, by_whom in asked.items():
        if isinstance(by_whom, dict):
            yield from (
                (topic, whom, phrase) for whom in whose for phrase in by_whom[whom]
            )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_language_answers_each_topic_for_one_person(
    hass: HomeAssistant, language: str
) -> None:
    """Whoever asks without a name means the only person there is."""
    found = table(language)
    await start_assist(hass, language)
    await follow(hass, alex(), ALEX)

    answers, expected = {}, {}
    for topic, _, phrase in phrases(found["asked"], "mine", "alex", "anyone"):
        answers[phrase] = await ask(hass, phrase, language)
        expected[phrase] = found["answers"][topic]["alex"]

    assert answers == expected
    assert len(answers) >= 9 * 3 * 2


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_language_answers_each_topic_for_two_people(
    hass: HomeAssistant, language: str
) -> None:
    """With a name, about oneself, about nobody in particular and about all."""
    found = table(language)
    asked, answers = found["asked"], found["answers"]
    await start_assist(hass, language)
    hass.states.async_set("person.alex", "home", {"user_id": "user of Alex"})
    await follow(hass, alex(**{CONF_PERSON: "person.alex"}), ALEX)
    await follow(hass, sam(), SAM)

    got, expected = {}, {}
    for topic, whom, phrase in phrases(asked, "alex", "sam"):
        got[phrase] = await ask(hass, phrase, language)
        expected[phrase] = answers[topic][whom]
    for topic, _, phrase in phrases(asked, "mine", "anyone"):
        got[phrase] = await ask(hass, phrase, language)
        expected[phrase] = answers["which"]
        mine = await ask(hass, phrase, language, "user of Alex")
        got[f"{phrase} (Alex)"] = mine
        expected[f"{phrase} (Alex)"] = answers[topic]["alex"]
    for topic, phrase in (
        *(("glucose", phrase) for phrase in asked["everyone"]),
        *(("low", phrase) for phrase in asked["anyone_low"]),
    ):
        got[phrase] = await ask(hass, phrase, language)
        expected[phrase] = f"{answers[topic]['alex']} {answers[topic]['sam']}"
    for phrase in asked["unknown"]:
        got[phrase] = await ask(hass, phrase, language)
        expected[phrase] = answers["unknown"]

    assert got == expected


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everyday_sentences_are_not_ours(
    hass: HomeAssistant, language: str
) -> None:
    """Nor those of any other language that somebody in the house speaks."""
    everyday = table(language)["others"]
    await start_assist(hass, language)
    await follow(hass, alex(), ALEX)
    await follow(hass, sam(), SAM)
    agent = get_agent_manager(hass).default_agent
    assert agent is not None

    matched = [
        text
        for text in everyday
        if await agent.async_recognize_sentence_trigger(heard(text, language))
    ]

    assert matched == []
    assert len(set(everyday)) >= 100


def first_of(language: str) -> tuple[str, str]:
    """Return a question about oneself, and the answer about Alex."""
    found = table(language)
    question: str = found["asked"]["glucose"]["mine"][0]
    answer: str = found["answers"]["glucose"]["alex"]
    return question, answer


def heard(text: str, language: str = "en", agent: str = "x") -> Any:
    """Return what a pipeline hears."""
    return conversation.ConversationInput(
        text=text,
        context=Context(),
        conversation_id=None,
        device_id=None,
        satellite_id=None,
        language=language,
        agent_id=agent,
    )


async def test_with_the_option_off_nothing_is_registered(hass: HomeAssistant) -> None:
    await start_assist(hass)

    await set_up(hass, alex(**{CONF_VOICE: False}))

    assert sentences(hass) == []
    assert not is_intent_known(hass)
    assert (await ask(hass, "What is my blood sugar?")).startswith("Sorry")


async def test_there_is_one_registration_for_all(hass: HomeAssistant) -> None:
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    await follow(hass, sam(), SAM)

    registered = get_agent_manager(hass)._trigger_callbacks

    assert len(registered) == 1
    assert len(set(sentences(hass))) == len(sentences(hass))


async def test_the_last_one_takes_everything_away(hass: HomeAssistant) -> None:
    await start_assist(hass)
    first, second = alex(), sam()
    await follow(hass, first, ALEX)
    await follow(hass, second, SAM)

    await hass.config_entries.async_unload(second.entry_id)
    one_left = await ask(hass, "What's the blood sugar?")
    about_who_left = await ask(hass, "What is Sam's blood sugar?")
    await change_options(hass, first, **{CONF_VOICE: False})

    assert one_left == STEADY
    assert about_who_left == "I do not know that name. I can answer for Alex."
    assert sentences(hass) == []
    assert not is_intent_known(hass)


async def test_an_entry_that_is_removed_is_not_answered_for(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    entry = alex()
    await follow(hass, entry, ALEX)

    await hass.config_entries.async_remove(entry.entry_id)

    assert sentences(hass) == []


async def test_glucose_does_not_need_assist(hass: HomeAssistant) -> None:
    """And sentences are registered once it comes."""
    entry = alex()
    await follow(hass, entry, ALEX)
    assert entry.state is ConfigEntryState.LOADED

    await start_assist(hass)

    assert await ask(hass, "What is my blood sugar?") == STEADY


async def test_assist_may_come_after_everybody_left(hass: HomeAssistant) -> None:
    entry = alex()
    await follow(hass, entry, ALEX)
    await hass.config_entries.async_unload(entry.entry_id)

    await start_assist(hass)

    assert sentences(hass) == []


async def test_what_fails_in_assist_does_not_fail_glucose(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    await start_assist(hass)
    entry = alex()

    with patch(
        "homeassistant.components.conversation.agent_manager.get_agent_manager",
        side_effect=AttributeError("moved"),
    ):
        await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert "moved" in caplog.text


async def test_nicknames_are_understood_once_they_are_set(hass: HomeAssistant) -> None:
    await start_assist(hass)
    entry = alex()
    await follow(hass, entry, ALEX)
    before = await ask(hass, "Is Ally low?")

    await change_options(
        hass, entry, **{CONF_NICKNAMES: ["Ally", " Mr. X (7)|; ", " "]}
    )
    know(entry, ALEX)

    assert before.startswith("Sorry")
    assert await ask(hass, "Is Ally low?") == f"No. {STEADY}"
    assert await ask(hass, "Is mr x 7 low?") == f"No. {STEADY}"
    assert entry.options[CONF_NICKNAMES] == ["Ally", "Mr. X (7)|;"]


async def test_a_new_title_is_understood_at_once(hass: HomeAssistant) -> None:
    await start_assist(hass)
    entry = alex()
    await follow(hass, entry, ALEX)

    hass.config_entries.async_update_entry(entry, title="Robin")
    await settle(hass)

    assert (await ask(hass, "Is Robin low?")).startswith("No. Robin is at 109")
    assert (await ask(hass, "Is Alex low?")).startswith("Sorry")


async def test_a_renamed_device_is_understood_and_said(hass: HomeAssistant) -> None:
    """What the entry was called is still understood."""
    await start_assist(hass)
    entry = alex()
    await follow(hass, entry, ALEX)
    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert device is not None

    devices.async_update_device(device.id, name_by_user="Robin")
    await settle(hass)

    for name in ("Robin", "Alex"):
        answer = await ask(hass, f"What is {name}'s blood sugar?")
        assert answer == "Robin is at 109 and steady, 4 minutes ago."


async def test_names_of_a_linked_person_are_understood(hass: HomeAssistant) -> None:
    """Their own, and the aliases that they have for Assist."""
    await start_assist(hass)
    registry = er.async_get(hass)
    linked = registry.async_get_or_create("person", "person", "1", object_id_base="a")
    entry = alex(**{CONF_PERSON: linked.entity_id})
    await follow(hass, entry, ALEX)

    for name in ("Xander", "Alexandra"):
        hass.states.async_set(linked.entity_id, "home", {"friendly_name": name})
        await settle(hass)
    by_name = await ask(hass, "Is Alexandra low?")
    registry.async_update_entity(linked.entity_id, aliases=["Sasha"])
    await settle(hass)

    assert by_name == f"No. {STEADY}"
    assert await ask(hass, "Is Sasha low?") == f"No. {STEADY}"
    hass.states.async_remove(linked.entity_id)
    registry.async_remove(linked.entity_id)
    await settle(hass)
    assert (await ask(hass, "Is Sasha low?")).startswith("Sorry")


async def test_nothing_is_registered_again_without_a_reason(
    hass: HomeAssistant,
) -> None:
    """Assist has to read all sentences again each time."""
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    manager = get_agent_manager(hass)

    with patch.object(manager, "register_trigger") as register:
        er.async_get(hass).async_get_or_create("light", "demo", "1")
        await settle(hass)

    register.assert_not_called()


async def test_mine_is_the_speakers_own(hass: HomeAssistant) -> None:
    await start_assist(hass)
    for name in ("alex", "sam", "kim"):
        hass.states.async_set(f"person.{name}", "home", {"user_id": f"user {name}"})
    await follow(hass, alex(**{CONF_PERSON: "person.alex"}), ALEX)
    await follow(hass, sam(**{CONF_PERSON: "person.sam"}), SAM)

    mine = "What is my blood sugar?"
    assert await ask(hass, mine, user_id="user alex") == STEADY
    assert await ask(hass, mine, user_id="user sam") == FALLING
    assert await ask(hass, mine, user_id="user kim") == WHICH
    assert await ask(hass, mine, user_id="a tablet") == WHICH
    assert await ask(hass, mine) == WHICH


async def test_the_only_person_is_not_mine_for_somebody_else(
    hass: HomeAssistant,
) -> None:
    """Alex is linked to somebody else than who asks; a tablet is nobody."""
    await start_assist(hass)
    for name in ("alex", "kim"):
        hass.states.async_set(f"person.{name}", "home", {"user_id": f"user {name}"})
    await follow(hass, alex(**{CONF_PERSON: "person.alex"}), ALEX)

    mine, anyone = "What is my blood sugar?", "What is the blood sugar?"
    assert await ask(hass, mine, user_id="user kim") == (
        "I do not follow your glucose. I can answer for Alex."
    )
    assert await ask(hass, anyone, user_id="user kim") == STEADY
    assert await ask(hass, mine, user_id="a tablet") == STEADY
    assert await ask(hass, mine) == STEADY
    assert await ask(hass, "My blood sugar", user_id="user kim") == (
        "I do not follow your glucose. I can answer for Alex."
    )


async def test_a_link_to_a_person_who_was_renamed_is_none(hass: HomeAssistant) -> None:
    await start_assist(hass)
    hass.states.async_set("person.alexander", "home", {"user_id": "user alex"})
    await follow(hass, alex(**{CONF_PERSON: "person.alex"}), ALEX)

    assert await ask(hass, "What is my blood sugar?", user_id="user alex") == STEADY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the blood sugar of Alex please?", STEADY),
        ("What's the glucose of Alex this morning?", STEADY),
        ("What is my son Alex's blood sugar?", STEADY),
        ("What is my son Alexander's blood sugar?", "I do not know that name."),
        ("What is the glucose of Alex and Sam?", f"{STEADY} {FALLING}"),
        ("What is the glucose of Sam Robin, please?", FALLING),
        ("What is the blood sugar of us?", f"{STEADY} {FALLING}"),
        ("What is the blood sugar of me?", WHICH),
    ],
)
async def test_a_known_name_among_other_words_is_understood(
    hass: HomeAssistant, text: str, expected: str
) -> None:
    """The longest name that fits, of several people one after the other."""
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    await follow(hass, sam(**{CONF_NICKNAMES: ["Sam Robin"]}), SAM)

    assert (await ask(hass, text)).startswith(expected)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Hvad er vores blodsukker?"),
        ("de", "Wie ist der Blutzucker bei mir?"),  # codespell:ignore ist
        ("es", "¿Cuál es la glucosa de mí?"),
        ("fi", "Mikä on nykyinen verensokeri?"),
        ("nb", "Hva er blodsukkeret hos meg?"),
        ("nl", "Wat is de bloedsuiker van mij?"),
        ("pl", "Jaki poziom cukru ma Alex teraz?"),
        ("sv", "Vad är blodsockret hos mig?"),
    ],
)
async def test_what_is_no_name_is_not_taken_for_one(
    hass: HomeAssistant, language: str, text: str
) -> None:
    await start_assist(hass, language)
    await follow(hass, alex(), ALEX)

    answer = await ask(hass, text, language)

    assert answer == table(language)["answers"]["glucose"]["alex"]


async def test_the_only_person_is_mine_if_nobody_is_linked(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    hass.states.async_set("person.kim", "home", {"user_id": "user kim"})
    await follow(hass, alex(), ALEX)

    assert await ask(hass, "What is my blood sugar?", user_id="user kim") == STEADY


async def test_two_people_of_one_name_are_both_answered_for(
    hass: HomeAssistant,
) -> None:
    """One may be followed through two sources."""
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    other = person("alex", "mg/dL")
    await follow(hass, other, NEVER)

    assert await ask(hass, "What is Alex's blood sugar?") == (
        f"{STEADY} There is no reading from alex yet."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what is zzkrt's blood sugar", "I do not know that name. I can answer for"),
        ("What's the glucose for uh", "I do not know that name. I can answer for"),
        ("What is Alex's sugar?!", STEADY),
        ("WHAT IS   alexs  BLOOD-SUGAR", STEADY),
        ("what’s alex’s blood sugar", STEADY),  # noqa: RUF001 - as phones write it
        ("blood sugar", WHICH),
        ("", "Sorry"),
        ("blood sugar blood sugar", "Sorry"),
    ],
)
async def test_muffled_words_get_a_helpful_sentence(
    hass: HomeAssistant, text: str, expected: str
) -> None:
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    await follow(hass, sam(), SAM)

    assert (await ask(hass, text)).startswith(expected)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_people_without_data_get_a_sentence(
    hass: HomeAssistant, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = table(language)
    await start_assist(hass, language)
    await follow(hass, alex(), NEVER)

    for topic, _, phrase in phrases(found["asked"], "alex"):
        answer = await ask(hass, phrase, language)
        assert "Alex" in answer, phrase
        assert answer != found["answers"][topic]["alex"]
    assert "Traceback" not in caplog.text


async def test_a_value_that_grew_old_since_the_last_tick_is_not_the_present(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    """Nobody has to wait for a tick to be told the truth."""
    await start_assist(hass)
    entry = alex()
    await set_up(hass, entry)
    assert "ago" in await ask(hass, "What is my blood sugar?")
    before = entry.runtime_data.data

    clocks.tick(16 * MINUTE)

    assert entry.runtime_data.data is before
    assert (await ask(hass, "What is my blood sugar?")).startswith(
        "No reading from Alex for 1"
    )


async def test_a_source_that_reports_late_is_said_to_do_so(hass: HomeAssistant) -> None:
    await start_assist(hass)
    entry = alex()
    late = known(readings(NOW - 140 * MINUTE, {NOW - DAY: 124}, Direction.FLAT))
    await follow(hass, entry, late)
    entry.runtime_data._features = frozenset({Feature.TREATMENTS})

    assert await ask(hass, "What is my blood sugar?") == (
        "The newest reading from Alex is 124 and steady, 2 hours ago. Readings "
        "arrive late here, so this is not the present."
    )


async def test_the_pipeline_decides_the_language_of_the_answer(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass, "de")
    await follow(hass, alex(), ALEX)

    question, german = first_of("de")
    assert await ask(hass, question, "de") == german
    assert await ask(hass, question, "de-CH") == german
    assert await ask(hass, question, "en") == STEADY
    assert await ask(hass, question, "cs") == german


@pytest.mark.parametrize("language", ["no", "nn", "nb"])
async def test_every_norwegian_is_understood(
    hass: HomeAssistant, language: str
) -> None:
    await start_assist(hass, language)
    await follow(hass, alex(), ALEX)

    question, answer = first_of("nb")
    assert await ask(hass, question, language) == answer


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "What is {}'s blood sugar?"),
        ("de", "Wie ist der Blutzucker von {}?"),  # codespell:ignore ist
        ("fi", "Mikä on {}n verensokeri?"),
        ("pl", "Jaki poziom cukru ma {}?"),
    ],
)
async def test_a_name_is_understood_as_it_is_typed(
    hass: HomeAssistant, language: str, question: str
) -> None:
    """A title may be the address of a site."""
    names = ["J.R.", "a:b", "1.5", "Dr. No", "glucose.example.com"]
    await start_assist(hass, language)
    await follow(hass, alex(nicknames=names), ALEX)

    answers = [await ask(hass, question.format(name), language) for name in names]

    assert [name for name in names if "109" not in answers[names.index(name)]] == []


async def test_another_language_of_the_house_is_understood_at_once(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    question, french = first_of("fr")
    before = await ask(hass, question, "fr")

    await hass.config.async_update(language="fr")
    await settle(hass)

    assert french != before
    assert await ask(hass, question, "fr") == french


async def test_the_languages_of_pipelines_are_understood(hass: HomeAssistant) -> None:
    """And those of pipelines that somebody adds later, at once."""
    pipelines = Pipelines(hass, "de")
    await start_assist(hass)
    entry = alex()
    await follow(hass, entry, ALEX)
    english = await ask(hass, "What is my blood sugar?")
    question, german = first_of("de")
    answer = await ask(hass, question, "de")

    pipelines.all[0].conversation_language = "fi-FI"
    await pipelines.change()

    finnish = first_of("fi")
    assert (english, answer) == (STEADY, german)
    assert await ask(hass, finnish[0], "fi") == finnish[1]
    assert await ask(hass, question, "de") != german
    await hass.config_entries.async_unload(entry.entry_id)
    assert pipelines.listeners == []


async def test_the_language_of_a_model_is_that_of_its_pipeline(
    hass: HomeAssistant,
) -> None:
    """Models speak all languages, and say so instead of naming one."""
    Pipelines(hass, "en").speak(language="en", tts_language="de-CH")
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    question, german = first_of("de")

    assert await ask(hass, question, "de") == german
    assert await ask(hass, "What is my blood sugar?") == STEADY


class OtherAgent(AbstractConversationAgent):
    """A second agent, as a language model would be."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.heard: list[str] = []

    @property
    @override
    def supported_languages(self) -> list[str]:
        """Return one language."""
        return ["en"]

    @override
    async def async_process(
        self, user_input: conversation.ConversationInput
    ) -> conversation.ConversationResult:
        """Remember what was asked."""
        self.heard.append(user_input.text)
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech("I am another")
        return conversation.ConversationResult(response=response)


async def pipeline(hass: HomeAssistant, agent_id: str, text: str) -> str:
    """Return what a pipeline with another agent answers.

    As `assist_pipeline` does it: sentences first, then the agent.
    """
    question = heard(text, agent=agent_id)
    own = get_agent_manager(hass).default_agent
    assert own is not None
    with (
        chat_session.async_get_chat_session(hass) as session,
        conversation.async_get_chat_log(hass, session, question) as log,
    ):
        answer = await own.async_handle_sentence_triggers(question, log)
    if answer is not None:
        return answer
    result = await conversation.async_converse(
        hass, text, None, Context(), agent_id=agent_id
    )
    speech: str = result.response.speech["plain"]["speech"]
    return speech


async def test_sentences_win_before_another_agent_is_asked(
    hass: HomeAssistant,
) -> None:
    """The real pipeline does the same in the browser tests."""
    await start_assist(hass)
    await follow(hass, alex(), ALEX)
    other = MockConfigEntry(title="Model")
    other.add_to_hass(hass)
    agent = OtherAgent()
    conversation.async_set_agent(hass, other, agent)

    ours = await pipeline(hass, other.entry_id, "What is Alex's blood sugar?")
    theirs = await pipeline(hass, other.entry_id, "What is a normal blood sugar?")

    assert ours == STEADY
    assert theirs == "I am another"
    assert agent.heard == ["What is a normal blood sugar?"]


async def handle(hass: HomeAssistant, **slots: str) -> intent.IntentResponse:
    """Return the answer of the intent to sentences of the user's own."""
    return await intent.async_handle(
        hass,
        "test",
        INTENT,
        {name: {"value": value} for name, value in slots.items()},
        language="en",
    )


async def test_the_intent_answers_sentences_of_the_users_own(
    hass: HomeAssistant,
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    await follow(hass, alex(), ALEX)
    await follow(hass, sam(), SAM)

    answers = {
        key: (await handle(hass, **slots)).speech["plain"]["speech"]
        for key, slots in {
            "person": {"person": "sam"},
            "topic": {"person": "Alex", "topic": "last_bolus"},
            "whose": {"whose": "everyone"},
            "unknown": {"person": "Robin"},
            "nothing": {},
        }.items()
    }

    assert answers == {
        "person": FALLING,
        "topic": "Alex's last bolus was 4.5 units, 2 hours ago.",
        "whose": f"{STEADY} {FALLING}",
        "unknown": "I do not know that name. I can answer for Alex and Sam.",
        "nothing": WHICH,
    }
    response = await handle(hass, person="Alex")
    assert response.response_type is intent.IntentResponseType.QUERY_ANSWER


async def test_the_intent_refuses_a_topic_that_does_not_exist(
    hass: HomeAssistant,
) -> None:
    await follow(hass, alex(), ALEX)

    with pytest.raises(intent.InvalidSlotInfo):
        await handle(hass, topic="shoe size")


async def test_the_intent_of_somebody_who_just_left_is_answered(
    hass: HomeAssistant,
) -> None:
    """An entry that begins or ends is not one that can be asked."""
    entry = alex()
    await follow(hass, entry, ALEX)
    entry.mock_state(hass, ConfigEntryState.UNLOAD_IN_PROGRESS)

    response = await handle(hass)

    assert response.speech["plain"]["speech"] == "There is nobody I can answer for."
    entry.mock_state(hass, ConfigEntryState.LOADED)
