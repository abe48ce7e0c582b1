"""Rules by which the words of a clause change its kind, which is the classifier's."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from agents.questions.form.polarity import sense_of
from agents.questions.intents import STANDS
from agents.questions.learned.classifier import KINDS
from agents.questions.learned.topics import asks_to_lessen
from agents.questions.lexicon.words import once, words_of
from agents.questions.log.unheld import unheld_of
from agents.questions.rules import asked_for as asked
from agents.questions.rules import kind_sets as kinds
from agents.questions.rules.of_like_things import counts_what_belongs, counts_what_lacks, points_at_one
from agents.questions.rules.of_what_belongs import asks_if_part_there, asks_if_there, asks_why_missing
from agents.questions.rules.supposed import supposes
from agents.questions.slots.causes import asks_why_broken, supposes_cause
from agents.questions.slots.places import place_or_edge
from agents.questions.slots.reading import Reading
from agents.questions.slots.region_ranks import is_rank
from knowledge.catalogue.fields import columns_named
from tools.records import Kind

Read = Kind | Literal["distance"]
"""What a clause is read as; a distance is a size, of what lies between two things."""
Rule = tuple[Collection[Kind], object, Read]
"""Kinds, whether the words mean another one where a clause is of these, and that one."""


def read_as(said: Reading) -> Read:
    """Return what a clause is read as: its kind, changed by one rule after the other."""
    read: Read = said.slots.kind
    for of_these, meant, other in _rules(said):
        read = other if read in of_these and meant else read
    return read


def _rules(said: Reading) -> tuple[Rule, ...]:
    """Return the rules in their order, each below a question that it is for."""
    one = said.slots
    named, limited, unsure = one.type is not None, one.limit is not None, one.probability < STANDS
    says_good = said.clause.sense == sense_of(said.text, said.language, "open", one.type) == "good"
    asks_if_good = says_good and not said.openly
    doubts = said.asks and not said.openly and not said.has("usual")
    sides = {place_or_edge(piece, said.language) for piece in one.choice} - {None}
    blames = said.pictured and not named and not said.openly and said.has("fault")
    neutral = sense_of(said.text, said.language, "open", None) == "open" and not said.openly
    troubled = not (named or said.openly or one.zone or one.place) and said.has("trouble")
    # "Has this remote control a problem?" is of the part; "feeder problem?" is of what made it.
    troubled &= not said.has("this_part")
    blames &= not said.has("this_part")
    crosses = said.pictured and neutral and not limited and said.has("crosses")
    placed = said.pictured and one.place is not None and not (said.openly or limited or one.choice)
    placed &= said.asks and said.clause.kind in ("place", "verdict") and not said.regions
    alike_parts = said.pictured and said.has("same") and not said.openly and one.image is None
    features = words_of(said.language).features.values()
    alike_parts &= any(noun.search(said.text) for noun in features) and not said.has("image")
    denies = named and not one.choice and words_of(said.language).has("no", once(said.text)) and doubts
    weighed = not one.choice and not re.search(r"\d", said.text) and asked.weighs(said)
    ranked = (
        said.pictured
        and is_rank(said.text, said.language)
        and not (said.has("compare") or asked.of_log(said))
    )
    asked_of_part = (said.pictured or named) and said.asks and not said.openly
    matched = said.pictured and not named and said.has("matches")
    judged = sense_of(said.text, said.language, "open", one.type) != "open"
    verb = words_of(said.language).by_meaning["asking"].match(said.text)
    asks = said.asks or verb is not None or said.has("asks_if")
    asks_colour = said.has("colour") and verb is None and not (named or said.has("usual") or matched)
    asks_of_it = said.pictured and asks and not said.openly and (named or judged)
    from_edge = said.has("edge") or said.has("part_end")
    of_notes = not said.pictured and named and not asked.of_log(said)
    allowed = of_notes and said.has("threshold")
    fields = columns_named(said.text) if of_notes and not (allowed or said.has("limit")) else frozenset()
    wrong = said.pictured and not named and said.has("what_wrong")
    relies = said.pictured and not (named or said.openly or said.has("piece")) and said.has("relies")
    exceeds = said.pictured and not (named or said.openly) and said.has("limit_noun") and said.has("at_least")
    exceeds &= not asked.of_log(said)
    leaves = said.pictured and not (named or said.openly or said.has("effects")) and said.has("keep")
    leaves &= not (said.has("or") or said.has("given"))
    remedied = said.has("remedy") or (said.pictured and doubts and said.has("rework"))
    apart = said.pictured and said.has("deviates") and said.has("good_part") and not said.has("to_pass")
    return (
        # "Is it ok? 1 mm is 48 px."
        (kinds.OF_A_LENGTH, limited or one.scale_px_per_mm or one.known_length_mm, "size"),
        # "Does it differ by less than 2 mm from the good one?"
        ({"comparison"}, limited and one.image is None, "size"),
        # "Does it still pass, the limit is 4?"
        ({"action", "help", "comparison"}, limited and said.has("limit_noun") and not said.openly, "size"),
        # "If the stain has 7 mm, does it pass?"
        (kinds.ACCEPTED | {"size"}, said.pictured and named and asked.allows_a_size(said), "size"),
        # "Smeared or just shifted?"
        (kinds.CHOSEN, said.pictured and asked.only_chooses_a_type(said), "type"),
        # "Is the white line a scratch or chalk?", whichever of them the notes know.
        ({"normal"}, said.pictured and named and len(one.choice) > 1 and not said.openly, "type"),
        # "Is that a dent, or only a reflection?"
        (kinds.DOUBTED, said.pictured and asked.doubts_a_type(said), "type"),
        # "What is the fix for faint print?"
        (
            kinds.REMEDIED,
            remedied and not (said.has("of_causes") or limited or asked.of_log(said)),
            "action",
        ),
        (
            {"help", "correction", "other", "reasoning"},
            named and said.has("remedy") and not limited,
            "action",
        ),
        # "Shifted by how much?" beside an image is of no log.
        ({"history", "count"}, said.pictured and said.has("shifted") and said.has("by_how_much"), "size"),
        # "Is such a spot allowed?"
        ({"catalogue"}, said.pictured and not named and not said.openly and said.has("limit"), "size"),
        # "Are there dead areas?" asks for no size, though the type is named for an area.
        ({"size", "count", "catalogue"}, asked.asks_presence(said), "verdict"),
        # "Y a-t-il des zones mortes ?" beside an image is of the part.
        ({"history"}, asked.asks_if_any(said), "verdict"),
        # "Anything on the coating?", "good one?"
        ({"other", "help"}, asked.asks_if_odd(said), "verdict"),
        ({"greeting", "other"}, asked.greets_no_one(said), "verdict"),
        (
            {"effect", "help", "other", "greeting", "history", "confidence"},
            asked.only_judges(said),
            "verdict",
        ),
        # "Any chance to save it?"
        (kinds.TALK | {"confidence"}, asked_of_part and said.pictured and said.has("rework"), "action"),
        # "Is this thermal paste?", whatever that is.
        (
            {"verdict"},
            said.pictured and neutral and not (named or said.has("bad")) and said.has("is_it"),
            "type",
        ),
        # "What is this red line?"
        ({"help", "normal", "other", "product", "catalogue"}, asked.points_at_it(said), "type"),
        # "Is the marking correct?"
        (
            kinds.BELONGING | {"parts", "action", "effect", "help", "product", "reasoning"},
            asked.asks_if_correct(said),
            "verdict",
        ),
        # "Is the colour ok?" asks for no look.
        ({"appearance"}, said.has("colour") and judged and not said.openly, "verdict"),
        # "Colour of the liquid?" asks for a look.
        (kinds.COLOURED, said.pictured and neutral and asks_colour, "appearance"),
        # "Are the holes all the same?" compares no images.
        ({"comparison"}, alike_parts, "verdict"),
        # "What is there in the hole?" asks for no entry on holes.
        ({"catalogue"}, asked.asks_what_is_in_it(said), "appearance"),
        # "Is the hole where it should be?" asks for no defect's place.
        ({"place"}, said.pictured and not said.openly and said.has("in_place"), "verdict"),
        # "How many tablets are there?", where the notes know a missing tablet.
        ({"count"}, counts_what_belongs(said), "parts"),
        # "How many are missing?"
        (kinds.COUNTED, counts_what_lacks(said), "parts"),
        # "Does it still have both arms?", "is a hole missing?"
        (kinds.BELONGING, asks_if_there(said), "parts"),
        # "Is there a date?", "is the head still on?"
        (kinds.OF_ONE_THING, asks_if_part_there(said), "parts"),
        # "Is the tip bent?" asks for no pieces.
        ({"parts"}, named and not said.has("how_many") and not asks_if_there(said), "verdict"),
        # "¿Es una mancha de aceite?" asks for no entry of the notes.
        ({"catalogue"}, asked.asks_whether_it_is(said), "type"),
        # "Is the zone head ok?": a yes to whether the defect is there would say that the zone is ok.
        ({"place"}, asks_if_good, "verdict"),
        # "Is there a scratch near the hole?", but "can you look again at the hole?"
        ({"look_again"}, asks_of_it and not said.has("looks_again"), "verdict"),
        # "Is this brake pad faulty?" asks for no effects, where it may ask for the verdict as well.
        ({"effect"}, asks_of_it and said.clause.near == "verdict" and said.has("bad"), "verdict"),
        # "Check that the top is fine."
        ({"look_again"}, asks_if_good and unsure, "verdict"),
        # "How many labels are there?"
        ({"count"}, not named and one.zone is not None and said.has("how_many"), "parts"),
        # "What does it cost?"
        ({"verdict", "product", "size", "count", "help"}, said.has("price"), "other"),
        # "Is that still within the limits?"
        ({"confidence"}, not named and said.has("tolerance"), "size"),
        # "Passou do limite?" beside an image
        (
            {"confidence", "history", "appearance", "reference", "normal"},
            exceeds and not asked.of_log(said),
            "size",
        ),
        # "Is the scratch on the shank still within the limit?"
        (kinds.TOLERATED, said.pictured and not said.openly and said.has("tolerance"), "size"),
        ({"correction"}, said.pictured and doubts and said.has("tolerance"), "size"),
        # "Is the picture sharp enough?" is of the photograph, not of the part.
        (KINDS, said.has("judgeable"), "confidence"),
        # "Can I trust this result?"
        (kinds.ASSENTED | {"help", "verdict", "reasoning", "normal"}, relies, "confidence"),
        # "Which pin is it?"
        (kinds.POINTED, points_at_one(said), "place"),
        # "At 3 o'clock?"
        ({"history", "other", "help", "count", "greeting"}, asked.asks_at(said), "place"),
        # "At what o'clock is it?"
        (KINDS, asked.asks_the_hour(said), "place"),
        # "Can you write poems?"
        (KINDS, not named and said.has("art"), "other"),
        # "How far is it from the edge?", but "how far is it shifted?"
        (
            kinds.MEASURED,
            said.has("distance") and (from_edge or not (limited or said.has("shifted"))),
            "distance",
        ),
        (kinds.MEASURED, said.has("distance") and said.has("shifted") and not from_edge, "size"),
        # "What share of the surface is covered?", but "what share of the rejects were false alarms?"
        (KINDS, said.has("share") and (said.pictured or named), "size"),
        # "How much of the tile is damaged, in percent?"
        (
            {"verdict", "type", "place", "count", "appearance"},
            said.pictured and said.openly and said.has("percent") and (said.has("bad") or said.has("region")),
            "size",
        ),
        # "不良面積は何パーセント?", "what is the total defective area?"
        ({"confidence", "type"}, said.pictured and asked.asks_area(said), "size"),
        # "Who can fix the cause?"
        ({"action", "cause", "effect", "catalogue", "product", "reference"}, said.has("who"), "action"),
        # "Which standard applies?", but "which lots are out of spec today?" is of the log.
        (KINDS, said.has("norm") and not asked.of_log(said), "normal"),
        # "Whom do I tell when a tile has a crack?"
        (kinds.OF_A_DEFECT, said.has("who") and said.has("to_tell"), "action"),
        # "Bin it or keep it?"
        (kinds.NO_FATE, len(said.fates - {None}) > 1 and "discard" in said.fates, "action"),
        # "Cost of scrap today?", "who is to blame?"
        (kinds.UNHELD, not named and unheld_of(words_of(said.language), said.text), "other"),
        # "Is the tool to blame?", "could the grinding have done this?", "why is it broken?"
        (kinds.UNHELD, asked_of_part and said.has("blame"), "cause"),
        (kinds.BLAMED, asked_of_part and supposes_cause(said.text, said.language), "cause"),
        (kinds.BROKEN, said.pictured and asks_why_broken(said.text, said.language), "cause"),
        ({"parts", "help", "reference", "verdict", "place", "reasoning"}, asks_why_missing(said), "cause"),
        # "Which entry fits best?"
        ({"catalogue", "comparison", "reference"}, said.pictured and not named and said.has("fits"), "type"),
        # "A scratch, hm."
        (kinds.TALK, named and unsure, "verdict"),
        # "Can it go out like that?"
        ({"effect", "help", "place", "product"}, leaves and not weighed, "verdict"),
        # "Is rust a problem?" asks for no permission.
        (kinds.SUPPOSED, not said.pictured and named and weighed, "effect"),
        ({"action"}, not said.pictured and named and weighed and said.has("harmless"), "effect"),
        # "¿Y de dónde sale?" asks for no place.
        (kinds.ORIGINS, (said.pictured or named) and asked.asks_where_from(said), "cause"),
        # "¿Y por qué pasó?" asks for no reason of the verdict.
        (kinds.ORIGINS | {"effect"}, said.openly and said.has("why") and said.has("happened"), "cause"),
        # "What would the customer say?"
        (kinds.VIEWED, said.has("customers_view"), "effect"),
        # "Why is the pin so dark?", but "why did you call it dark?"
        ({"reasoning", "appearance", "verdict", "type", "normal"}, asked.asks_why_so(said), "cause"),
        # "What happens if we ship it?"
        (kinds.OF_EFFECTS, said.has("effects") and not said.has("to_do"), "effect"),
        ({"verdict"}, said.openly and said.has("effects"), "effect"),
        # "Why is a dead area dangerous?"
        (kinds.WHY, not said.pictured and said.has("why") and said.has("serious"), "effect"),
        # "What do we do when we find a blowhole?"
        (kinds.FACED, not said.pictured and said.has("to_do"), "action"),
        # "What do I do if the burr is too large?"
        ({"size"}, said.has("to_do") and said.has("given") and not re.search(r"\d", said.text), "action"),
        # "How do I get fewer false alarms?"
        (kinds.LESSENED, asks_to_lessen(words_of(said.language), said.text), "help"),
        # "What is different from a good one?"
        ({"reference"}, apart, "comparison"),
        ({"verdict", "normal", "product", "appearance", "type"}, apart and said.openly, "comparison"),
        # "No scratch, right?", "tá boa essa?": what corrects ends in no question mark.
        ({"correction"}, said.pictured and doubts, "verdict"),
        (kinds.ASSENTED, said.pictured and said.tagged and not said.openly, "verdict"),
        # "So you found no scratch?"
        ({"look_again", "type", "place", "normal"}, denies, "verdict"),
        ({"confidence"}, said.pictured and asked.sure_of_none(said), "verdict"),
        # "How much juice is missing?"
        (kinds.FILLED, said.pictured and said.has("amount") and not limited, "parts"),
        # "Does the picture match the juice?"
        (kinds.FILLED | kinds.ASSENTED, matched and not said.has("tolerance"), "parts"),
        # "Can you read the number?", but "why does it say reject?"
        ({"verdict", "other"}, said.pictured and said.has("read_it") and said.has("why"), "reasoning"),
        (kinds.WRITTEN, said.pictured and said.has("read_it"), "verdict"),
        # "Is the print legible?"
        (
            kinds.WRITTEN | {"size", "effect", "normal", "place", "confidence"},
            said.pictured and said.has("legible") and not (said.openly or said.has("read_it")),
            "verdict",
        ),
        # "Wie hoch ist der?"
        ({"confidence", "appearance", "verdict"}, said.pictured and said.has("how_high"), "size"),
        # "Are all resistors the right value?"
        (kinds.WRITTEN, said.pictured and not said.openly and said.has("value_or_turn"), "verdict"),
        (kinds.OF_A_VALUE, asked_of_part and not named and said.has("value_or_turn"), "verdict"),
        # "There is a speck on top. Does that count?"
        (
            {"type", "count", "history", "effect", "catalogue", "correction", "confidence"},
            said.pictured and said.has("counts_as"),
            "verdict",
        ),
        # "Show me the heat map."
        (kinds.SHOWN, said.pictured and said.has("pictured"), "appearance"),
        # "What would have to be different for it to pass?"
        (kinds.PASSING, said.pictured and said.openly and said.has("to_pass"), "reasoning"),
        # "Why that type and not a swapped label?"
        ({"correction", "normal"}, said.pictured and said.openly and said.has("why"), "reasoning"),
        # "Is it shifted to the left or to the right?"
        (kinds.SIDED, said.pictured and len(sides) > 1, "place"),
        # "Does it cross the joint?"
        ({"verdict", "other", "look_again", "parts", "size"}, crosses, "place"),
        # "How large is it?", "is it at the left?"
        ({"size"}, placed, "place"),
        ({"catalogue", "comparison"}, crosses and said.slots.place is not None, "place"),
        # "Is something lying between the pins?" asks for no cause.
        (KINDS, said.pictured and said.has("lies_there") and doubts and not named, "verdict"),
        # "Did the feeder jam?"
        ({"verdict", "other", "help", "correction", "parts"}, blames, "cause"),
        # "Feeder problem?"
        (kinds.TROUBLED, said.pictured and troubled, "cause"),
        # "Qu'est-ce qui cloche ?" asks what is seen, and where.
        (kinds.WHAT_WRONG, wrong and not (said.has("effects") and said.has("given")), "verdict"),
        # "What does that mean for the assembly?"
        (kinds.OF_EFFECTS | {"help", "verdict", "comparison"}, said.has("means_for"), "effect"),
        # "By how many degrees is it turned?"
        (kinds.MEASURED | {"history", "catalogue", "verdict", "count"}, asked.asks_an_angle(said), "size"),
        # "Is the middle hole smaller than the others?"
        (KINDS, asked.of_features(said), "size"),
        # "Could this be just a trick of the light?"
        (
            kinds.PLAYED_DOWN,
            said.pictured and asked.plays_down(words_of(said.language), said.text),
            "correction",
        ),
        # "The last spot, what is it?", "the second largest one"
        (kinds.RANKED, ranked, "appearance"),
        ({"verdict"}, ranked and unsure, "appearance"),
        # "Tell me about number 2."
        ({"other"}, said.pictured and bool(said.regions), "appearance"),
        ({"count", "help"}, said.pictured and bool(said.regions) and not said.openly, "appearance"),
        # "What is behind a burr?", "what does the Maßnahme say for a burr?"
        (kinds.DEFINED | {"verdict"}, of_notes and said.has("behind"), "cause"),
        (kinds.DEFINED, fields == {"cause"}, "cause"),
        (kinds.DEFINED, bool(fields) and fields <= {"effect", "severity"}, "effect"),
        (kinds.DEFINED, fields == {"action"} or fields == {"responsible"}, "action"),
        # "Who is responsible for burrs?" is of nobody in the log.
        (kinds.DEFINED, of_notes and said.has("who") and said.has("to_tell"), "action"),
        # "From what size is a dent scrap?", "how big can it be?"
        (kinds.LIMITED, allowed and not re.search(r"\d", said.text), "catalogue"),
        # "Is that scratch acceptable?" is held against its limit.
        (kinds.ACCEPTED, said.pictured and named and not said.openly and said.has("acceptable"), "size"),
        # "Can we let it pass at that length?"
        (kinds.LET_PASS, said.pictured and asked.lets_pass(said), "size"),
        # "Is the print smeared?" asks for no size.
        (
            {"size", "catalogue", "action"},
            said.pictured and unsure and asked.asks_only_if_it_is(said),
            "type",
        ),
        # "The print is smeared. Why?" asks for no reason of the verdict.
        ({"reasoning"}, said.pictured and named and asked.states_then_asks_why(said), "cause"),
        # "Is rust a reason to reject?" asks for no cause.
        (KINDS, (said.pictured or named) and not said.openly and said.has("reason_to"), "verdict"),
        # "I think that is a blowhole."
        (kinds.SUPPOSED, said.pictured and named and supposes(said), "correction"),
        # "Is it enough to sort out this one?"
        (kinds.VIEWED | {"history", "effect"}, said.pictured and asked.asks_if_enough(said), "action"),
        # "¿Podría ser un arañazo?" asks for no cause.
        ({"cause", "confidence"}, asked.supposes_only_a_type(said), "type"),
    )
