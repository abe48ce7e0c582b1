"""Options that several commands share, and how a command gets its application."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anomaly_core.errors import ConfigError

if TYPE_CHECKING:
    from agents.app import Application
    from agents.settings import Settings

JSON_KEY = "iad.json"
"""Where `--json` leaves its mark in the context, so that an error is printed as JSON too."""

FAILED = 1
"""Exit status: an image failed, or the command met an error. It wins over ANOMALY_FOUND."""
LOCAL = "local"
"""The engine that is this machine."""
INTERRUPTED = 130
"""Exit status: Ctrl-C."""
ANOMALY_FOUND = 3
"""Exit status: `--fail-on-anomaly` met one."""


def _remember_json(context: typer.Context, value: bool) -> bool:
    context.meta[JSON_KEY] = value
    return value


Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.", callback=_remember_json)]
Store = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Folder of templates and notes.", show_default=False),
]
Product = Annotated[
    str | None,
    typer.Option("--product", "-p", metavar="P", help="Product; found from the image if not given."),
]
NoteProduct = Annotated[
    str | None, typer.Option("--product", "-p", metavar="P", help="Product that the notes are about.")
]
Encoder = Annotated[str | None, typer.Option("--encoder", metavar="NAME", help="Image encoder.")]
Alpha = Annotated[
    float | None, typer.Option("--alpha", metavar="RATE", help="False-alarm rate that the verdict keeps.")
]
Review = Annotated[
    float | None, typer.Option("--review", metavar="RATE", help="Rate below which a person should look.")
]
Device = Annotated[str | None, typer.Option("--device", metavar="DEVICE", help="cpu, cuda, cuda:N or mps.")]
Thread = Annotated[
    str | None,
    typer.Option("--thread", metavar="T", help="Go on with this thread, which remembers; new if not given."),
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="URL",
        help="What phrases answers: an OpenAI-compatible server's URL, `local`, or `embedded`.",
    ),
]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        "--language",
        metavar="CODE",
        help="Language of the answers, such as de; else the question's.",
    ),
]
Lot = Annotated[str | None, typer.Option("--lot", metavar="L", help="Lot of the parts, for the log.")]
Station = Annotated[
    str | None, typer.Option("--station", metavar="S", help="Place of the inspection, for the log.")
]
Operator = Annotated[str | None, typer.Option("--operator", metavar="O", help="Who inspects, for the log.")]
Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Image files, folders or globs.", show_default=False)
]


def _settings(**options: object) -> Settings:
    """Return settings; an error names the option by its first name, `--lang`. Raises ConfigError."""
    from agents.settings import Settings

    try:
        return Settings.from_environment(**options)
    except ConfigError as error:
        raise ConfigError(str(error).replace("option --language", "option --lang")) from error


@contextmanager
def application(
    *,
    store: Path | None = None,
    encoder: str | None = None,
    alpha: float | None = None,
    review: float | None = None,
    device: str | None = None,
    llm: str | None = None,
    language: str | None = None,
    lot: str | None = None,
    station: str | None = None,
    operator: str | None = None,
    reads_store: bool = False,
    asks: bool = False,
) -> Iterator[Application]:
    """The application under these options, closed at the end of the block.

    reads_store: the command needs what was enrolled before. asks: questions follow, so that what encodes them
    is read beside everything else. Raises ConfigError for an option, variable or
    file that is out of range, and StoreMissing, both before anything heavy is imported.
    """
    settings = _settings(
        store=store,
        encoder=encoder,
        alpha=alpha,
        review=review,
        device=device,
        llm_url=llm,
        language=language,
        lot=lot,
        station=station,
        operator=operator,
    )
    if reads_store:
        from knowledge.store.store import require_store

        require_store(settings.store)
    if asks:
        from agents.questions.learned.encoder import begin

        begin()
    # Here, not above: it brings the tensor library, and `iad --help` must answer at once.
    # What is imported stays, so that looking for garbage in it would cost a tenth of the start.
    gc.disable()
    from agents.app import Application

    gc.freeze()
    gc.enable()
    with Application(settings) as opened:
        yield opened
