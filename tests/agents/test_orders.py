"""Orders that the assistant does not carry out in dialogue, in nine languages; questions are none."""

from __future__ import annotations

import pytest
from logged import entry

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context

ORDERS = [
    ("en", "mark lot A17 as passed", "judge"),
    ("en", "delete yesterday's results", "delete"),
    ("en", "release the lot", "release"),
    ("en", "set the threshold to 0.1", "rates"),
    ("en", "Please set lot A17 to ok.", "judge"),
    ("en", "can you delete the results of today?", "delete"),
    ("en", "make it stricter", "rates"),
    ("en", "stop the line", "machine"),
    ("en", "calibrate the product screw", "learn"),
    ("en", "export the log as csv", "report"),
    ("de", "Gib das Los A17 frei", "release"),
    ("de", "Los A17 freigeben", "release"),
    ("de", "Lösche die Ergebnisse von gestern", "delete"),
    ("de", "Kannst du die Ergebnisse von gestern löschen?", "delete"),
    ("de", "Setze die Schwelle auf 0,1", "rates"),
    ("de", "Markiere Los A17 als bestanden", "judge"),
    ("de", "Stell die Alarmschwelle höher", "rates"),
    ("es", "marca el lote A17 como aprobado", "judge"),
    ("es", "borra los resultados de ayer", "delete"),
    ("es", "libera el lote A17", "release"),
    ("es", "pon el umbral en 0,1", "rates"),
    ("fr", "marque le lot A17 comme conforme", "judge"),
    ("fr", "supprime les résultats d'hier", "delete"),
    ("fr", "libère le lot", "release"),
    ("fr", "règle le seuil à 0,1", "rates"),
    ("it", "segna il lotto A17 come buono", "judge"),
    ("it", "cancella i risultati di ieri", "delete"),
    ("it", "rilascia il lotto", "release"),
    ("it", "imposta la soglia a 0,1", "rates"),
    ("pt", "marque o lote A17 como aprovado", "judge"),
    ("pt", "apague os resultados de ontem", "delete"),
    ("pt", "libere o lote", "release"),
    ("pt", "defina o limiar em 0,1", "rates"),
    ("zh", "把批次A17标记为合格", "judge"),
    ("zh", "删除昨天的结果", "delete"),
    ("zh", "放行这个批次", "release"),
    ("zh", "把批次A17放行", "release"),
    ("zh", "把阈值设为0.1", "rates"),
    ("ja", "ロットA17を合格にして", "judge"),
    ("ja", "昨日の結果を削除して", "delete"),
    ("ja", "ロットを出荷してください", "release"),
    ("ja", "しきい値を0.1にして", "rates"),
    ("ko", "로트 A17을 합격으로 처리해줘", "judge"),
    ("ko", "어제 결과를 삭제해줘", "delete"),
    ("ko", "로트를 출하해", "release"),
    ("ko", "임계값을 0.1로 설정해줘", "rates"),
]
WORDS = {
    "judge": "iad correct ",
    "release": "iad correct ",
    "delete": "iad feedback undo ID",
    "rates": "iad inspect --alpha A --review R",
    "learn": "iad calibrate ",
    "report": "iad report --log ",
    "machine": "iad watch --send",
}


@pytest.mark.parametrize(("language", "text", "order"), ORDERS, ids=[one[1] for one in ORDERS])
def test_an_order_is_answered_by_what_carries_it_out(
    tools: Context, language: str, text: str, order: str
) -> None:
    reply = answer_without_image(tools, text)
    assert (reply.language, [one.kind for one in reply.understood]) == (language, ["help"])
    assert (WORDS[order] in reply.answer, reply.affirmed) == (True, None), reply.answer
    assert "[log]" not in reply.answer


@pytest.mark.parametrize(
    "text",
    [
        "can lot A17 be released?",
        "how do I delete yesterday's results?",
        "may I release lot A17?",
        "release lot A17?",
        "what is the threshold?",
        "which lots were rejected?",
        "was lot A17 marked as passed?",
        "what did we delete?",
        "show the results of lot A17",
        "list the results of yesterday",
        "count the rejected lots",
        "Kann Los A17 freigegeben werden?",
        "Soll ich das Los A17 sperren?",
        "Wie lösche ich die Ergebnisse?",
        "Wurde Los A17 als bestanden markiert?",
        "zeig die Ergebnisse von Los A17",
        "setzt der Kratzer am Los an?",
        "¿se puede liberar el lote A17?",
        "¿cómo borro los resultados?",
        "peut-on libérer le lot A17 ?",
        "comment supprimer les résultats ?",
        "si può rilasciare il lotto A17?",
        "como apago os resultados?",
        "o lote A17 pode ser liberado?",
        "批次A17可以放行吗？",
        "怎么删除结果？",
        "批次A17的结果",
        "ロットA17は出荷できますか？",
        "結果を説明して",
        "合格と判定した理由を説明して",
        "로트 A17을 출하해도 돼?",
        "결과를 설명해줘",
        "합격으로 판정한 이유를 설명해줘",
        "reject?",
        "bin it",
        "ship it",
        "write me a short summary for the customer",
        "put the box around the defect and give me the results",
        "compare this with a good part",
    ],
)
def test_a_question_is_no_order(text: str) -> None:
    assert all(
        one.order is None for pictured in (True, False) for one in understand(text, pictured=pictured).intents
    )


def test_what_is_asked_beside_an_order_is_answered(tools: Context) -> None:
    reply = answer_without_image(tools, "Delete the log and how many failed today?")
    assert [one.kind for one in reply.understood] == ["help", "history"]
    assert reply.answer.startswith("I delete nothing in dialogue")
    assert "2 of 5 inspected parts failed today" in reply.answer


def test_a_verdict_on_the_part_in_hand_is_a_correction() -> None:
    assert understand("mark this part as good").first.kind == "correction"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Can lot A17 be released?", "No. 3 of 7 "),
        ("Is lot A17 ok?", "No. 3 of 7 "),
        ("Kann Los A17 freigegeben werden?", "Nein. 3 von 7 "),
        ("批次A17可以放行吗？", "否。3 个合格"),
        ("Can lot B1 be released?", "Yes. 1 of 1 "),
        ("Were any good in lot A17?", "Yes. 3 of 7 "),
        ("Anything bad in lot A17?", "Yes. 3 of 7 "),
    ],
)
def test_a_lot_is_good_where_all_of_it_is(tools: Context, question: str, first: str) -> None:
    assert tools.log is not None
    tools.log.append([entry(50, lot="B1")])
    assert answer_without_image(tools, question).answer.startswith(first)
