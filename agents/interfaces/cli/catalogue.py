"""`iad catalogue`: what is known of defects, added, listed, shown, removed and searched."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.enrolling import as_object
from agents.interfaces.cli.options import FAILED, Json, NoteProduct, Store, application
from agents.interfaces.cli.output import print_json, print_line, print_problem

if TYPE_CHECKING:
    from agents.catalogue import AddSummary

_HELP = "The catalogue of defects, and notes, that answers cite."


def register(app: typer.Typer) -> None:
    """Add this family's commands, also under their earlier name."""
    family = typer.Typer(no_args_is_help=True, help=_HELP)
    family.command("add")(add)
    family.command("list")(list_sources)
    family.command("show")(show)
    family.command("remove")(remove)
    family.command("search")(search)
    app.add_typer(family, name="catalogue")
    app.add_typer(family, name="knowledge", hidden=True)


def add(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Markdown, text, CSV, XLSX (also an FMEA), PDF, or MMAD's JSON."
        ),
    ],
    product: NoteProduct = None,
    new_product: Annotated[
        bool, typer.Option("--new-product", help="Take a product that is not known yet.")
    ] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Add catalogues and notes; a file added before is replaced."""
    with application(store=store) as opened:
        confirm = _ask if sys.stdin.isatty() and not json else None
        summary = opened.catalogue.add(files, product, new_product=new_product, confirm=confirm)
    if json:
        print_json(summary.as_object())
    elif summary.files:
        _print_added(summary)
    for error in summary.errors:
        print_problem(error.kind, str(error))
    if summary.errors:
        raise typer.Exit(FAILED)


def list_sources(store: Store = None, json: Json = False) -> None:
    """List the files of the catalogue, with their products and types of defect."""
    with application(store=store, reads_store=True) as opened:
        for source in opened.catalogue.sources():
            if json:
                print_json(asdict(source))
            else:
                about = ", ".join(source.products) or "no product in particular"
                print_line(
                    (source.file, "bold"), f"  {about}: {', '.join(source.entries) or 'no type of defect'}"
                )
                print_line((f"      {source.passages} passages, {source.source}", "dim"))


def show(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="The product's name.")],
    store: Store = None,
    json: Json = False,
) -> None:
    """Show what the catalogue says of each type of defect of a product."""
    with application(store=store, reads_store=True) as opened:
        entries = opened.catalogue.show(product)
    for entry in entries:
        if json:
            print_json(asdict(entry))
            continue
        print_line((entry.type, "bold"), (f"  {entry.source}", "dim"))
        for name, text in asdict(entry).items():
            if text and name in (
                "look",
                "cause",
                "effect",
                "severity",
                "action",
                "responsible",
                "limit",
                "language",
                "text",
            ):
                print_line((f"  {name}: ", "cyan"), text)
    if not entries and not json:
        print_line(f"The catalogue holds no type of defect of {product}.")


def remove(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file, by its path or its name.")],
    store: Store = None,
) -> None:
    """Remove a file from the catalogue."""
    with application(store=store, reads_store=True) as opened:
        count = opened.catalogue.remove(source)
    print_line(f"removed {count} passages of {source}")


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
    if about and hits and not json:
        print_line((f"The text is about {about}.", "dim"))
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


def _ask(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def _print_added(summary: AddSummary) -> None:
    about = f" about {', '.join(summary.products)}" if summary.products else ""
    types = f", {summary.entries} types of defect" if summary.entries else ""
    print_line(f"added {summary.passages} passages from {summary.files} files{about}{types}")
    for column in summary.columns:
        table = f"{column.table}: " if column.table else ""
        print_line(
            (f"  {table}{column.name} -> {column.column or 'not used'}", "" if column.column else "yellow")
        )
