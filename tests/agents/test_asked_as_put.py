"""Yes and no as they were asked: whether something is right, of the others, and words that name no type."""

from __future__ import annotations

import pytest

from agents.questions.form.alternatives import alternatives_of, fate_of
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.log.typed import without_types_as_people
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.questions.verdict_words import says_so
from agents.state import Understanding

HOLES = ["upper-left hole", "upper-right hole", "lower-left hole", "lower-right hole"]
ZONES = [*HOLES, "ribs", "serial plate", "embossing"]
TYPES = ["Falte", "Fadenbruch (Kettfaden fehlt)", "Loch", "broken rib", "missing plate"]


def asked(text: str, before: str = "", strongest: str | None = None) -> list[Understanding]:
    return in_zones(understand(text, known=TYPES), ZONES, before, strongest).intents


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Is the embossing correct?", "embossing"),
        ("Stimmt die Prägung?", "embossing"),
        ("L'incisione è giusta?", "embossing"),
        ("La gravure est-elle correcte ?", "embossing"),
        ("A gravação está certa?", "embossing"),
        ("压印对吗?", "embossing"),
        ("刻印は正しいですか?", "embossing"),
        ("각인이 맞아요?", "embossing"),
        ("铭牌位置对不对?", "serial plate"),
        ("Stimmen die Rippen?", "ribs"),
    ],
)
def test_what_is_right_is_good(text: str, zone: str) -> None:
    one = asked(text)[0]
    assert (one.kind, one.zone, one.sense, one.closed) == ("verdict", zone, "good", True)


def test_what_is_not_right_is_bad() -> None:
    assert asked("Stimmt die Prägung nicht?")[0].sense == "bad"


@pytest.mark.parametrize(
    "text",
    [
        "Are the other three holes fine?",
        "Sind die anderen Bohrungen ok?",
        "Les autres trous sont bons ?",
        "¿Los otros agujeros están bien?",
        "其他孔都正常吗?",
    ],
)
def test_the_others_are_all_but_those_named_before(text: str) -> None:
    after = asked(text, "Is the lower-left hole ok?", "upper-right hole")[0]
    assert after.others
    assert after.zones == [name for name in HOLES if name != "lower-left hole"]
    assert asked(text, "", "upper-right hole")[0].zones == [
        name for name in HOLES if name != "upper-right hole"
    ]


def test_the_others_may_be_named_by_their_number_alone() -> None:
    one = asked("Die anderen drei sind aber in Ordnung?", "Sind alle vier Bohrungen da?", "upper-right hole")[
        0
    ]
    assert (len(one.zones), one.sense) == (3, "good")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "0.6 mmの欠けは合格ですか、不合格ですか?"),
        ("ko", "합격이에요 불합격이에요?"),
        ("de", "i.O. oder n.i.O.?"),
        ("fr", "on accepte ou on refuse ?"),
    ],
)
def test_alternatives_are_of_one_fate_each(language: str, text: str) -> None:
    pieces = alternatives_of(normalised(text), language)
    assert [fate_of(piece, language) for piece in pieces] == ["keep", "discard"]


@pytest.mark.parametrize(
    "text", ["¿Cómo puede ser que falte?", "Ça change quoi pour la coupe ?", "Since when do warp ends miss?"]
)
def test_a_word_of_the_language_names_no_type(text: str) -> None:
    assert asked(text)[0].type is None


def test_a_type_is_no_person() -> None:
    one = understand("Since when do we have Fadenbruch?", pictured=False).intents[0]
    assert one.log is not None
    assert one.log.people == ["Fadenbruch"]
    told = without_types_as_people(one, TYPES).log
    assert told is not None
    assert (told.people, told.type) == ([], "fadenbruch (kettfaden fehlt)")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Good one?", "verdict"),
        ("Hello there!", "greeting"),
        ("Do you see anything on the coating that should not be there?", "verdict"),
        ("3 degrés max, on est à combien ?", "size"),
        ("By how many degrees is the plate turned?", "size"),
        ("この赤い線は何ですか?", "type"),
        ("Warum fehlt das?", "cause"),
    ],
)
def test_what_is_asked_beside_an_image(text: str, kind: str) -> None:
    assert asked(text)[0].kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "Reicht es, wenn ich nur das Teil aussortiere?",
        "is it enough to sort out this one part?",
        "Basta separar só esta peça?",
        "Est-ce suffisant d'écarter cette pièce ?",
    ],
)
def test_no_yes_tells_whether_a_measure_is_enough(text: str) -> None:
    one = asked(text)[0]
    assert (one.kind, one.closed) == ("action", False)


def test_a_yes_is_carried_by_words() -> None:
    words = words_of("en")
    assert says_so(Understanding(kind="verdict", text="is it ok?", probability=0.3), words)
    assert says_so(Understanding(kind="verdict", text="fit for sale?", probability=0.9), words)
    assert not says_so(Understanding(kind="verdict", text="was it hot today?", probability=0.3), words)


def test_what_was_inspected_again_is_not_to_be_reviewed() -> None:
    for text in ("How many parts were re-inspected today?", "오늘 재검사한 부품이 몇 개예요?"):
        log = understand(text, pictured=False).intents[0].log
        assert log is not None
        assert log.decision is None
