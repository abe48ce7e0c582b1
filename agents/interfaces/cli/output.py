"""What the commands print: plain lines and tables on stdout, errors and progress on stderr, or JSON alone."""

from __future__ import annotations

import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from anomaly_core.errors import IadError
from anomaly_core.json_lines import json_line

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from tools.records import FailureRecord, InspectionRecord, RegionRecord

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that a terminal obeys instead of showing, or that no font shows."""


def plain(text: str) -> str:
    """`text` with every character that could steer a terminal written as an escape such as \\x1b."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in HIDDEN
        else character
        for character in text
    )


def print_json(value: object) -> None:
    """One JSON value on one line of stdout, in ASCII so that any encoding carries it; NaN becomes null."""
    sys.stdout.write(json_line(value))
    sys.stdout.flush()


def print_error(error: IadError, *, as_json: bool) -> None:
    """One line on stderr, and with `as_json` an {"error": ...} object on stdout too."""
    if as_json:
        print_json({"error": {"kind": error.kind, "message": str(error)}})
    print_problem(error.kind, str(error))


def print_problem(kind: str, message: str) -> None:
    """`error: <kind>: <message>` as one line on stderr."""
    sys.stderr.write(f"error: {plain(kind)}: {plain(' '.join(message.split()))}\n")


def print_note(text: str) -> None:
    """A line on stderr that says what a long-running command is doing."""
    sys.stderr.write(f"iad: {plain(text)}\n")
    sys.stderr.flush()


def print_warnings(warnings: Iterable[str]) -> None:
    """`warning: <message>`, a line each on stderr."""
    for message in warnings:
        sys.stderr.write(f"warning: {plain(' '.join(message.split()))}\n")


def print_unread(paths: Sequence[str]) -> None:
    """A warning for each kind of image file in the folders that cannot be read, such as HEIC."""
    from tools.enrollment.findings import unread_kinds

    print_warnings(
        f"not read: {one.count} x {one.kind}: {one.remedy}" for one in unread_kinds(paths) if one.remedy
    )


def print_line(*parts: str | tuple[str, str]) -> None:
    """One line on stdout, of strings and (string, style) pairs; hidden characters are shown as escapes."""
    line = Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        line.append(plain(content), style)
    _stdout().print(line, soft_wrap=True)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str | None = None,
    whole: frozenset[str] = frozenset(),
) -> None:
    """A table on stdout, hidden characters shown as escapes; a column without a cell is left out.

    whole: columns that are never cut; with any, each row is one line where the terminal has room for it, else
    the others are broken at blanks and hyphens, the widest first.
    """
    held = list(rows)
    kept = [at for at in range(len(columns)) if not held or any(row[at] for row in held)]
    heading = None if title is None else Text(plain(title))
    console = _stdout()
    texts = [[columns[at], *(plain(row[at]) for row in held)] for at in kept]
    if whole:
        gap, texts = _fitted(texts, [columns[at] in whole for at in kept], console.width)
    else:
        gap = 2
    table = Table(
        title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, gap, 0, 0)
    )
    for first, *_ in texts:
        table.add_column(Text(first), overflow="fold")
    for cells in zip(*(rest for _, *rest in texts), strict=True):
        table.add_row(*map(Text, cells))
    console.print(table)


def _fitted(
    columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int
) -> tuple[int, list[list[str]]]:
    """Return the padding of columns, and their texts with line breaks where a terminal lacks room.

    whole: of each column whether it stays as it is. The widest of the others are broken first.
    """
    widths = [max(map(cell_len, column)) for column in columns]
    # The box itself has a blank beside each column.
    needed = sum(widths) + len(columns) + 1 - room
    gap = 2 if needed + 2 * len(columns) <= 0 else 0
    over = needed + gap * len(columns)
    while over > 0 and (broken := [at for at, kept in enumerate(whole) if not kept and widths[at] > 1]):
        widths[max(broken, key=lambda at: widths[at])] -= 1
        over -= 1
    return gap, [
        ["\n".join(textwrap.wrap(text, width)) if cell_len(text) > width else text for text in column]
        for column, width in zip(columns, widths, strict=True)
    ]


class Tally:
    """How many images of a run pass, are to be reviewed, fail, and could not be inspected, as text."""

    def __init__(self) -> None:
        self.counts = {"pass": 0, "review": 0, "fail": 0, "error": 0}

    def add(self, record: InspectionRecord | FailureRecord) -> None:
        """Count an image."""
        # Records are loaded with the models, which a command that only prints does not need.
        from tools.records import FailureRecord

        self.counts["error" if isinstance(record, FailureRecord) else record.decision] += 1

    @property
    def done(self) -> int:
        """All images."""
        return sum(self.counts.values())

    def __str__(self) -> str:
        return ", ".join(f"{count} {word}" for word, count in self.counts.items())


def count_of(number: int, noun: str) -> str:
    """Return such as "1 file" or "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


_COLOURS: Final = {"pass": "bold green", "review": "bold yellow", "fail": "bold red"}


def print_inspection(record: InspectionRecord) -> None:
    """One line: decision, product, p-value, places, defect type, path; then why it is to be reviewed."""
    verdict = (f"{record.decision:6}", _COLOURS[record.decision])
    source = f", similarity {record.product.similarity:.2f}" if record.product.inferred else ""
    parts: list[str | tuple[str, str]] = [verdict, f"  {record.product.name}{source}  p={record.p_value:.3g}"]
    if record.decision != "pass" and record.regions:
        most = "  at the " if record.anomalous else "  most unusual at the "
        parts.append(most + ", ".join(dict.fromkeys(map(_place, record.regions))))
    if record.anomalous and record.defect_type is not None:
        parts.append(f"  {record.defect_type.name}")
    print_line(*parts, (f"  {record.image}", "dim"))
    # The line has the p-value already, which is the first reason of a failure.
    for reason in record.reasons[1:] if record.decision == "fail" else record.reasons:
        print_line((f"        {reason}", "yellow"))
    if record.note is not None:
        print_line((f"        Read with: {record.note}.", "dim"))


def _place(region: RegionRecord) -> str:
    return region.cell + (f" (zone {region.zone})" if region.zone else "")


def print_failure(record: FailureRecord) -> None:
    """One line on stderr for an image that could not be inspected."""
    message = record.error.message
    named = message if record.image in message else f"{record.image}: {message}"
    print_problem(record.error.kind, named)


def _stdout() -> Console:
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


LINE_EVERY_S: Final = 5.0
"""Between two lines on progress, where stderr is no terminal, such as in a file or a CI's log."""


class ProgressBar:
    """A bar on stderr, fed as a function of (what, done, total)."""

    def __init__(self, bar: RichProgress | None) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show `done` of `total`; a total of 0 is an unknown one."""
        if self._bar is None:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(plain(what), total=None)
        self._bar.update(self._tasks[what], completed=done, total=total or None)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar off the screen while something else is printed."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()


class ProgressLines(ProgressBar):
    """Progress as a line on stderr every `every_s` seconds, with rate and time left."""

    def __init__(self, every_s: float) -> None:
        super().__init__(None)
        self._every_s = every_s
        self._told = time.monotonic()
        self._what = ""
        self._since = (0.0, 0)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Print `done` of `total`, if it is time; the rate is that since the last line."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._since = what, (now, done)
        if now - self._told < self._every_s:
            return
        passed, more = now - self._since[0], done - self._since[1]
        rate = f", {more / passed:.3g} a second" if passed > 0 and more > 0 else ""
        if rate and total:
            rate += f", {timedelta(seconds=round((total - done) * passed / more))} left"
        print_note(f"{what}: {done} of {total}{rate}" if total else f"{what}: {done}{rate}")
        self._told, self._since = now, (now, done)


@contextmanager
def progress(*, lines_every_s: float = LINE_EVERY_S) -> Iterator[ProgressBar]:
    """Show progress on stderr while the block runs: a bar, or `ProgressLines` where it is no terminal."""
    if not sys.stderr.isatty():
        yield ProgressLines(lines_every_s)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.3g}/s")

    # Rich would send stdout's lines to stderr while a bar is shown: JSON must stay where it is.
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        yield ProgressBar(bar)
