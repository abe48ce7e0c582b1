"""`iad knowledge add` and `iad knowledge search`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.enrolling import as_object
from agents.interfaces.cli.options import Json, NoteProduct, Store, application
from agents.interfaces.cli.output import print_json, print_line


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    family = typer.Typer(no_args_is_help=True, help="Notes about products and defects, that answers cite.")
    family.command("add")(add)
    family.command("search")(search)
    app.add_typer(family, name="knowledge")


def add(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Notes: Markdown, text, PDF, or MMAD's JSON.")
    ],
    product: NoteProduct = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Add notes; a file added before is replaced."""
    with application(store=store) as opened:
        summary = opened.add_knowledge(files, product)
    if json:
        print_json(as_object(summary))
    else:
        about = f" about {', '.join(summary.products)}" if summary.products else ""
        print_line(f"added {summary.passages} passages from {summary.files} files{about}")


def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for.")],
    product: NoteProduct = None,
    count: Annotated[int, typer.Option("-k", metavar="K", min=1, max=100, help="How many passages.")] = 5,
    store: Store = None,
    json: Json = False,
) -> None:
    """Find the passages nearest in meaning; without --product, of the product that the text names."""
    with application(store=store) as opened:
        about = None if product else opened.product_of_text(text)
        hits = opened.search_knowledge(text, product, count)
    if product is None and hits and not json:
        named = f"The text is about {about}." if about else "The text is about no product of the notes."
        print_line((named, "dim"))
    for hit in hits:
        if json:
            print_json(as_object(hit))
        else:
            about = " / ".join(part for part in (hit.product, hit.defect) if part)
            print_line(
                (f"{hit.score:.2f}  ", "bold"), f"{hit.title}  ", (f"{about}  [{hit.id}] {hit.file}", "dim")
            )
            print_line(f"      {' '.join(hit.text.split())}")
    if not hits and not json:
        print_line("Nothing found.")
