"""The transcripts in the documentation are what was really said.

Run with WRITE_DOCS=1 to write them again.
"""

from collections.abc import Iterator
import os
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.glucose_follow.cgm.models import Direction
from custom_components.glucose_follow.cgm.speech import Topic
from custom_components.glucose_follow.languages import load

from .conftest import NOW
from .home import settle
from .voice import (
    ALEX,
    DAY,
    LANGUAGES,
    MINUTE,
    SAM,
    alex,
    ask,
    follow,
    know,
    known,
    readings,
    sam,
    start_assist,
    table,
)

CHAPTER = Path(__file__).parent.parent / "docs" / "voice.md"
MARK = "<!-- Written by tests/test_voice_docs.py -->\n"
OLD = known(
    readings(NOW - 25 * MINUTE, {NOW - DAY: 82}, Direction.SINGLE_DOWN),
)


def shown(title: str, said: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines that a transcript takes."""
    yield f"\n### {title}\n\n"
    yield "| Asked | Answered |\n| --- | --- |\n"
    yield from (f"| {asked} | {answered} |\n" for asked, answered in said)


async def transcript(hass: HomeAssistant, code: str) -> list[tuple[str, str]]:
    """Return what is asked and answered about Alex and Sam."""
    asked = table(code)["asked"]
    texts = [asked[topic]["alex"][0] for topic in Topic]
    texts += [asked["low"]["sam"][0], asked["last_bolus"]["sam"][0]]
    texts += [asked["glucose"]["mine"][0], asked["unknown"][0]]
    return [(text, await ask(hass, text, code)) for text in texts]


@pytest.mark.usefixtures("clocks")
async def test_the_transcripts_are_what_was_said(hass: HomeAssistant) -> None:
    await start_assist(hass)
    first = alex()
    await follow(hass, first, ALEX)
    await follow(hass, sam(), SAM)
    languages = load()
    text = ""

    for code in LANGUAGES:
        await hass.config.async_update(language=code)
        await settle(hass)
        know(first, ALEX)
        said = await transcript(hass, code)
        know(first, OLD)
        again = table(code)["asked"]["glucose"]["alex"][0]
        said.append((again, await ask(hass, again, code)))
        text += "".join(shown(languages[code].title, said))

    written, _, found = CHAPTER.read_text(encoding="utf-8").partition(MARK)
    if os.environ.get("WRITE_DOCS"):
        CHAPTER.write_text(written + MARK + text, encoding="utf-8")
    else:
        assert found == text


@pytest.mark.usefixtures("clocks")
async def test_sentences_of_your_own_work_as_the_chapter_says(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    _, _, rest = CHAPTER.read_text(encoding="utf-8").partition("```yaml\n# config/")
    place, _, rest = rest.partition("\n")
    example = tmp_path / place
    example.parent.mkdir(parents=True)
    example.write_text(rest.partition("```")[0], encoding="utf-8")
    hass.config.config_dir = str(tmp_path)
    await start_assist(hass)
    await follow(hass, alex(), ALEX)

    how = await ask(hass, "How is the little one?")
    insulin = await ask(hass, "Did the little one get insulin?")

    assert how == "Alex is at 109 and steady, 4 minutes ago."
    assert insulin == "Alex's last bolus was 4.5 units, 2 hours ago."
