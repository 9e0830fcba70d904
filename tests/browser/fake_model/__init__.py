"""A conversation agent beside Home Assistant's own, as a language model would be."""

import json
from typing import Literal, override

from homeassistant.components.conversation import (
    AssistantContent,
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
    async_get_result_from_chat_log,
)
from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.typing import ConfigType

DOMAIN = "fake_model"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the agent."""
    await hass.data[DATA_COMPONENT].async_add_entities([FakeModel()])
    return True


class FakeModel(ConversationEntity):
    """Says which tools of ours it has, and what the first of them tells."""

    _attr_name = "Fake model"
    _attr_unique_id = DOMAIN

    @property
    @override
    def supported_languages(self) -> Literal["*"]:
        """Return that it pretends to speak all of them."""
        return "*"

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        """Answer anything with what the tools say."""
        api = await llm.async_get_api(
            self.hass, llm.LLM_API_ASSIST, user_input.as_llm_context(DOMAIN)
        )
        ours = [tool for tool in api.tools if tool.integration == "glucose_follow"]
        told = [
            (await api.async_call_tool(llm.ToolInput(tool.name, {}))).data
            for tool in ours[:1]
        ]
        content = json.dumps({"tools": [tool.name for tool in ours], "told": told})
        chat_log.async_add_assistant_content_without_tools(
            AssistantContent(agent_id=user_input.agent_id, content=content)
        )
        return async_get_result_from_chat_log(user_input, chat_log)
