"""`iad llm check`: the served model and the same one here, asked the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.language.registry import load_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.language.vllm.agreement import Agreement, compare, fixed_soft_prompts
from anomaly_core.language.vllm.probe import ServerAbilities, probe
from anomaly_core.language.vllm.served_lm import load_served
from anomaly_core.soft_prompt.adapters import load_adapter


@dataclass(frozen=True)
class CheckResult:
    """What the server can do, and how far it agrees with the local model."""

    abilities: ServerAbilities
    agreements: list[Agreement]

    @property
    def largest(self) -> float:
        """The largest difference of a log-probability."""
        return max(one.largest for one in self.agreements if one.largest is not None)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the agreements as lines of a table."""
        return [
            (
                one.what,
                str(one.cases),
                f"{one.same} of {one.cases} the same" if one.largest is None else f"{one.largest:.1e}",
            )
            for one in self.agreements
        ]

    def as_object(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        return {
            "abilities": asdict(self.abilities),
            "agreements": [asdict(one) for one in self.agreements],
            "largest": self.largest,
        }


def check_server(
    settings: Settings, url: str, model: str, *, lora: Path | None = None, served_name: str | None = None
) -> CheckResult:
    """Load the model here and compare.

    lora: an adapter put on the local model; then `served_name` is the adapter's name on the server.
    Raises WeightsMissing, ConfigError, LanguageModelDown, LanguageModelRefused.
    """
    key = None if settings.llm_key is None else settings.llm_key.get_secret_value()
    served = load_served(url, base=model, served_name=served_name, key=key, timeout_s=settings.llm_timeout)
    try:
        # The server first: one that is not there must not cost the loading of a model.
        abilities = probe(
            served.server, hidden_size=served.hidden_size, served_name=served_name, structured=True
        )
        local = load_language_model(model, settings.device)
        if not isinstance(local, TransformersLanguageModel):
            raise ConfigError(f"{model}: give a model with weights to compare with.")
        soft_prompts = fixed_soft_prompts(local.hidden_size, local.embedding_std)
        if lora is not None:
            local = load_adapter(local, lora)
        return CheckResult(abilities, compare(local, served, soft_prompts))
    finally:
        served.close()
