"""Questions of the log that its counts don't answer: polarity, names, people's words, places, scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from knowledge.log.entry import Region
from tools.context import Context


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Context]:
    """Screws by Anna at st1 in lot S-1: 2 of 3 failed; nuts by Ben at st2 in lot S-2: 1 of 3 failed."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    left, top = (Region(cell, (0, 0, 9, 9), 50) for cell in ("left", "top"))
    of = [("Anna", "st1", "S-1", "screw", "ffp"), ("Ben", "st2", "S-2", "nut", "fpp")]
    rows = [(*who, letter) for *who, letters in of for letter in letters]
    made.log.append(
        entry(
            number,
            "fail" if letter == "f" else "pass",
            operator=operator,
            station=station,
            lot=lot,
            product=product,
            name=f"k{number:02}.jpg",
            p_value=0.01 * number if letter == "f" else 0.6,
            regions=((left if product == "screw" else top),) if letter == "f" else (),
        )
        for number, (operator, station, lot, product, letter) in enumerate(rows, 1)
    )
    made.log.append(
        [
            entry(
                9,
                kind="correction",
                sha256=f"{1:064x}",
                name="k01.jpg",
                decision=None,
                types=(),
                verdict="good",
                correction="a",
            ),
            entry(
                10,
                kind="correction",
                sha256=f"{3:064x}",
                name="k03.jpg",
                decision=None,
                types=(),
                verdict="anomalous",
                correction="b",
            ),
        ]
    )
    yield made
    made.log.close()


FIRST_WORDS = [
    # Yes or no only where it is asked, and as it is asked.
    ("rejects in S-2?", "1 of 3 inspected parts failed"),
    ("Ausschuss in Los S-2?", "1 von 3 geprüften Teilen"),
    ("any rejects in S-2?", "Yes. 1 of 3"),
    ("were there no fails in S-2?", "No, there were. 1 of 3"),
    ("Gab es in Los S-2 keinen Ausschuss?", "Doch. 1 von 3"),
    ("¿No hubo ningún rechazo en el lote S-2?", "Sí, las hubo. 1 de 3"),
    ("S-2批次没有不合格的吧？", "有。1 个不合格"),
    ("did nobody find a defect yesterday?", "No. No part was inspected yesterday"),
    ("did any nut pass?", "Yes. 2 of 3"),
    # Names that the log does not hold.
    ("how many parts has operator Zoe inspected", "The log holds no operator Zoe; it holds Anna and Ben"),
    ("Wie viele Teile hat Zoe geprüft?", "Im Protokoll gibt es keinen Bediener Zoe"),
    ("Zoeは何個検査した？", "記録に作業者 Zoe はありません"),
    ("how many failed at station st9", "The log holds no station st9; it holds st1 and st2 [log]."),
    ("quanti scarti nel lotto S-9?", "Nel registro non c'è nessun lotto S-9"),
    ("S-9的不良率是多少？", "记录中没有批次 S-9"),
    ("¿Quién encontró más defectos, Ana o Ben?", "Anna. Anna"),
    ("Wer hat mehr gefunden, Anna oder Zoe?", "Im Protokoll gibt es keinen Bediener Zoe"),
    # What people alone tell.
    ("how many false alarms did we have", "1 false alarms and 0 confirmed defects among 1 of 3 failed parts"),
    ("wie viele Fehlalarme gab es?", "1 Fehlalarme"),
    ("how many defects do you miss", "1 missed defects among 1 of 3 passed parts"),
    ("見逃しはいくつありましたか？", "見逃し 1 件"),
    ("how many false alarms in lot S-2?", "Not known: people alone tell"),
    # Places, p-values, hours, who, the first, two images.
    ("where do the defects of the nut sit most often?", "Most often at the top: on 1 failed parts"),
    ("Wo sitzen die Fehler meistens?", "Screw: am häufigsten links"),
    ("mean p value of lot S-2", "Mean p-value of 3 parts"),
    ("valore p più basso del lotto S-1", 'Valore p più basso nel registro: 0.01, di "k01.jpg"'),
    ("chi ha lavorato alla stazione st2?", "Ben: 3 ispezioni"),
    ("wer hat an st1 gearbeitet?", "Anna: 3 Prüfungen"),
    ("which shift was worst?", "The log holds no shifts [log]. By the hour of the day: "),
    ("哪个班次最差？", "记录中没有班次"),
    ("what was the first part?", 'The first is "k01.jpg"'),
    ("was war das erste Teil?", 'Das erste ist "k01.jpg"'),
    ("k02 vs k04, which was worse?", '"k02.jpg". "k02.jpg"'),
    ("k02 oder k04, was ist schlechter?", '"k02.jpg". "k02.jpg"'),
    ("are we getting better?", "Nut: No clear change."),
    # What nothing holds.
    ("cost of scrap today?", "Neither the notes nor the log say what anything costs."),
    ("quand est la date de péremption ?", "Ni les notes ni le journal ne contiennent de dates"),
    ("谁的责任？", "资料和记录中都没有说明是谁的责任。"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "first"), FIRST_WORDS, ids=[one[0] for one in FIRST_WORDS])
def test_first_words_answer_what_is_asked(shift: Context, question: str, first: str) -> None:
    answer = answer_without_image(shift, question).answer
    assert answer.startswith(first), answer


def test_the_names_of_one_clause_hold_for_the_next(shift: Context) -> None:
    answer = answer_without_image(
        shift, "how many did Anna do, how many of those failed and in what lots?"
    ).answer
    assert "S-1" in answer
    assert "S-2" not in answer
