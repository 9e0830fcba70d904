"""Asking the pipelines of a real Home Assistant, in writing."""

from collections.abc import AsyncGenerator
import json
from pathlib import Path
import re
from typing import Any

import pytest

from simulators.home import Home

from .conftest import free_port

FAKE_MODEL = Path(__file__).parent / "fake_model"
ENGINE = "conversation.fake_model"
NEVER_ASKED = "conversation.home_assistant"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Home]:
    """Run a home that can be spoken to, with a second agent in it."""
    async with Home(
        tmp_path / "home",
        port=free_port(),
        integrations=["assist_pipeline"],
        others=[FAKE_MODEL],
    ) as running:
        yield running


async def add(home: Home, name: str) -> str:
    """Add a simulated person; return the id of the entry."""
    result = await home.flow(
        {"next_step_id": "simulated"}, {"name": name, "scenario": "day"}
    )
    await home.wait_for(f"sensor.{name.lower()}_glucose", str.isdigit)
    found: str = result["result"]["entry_id"]
    return found


async def choose(home: Home, entry_id: str, **options: Any) -> None:
    """Change settings as a person would."""
    path = "/api/config/config_entries/options/flow"
    form = await home.post(path, {"handler": entry_id})
    known = {
        field["name"]: field["description"]["suggested_value"]
        for field in form["data_schema"]
        if "suggested_value" in (field.get("description") or {})
    }
    await home.post(f"{path}/{form['flow_id']}", {**known, **options})
    # The form has begun to reload; this waits until that is over.
    await home.post(f"/api/config/config_entries/entry/{entry_id}/reload", {})


async def pipeline(home: Home, language: str, engine: str = NEVER_ASKED) -> str:
    """Return a new pipeline."""
    created = await home.command(
        type="assist_pipeline/pipeline/create",
        name=f"{language} {engine}",
        language=language,
        conversation_engine=engine,
        conversation_language=language,
        stt_engine=None,
        stt_language=None,
        tts_engine=None,
        tts_language=None,
        tts_voice=None,
        wake_word_entity=None,
        wake_word_id=None,
    )
    found: str = created["id"]
    return found


async def ask(home: Home, text: str, pipeline_id: str | None = None) -> str:
    """Return what a pipeline answers to a text."""
    chosen = {} if pipeline_id is None else {"pipeline": pipeline_id}
    events = await home.events(
        "run-end",
        type="assist_pipeline/run",
        start_stage="intent",
        end_stage="intent",
        input={"text": text},
        **chosen,
    )
    (end,) = (event for event in events if event["type"] == "intent-end")
    answer: str = end["data"]["intent_output"]["response"]["speech"]["plain"]["speech"]
    return answer


async def test_pipelines_answer_if_it_is_wanted_and_before_a_model(home: Home) -> None:
    alex, sam = await add(home, "Alex"), await add(home, "Sam")
    model = await pipeline(home, "en", ENGINE)
    question = "What is Alex's blood sugar?"
    unwanted = await ask(home, question), json.loads(await ask(home, question, model))

    await choose(home, alex, voice=True, person="person.demo", expose_to_assist=True)
    await choose(home, sam, voice=True)
    english = await ask(home, question)
    mine = await ask(home, "What is my blood sugar?")
    everyone = await ask(home, "What is everyone's blood sugar?")
    french = await ask(
        home, "Quelle est la glycémie d'Alex ?", await pipeline(home, "fr")
    )
    ours = await ask(home, "What is Sam's blood sugar?", model)
    others = json.loads(await ask(home, "What is a normal blood sugar?", model))
    battery = await ask(home, "Is the phone battery low?")

    assert "Alex is" not in unwanted[0]
    assert unwanted[1] == {"tools": [], "told": []}
    number = r"\d+ and [a-z ]+, (\d+ minutes? ago|just now)\."
    assert re.search(rf"Alex .*{number}", english), english
    assert re.search(rf"Alex .*{number}", mine), mine
    assert re.search(rf"Alex .*{number} .*Sam .*{number}", everyone), everyone
    assert re.search(r"Alex .*(il y a|à l'instant)", french), french
    assert re.search(rf"Sam .*{number}", ours), ours
    assert others["tools"] == [
        "glucose_follow__get_glucose",
        "glucose_follow__get_history",
    ]
    (told,) = others["told"]
    assert [person["person"] for person in told["people"]] == ["Alex"]
    assert "Alex" not in battery
    assert "Sam" not in battery
    assert not re.search(r"(ERROR|WARNING) .*\[custom_components\.glucose", home.log)
    assert "custom_components/glucose_follow/" not in home.log
