"""Settings -> the chat model that phrases, opt-in: any OpenAI-compatible server, or a small local one."""

from __future__ import annotations

from typing import Final

from langchain_core.language_models import BaseChatModel

from agents.settings import EMBEDDED, Settings
from anomaly_core.errors import ConfigError
from anomaly_core.registry import Registry

LOCAL: Final = "local"
"""`llm_url` of the local chat model."""
CHAT_MODELS: Final[Registry[BaseChatModel]] = Registry("chat model", "iad.chat_models")
"""Chat models of other packages, which `llm_url` names; a factory is called without arguments."""


def build_chat_model(settings: Settings) -> BaseChatModel | None:
    """Return the chat model of the settings; None where `llm_url` is unset, or the embedded model speaks.

    Nothing is asked of it yet.

    Its calls raise LanguageModelDown (no answer in `llm_timeout` seconds, retries included; at once while it
    is known to be down) and LanguageModelRefused (a refusal, or a reply that cannot be used), and no
    exception of a vendor's. Raises ConfigError and WeightsMissing where the local model cannot be had.
    """
    if settings.llm_url in (None, EMBEDDED):
        return None
    # Imported late: langchain-openai and its client take seconds, and most runs use no server.
    from agents.chat_models.endpoint import EndpointChatModel

    if settings.llm_url == LOCAL:
        from agents.chat_models.local import start_local_server

        server = start_local_server(threads=settings.threads)
        return EndpointChatModel.at(server.url, model=server.model, timeout_s=settings.llm_timeout)
    if "://" not in settings.llm_url:
        make = CHAT_MODELS.find(settings.llm_url)
        if make is None:
            known = ", ".join([LOCAL, EMBEDDED, *CHAT_MODELS.names()])
            raise ConfigError(
                f"llm_url: no chat model is called {settings.llm_url!r}; give a URL, or {known}."
            )
        return make()
    return EndpointChatModel.at(
        settings.llm_url,
        key=settings.llm_key,
        model=settings.llm_model,
        timeout_s=settings.llm_timeout,
        images=settings.llm_images,
    )
