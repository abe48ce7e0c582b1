"""The typed state of both graphs: paths, hashes and small records, never arrays."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

# From here, not from typing: pydantic makes no schema of typing's before Python 3.12, and Studio shows forms.
from typing_extensions import TypedDict

from tools.locations import ZONE
from tools.log_question import LogQuestion
from tools.records import (
    DefectRecord,
    EvidenceRecord,
    FilesRecord,
    Kind,
    LanguageRecord,
    MeasuredRegion,
    OpenedRecord,
    PassageRecord,
    ProductRecord,
    Record,
    SettingsRecord,
    TemplateRecord,
    UnderstoodRecord,
    VerdictRecord,
)

MOST_IMAGES: Final = 12
"""Images that a thread remembers: the first, and those looked at last."""
MOST_TURNS: Final = 20
"""Questions and answers that a thread remembers, the latest."""
LONGEST_REMEMBERED: Final = 600
"""Characters of a question, and of an answer, that are remembered."""


def add_times(left: dict[str, float], right: dict[str, float]) -> dict[str, float]:
    """Sum milliseconds by step."""
    return {key: left.get(key, 0.0) + right.get(key, 0.0) for key in {**left, **right}}


class InspectionInput(TypedDict, total=False):
    """What a caller gives: an image and, where wanted, its product, a question, a folder for pictures.

    shown_name: of an image whose path is a passing one, such as an upload's.
    """

    image: str
    shown_name: str | None
    named_product: str | None
    question: str | None
    out: str | None


class MeasureInput(TypedDict, total=False):
    """What measuring is given: an opened image."""

    image: str
    shown_name: str | None
    named_product: str | None
    opened: OpenedRecord


class Measured(TypedDict, total=False):
    """What measuring finds of an image; a thread keeps it.

    warnings: what failed beside it.
    """

    encoder: str
    opened: OpenedRecord
    product: ProductRecord
    settings: SettingsRecord
    decoder: str
    language: LanguageRecord
    verdict: VerdictRecord
    regions: list[MeasuredRegion]
    defect_type: DefectRecord | None
    warnings: list[str]
    timings_ms: Annotated[dict[str, float], add_times]


class InspectionState(InspectionInput, Measured, total=False):
    """The input, and what each node adds to it."""

    templates: list[TemplateRecord]
    expected: list[str]
    passages: list[PassageRecord]
    answer: str
    analysis: str
    evidence: list[EvidenceRecord]
    files: FilesRecord


PER_IMAGE: Final = frozenset(Measured.__annotations__) - {"timings_ms", "warnings", "opened"}
"""Keys of the state that are kept of an image, to be recalled without measuring again."""


class Seen(TypedDict):
    """An image of a thread. number: 1 for its first; found: what was measured, by key of the state.

    store_version: of the store that it was measured with.
    """

    number: int
    image: str
    sha256: str
    store_version: int
    found: dict[str, Any]


Order = Literal["judge", "release", "delete", "rates", "learn", "mail", "report", "write", "machine"]
"""What an order wants: a verdict, a lot's release, rows gone, rates, learning, a mail, a file of rows, a
report, a machine to act."""
Recorded = Literal["saved", "undo"]
"""What is asked of the record of the part in hand: what there is, or how to take it back."""


class Understanding(UnderstoodRecord):
    """One thing that a question asks for, and what else its words say.

    text: its words. probability: of the kind, in [0, 1]. closed: whether it asks for yes or no. sense: what
    a yes to a question for the verdict says of the part; "open" where it asks for no yes or no. other:
    number of the image to compare with. known_length_mm: of the part, as the question gives it. choice: the
    alternatives of an either-or question. guess: the cause that it suggests. measured: what a question for
    a size wants the size of; the distance is the defect's to something, the share that of the part, the
    feature what belongs to the part; of a question for a place it is a clock's hour. near: the kind that is
    nearly as likely, where its answer is another one. order: what it orders, recorded: what it asks of the
    record, of the kind help, topic: of help too, see `agents.questions.learned.topics`. supposed: whether
    its type is what the person says that the defect is. asked_before: whether its type is one that a
    question before asked for. maybe: types of the notes that it may be about, the nearest first, where none
    is sure. zones: all those that it is about at once. others: whether these are all but those named
    before. log: what is asked of the log, for a question of the kind history.
    """

    text: str = ""
    probability: float = 1.0
    closed: bool = False
    sense: Literal["good", "bad", "open"] = "open"
    other: int | None = None
    known_length_mm: float | None = None
    choice: list[str] = Field(default_factory=list)
    guess: str | None = None
    measured: Literal["defect", "share", "distance", "part", "feature", "clock"] = "defect"
    near: Kind | None = None
    order: Order | None = None
    recorded: Recorded | None = None
    topic: str | None = None
    supposed: bool = False
    asked_before: bool = False
    maybe: list[str] = Field(default_factory=list)
    zones: list[str] = Field(default_factory=list)
    others: bool = False

    def printed(self, image: int | None = None) -> UnderstoodRecord:
        """Return what is printed of it. image: number of the image in hand, where the question names none.

        A zone that stands as the place is printed as the zone alone.
        """
        fields = self.model_dump(include=set(UnderstoodRecord.model_fields))
        if self.place is not None and self.place.startswith(ZONE):
            fields["place"] = None
        return UnderstoodRecord(**{**fields, "image": fields["image"] or image})

    log: LogQuestion | None = None


class Asked(Record):
    """What the current question asks for.

    intents: in order, never empty. language: that of the answer. spoken: that of the question. style:
    "yes_no" for that word alone, "line" for one sentence, "customer" for a summary without ids and numbers,
    "short" for the first words and one sentence. question: without its options, in full where it goes on
    with one before. options: of a multiple-choice question, by letter; else empty. image: number of the
    thread's image that it turns to, or None for the one that came with it.
    """

    intents: list[Understanding]
    language: str = "en"
    spoken: str = "en"
    style: Literal["plain", "yes_no", "line", "customer", "short"] = "plain"
    question: str = ""
    options: dict[str, str] = Field(default_factory=dict)
    image: int | None = None
    listed: list[str] = Field(default_factory=list)

    @property
    def first(self) -> Understanding:
        """What is asked for first."""
        return self.intents[0]

    def answered_in(self, language: str | None) -> Asked:
        """Return the same question, its answer in a language; as it is where None."""
        return self if language is None else self.model_copy(update={"language": language})


class Turn(Record):
    """A question of a thread and its answer.

    image: its number, 0 for a question without one. region: 1-based, where one was meant. said_in:
    language of the answer. meant: the question in full, where it went on with one before. slots: what it
    asks for first. listed: types of defects that its answer listed.
    """

    number: int
    image: int
    question: str
    kind: Kind
    region: int | None
    answer: str
    language: str = "en"
    said_in: str = ""
    meant: str = ""
    slots: Understanding | None = None
    listed: list[str] = Field(default_factory=list)


class PlannedCall(Record):
    """One tool call of a plan. `why`: what it is for, as a step shows it; intent: index of what needs it."""

    tool: str
    arguments: dict[str, Any]
    why: str
    intent: int = 0


class Observation(Record):
    """What a tool returned: its words, as evidence with an id that an answer cites, and its values as JSON.

    intent: index of what it was called for; -1 for a call of a chat model.
    """

    tool: str
    evidence: EvidenceRecord
    values: dict[str, Any] = Field(default_factory=dict)
    intent: int = -1


class Step(Record):
    """One step of the chain of thought. `evidence`: ids of what it rests on, never empty."""

    kind: Literal["object", "expected", "difference", "judgement", "conclusion"]
    text: str
    evidence: list[str]


class Review(Record):
    """What a person said of an uncertain verdict. `id`: of the recorded correction."""

    verdict: Literal["good", "anomalous"]
    defect_type: str | None = None
    note: str = ""
    id: str = ""


class DialogueInput(InspectionInput, total=False):
    """What a turn of a dialogue is given.

    given: the image that came with the question; `image` may turn to another one of the thread.
    review: ask a person where the verdict is uncertain.
    """

    given: str
    review: bool


class DialogueState(InspectionState, DialogueInput, total=False):
    """A thread: the current question's state, and a bounded memory of the images and turns before."""

    asked: Asked
    opening: str
    free: list[str]
    affirmed: bool | None
    plan: list[PlannedCall]
    observations: list[Observation]
    steps: list[Step]
    draft: str | None
    violations: list[str]
    reviewed: Review | None
    seen: list[Seen]
    turns: list[Turn]
    turn: int
