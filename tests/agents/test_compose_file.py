"""compose.yaml starts vLLM as `iad llm serve` does."""

from __future__ import annotations

from pathlib import Path

import yaml

from agents.settings import Settings
from anomaly_core.serving.launch import vllm_command

ROOT = Path(__file__).parents[2]


def test_flags_are_those_of_iad_llm_serve(tmp_path: Path) -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["vllm"]
    command = vllm_command(str(tmp_path), python="python3", gpu=True, host="0.0.0.0")
    assert service["entrypoint"] == list(command.arguments[:3])
    flags = dict(zip(command.arguments[3::], [*command.arguments[4:], ""], strict=True))
    written = dict(flag.split("=", 1) if "=" in flag else (flag, "") for flag in service["command"])
    for flag in (one for one in command.arguments[3:] if one.startswith("--")):
        assert flag in written
    for flag in ("--structured-outputs-config", "--host", "--port"):
        assert written[flag] == flags[flag]
    assert command.environment.items() <= service["environment"].items()
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_iad_is_set_up_by_settings_that_exist() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    named = [key for key in services["iad"]["environment"] if key.startswith("IAD_")]
    assert named
    assert {key.removeprefix("IAD_").lower() for key in named} <= Settings.model_fields.keys()
    assert services["iad"]["environment"]["IAD_PROMPT_LLM_MODEL"] in " ".join(services["vllm"]["command"])
    assert services["iad"]["command"][0] == "serve"
