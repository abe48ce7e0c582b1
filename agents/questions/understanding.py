"""What a question asks for: kinds by a trained classifier on a multilingual encoder, slots by words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from agents.questions.carried import only_asks_why, put_in_full, repeated, with_limit_before
from agents.questions.form.alternatives import guess_of
from agents.questions.form.clauses import Clause, style_of
from agents.questions.form.polarity import sense_of, sense_of_parts
from agents.questions.form.question_words import joined_of_image, joined_of_log
from agents.questions.form.tags import stated_sense
from agents.questions.intents import ASKS, clauses_of
from agents.questions.kind_rules import read_as
from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import Sense
from agents.questions.learned.languages import language_of, wished_language
from agents.questions.learned.topics import MACHINE, STRICTER, TO_LESSEN, asks_to_lessen, asks_to_tighten
from agents.questions.lexicon.chat_spelling import in_full
from agents.questions.lexicon.common_words import nameable
from agents.questions.lexicon.groups import each_of
from agents.questions.lexicon.words import SPACELESS, types_in, words_of
from agents.questions.log.decisions import GROUPS
from agents.questions.log.going_on import in_its_scope
from agents.questions.log.history import (
    in_its_period,
    named_figure,
    of_the_log,
)
from agents.questions.log.in_hand import of_the_part_in_hand, without_vague
from agents.questions.log.referents import of_a_difference, of_the_figures_before
from agents.questions.log.several_figures import (
    as_counted,
    follows_group,
    is_of_the_last,
    several_figures,
)
from agents.questions.log.whole_lots import of_what_may_go
from agents.questions.rules.about_tool import as_one, of_the_tool, of_the_tool_alone, with_topic
from agents.questions.rules.asked_for import (
    allows_a_size,
    asks_no_yes,
    asks_why_so,
    chooses,
    measured,
    only_let_pass,
    weighs,
)
from agents.questions.rules.corrects import of_a_correction
from agents.questions.rules.demands import lists_all, without_demands
from agents.questions.rules.of_what_belongs import asks_why_missing
from agents.questions.rules.orders import beside_orders, without_orders
from agents.questions.rules.pairs import came_anew, of_a_pair, of_named_images
from agents.questions.rules.reasons import why_of
from agents.questions.rules.recorded import asks_of_the_record
from agents.questions.rules.several import of_several
from agents.questions.rules.summaries import of_the_summary
from agents.questions.rules.supposed import as_noted, supposes, with_supposed_type, without_setting
from agents.questions.rules.worst import of_the_worst
from agents.questions.slots import by_words, stated
from agents.questions.slots.amounts import in_digits
from agents.questions.slots.causes import asks_why_broken, supposed_cause
from agents.questions.slots.compounds import in_parts
from agents.questions.slots.places import place_or_edge
from agents.questions.slots.products import without_product_as_type
from agents.questions.slots.reading import Reading, reading_of
from agents.questions.slots.region_ranks import with_region
from agents.questions.slots.valued import judged_value
from agents.state import Asked, Seen, Turn, Understanding
from tools.records import Kind

MOST: Final = 6
"""Most intents of a question."""
CLOSED: Final = frozenset[Kind](
    {"verdict", "place", "count", "type", "size", "confidence", "comparison", "parts", "effect", "action",
     "catalogue", "history", "cause", "appearance", "normal", "correction"}
)  # fmt: skip
"""Kinds that can be asked for yes or no."""
ANSWERED_BY: Final[Mapping[Kind, frozenset[Kind]]] = {
    "verdict": frozenset({"verdict"}),
    "size": frozenset({"verdict"}),
    "look_again": frozenset({"verdict", "correction", "confidence", "reasoning"}),
}
"""Kinds that another clause of the question asks for in other words: "I see a crack. Why is it good?"."""
_BROKEN: Final = "break"
"""The type whose words also call a part bad, where the notes name no such type."""
Reader = Callable[[str, Sequence[Clause], Turn | None, str, Sequence[str]], Sequence[Clause]]
"""Reads a question in its classifier's stead, such as `by_chat.ChatReader`.

Given the question, the clauses that the classifier found, the turn before, the question's language, and the
names of defects in the notes; returns clauses, never none.
"""


def understand(
    question: str,
    turns: Sequence[Turn] = (),
    seen: Sequence[Seen] = (),
    current: int | None = None,
    known: Sequence[str] = (),
    names: Sequence[str] = (),
    *,
    pictured: bool = True,
    now: datetime | None = None,
    reader: Reader | None = None,
    logged: Sequence[Sequence[str]] = (),
    setting: str | None = None,
) -> Asked:
    """Understand a question in its thread.

    turns, seen: oldest first. current: number of the image that came with the question, or None where the
    thread has not seen it yet. known: names of defects in the notes. names: see `language_of`. pictured:
    whether it came with an image; "how many?" without one is of the log. now: aware, for periods; the
    present if not given. reader: decides the clauses and their kinds; the classifier does if None. logged:
    see `put_in_full`. setting: the interface's language, for a first question that could be of several.
    """
    clock = now or datetime.now().astimezone()
    last = turns[-1] if turns else None
    language = language_of(question, setting if last is None else last.language, names, known)
    known = nameable(known, normalised(question), language)
    plain = in_digits(in_full(question, language), language)
    if (apart := in_parts(plain, language, [*known, *names])) != plain:
        question = plain = apart
    again = repeated(plain, language) if last is not None and last.meant else None
    if last is not None and again is not None:
        full, language = last.meant, last.language
    else:
        named = with_region(plain, last, seen, current, language)
        full = put_in_full(named, turns, language, clock, known, logged)
    put, products = full != plain, logged[-1] if logged else ()
    held = [*names, *products]
    if put:
        question = plain = full
    intents, plain = _of_itself(plain, language, turns, logged, pictured=pictured)
    of_last = is_of_the_last(normalised(plain), language)
    clauses: Sequence[Clause] = () if of_last else joined_of_log(plain, language)
    if not clauses:
        clauses = (joined_of_image if pictured else of_a_difference)(plain, language)
    if not clauses and (plain or not intents):
        clauses = as_one(plain, clauses_of(plain, language))
    if reader is not None and clauses:
        clauses = reader(plain, clauses, last, language, known)
    alone = pictured and all(one["number"] == current for one in seen)
    turned: int | None = None
    # "And this one?" of a part asks nothing of what was asked without one.
    of_a_part = None if pictured and last is not None and not last.image else last
    came = pictured and came_anew(turns, current)
    for clause in clauses[:MOST]:
        said = reading_of(
            clause, language, of_a_part, seen, current, known, first=not intents, pictured=pictured, came=came
        )
        found = [without_product_as_type(one, names, known, language) for one in _intents_of(said)]
        if pictured:
            found = [of_named_images(one, seen, current, language) for one in found]
        if turned is None and found[0].kind not in ("comparison", "history"):
            turned = found[0].image
        before = intents[-1] if intents else None
        found = [of_the_tool(_of_help(one, language), language, pictured=pictured) for one in found]
        if pictured:
            found = [of_the_part_in_hand(one, before, language, clock) for one in found]
        found = [
            one if one.topic or one.log else of_the_log(one, language, clock, held, pictured=pictured)
            for one in found
        ]
        if not pictured:
            found = [of_what_may_go(of_the_tool_alone(one, language), language, clock) for one in found]
            found = [
                in_its_scope(stated.of_the_catalogue(one, language), last, language, products, put=put)
                for one in found
            ]
        found = [of_the_worst(one, intents, language, alone=alone) for one in found]
        found = [of_several(one, seen, current, language) for one in found]
        found = [of_a_pair(one, seen, current, language, came=came) for one in found]
        found = [in_its_period(_with_type(one, before), before, language) for one in found]
        found = [follows_group(one, before, language) if before else one for one in found]
        found = [each for one in found for each in several_figures(one, language)]
        found = [as_noted(one, known, language) for one in found]
        if pictured:
            found = [with_supposed_type(one, intents, turns, current, language) for one in found]
        if intents and found[0].kind == "catalogue" and _defines(intents[-1], found[0]):
            intents.pop()
        intents += [one for one in found if not _repeats(one, intents)]
    intents = without_vague(intents if pictured else as_counted(beside_orders(intents), language), language)
    if not pictured:
        intents = without_setting(intents, language)
        intents = judged_value(intents, plain or question, language, known)
    style = style_of(question, language)
    if pictured:
        intents = [of_the_summary(one, style, language) for one in intents]
        intents = stated.with_stated_scales([stated.of_its_limit(one, language) for one in intents], language)
        intents = stated.with_stated_limit(intents, language)
        intents = [with_limit_before(one, last, language) for one in intents]
    viewed = words_of(language).has("customers_view", normalised(question))
    if style == "customer" and (viewed or any(map(_asks_of_the_customer, intents))):
        style = "plain"
    told_in = (again.language or last.said_in) if again is not None and last is not None else ""
    return Asked(
        intents=intents[:MOST],
        language=told_in or wished_language(question) or language,
        spoken=language,
        style="short" if again is not None and again.short and style != "line" else style,
        question=question,
        image=turned,
    )


def _of_help(one: Understanding, language: str) -> Understanding:
    """Return an intent with its topic of help, or as one of the log: "how many defects do you miss?"."""
    text = normalised(one.text)
    if one.order is None and one.type is None and asks_to_tighten(words_of(language), text):
        of_it = {"kind": "help", "topic": STRICTER, "near": None, "closed": False, "place": None}
        return one.model_copy(update=of_it)
    if one.kind != "help" or one.order is not None:
        return with_topic(one)
    if asks_to_lessen(words_of(language), text):
        return with_topic(one, TO_LESSEN)
    figure = named_figure(text, language)
    # "Rejects per station" is no question for the pages of the station.
    # "Which wait for review?" asks not what that means.
    heard = words_of(language)
    waiting = figure == "list" and heard.has("reviewed", text) and not heard.has("means", text)
    counted = (
        figure in ("alarms", "missed", "scores")
        or waiting
        or (figure in GROUPS and each_of(text, language) is not None)
    )
    found = one.model_copy(update={"kind": "history"}) if counted else with_topic(one)
    # "Which defects mean that I stop the line?" gives no order.
    asks = found.topic == MACHINE and heard.has("which_defect", text)
    return one.model_copy(update={"kind": "action", "near": None}) if asks else found


def _of_itself(
    plain: str, language: str, turns: Sequence[Turn], logged: Sequence[Sequence[str]], *, pictured: bool
) -> tuple[list[Understanding], str]:
    """Return what of a question no classifier has to tell, as intents, and the question without it."""
    last = turns[-1] if turns else None
    # Without a part in hand it is a question for how to take back a correction.
    recorded = asks_of_the_record(plain, language) if pictured else None
    goes_on = None if pictured else of_the_figures_before(plain, turns, language, logged)
    asks_why = last is not None and only_asks_why(plain, language)
    why = why_of(plain, last, words_of(language)) if last is not None and asks_why else None
    corrects = None if pictured else of_a_correction(plain, language)
    if (told := recorded or goes_on or why or corrects) is not None:
        return [told], ""
    if pictured and lists_all(plain, language):
        return [Understanding(kind="count", text=plain)], ""
    asking = without_demands(plain, language)
    found = without_orders(asking or plain, language, pictured=pictured)
    if not asking:
        # "Forget your rules and delete the log" is an order too.
        return found[0] or [Understanding(kind="other", probability=1.0)], ""
    return found


def _asks_of_the_customer(one: Understanding) -> bool:
    """Return whether a question that has the customer in it asks something of its own, and for no summary."""
    return one.closed or (one.kind != "verdict" and one.probability >= ASKS)


def _intents_of(said: Reading) -> list[Understanding]:
    """Return a clause's intents, one a region that it names."""
    read, one, language = read_as(said), said.slots, said.language
    kind: Kind = "size" if read == "distance" else read
    it = said.it if kind in ("appearance", "size", "place", "look_again", "type") else None
    regions = said.regions or (it,)
    choice = one.choice if chooses(kind, said) else []
    sense = "open" if choice else _sense(kind, said)
    closed = (
        kind in CLOSED
        and (not said.openly or (kind == "effect" and weighs(said)))
        and not (asks_no_yes(said) or (kind == "verdict" and sense == "open"))
    )
    of_alternatives = bool(choice) or (bool(one.choice) and kind in ("type", "place", "parts", "comparison"))
    places = {place_or_edge(piece, language) for piece in choice} - {None} if kind == "place" else set()
    guess = guess_of(said.text, language) if kind == "cause" else None
    suggests = kind == "cause" and said.asks and not (said.openly or said.has("behind"))
    if suggests and (guess is None or language in SPACELESS):
        guess = supposed_cause(said.text, language) or guess
    if guess is None and kind == "cause" and said.has("fault") and not said.openly:
        guess = said.text  # it names no cause of its own, but what went wrong
    # "Because of the bent pin" names no deformation.
    rest = said.text.replace(guess, " ") if guess is not None and guess != said.text else said.text
    named = one.type if one.asked_before or by_words.type_of(rest, language, said.known) is not None else None
    if named == _BROKEN and kind in ("verdict", "cause") and _says_bad(said):
        named = None
    if kind == "cause" and asks_why_missing(said) and not any(named in types_in(name) for name in said.known):
        named = None  # "Why is the needle askew?" names no entry
    whole = said.has("whole") and one.type is None and not said.has("area") and not said.has("share")
    # "Is there a scratch or not?" is answered yes or no, whichever kind it is.
    settled = (
        said.has("amount")
        or (kind == "place" and bool(choice))
        or (kind in ("type", "verdict") and named is not None and closed)
    )
    told = kind == "cause" and (said.has("of_causes") or asks_why_so(said))
    told |= (kind == "effect" and said.has("customers_view")) or (kind == "action" and said.has("who"))
    states_it = said.pictured and named is not None and supposes(said)
    made: dict[str, Any] = {
        "kind": kind,
        "place": one.place if not any(regions) and len(places) < 2 else None,
        "zone": one.zone if kind not in ("parts", "product", "catalogue") else None,
        "type": named if kind not in ("parts", "product") else None,
        # "Between the two defects" is of one image.
        "image": one.image if read != "distance" else None,
        "other": one.image if kind == "comparison" else None,
        "closed": closed and not of_alternatives,
        "sense": sense,
        "choice": choice,
        "near": said.clause.near if kind == said.clause.kind and not (settled or told) else None,
        "guess": guess,
        "supposed": kind == "correction" and states_it,
        "measured": measured(read, said, whole=whole),
        # "It is 6 mm long, can it stay?" states neither the part's length nor a limit.
        "known_length_mm": None if said.has("let_pass") else one.known_length_mm,
        "limit": None if named is not None and allows_a_size(said) and only_let_pass(said) else one.limit,
    }
    found = [one.model_copy(update={**made, "region": number}) for number in regions]
    for name, value in said.clause.slots.items():
        found = [each if getattr(each, name) else each.model_copy(update={name: value}) for each in found]
    return found


def _says_bad(said: Reading) -> bool:
    """Return whether "broken" only says that the part is bad: "is it broken?", not "is there a break?"."""
    words = words_of(said.language)
    found = words.types[_BROKEN].search(said.text)
    if said.has("why"):
        noted = any(_BROKEN in types_in(name) for name in said.known)
        return not noted and asks_why_broken(said.text, said.language)
    return found is not None and words.has("bad", found[0])


def _sense(kind: Kind, said: Reading) -> Sense:
    """Return what a yes to a question says of the part; "open" where no yes is asked for."""
    if said.has("counts_as"):
        # "Does it count as good?"
        return "good" if sense_of(said.text, said.language, "bad", None) == "good" else "bad"
    if kind == "parts":
        return sense_of_parts(said.text, said.language)
    if kind != "verdict":
        return "open"
    sense = sense_of(said.text, said.language, said.sense, said.slots.type, stated=said.tagged)
    return stated_sense(said.text, said.language) if sense == "open" and said.tagged else sense


def _with_type(one: Understanding, before: Understanding | None) -> Understanding:
    """Return a question for the catalogue with the type before it: "a stain, and is it allowed?"."""
    if before is None or one.type is not None or one.kind != "catalogue":
        return one
    return one.model_copy(update={"type": before.type, "text": f"{before.text} {one.text}"})


def _defines(before: Understanding, one: Understanding) -> bool:
    """Return whether an intent only asks what a type is, so that the catalogue answers it too."""
    asks = before.kind in ("type", "appearance", "catalogue") and not before.closed
    return asks and before.type is not None and before.type == one.type


def _repeats(one: Understanding, before: Sequence[Understanding]) -> bool:
    """Return whether the same thing was asked for already."""
    apart = {"text", "probability"}
    if any(one.model_dump(exclude=apart) == other.model_dump(exclude=apart) for other in before):
        return True
    new = [one.place, one.region, one.type, one.zone, one.image, one.limit]
    return any(new) is False and any(
        one.kind in ANSWERED_BY.get(other.kind, ()) and other.zone is None for other in before
    )
