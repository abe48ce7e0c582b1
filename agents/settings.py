"""What the user can set: options, then IAD_* environment variables, then iad.toml, then the defaults."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Final, Literal, get_args

from platformdirs import user_data_dir
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from anomaly_core.config import DEFAULT_ENCODER, Runtime
from anomaly_core.errors import ConfigError
from tools.records import Kind, Language

CONFIG_FILE: Final = "iad.toml"
EMBEDDED: Final = "embedded"
"""`llm_url` where the prompt-learned language model phrases the answers."""
PATH_KEYS: Final = ("store", "conversations", "log", "checkpoint", "image_root")
"""Keys that hold paths: in the file they are relative to the file's folder, elsewhere to the current one."""
_NO_PATHS: Final = ("shipped", "none")


def config_file() -> Path | None:
    """The file that IAD_CONFIG names, else iad.toml in the current folder, else None.

    Raises ConfigError where IAD_CONFIG names no file.
    """
    named = os.environ.get("IAD_CONFIG")
    if named:
        path = Path(named)
        if not path.is_file():
            raise ConfigError(f"IAD_CONFIG names {path}, which is not a file: correct or unset it")
        return path
    path = Path(CONFIG_FILE)
    return path if path.is_file() else None


def read_config(path: Path) -> dict[str, Any]:
    """The file's keys and values, its paths made relative to its folder.

    Raises ConfigError for a file that is no TOML, and for a key that is no setting.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    for key in table:
        if key not in Settings.model_fields:
            known = ", ".join(sorted(Settings.model_fields))
            raise ConfigError(f"{path} holds the unknown key {key!r}: the keys are {known}")
    for key in PATH_KEYS:
        if isinstance(table.get(key), str) and "://" not in table[key] and table[key] not in _NO_PATHS:
            table[key] = str(path.parent / Path(table[key]).expanduser())
    return table


Role = Literal["viewer", "operator", "admin"]
"""What a caller of the service may do: look; inspect, ask and correct too; change products and notes too."""


class ApiKey(BaseModel):
    """A caller of the service. name: for the log, as the operator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    name: str = Field(min_length=1, max_length=200)
    secret: SecretStr = Field(min_length=8)

    @classmethod
    def parse(cls, text: str) -> ApiKey:
        """Return the key of `ROLE:NAME:SECRET`. Raises ValueError, which does not repeat the secret."""
        role, _, rest = text.partition(":")
        name, _, secret = rest.partition(":")
        if role not in get_args(Role) or not name or len(secret) < 8:
            raise ValueError(
                f"a key is ROLE:NAME:SECRET with a role of {', '.join(get_args(Role))} and a secret of at "
                f"least 8 characters; one begins {role[:12]!r}"
            )
        return cls.model_validate({"role": role, "name": name, "secret": secret})


class Settings(BaseModel):
    """Everything that can be set. Frozen; unknown keys are rejected.

    Made from Python it holds what is given, and defaults; `Settings.from_environment` reads the environment
    and iad.toml for what is not given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: Path = Field(
        default_factory=lambda: Path(user_data_dir("iad", appauthor=False)) / "store",
        description="folder of the templates, calibrations and notes",
    )
    conversations: str | None = Field(
        None,
        min_length=1,
        description="where threads are kept: a SQLite file or a postgresql:// URL; beside the store if unset",
    )
    log: str | None = Field(
        None,
        min_length=1,
        description="SQLite file in which each inspection and correction is logged, or `none`; beside the "
        "store if unset",
    )
    lot: str | None = Field(None, min_length=1, max_length=200, description="lot of the parts, for the log")
    station: str | None = Field(
        None, min_length=1, max_length=200, description="place of the inspection, for the log"
    )
    operator: str | None = Field(None, min_length=1, max_length=200, description="who inspects, for the log")
    encoder: str = Field(
        DEFAULT_ENCODER,
        min_length=1,
        description="image encoder of new products: name, folder or hub id, or two with + between them; "
        "`efficientnet-lite0` inspects about four times as quick",
    )
    input_size: int = Field(
        448,
        ge=64,
        le=2048,
        description="side whose square is an aligned part's input; a whole image gets half",
    )
    alpha: float | None = Field(
        None,
        gt=0.0,
        lt=0.5,
        description="false-alarm rate of the verdict; if unset, that of the enrolment, which is then 0.05",
    )
    review: float | None = Field(
        None,
        gt=0.0,
        lt=1.0,
        description="rate below which a person should look; if unset, that of the enrolment, then 0.2",
    )
    scorers: tuple[str, ...] | None = Field(
        None, description="what scores an image, in order; separated by commas in the environment"
    )
    checkpoint: str = Field(
        "shipped",
        min_length=1,
        description="trained decoder and prompt learner: `shipped`, a folder of `iad train`, or `none`",
    )
    prompt_llm: str = Field(
        "local",
        pattern=r"^(https?://\S+|local|none)$",
        description="where the checkpoint's language model runs: `local`, a vLLM server's URL, or `none`",
    )
    prompt_llm_model: str | None = Field(
        None, min_length=1, description="what that server calls it; the server's first model if unset"
    )
    text_encoder: str = Field("minilm", min_length=1, description="text encoder of the notes")
    language: Language | None = Field(
        None,
        description="language of all answers, else each question's own, and of reports, else English",
    )
    llm_url: str | None = Field(
        None,
        pattern=r"^(https?://\S+|[\w.-]+)$",
        description="what phrases answers: URL of an OpenAI-compatible server (http://host:8000/v1), "
        "`local`, `embedded`, or a registered chat model's name",
    )
    llm_key: SecretStr | None = Field(None, description="key that the chat model's server asks for")
    llm_model: str | None = Field(
        None, min_length=1, description="chat model's name on its server; the server's first if unset"
    )
    llm_kinds: tuple[Kind | Literal["all"], ...] = Field(
        (),
        description="kinds of question that the chat model may tell instead of the classifier, such as "
        "`cause,size`, or `all`",
    )
    llm_images: bool = Field(
        False, description="the chat model sees the image, its overlay and the nearest good part"
    )
    llm_timeout: float = Field(
        30.0, gt=0.0, le=3600.0, description="seconds that one call of a served model may take"
    )
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$", description="cpu, cuda, cuda:N or mps")
    runtime: Runtime = Field(
        "torch",
        description="what computes the image encoder: `torch`; on the CPU also `onnx` (ONNX Runtime), "
        "`openvino`, and `openvino-bf16` where the processor has bfloat16",
    )
    threads: int | None = Field(
        None,
        ge=1,
        description="threads of the tensor library in each process; if unset, its own choice for one "
        "process, and several share the processors",
    )
    in_flight: int = Field(
        1,
        ge=1,
        le=256,
        description="inspections under way in one process; one computes, so more gain where `prompt_llm` is "
        "a server, for which the others wait",
    )
    ray_address: str | None = Field(
        None,
        min_length=1,
        description="Ray cluster of `--engine ray`, such as `10.0.0.1:6379`; if unset, that of "
        "RAY_ADDRESS, else the one on this machine, which is started where there is none",
    )
    ray_cpus: float = Field(
        1.0, gt=0.0, le=1024.0, description="processors that a worker or a replica on Ray takes"
    )
    ray_gpus: float | None = Field(
        None,
        ge=0.0,
        le=64.0,
        description="GPUs that a worker or a replica on Ray takes, such as 0.25; if unset, 1 where "
        "`device` is cuda, else 0",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="seed of the demo's draw")
    max_pixels: int = Field(200_000_000, ge=1024, description="larger images are refused, not decoded")

    api_keys: tuple[ApiKey, ...] | None = Field(
        None,
        description="who may call `iad serve` and `iad mcp --http`, each `ROLE:NAME:SECRET` with the role "
        "`viewer`, `operator` or `admin`, separated by commas in the environment; if unset, this machine "
        "alone, without keys",
    )
    image_root: Path | None = Field(
        None, description="folder under which a request to `iad serve` may name an image by its path"
    )
    upload_mb: int = Field(64, ge=1, le=4096, description="largest body of a request to `iad serve`, in MB")
    requests_per_minute: int | None = Field(
        None,
        ge=1,
        description="requests of one caller to `iad serve` or `iad mcp --http` a minute; unlimited if unset",
    )
    queue_length: int = Field(
        16,
        ge=1,
        le=1000,
        description="requests that `iad serve`, each replica of it, or `iad mcp` works on or lets wait; "
        "others are refused",
    )
    traces: str | None = Field(
        None,
        pattern=r"^https?://",
        description="OpenTelemetry collector that `iad serve` sends a trace of each request to, such as "
        "http://localhost:4318 (OTLP over HTTP); none if unset",
    )
    kept_images: int = Field(
        2000, ge=1, description="images sent to `iad serve` that are kept, for threads and review"
    )

    @property
    def log_file(self) -> Path | None:
        """The log's file; None where nothing is logged."""
        if self.log is None:
            return self.store.with_name(f"{self.store.name}-log.sqlite")
        return None if self.log == "none" else Path(self.log).expanduser()

    @property
    def page_language(self) -> Language:
        """Language of a report's page where none is asked for."""
        return self.language or "en"

    @property
    def chat_kinds(self) -> frozenset[Kind]:
        """The kinds of `llm_kinds`."""
        named = frozenset[Kind](kind for kind in self.llm_kinds if kind != "all")
        return frozenset(get_args(Kind)) if "all" in self.llm_kinds else named

    @field_validator("store")
    @classmethod
    def _expand_user(cls, path: Path) -> Path:
        return path.expanduser()

    @field_validator("api_keys", mode="before")
    @classmethod
    def _parse_keys(cls, value: object) -> object:
        texts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(texts, list | tuple):
            return texts
        keys = [ApiKey.parse(text) if isinstance(text, str) else text for text in texts]
        secrets = [key.secret.get_secret_value() for key in keys if isinstance(key, ApiKey)]
        if len(set(secrets)) < len(secrets):
            raise ValueError("two keys have the same secret: give each caller one of its own")
        return keys

    @field_validator("scorers", "llm_kinds", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @classmethod
    def from_environment(cls, **options: object) -> Settings:
        """Return settings from options, then IAD_* variables, then iad.toml; None is no option.

        Raises ConfigError, naming the key and whether an option, a variable or the file set it.
        """
        path = config_file()
        table = {} if path is None else read_config(path)
        names = {f"IAD_{key}".upper(): key for key in cls.model_fields}
        variables = {names[name.upper()]: text for name, text in os.environ.items() if name.upper() in names}
        given = {key: value for key, value in options.items() if value is not None}
        known = {key: text for key, text in variables.items() if text}
        try:
            return cls.model_validate({**table, **known, **given})
        except ValidationError as error:
            raise ConfigError("; ".join(_problems(error, given))) from error


def _problems(error: ValidationError, options: dict[str, object]) -> list[str]:
    found = []
    for problem in error.errors(include_input=False, include_url=False):
        key = str(problem["loc"][0])
        if key in options:
            where = f"option --{key.replace('_', '-')}"
        elif f"IAD_{key}".upper() in {name.upper() for name in os.environ}:
            where = f"environment variable IAD_{key.upper()}"
        else:
            where = f"key {key!r} in {config_file()}"
        found.append(f"{where}: {problem['msg'].removeprefix('Value error, ')}")
    return found
