"""Drafts from the log: letters about a lot, "write to the customer about lot H301", and of a handover."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from agents.answers.log.figures import FREE, HELD, MOST_NAMED, Told, local, shown
from agents.answers.log.part_names import names_of
from agents.answers.log.products import products_named
from agents.answers.topic import Reply, Topic
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.log.code_names import words_at
from agents.questions.log.history import in_the_shift, log_question
from agents.questions.log.whole_lots import decides_on_a_lot
from agents.state import Asked, Observation, Turn, Understanding
from anomaly_core.names import plain_name
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.history_record import HistoryRecord
from tools.log_question import LogFigure, LogQuestion
from tools.logged import lots_in

FIGURES: Final[tuple[LogFigure, ...]] = ("count", "times", "frequent", "worst")
"""What a letter tells of a lot."""

_LETTERS: Final = re.compile(
    r"(?<![^\W_])(?:e-?)?mails?(?!\w)|letter|message|note(?!\w)|notice|report|lines|8d|complaint|claim|hand-?over"
    r"|brief|nachricht|schreiben|zeilen|reklam|bericht|messaggio|lettera|righe|reclamo|rapporto|correo|carta"
    r"|mensaje|líneas|informe|reclam|courriel|lettre|mot(?!\w)|lignes|rapport|mensagem|linhas|relatório|e-mail"
    r"|邮件|信|函|报告|メール|手紙|文面|連絡|報告|메일|편지|문자|보고"
)
"""Words for what is written, in nine languages."""
_COUNTED: Final = (
    "Lot {lot}: {count} parts inspected, {passed} passed, {review} to review, {failed} failed [{id}]."
)


def as_a_letter(context: Context, asked: Asked, turns: Sequence[Turn] = ()) -> Asked:
    """Return a question that wants a letter about a lot of the log, or a handover, as that alone.

    Else as it is. turns: of its thread, oldest first; a letter without a lot is of that of the one before.
    Raises StoreError.
    """
    text, now = normalised(asked.question), datetime.now().astimezone()
    words = words_of(asked.spoken)
    if not words.has("letter", text) or _only_sends_the_lot(text, asked.spoken):
        return asked
    lots = lots_in(context, text, words_at(words, text))
    slots = turns[-1].slots if turns else None
    if not lots and slots is not None and slots.log is not None:
        before = f"{slots.log.text} {slots.log.within}"
        lots = lots_in(context, before, [*slots.log.beside, *([slots.log.lot] if slots.log.lot else [])])
    if len(lots) == 1:
        log = LogQuestion(lot=lots[0], text=f"lot {lots[0]}")
    elif not lots and (words.has("handover", text) or _is_of_a_period(text, asked, now)):
        held = next((one.log for one in asked.intents if one.log is not None), None)
        held = held or log_question(text, asked.spoken, now)
        scope = held.model_dump(include={"since", "until", "period"})
        meant = products_named(context, text, asked.spoken)
        # "About today's gauge rejects" is of the gauges.
        of = plain_name(meant[0]).lower() if len(meant) == 1 else ""
        log = LogQuestion(**(scope if held.since else in_the_shift(now)), text=of)
    else:
        return asked
    letter = Understanding(kind="history", order="mail", text=asked.question, log=log)
    return asked.model_copy(update={"intents": [letter], "style": "plain"})


def _only_sends_the_lot(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks if parts may go to the customer, and for no letter."""
    words = words_of(language)
    asks = decides_on_a_lot(text, language) and words.has("lot", text)
    return asks and _LETTERS.search(text) is None and not words.has("handover", text)


def _is_of_a_period(text: str, asked: Asked, now: datetime) -> bool:
    """Return whether a letter is to tell colleagues of a period: "a mail on what happened today"."""
    words = words_of(asked.spoken)
    of_a_type = any(one.type is not None for one in asked.intents)
    return not (words.has("customer", text) or of_a_type) and bool(
        log_question(text, asked.spoken, now).since
    )


def letter(topic: Topic, seen: Sequence[Observation]) -> Reply:
    """Return a draft of what the log holds of a lot, or of a shift. seen: of `FIGURES`, in their order."""
    count, times, frequent, worst = (
        Told(topic, HistoryRecord.model_validate(one.values), one.evidence.id) for one in seen
    )
    counts = count.found.counts
    lines = [
        topic.say("A draft; nothing is sent:"),
        count(
            _COUNTED,
            lot=count.found.lot,
            count=counts.all,
            passed=counts.passed,
            review=counts.review,
            failed=counts.failed,
        )
        if count.found.lot is not None
        else count.counted(),
    ]
    if count.found.lot is None:
        lines += count.scope()
    days = [local(row.at) for row in times.found.rows]
    if days:
        lines.append(times("First {first}, last {last} [{id}].", first=shown(days[0]), last=shown(days[-1])))
    for one in frequent.found.by_type[:MOST_NAMED]:
        name = topic.say("Unknown defect") if one.name == UNKNOWN else plain_name(one.name)
        message = "{type}: {number} of {count} failed parts {period} [{id}]."
        lines.append(frequent(message, type=name, number=one.count, count=counts.failed))
    if counts.failed and worst.found.rows:
        first = worst.found.rows[0].model_copy(update={"name": names_of(worst.found.rows)[0]})
        lines.append(
            worst('The worst is "{name}" of {time}: {decision}, p-value {p} [{id}].', **worst.row(first))
        )
    if count.found.lot is not None:
        lines.append(count(FREE if counts.passed == counts.all else HELD))
    if days:
        until = f" --until {days[-1]:%Y-%m-%d}"
        named = {"lot": count.found.lot, "product": count.found.product}
        of = "".join(f" --{option} {shlex.quote(name)}" for option, name in named.items() if name)
        command = f"iad report --log --since {days[0]:%Y-%m-%d}{until}{of} --out FILE.pdf"
        lines.append(topic.say("The report of that time, as a file to attach: {command}", command=command))
    return Reply("", lines, whole=True)
