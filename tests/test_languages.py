"""Every file of sentences is complete, and no name breaks what is registered."""

from collections.abc import Mapping
from functools import cache
import re

from hassil.intents import Intents
from hassil.parse_expression import parse_sentence
from hassil.recognize import recognize_all
from homeassistant.components.conversation.trigger import has_no_punctuation
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import load_yaml_dict
from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.glucose_follow.cgm.speech import Topic, WordsError, plurals
from custom_components.glucose_follow.cgm.speech.plurals import Plural
from custom_components.glucose_follow.languages import (
    FOLDER,
    Language,
    Whose,
    async_languages,
    language_of,
    load,
)
from custom_components.glucose_follow.questions import is_same_name, questions

LANGUAGES = load()
ENGLISH = LANGUAGES["en"]
CODES = sorted(LANGUAGES)


def document(code: str) -> dict[str, object]:
    """Return what a file of sentences says."""
    found: dict[str, object] = load_yaml_dict(FOLDER / f"{code}.yaml")
    return found


@cache
def is_readable(template: str) -> bool:
    """Return whether there is something to hear; most templates come again."""
    return bool(parse_sentence(template))


def placeholders(text: str) -> set[str]:
    """Return the names in a text that something is put in place of."""
    return set(re.findall(r"\{(\w+)\}", text))


def test_there_are_twelve_languages() -> None:
    assert CODES == [
        "da",
        "de",
        "en",
        "es",
        "fi",
        "fr",
        "it",
        "nb",
        "nl",
        "pl",
        "pt",
        "sv",
    ]


@pytest.mark.parametrize("code", CODES)
def test_a_language_asks_for_every_topic_in_every_way(code: str) -> None:
    """About everybody only what can be told of everybody at once."""
    sentences = LANGUAGES[code].sentences

    for topic in Topic:
        by_whom = sentences[topic]
        required = {Whose.MINE, Whose.NAMED, Whose.ANYONE}
        if topic in {Topic.GLUCOSE, Topic.LOW}:
            required.add(Whose.EVERYONE)
        assert set(by_whom) == required, topic
        assert all(len(templates) >= 2 for templates in by_whom.values()), topic


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_a_name_where_somebody_is_named_and_only_there(
    code: str,
) -> None:
    language = LANGUAGES[code]

    for by_whom in language.sentences.values():
        for whose, templates in by_whom.items():
            for template in templates:
                assert ("<name" in template) is (whose is Whose.NAMED), template
                assert "{" not in template, template
    assert all(template.count("{whom}") == 1 for template in language.unknown)
    assert language.unknown
    assert language.aliases


@pytest.mark.parametrize("code", CODES)
def test_a_language_uses_all_its_words(code: str) -> None:
    """A rule that nothing names is one that somebody forgot."""
    found = document(code)
    rules = found["rules"]
    assert isinstance(rules, Mapping)
    everything = f"{rules} {found['sentences']} {found['unknown']}"

    assert [name for name in rules if f"<{name}>" not in everything] == []


@pytest.mark.parametrize("code", CODES)
def test_answers_leave_out_nothing_that_english_says(code: str) -> None:
    """The age above all."""
    english, own = ENGLISH.words, LANGUAGES[code].words

    assert own.phrases.keys() == english.phrases.keys()
    for phrase, text in english.phrases.items():
        assert placeholders(own.phrases[phrase]) == placeholders(text), phrase
    for forms in (*own.times.values(), *own.amounts.values()):
        assert forms.keys() == plurals(code)
        for form, text in forms.items():
            # One minute may be "a minute", if the form is for one alone.
            may_be_left_out = form is Plural.ONE and code not in {"fr", "pt"}
            assert "{n}" in text or may_be_left_out, text


@pytest.mark.parametrize("code", ["da", "fr", "pt"])
def test_a_form_for_more_than_one_number_has_the_number_in_it(code: str) -> None:
    """Half a unit is not a unit."""
    for forms in LANGUAGES[code].words.amounts.values():
        assert "{n}" in forms[Plural.ONE]


@pytest.mark.parametrize("code", CODES)
def test_every_template_can_be_heard(code: str) -> None:
    """Assist takes punctuation out of what it hears before it compares."""
    asked = questions([LANGUAGES[code]], {"1": ["Alex"], "2": ["Sam"]})

    has_no_punctuation(list(asked))
    for template in asked:
        assert "<" not in template
        assert is_readable(template)


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("en", "James", "James's"),
        ("en", "James", "James'"),
        ("en", "Alex", "Alex's"),
        ("de", "Lukas", "Lukas'"),
        ("de", "Anna", "Annas"),
        ("nl", "Anna", "Anna's"),
        ("sv", "Lars", "Lars"),
        ("sv", "Anna", "Annas"),
        ("fi", "Pekka", "Pekan"),
        ("fi", "Alex", "Alexin"),
        ("fi", "Virtanen", "Virtasen"),
        ("fi", "Antti", "Antin"),
        ("fi", "Tuomas", "Tuomaksen"),
        ("pl", "Anna", "Anny"),
        ("pl", "Marek", "Marka"),
        ("pl", "Julia", "Julii"),
        ("pl", "Kinga", "Kingi"),
        ("pl", "Alex", "Alexa"),
        ("fr", "Alex", "Alex"),
    ],
)
def test_a_language_knows_how_a_name_becomes_somebodys(
    code: str, name: str, expected: str
) -> None:
    assert expected in LANGUAGES[code].genitives(name)


def test_a_name_that_fits_no_rule_stays_as_it_is() -> None:
    broken = document("en") | {"theirs": []}

    assert Language.read("en", broken).genitives("Alex") == ["Alex"]


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("rules", []),
        ("sentences", {}),
        ("sentences", {topic.value: [] for topic in Topic}),
        ("sentences", {topic.value: {"nobody": []} for topic in Topic}),
        ("sentences", {topic.value: {"mine": "x"} for topic in Topic}),
        ("unknown", [5]),
        ("unknown", ["<no such rule>"]),
        ("theirs", ["x"]),
        ("aliases", None),
        ("answers", None),
    ],
)
def test_a_file_that_is_wrong_is_refused(key: str, wrong: object) -> None:
    with pytest.raises((WordsError, KeyError, ValueError)):
        Language.read("en", document("en") | {key: wrong})


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["de"], "de"),
        (["de-CH"], "de"),
        (["pt_BR"], "pt"),
        (["no"], "nb"),
        (["nn"], "nb"),
        (["cs", "fi"], "fi"),
        (["cs"], "en"),
        ([], "en"),
    ],
)
def test_the_most_wanted_language_that_is_ours_is_taken(
    codes: list[str], expected: str
) -> None:
    assert language_of(LANGUAGES, *codes).code == expected


async def test_files_are_read_once(hass: HomeAssistant) -> None:
    assert await async_languages(hass) is await async_languages(hass)


def asked_of(names: Mapping[str, list[str]], text: str) -> list[tuple[str, str | None]]:
    """Return the topics and names that English understands in a text."""
    asked = questions([ENGLISH], names)
    known = [
        template for template, question in asked.items() if question.whose is not None
    ]
    intents = Intents.from_dict(
        {"language": "en", "intents": {"Ours": {"data": [{"sentences": known}]}}}
    )
    return [
        (question.topic, question.name)
        for result in recognize_all(text, intents)
        if result.intent_sentence and result.intent_sentence.text
        for question in [asked[result.intent_sentence.text]]
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=3))
@example(["M|x", "(Al", "x]"])
@example(["<name>", "{whom}", "\\"])
@example(["", " ", "🦊"])
@example(["Alex;", "Alex:", "a@b"])
def test_no_name_breaks_the_sentences_of_the_house(names: list[str]) -> None:
    """One template that cannot be read would silence all of Assist."""
    asked = questions([ENGLISH], {"1": names})

    for template in asked:
        assert is_readable(template)


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Alex", "alex"),
        ("Anna-Lena", "anna lena"),
        ("Anna-Lena", "Anna-Lena"),
        ("O’Brien", "o'brien"),  # noqa: RUF001 - as phones write it
        ("M|x", "M x"),
        ("M|x", "m|x"),
        ("Alex (school)", "alex school"),
        ("Alex (school)", "Alex (school)"),
        ("Alex Jr.", "alex jr"),
        ("Alex Jr.", "Alex Jr."),
        ("Dr. No", "Dr. No"),
        ("J.R.", "J.R."),
        ("J.R.", "j.r"),
        ("J.R.", "J R"),
        ("x.y:", "x.y:"),
        ("a:b", "a:b"),
        ("a.:b", "a.:b"),
        ("1.5", "1.5"),
        ("glucose.example.com", "glucose.example.com"),
        ("glucose.example.com", "glucose example com"),
        ("🦊 Alex", "Alex"),
        ("Weiß", "Weiß"),
        ("Zoë", "zoë"),
    ],
)
def test_a_name_is_understood_as_it_is_spoken_or_written(
    name: str, spoken: str
) -> None:
    assert (Topic.LOW, questions_name(name)) in asked_of(
        {"1": [name]}, f"Is {spoken} low?"
    )


@pytest.mark.parametrize("name", ["J.R.", "Alex Jr.", "a:b", "glucose.example.com"])
@pytest.mark.parametrize(
    "question", ["What is the blood sugar of {}?", "What is {}'s blood sugar?"]
)
def test_a_name_with_dots_is_understood_wherever_it_stands(
    name: str, question: str
) -> None:
    assert (Topic.GLUCOSE, questions_name(name)) in asked_of(
        {"1": [name]}, question.format(name)
    )


def questions_name(name: str) -> str | None:
    """Return the name that questions about somebody carry."""
    asked = questions([ENGLISH], {"1": [name]}).values()
    return next(question.name for question in asked if question.name)


def test_names_are_the_same_however_they_are_written() -> None:
    assert is_same_name("Anna-Lena", "anna lena")
    assert is_same_name("Mr. X", "mr x")
    assert not is_same_name("Alex", "Alexa")
    assert not is_same_name("", "")


def test_a_name_that_two_people_have_is_told_apart_from_their_own() -> None:
    names = {"1": ["Alex", "Sunshine"], "2": ["Sam", "Sunshine"]}

    assert asked_of(names, "is sunshine low") == [(Topic.LOW, "Sunshine")]
    assert asked_of(names, "is sam low") == [(Topic.LOW, "Sam")]


def test_a_known_name_is_understood_before_an_unknown_one() -> None:
    """What is left open matches everything; it must be tried last."""
    asked = list(questions(LANGUAGES.values(), {"1": ["Alex"]}).values())
    unknown = [question.whose is None for question in asked]

    assert unknown == sorted(unknown)
    assert any(unknown)
