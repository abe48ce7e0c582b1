"""What an answer is made of: the state, one thing that was asked, and the phrases of its language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from agents.answers.evidence import in_mm, observations, shown_regions
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import NEVER, Words, same_defect, words_of
from agents.questions.slots.region_ranks import Rank, rank_of
from agents.state import Asked, DialogueState, InspectionState, Observation, Seen, Understanding
from anomaly_core.names import name_key, plain_name
from anomaly_core.numbers import plain_number
from anomaly_core.results import CELLS
from tools.classify.classify import UNKNOWN
from tools.locations import ZONE, Box, box_of
from tools.phrases import Phrases
from tools.records import DefectRecord, EvidenceRecord, MeasuredRegion, PassageRecord, VerdictRecord
from tools.report.words import PROBLEMS
from tools.report.words import words_of as report_words

JUDGED: Final = {
    "good": '"{name}" was judged good by a person, {time} [{id}].',
    "anomalous": '"{name}" was judged anomalous by a person, {time} [{id}].',
}
"""What a person said of an image, by label."""
MOST_DESCRIBED: Final = 3
"""Regions, the strongest, that an answer describes where the question names none."""


@dataclass(frozen=True)
class Reply:
    """The answer to one thing asked.

    lead: its first words, which need no citation; may be all of it. body: cited sentences. affirmed: see
    `tools.records.AnswerRecord`. evidence: what was computed for it, cited by its sentences. whole: whether
    its body is a list, of which nothing is left out.
    """

    lead: str = ""
    body: Sequence[str] = ()
    affirmed: bool | None = None
    evidence: Sequence[EvidenceRecord] = field(default=())
    whole: bool = False

    @property
    def text(self) -> str:
        """The whole answer."""
        return " ".join(part for part in (self.lead, *self.body) if part)


@dataclass(frozen=True)
class Topic:
    """One thing that was asked about an image.

    number: its index among the question's intents. suspected: whether the most unusual place of a part in
    review is answered for as a defect would be. denied: a type that the question takes the defect for, where
    what was measured speaks against it; the intent is then without it.
    """

    state: InspectionState | DialogueState
    asked: Asked
    intent: Understanding
    number: int
    say: Phrases
    suspected: bool = False
    denied: str | None = None

    @property
    def words(self) -> Words:
        """The words of the question's language, which may not be the answer's."""
        return words_of(self.asked.spoken)

    @property
    def text(self) -> str:
        """What was asked, in lower case."""
        return normalised(self.intent.text)

    @property
    def as_put(self) -> str:
        """The question as it was put, where it asks for this alone, else what of it asks for this."""
        return self.asked.question if len(self.asked.intents) == 1 else self.intent.text

    @property
    def verdict(self) -> VerdictRecord:
        """The calibrated verdict."""
        return self.state["verdict"]

    @property
    def has_defect(self) -> bool:
        """Whether there is a part in hand, and it is anomalous."""
        return "verdict" in self.state and self.verdict.anomalous

    @property
    def regions(self) -> list[MeasuredRegion]:
        """The regions of an anomalous verdict, strongest first."""
        if self.suspected:
            return self.state["regions"][:1]
        return shown_regions(self.state)

    @property
    def chosen(self) -> list[MeasuredRegion]:
        """The regions that are asked about: the one named, by number or rank, else the strongest."""
        wanted = self.intent.region
        if wanted is not None:
            return self.regions[wanted - 1 : wanted]
        if self.words.has("last_region", self.text):
            return self.regions[-1:]
        rank = self.rank
        return self.regions[:MOST_DESCRIBED] if rank is None else ranked(self.regions, rank)

    @property
    def rank(self) -> Rank | None:
        """The rank by which the question names a region, or None."""
        return None if self.intent.region is not None else rank_of(self.text, self.asked.spoken)

    @property
    def absent(self) -> int | None:
        """The number or rank of a region that the question names and that there is none of, or None."""
        if self.chosen or not self.regions:
            return None if self.chosen else self.intent.region
        return self.intent.region or (None if self.rank is None else abs(self.rank.number))

    @property
    def scale(self) -> float | None:
        """The scale that was given when the product was enrolled, in pixels a millimetre, or None."""
        told = self.state.get("settings")
        return None if told is None or told.mm_per_px is None else 1 / told.mm_per_px

    @property
    def by_length(self) -> list[MeasuredRegion]:
        """The regions, the shortest first."""
        return sorted(self.regions, key=length_of)

    @property
    def product(self) -> str:
        """The product's name in plain words."""
        return plain_name(self.state["product"].name)

    @property
    def defect(self) -> DefectRecord | None:
        """The defect's type where it is known, else None."""
        found = self.state.get("defect_type")
        return None if found is None or found.name == UNKNOWN else found

    @property
    def type_said(self) -> str | None:
        """The type that a person named for this very image, or None."""
        said = self.verdict.person if "verdict" in self.state else None
        return said.defect_type if said is not None and said.verdict == "anomalous" else None

    @property
    def names_another_type(self) -> bool:
        """Whether the question names a type that is not the one found."""
        named = self.intent.type
        return named is not None and (self.defect is None or not same_type(named, self.defect.name))

    @property
    def type_as_asked(self) -> str:
        """The type that the question names, in its own words as they are written; "" for none."""
        named = self.intent.type or ""
        found = self.words.types.get(named, NEVER).search(self.text)
        if found is None:
            return self.as_noted(named)
        written = re.search(re.escape(found[0]), self.intent.text, re.IGNORECASE)
        return found[0] if written is None else written[0]

    def as_noted(self, name: str) -> str:
        """Return a type's name in plain words, with the capitals of the notes."""
        key = name_key(name)
        return plain_name(next((one for one in self.known_types if name_key(one) == key), name))

    @property
    def known_types(self) -> list[str]:
        """Names of types that the question may mean: those of the notes, and those that were compared."""
        found = self.state.get("defect_type")
        compared = [] if found is None else [found.name, *(one.name for one in found.alternatives)]
        return [*self.state.get("expected", []), *compared]

    @property
    def seen_images(self) -> list[Seen]:
        """The images of the conversation."""
        return self.state.get("seen") or []  # type: ignore[return-value]

    def seen(self, tool: str) -> Observation | None:
        """Return what a tool returned for this intent, or None."""
        return next(
            (one for one in observations(self.state) if one.tool == tool and one.intent == self.number), None
        )

    def yes_no(self, yes: bool) -> str:
        """Return "Yes." or "No."."""
        return self.say("Yes.") if yes else self.say("No.")

    def where(self, cell: str) -> str:
        """Return a place, as `tools.locations` names it, as a phrase such as "at the left edge"."""
        if cell.startswith(ZONE):
            return self.say("in the zone {zone}", zone=cell.removeprefix(ZONE))
        if cell in CELLS or cell.endswith((" edge", " half")):
            return self.say(f"in the {cell}" if cell.endswith(" half") else f"at the {cell}")
        return cell

    def spot(self, region: MeasuredRegion) -> str:
        """Return where a region lies: its zone, if it has one, and its place in the image."""
        place = self.where(region.cell)
        if region.beside:
            return self.say("{place}, beside the part", place=place)
        if region.zone is None:
            return place
        return self.say("in the zone {zone}, {place}", zone=region.zone, place=place)

    def located(self, region: MeasuredRegion) -> str:
        """Return the sentence on where a region lies and how it looks."""
        place = self.say.sentence(self.spot(region))
        if self.scale is not None:
            # Where its box lies is in the evidence, in pixels.
            return self.say("{place}: {look} [{id}].", place=place, look=self.look(region), id=region.id)
        return self.say(
            "{place}, box {box}: {look} [{id}].",
            place=place,
            box=list(region.bbox),
            look=self.look(region),
            id=region.id,
        )

    def lies_in(self, region: MeasuredRegion, place: str, least: float) -> bool:
        """Return whether at least a share of a region's box lies in a place, or its centre in a zone."""
        if place.startswith(ZONE):
            return region.zone == place.removeprefix(ZONE)
        opened = self.state["opened"]
        asked = box_of(place, opened.width, opened.height, [one.bbox for one in self.regions])
        x0, y0, x1, y1 = region.bbox
        width, height = min(x1, asked[2]) - max(x0, asked[0]), min(y1, asked[3]) - max(y0, asked[1])
        inside = max(width, 0) * max(height, 0) / max((x1 - x0) * (y1 - y0), 1)
        return inside > 0 and inside >= least

    def places(self, regions: Sequence[MeasuredRegion]) -> str:
        """Return the places of regions, each once; of a single one with its zone."""
        if len(regions) == 1:
            return self.spot(regions[0])
        return self.say.listed([self.where(cell) for cell in dict.fromkeys(r.cell for r in regions)])

    def look(self, region: MeasuredRegion) -> str:
        """Return how a region looks, as a phrase, and what became of what good parts show there."""
        seen, look = self._seen(region), region.look
        if look is None or look.change is None or look.change == "added":
            return seen
        if look.change == "moved":
            return self.say("{look}, of something that lies beside its place", look=seen)
        if (look.shown or 0) < 0:
            return self.say("{look}, where good parts show something dark that is missing", look=seen)
        return self.say("{look}, where good parts show something bright that is missing", look=seen)

    def _seen(self, region: MeasuredRegion) -> str:
        """Return how a region looks; in English as it was measured."""
        look = region.look
        if self.say.language == "en":
            return region.text if self.scale is None else in_mm(region, self.scale)
        if look is None:
            return self.say("a deviation of the arrangement")
        tone = "" if abs(look.contrast) < 3 else "dark " if look.contrast < 0 else "bright "
        article = "a" if look.shape == "round" else "an"
        area = self.say(f"{article} {look.shape} {tone}area")
        length, width = look.length_px, max(look.width_px, 1)
        if self.scale is not None:
            shown = (plain_number(pixels / self.scale) for pixels in (length, width))
            return self.say(
                "{area}, {length} mm long and {width} mm wide",
                area=area,
                length=next(shown),
                width=next(shown),
            )
        return self.say(
            "{area}, {length} px long and {width} px wide",
            area=area,
            length=round(length),
            width=round(width),
        )

    def cited(self, items: Sequence[MeasuredRegion] | Sequence[EvidenceRecord]) -> str:
        """Return ids as a citation."""
        return f"[{', '.join(item.id for item in items)}]"

    def type_name(self, name: str) -> str:
        """Return a defect's name in plain words."""
        return self.as_noted(name)

    @property
    def problems(self) -> list[str]:
        """Why the image is hard to judge, a sentence each; with what was measured in English alone."""
        told = [problem.rstrip(".") for problem in self.verdict.problems]
        if self.say.language != "en":
            words, names = report_words(self.say.language), [problem.partition(": ")[0] for problem in told]
            told = [words(name) if name in PROBLEMS else name for name in names]
        return [self.say("{problem} [quality].", problem=problem) for problem in told]

    def near_limit(self) -> list[str]:
        """Return a sentence where a person should look, and none did, else nothing."""
        if self.verdict.person is not None:
            return []
        if self.verdict.not_comparable:
            found = [
                self.say("The image isn't comparable with the good ones, so a person should look [quality].")
            ]
            return [*found, *self.problems]
        if self.verdict.uncertain or self.verdict.decision == "review":
            return [self.say("It is a borderline case, so a person should look [score].")]
        return []


def ranked(regions: Sequence[MeasuredRegion], rank: Rank) -> list[MeasuredRegion]:
    """Return the region of a rank, or nothing where there are fewer."""
    if rank.by == "length":
        order = sorted(regions, key=length_of, reverse=rank.number > 0)
    else:
        far, across = rank.by in ("right", "bottom"), rank.by in ("left", "right")
        order = sorted(regions, key=lambda one: _middle(one.bbox, across=across), reverse=far)
    return order[abs(rank.number) - 1 : abs(rank.number)]


def _middle(box: Box, *, across: bool) -> float:
    """Return the middle of a box from left to right, else from top to bottom, in pixels."""
    start, end = (box[0], box[2]) if across else (box[1], box[3])
    return (start + end) / 2


def length_of(region: MeasuredRegion) -> float:
    """Return a region's length in pixels, that of its box where it has no outline."""
    if region.look is not None:
        return region.look.length_px
    x0, y0, x1, y1 = region.bbox
    return float(max(x1 - x0, y1 - y0))


def same_type(one: str, other: str) -> bool:
    """Return whether two names are of the same type, such as "crack" and "cracks" or "thread crack"."""
    first, second = name_key(one), name_key(other)
    return first in second or second in first or same_defect(one, other)


def image_name(seen: Sequence[Seen], number: int) -> str:
    """Return the file name of a thread's image, with its number where another one has the same name."""
    names = {one["number"]: PurePath(one["image"]).name for one in seen}
    name = names.get(number, f"image {number}")
    return name if list(names.values()).count(name) < 2 else f"{name} #{number}"


def about_type_of(state: InspectionState | DialogueState) -> PassageRecord | None:
    """Return the first passage about the type that was found, or None."""
    defect = state.get("defect_type")
    return next((p for p in state["passages"] if defect is not None and p.defect == defect.name), None)


def values_of(observation: Observation | None) -> dict[str, Any]:
    """Return what a tool measured, or nothing."""
    return {} if observation is None else observation.values
