"""`iad report`: on images, on the log, and whether a report is as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.logged import Since, Until
from agents.interfaces.cli.options import (
    FAILED,
    Alpha,
    Device,
    Json,
    Lot,
    Operator,
    Product,
    Review,
    Station,
    Store,
    application,
)
from agents.interfaces.cli.output import (
    count_of,
    print_failure,
    print_json,
    print_line,
    print_problem,
    print_unread,
    print_warnings,
    progress,
)
from anomaly_core.errors import ConfigError

if TYPE_CHECKING:
    from agents.app import Application
    from tools.report.contents import Contents

VERIFY = "verify"
PageLanguage = Annotated[
    str | None,
    typer.Option(
        "--lang",
        "--language",
        metavar="CODE",
        help="Language of the page's own words, such as de; English if none is set.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("report")(report)


def report(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH... | verify FILE.json",
            help="Image files, folders or globs; or `verify` and a report, to check its hashes and verdicts.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", metavar="FILE", help="FILE.html, .pdf, .xlsx, .csv or .json; may be repeated."),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Report on the log, without inspecting again.")] = False,
    since: Since = None,
    until: Until = None,
    product: Product = None,
    title: Annotated[
        str,
        typer.Option("--title", help="Heading; `Inspection report` in its language if none is given."),
    ] = "",
    language: PageLanguage = None,
    store: Store = None,
    alpha: Alpha = None,
    review: Review = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Inspect images, or take what the log holds, and write a report; or verify one."""
    if paths and paths[0] == VERIFY:
        if out or log:
            raise typer.BadParameter("takes a report alone", param_hint=VERIFY)
        _verify(paths[1:], as_json=json)
        return
    if not out:
        raise typer.BadParameter("name at least one file", param_hint="--out")
    if bool(paths) == log:
        raise typer.BadParameter("give images, or --log for what was inspected already", param_hint="PATH")
    out, missing = _writable(out)
    if not log:
        without = {"--since": since, "--until": until}
        if used := [name for name, value in without.items() if value is not None]:
            raise typer.BadParameter("is for reports on the log: add --log", param_hint=" ".join(used))
        opening = application(store=store, alpha=alpha, review=review, device=device, language=language,
                              lot=lot, station=station, operator=operator, reads_store=True)  # fmt: skip
        _say(_on_images(paths or [], out, title, product, opening), out, missing, as_json=json)
        return
    unused = {"--alpha": alpha, "--review": review, "--device": device}
    if used := [name for name, value in unused.items() if value is not None]:
        raise typer.BadParameter("the log's verdicts stand as they were made", param_hint=" ".join(used))
    contents = _on_log(out, title, since, until, product, lot, station, operator, store, language)
    _say(contents, out, missing, as_json=json)


def _writable(outs: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the files that can be written, and why the others cannot, which is said at once.

    Raises ConfigError where none can be, or a name is none of a report.
    """
    from tools.report.write import check_format, check_installed

    for out in outs:
        check_format(out)
    found, missing = [], []
    for out in outs:
        try:
            check_installed(out)
        except ConfigError as error:
            missing.append(f"{out} is not written: {error}")
        else:
            found.append(out)
    if not found:
        raise ConfigError("; ".join(missing))
    print_warnings(missing)
    return found, missing


def _on_images(
    paths: Sequence[str],
    outs: Sequence[Path],
    title: str,
    product: str | None,
    opening: AbstractContextManager[Application],
) -> Contents:
    from anomaly_core.imaging.reading import find_images
    from tools.records import InspectionRecord

    images = find_images(paths)
    print_unread(paths)
    with opening as opened, progress() as bar:
        from agents.reporting import header_of, report_part
        from tools.log import looked_at_again
        from tools.report.write import ReportWriter

        context = opened.tools
        language = opened.settings.page_language
        writer = ReportWriter(header_of(context, title, len(images), language), outs)
        try:
            with writer, looked_at_again():
                for done, record in enumerate(opened.inspect(images, product=product), start=1):
                    if isinstance(record, InspectionRecord):
                        print_warnings(record.warnings)
                    writer.add(report_part(context, record, pictures=writer.wants_pictures))
                    bar("inspect", done, len(images))
        except KeyboardInterrupt:
            done = writer.contents.inspected
            print_warnings(
                [f"interrupted: the report holds {done} of {len(images)} images; run it again for all"]
            )
            raise
    return writer.contents


def _on_log(
    outs: Sequence[Path],
    title: str,
    since: str | None,
    until: str | None,
    product: str | None,
    lot: str | None,
    station: str | None,
    operator: str | None,
    store: Path | None,
    language: str | None,
) -> Contents:
    from agents.desk import history
    from agents.desk.kept import kept_images
    from knowledge.log.figures import Filter

    wanted = Filter(
        since=history.since(since),
        until=history.until(until),
        product=product,
        lot=lot,
        station=station,
        operator=operator,
    )
    with application(store=store, language=language) as opened, progress() as bar:
        from agents.reporting import write_log_report

        kept = kept_images(opened.settings).find
        page = opened.settings.page_language
        return write_log_report(opened.tools, wanted, title, outs, language=page, kept=kept, tell=bar)


def _say(contents: Contents, outs: Sequence[Path], missing: Sequence[str], *, as_json: bool) -> None:
    """Say what was written; the status is 1 where a file could not be inspected or written."""
    from tools.report.pdf import font_warnings

    for failure in contents.failures:
        print_failure(failure)
    for what in missing:
        print_problem(ConfigError.__name__, what)
    if any(out.suffix.lower() == ".pdf" for out in outs):
        print_warnings(font_warnings(contents))
    held = contents.sealed
    counts, failed = held["counts"], len(contents.failures)
    if as_json:
        files = [str(out) for out in outs]
        print_json({"files": files, "counts": {**counts, "error": failed}, "hash": held["hash"]})
    else:
        for out in outs:
            print_line(str(out))
        shares = f"{counts['pass']} pass, {counts['review']} review, {counts['fail']} fail"
        unread = f"; {count_of(failed, 'file')} could not be inspected" if failed else ""
        print_line(f"{count_of(len(contents.shown), 'part')}: {shares}{unread}")
        print_line((f"hash: {held['hash']}", "dim"))
    if failed or missing:
        raise typer.Exit(FAILED)


def _verify(paths: Sequence[str], *, as_json: bool) -> None:
    from tools.report.verify import verify_report

    if len(paths) != 1:
        raise typer.BadParameter("give one report: iad report verify FILE.json", param_hint="FILE")
    found = verify_report(Path(paths[0]))
    if as_json:
        print_json({"file": paths[0], **vars(found)})
    else:
        for difference in found.differences:
            print_line((difference, "bold red"))
        for image in found.missing:
            print_line((f"not checked, the image is not at its path: {image}", "yellow"))
        count = len(found.differences)
        word = count_of(count, "difference") if count else "as it was written"
        print_line(f"{paths[0]}: {word}; {found.parts} verdicts and {found.images} images checked")
        print_line((f"hash: {found.hash}", "dim"))
    if found.differences:
        raise typer.Exit(FAILED)
