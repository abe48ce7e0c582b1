"""Sentences of the notes on a defect: its cause, effect and severity, action, and definition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from agents.answers.evidence import is_about_good
from agents.questions.learned.languages import language_of
from agents.questions.lexicon.words import same_defect
from anomaly_core.names import name_key
from knowledge.catalogue.fields import Field, names_who
from knowledge.text import sentences
from tools.records import PassageRecord

if TYPE_CHECKING:
    from agents.answers.topic import Topic

Aspect = Literal["look", "cause", "effect", "action", "limit"]
FIELDS_OF: Final[dict[Aspect, tuple[Field, ...]]] = {
    "look": ("look",),
    "cause": ("cause",),
    "effect": ("severity", "effect"),
    "action": ("action",),
    "limit": ("limit",),
}
"""Fields of an entry that state an aspect, in the order in which they are told."""

MOST_QUOTED: Final = 2
"""Sentences or fields of an aspect that are quoted."""
_LONGEST: Final = 300
"""Characters of a field that is quoted whole."""
_STATED: Final[dict[Literal["cause", "effect", "action", "limit"], str]] = {
    "cause": r"""caused? by; causes? (are|is|include); comes? from; due to; result(s|ing)? (from|of);
        arises? from; stems? from; originat\w+; introduced (by|during); because of; fault in; through a;
        points? (to|at); (indicat|suggest)\w* (\w+ ){0,4}(error|issue|flaw|mishandling|stress|process|impact);
        (indicat|suggest)\w* (\w+ ){0,4}(handling|pressure|contamination|manufactur\w+);
        during (manufactur\w+|production|handling|storage|transport\w*|assembly); mishandling;
        separates it; left by; ursache\w*; verursach\w+; entsteh\w+ (durch|bei|wenn|beim); kommt von;
        causat\w+ da; causas?; causad\w+; debid\w+ a; causé\w* par; dû à; provoqué\w* par; origine""",
    "effect": r"""leads? to; leading to; affect(s|ing)?; compromis\w+; impair\w*; reduc\w+; weaken\w*;
        impact(s|ing)?; detract\w*; mislead\w*; costs?; overheat\w*; grows?; prevent(s|ing);
        disrupt\w* the (function|use); failures?; hazards?; interfer\w+; leaks?; carries no; results? in;
        may be (darker|lost); sever(e|ity)\w*; critical; serious; significant(ly)?; minor; major; hardly;
        safety; harmless; does not grow; in proportion; substantial\w*; extensive; negligible; cosmetic;
        aesthetic;
        folgen?; führt zu; schwere\w*; kritisch; auswirkung\w*; effett\w+; grav\w+; conseguenz\w+;
        consecuenci\w+; efectos?; conséquences?; effets?; consequênci\w+; efeitos?""",
    "action": r"""should; must; needs? to be; replace; repair; rework; reject\w*; scrap\w*; clean; check;
        inspect(?!ed|or); may be (reworked|used|shipped|repaired); do not (ship|use);
        adjust; discard; sort (the|it|out); mark it; tell the; measure again; compare it; recommend\w*;
        tighten; remove it; maßnahme\w*; aussortier\w+; nacharbeit\w*; verschrott\w+; azion\w+; scartare;
        acción; desechar; rechazar; mesures?; rebuter; ação; descartar; refugar""",
    "limit": r"""at most; up to; allowed; permitted; acceptable; tolerated; not allowed; limit(s|ed)?;
        maximum; no more than; tolerance; below \d+; shorter than; less than; höchstens; erlaubt; zulässig;
        ammess\w+; massimo; permitid\w+; máximo; admis\w*; au plus; autorisé\w*""",
}
"""Regular expressions of notes on each aspect; Chinese, Japanese and Korean notes by `_MARKS`."""
_MARKS: Final[dict[str, str]] = {
    "cause": "原因|造成|由于|导致|引き起こ|原因|원인|때문",
    "effect": "影响|后果|严重|影響|深刻|重大|영향|심각",
    "action": "应|必须|报废|返工|处理|措施|べき|廃棄|手直し|処置|해야|폐기|조치",
    "limit": "允许|最多|不超过|许可|許容|以下|まで|허용|이하|최대",
}
_STATING: Final[dict[Aspect, re.Pattern[str]]] = {
    aspect: re.compile(
        rf"(?<!\w)(?:{'|'.join(part.strip() for part in patterns.split(';'))})(?!\w)|{_MARKS[aspect]}",
        re.IGNORECASE,
    )
    for aspect, patterns in _STATED.items()
}
_LABELS: Final[dict[Aspect, str]] = {
    "cause": "(root )?causes?|reasons?|origins?|ursachen?|causas?|origine|原因|원인",
    "effect": "effects?|severity|consequences?|impact|risks?|folgen?|schwere|auswirkung(en)?|effett[io]"
    "|gravità|conseguenz[ae]|efectos?|gravedad|consecuencias?|effets?|gravité|efeitos?|gravidade"
    "|影响|严重性?|影響|영향",
    "action": "actions?|measures?|remed(y|ies)|disposition|maßnahmen?|azion[ei]|acci[oó]n(es)?|mesures?"
    "|ação|ações|措施|処置|対策|조치",
    "limit": "limits?|tolerances?|allowed|grenz(e|wert)|toleranz|limite|límite|tolerancia|tolleranza"
    "|允许|許容|허용",
    "look": "looks?|appearance|aussehen|aspetto|aspecto|apariencia|aparência|外观|外観|외관",
}
"""Labels before a colon, as in "Cause: dust on the mould."; such a sentence is on nothing else."""
_LABEL: Final = re.compile(
    r"^\W*(?:" + "|".join(f"(?P<{aspect}>{words})" for aspect, words in _LABELS.items()) + r")\s*[:：]",
    re.IGNORECASE,
)
_HIGH: Final = re.compile(
    r"(?<!\w)(?:high|critical|severe|serious|major|fatal|hoch|kritisch|schwer\w*|alt[ao]|critic[ao]|crític[ao]|grave"
    r"|élevée?|critique|[89]|10)(?!\w)|严重|高|重大|致命|높음|심각|치명",
    re.IGNORECASE,
)
CRITICAL: Final = re.compile(
    r"critic|crític|critiq|kritisch|致命|关键|クリティカル|치명|크리티컬", re.IGNORECASE
)
"""The highest severity, in nine languages."""
_LOW: Final = re.compile(
    r"(?<!\w)(?:low|minor|cosmetic|negligible|none|gering|niedrig|leicht|bass[ao]|lieve|baj[ao]|leve|faible|mineure?"
    r"|baix[ao]|[123])(?!\w)|轻微|低|軽微|낮음|경미",
    re.IGNORECASE,
)
"""Severities that make a defect serious, and such as do not."""
_CONTACT: Final = re.compile(
    r"(?<!\w)(?:tell|inform|notify|alert|call|phone|contact|report (?:it )?to|ask|responsible|in charge"
    r"|informier\w*|benachrichtig\w*|verständig\w*|meld\w+|anruf\w*|zuständig\w*|verantwortlich\w*"
    r"|avvis\w+|inform\w+|chiam\w+|contatt\w+|responsabile|avisa\w*|llama\w*|contacta\w*|responsable"
    r"|préven\w+|avert\w+|appel\w+|contact\w+|ligar|notific\w+|responsável)(?!\w)"
    r"|通知|联系|负责|連絡|報告|担当|알리|알려|연락|담당",
    re.IGNORECASE,
)
"""Words of notes that say whom to tell."""
_CONDITIONAL: Final = re.compile(r"\b(should|must)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """What a passage says on an aspect.

    id: of the passage. field: that it is, or None for a sentence of prose. language: where the file states
    it. entry: all that its entry says, since a field may be too short to tell its language.
    """

    aspect: Aspect
    sentence: str
    id: str
    field: Field | None = None
    language: str | None = None
    entry: str = ""


def find_aspect(
    passages: Sequence[PassageRecord], aspect: Aspect, language: str | None = None
) -> list[Finding]:
    """Return at most `MOST_QUOTED` fields on an aspect, or without one sentences of prose, in their order.

    language: of which findings are taken alone where there are any.
    """
    stated = [
        Finding(
            aspect,
            _opening(passage.text),
            passage.id,
            passage.field,
            passage.language,
            " ".join(p.text for p in passages if (p.file, p.defect) == (passage.file, passage.defect)),
        )
        for field in FIELDS_OF[aspect]
        for passage in passages
        if passage.field == field and not names_who(passage.title)
    ]
    prose = [
        Finding(aspect, sentence, passage.id, None, passage.language)
        for passage in passages
        if passage.field is None and not stated
        for sentence in sentences(passage.text.replace('"', "'"))
        if _states(sentence, aspect)
    ]
    found = stated or prose
    own = [one for one in found if language is not None and _language(one, language) == language]
    return (own or found)[:MOST_QUOTED]


def is_severe(severity: str) -> bool | None:
    """Return whether an entry's severity is high; None where it is neither high nor low."""
    high, low = (pattern.search(severity) is not None for pattern in (_HIGH, _LOW))
    return None if high is low else high


def severe_by(passages: Sequence[PassageRecord], name: str | None) -> set[bool]:
    """Return whether the notes call a type severe, harmless, or in two places both; empty for neither."""
    return {severe for text in severities(passages, name) if (severe := is_severe(text)) is not None}


def severities(passages: Sequence[PassageRecord], name: str | None) -> list[str]:
    """Return the severities that the notes state of a type."""
    about = [] if name is None else about_type(passages, name)
    return [one.text for one in about if one.field == "severity"]


def find_contacts(passages: Sequence[PassageRecord]) -> list[Finding]:
    """Return at most `MOST_QUOTED` sentences of passages on whom to tell, those of a column for it first."""
    named = [
        Finding("action", _opening(one.text), one.id, None, one.language)
        for one in passages
        if names_who(one.title)
    ]
    found = [
        Finding("action", sentence, passage.id, None, passage.language)
        for passage in passages
        for sentence in sentences(passage.text.replace('"', "'"))
        if _CONTACT.search(sentence)
    ]
    return list({one.sentence: one for one in (*named, *found)}.values())[:MOST_QUOTED]


def _opening(text: str) -> str:
    """Return a field's text, of a long one its first two sentences."""
    plain = " ".join(text.replace('"', "'").split())
    return plain if len(plain) <= _LONGEST else " ".join(sentences(plain)[:2])


def is_in(finding: Finding, language: str) -> bool:
    """Return whether a finding is in a language."""
    return _language(finding, language) == language


def _language(finding: Finding, default: str) -> str:
    return finding.language or language_of(finding.entry or finding.sentence, default)


def _states(sentence: str, aspect: Aspect) -> bool:
    """Return whether a sentence is on an aspect; what has to be done is neither a cause nor an effect."""
    label = _LABEL.search(sentence)
    if label is not None and label.lastgroup != "action":
        return label.lastgroup == aspect
    if label is not None and aspect == "action":
        return True
    if aspect == "look" or not _STATING[aspect].search(sentence):
        return False
    ordered = label is not None or _CONDITIONAL.search(sentence)
    return aspect in ("action", "limit") or not ordered


def about_type(passages: Sequence[PassageRecord], name: str) -> list[PassageRecord]:
    """Return the passages about a type of defect, where some have its very name those of their products."""
    wanted = name_key(name)
    found = [p for p in passages if p.defect is not None and same_defect(p.defect, name)]
    named = {p.product for p in found if name_key(p.defect or "") == wanted}
    # Another product's "Kratzer" has a limit of its own, the same product's is the entry in German.
    found = [p for p in found if not named or p.product in named]
    near = [
        p
        for p in passages
        if (p.defect is not None and wanted in name_key(p.defect)) or wanted in name_key(p.title)
    ]
    return found or [p for p in near if not is_about_good(p)]


_SAID: Final = ("The notes say: {quote} [{id}].", "The notes say, in their own language: {quote} [{id}].")
_QUOTED: Final = {
    "severity": (
        "Severity by the notes: {quote} [{id}].",
        "Severity by the notes, in their own language: {quote} [{id}].",
    ),
    "limit": (
        "Limit by the notes: {quote} [{id}].",
        "Limit by the notes, in their own language: {quote} [{id}].",
    ),
}
"""Words of a quotation from a field, in the asker's language and in another."""


def quoted(topic: Topic, findings: Sequence[Finding]) -> list[str]:
    """Return findings as quotations with their source, marked where the notes are in another language."""
    told = []
    for finding in findings:
        worded = re.search(r"[^\W\d_]{3,}", finding.sentence) is not None
        foreign = worded and _language(finding, topic.say.language) != topic.say.language
        own, other = _QUOTED.get(finding.field or "", _SAID)
        message = other if foreign else own
        told.append(topic.say(message, quote=f'"{finding.sentence}"', id=finding.id))
    return told


def quoted_if(topic: Topic, name: str, *findings: Finding) -> str:
    """Return findings as what holds if the defect is of a type."""
    message = "If it is {type}, the notes say: {quote} [{id}]."
    if any(_language(one, topic.say.language) != topic.say.language for one in findings):
        message = "If it is {type}, the notes say, in their own language: {quote} [{id}]."
    *before, last = findings
    told = "".join(f'"{one.sentence}" [{one.id}]; ' for one in before)
    return topic.say(message, type=topic.type_name(name), quote=f'{told}"{last.sentence}"', id=last.id)


def rule_for(topic: Topic) -> list[str]:
    """Return what the notes say to do about the defect's type, as at most one quotation."""
    if topic.defect is None:
        return []
    passages = about_type(topic.state["passages"], topic.defect.name)
    return quoted(topic, find_aspect(passages, "action", topic.say.language)[:1])
