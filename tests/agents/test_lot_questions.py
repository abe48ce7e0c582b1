"""Lots that a question without an image names, whatever else it asks."""

from __future__ import annotations

import pytest

from agents.questions.understanding import understand

LOTS = [
    ("lot 17B?", "17b"),
    ("lot 17B any scratches", "17b"),
    ("can batch 0815 ship", "0815"),
    ("batch 0815", "0815"),
    ("is lot A-12 clean", "a-12"),
    ("what's wrong with lot 44", "44"),
    ("lot no. 9/2", "9/2"),
    ("lot L-77 ok?", "l-77"),
    ("everything fine in batch K3?", "k3"),
    ("Charge 4711-B ok?", "4711-b"),
    ("was ist mit Charge 4711", "4711"),
    ("Los A7 freigeben?", "a7"),
    ("Charge 0815: Kratzer?", "0815"),
    ("ist Los 33 sauber", "33"),
    ("lotto 9/2", "9/2"),
    ("il lotto 9/2 va bene?", "9/2"),
    ("com'è messo il lotto B12", "b12"),
    ("lotto 45: graffi?", "45"),
    ("problemi sul lotto C-3", "c-3"),
    ("lote L-77", "l-77"),
    ("el lote 12 está bien?", "12"),
    ("lote 8/1 rayas?", "8/1"),
    ("lot 17B", "17b"),
    ("le lot 17B est bon ?", "17b"),
    ("des rayures sur le lot A-4 ?", "a-4"),
    ("lot 3/2 ça donne quoi", "3/2"),
    ("lote 88 tá bom?", "88"),
    ("lote B-9", "b-9"),
    ("algum risco no lote 7/1?", "7/1"),
    ("批号A12", "a12"),
    ("A12批有划痕吗", "a12"),
    ("批次88怎么样", "88"),
    ("这批A12", "a12"),
    ("ロット22", "22"),
    ("ロット22は大丈夫?", "22"),
    ("ロットA-5のキズは", "a-5"),
    ("22ロットどう", "22"),
    ("로트 5", "5"),
    ("로트 5 괜찮아?", "5"),
    ("로트 B12 긁힘 있어?", "b12"),
    ("5번 로트 상태", "5"),
    ("a lot of 3 scratches", None),
    ("is there a lot 2 mm", None),
    ("does it cost a lot 5", None),
    ("갑자기 이번 로트만 기포 나는 이유가", None),
    ("how do I filter lot 17B?", None),
    ("mark lot A17 as passed", None),
]


@pytest.mark.parametrize(("text", "lot"), LOTS, ids=[one[0] for one in LOTS])
def test_a_lot_is_of_the_log(text: str, lot: str | None) -> None:
    found = understand(text, pictured=False).intents[0].log
    assert (None if found is None else found.lot) == lot
