"""Who is best, which lines are above a share, which type appears most, and drafts, in nine languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from log_thread import told
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.lexicon.words import words_of
from agents.questions.understanding import understand
from tools.context import Context


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Of five parts each: of Ann 1 failed (lot H1, line-1), of Bob 4 (H2, line-2), of Cid 2 (H3, line-3); Ann
    inspected three more, that passed, of no lot."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    assert made.log is not None
    of = [
        ("Ann", "H1", "line-1", "gear", 1),
        ("Bob", "H2", "line-2", "carton", 4),
        ("Cid", "H3", "line-3", "plug", 2),
    ]
    rows = [(*named, at < bad) for *named, bad in of for at in range(5)]
    rows += [("Ann", None, "line-1", "gear", False)] * 3
    made.log.append(
        entry(number, "fail" if bad else "pass", lot=lot, product=product, station=station, operator=operator)
        for number, (operator, lot, station, product, bad) in enumerate(rows)
    )
    yield made
    made.log.close()


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which operator is best?", "Ann"),
        ("Who performs worst?", "Bob"),
        ("Bei wem läufts am besten?", "Ann"),
        ("bei wem läufts am schlechtesten", "Bob"),
        ("Bei welchem Bediener gibt es am wenigsten Ausschuss?", "Ann"),
        ("Con chi va meglio?", "Ann"),
        ("¿Con quién va mejor?", "Ann"),
        ("Chez qui ça marche le mieux ?", "Ann"),
        ("Com quem vai melhor?", "Ann"),
        ("谁做得最好？", "Ann"),
        ("一番成績のいい作業者は？", "Ann"),
        ("누가 제일 잘해?", "Ann"),
    ],
)
def test_the_best_operator_is_told_by_the_share_of_rejects(
    logged: Context, question: str, first: str
) -> None:
    answer = answer_without_image(logged, question).answer
    assert answer.startswith(f"{first}. {first} ("), answer


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("Which lines are above 50 %?", "line-2. "),
        ("Which lines are above 30 %?", "line-2, line-3. "),
        ("Which lots had more than 4 rejects?", "None. "),
        ("Which operators are below 30 % rejects?", "Ann. "),
        ("Welche Lose liegen über 50 % Ausschuss?", "H2. "),
        ("Quelles lignes dépassent 30 % de rebuts ?", "line-2, line-3. "),
    ],
)
def test_only_groups_beyond_a_number_are_named(logged: Context, question: str, lead: str) -> None:
    assert answer_without_image(logged, question).answer.startswith(lead), question


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Yield by product", "which of the three drags it down most?"),
        ("Yield by product", "Which one of those pulls it down the most?"),
        ("Ausbeute je Produkt", "welches davon zieht es am meisten runter?"),
        ("Ausbeute je Produkt", "welches der drei ist das schlechteste?"),
        ("Resa per prodotto", "quale dei tre tira più giù?"),
        ("Rendimiento por producto", "¿cuál de los tres tira más hacia abajo?"),
        ("Rendement par produit", "lequel des trois tire le plus vers le bas ?"),
        ("Rendimento por produto", "qual dos três puxa mais para baixo?"),
        ("每个产品的良率", "三个里哪个拖后腿？"),
        ("製品別の歩留まり", "3つのうちどれが足を引っ張ってる？"),
        ("제품별 수율", "셋 중 어느 게 제일 끌어내려?"),
    ],
)
def test_the_one_that_drags_the_yield_down(logged: Context, first: str, then: str) -> None:
    assert told(logged, first, then).startswith("carton. "), told(logged, first, then)


@pytest.mark.parametrize(
    "question",
    [
        "Which defect shows up most?",
        "Welcher Fehler tritt am meisten auf?",
        "Quale difetto si presenta di più?",
        "¿Qué defecto se repite más?",
        "Quel défaut revient le plus ?",
        "qual defeito aparece mais?",
        "哪种缺陷出现得最多？",
        "一番よく出る不良は？",
        "제일 자주 나오는 불량은?",
    ],
)
def test_what_appears_most_is_a_type(question: str) -> None:
    log = understand(question, pictured=False).first.log
    assert log is not None and log.figure == "frequent"


DRAFTS = [
    ("en", "Mail to purchasing about lot H2", "Write me a short handover"),
    ("de", "Kurze Mail an den Kunden zu Los H2", "Schreib mir ne kurze Übergabe für die Spätschicht"),
    ("de", "Bräuchte Mail an Einkauf wegen Los H2", "Mach mal eine kurze Übergabe fertig"),
    ("it", "Mail al cliente per il lotto H2", "Scrivimi un breve passaggio di consegne"),
    ("es", "Necesito un correo para compras sobre el lote H2", "Escríbeme un relevo corto"),
    ("fr", "Il me faut un mail pour le client sur le lot H2", "Écris-moi une courte passation"),
    ("pt", "E-mail para o cliente sobre o lote H2", "Escreve uma passagem de turno curta"),
    ("zh", "给客户发封关于H2批次的邮件", "写一份简短的交接班记录"),
    ("ja", "H2ロットについて購買へのメール", "短い引き継ぎを書いて"),
    ("ko", "H2 로트 고객 메일 부탁해", "짧은 인수인계 써줘"),
]


@pytest.mark.parametrize(("language", "mail", "handover"), DRAFTS)
def test_drafts_are_asked_for_in_few_words(logged: Context, language: str, mail: str, handover: str) -> None:
    words = words_of(language)
    assert words.has("letter", mail.lower()) and words.has("letter", handover.lower())
    answer = answer_without_image(logged, mail)
    assert answer.language == language
    assert "H2" in answer.answer and "iad report --log" in answer.answer, answer.answer
    # Nothing was inspected in the last eight hours.
    assert len(answer_without_image(logged, handover).answer) > 20


def test_a_mail_in_a_thread_is_of_its_lot(logged: Context) -> None:
    answer = told(logged, "How did lot H2 do?", "Write the customer a short mail about that")
    assert answer.startswith("A draft; nothing is sent: Lot H2: 5 parts inspected, 1 passed"), answer


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the handover?",
        "Do you send mails?",
        "Der Kunde hat geschrieben, ist das Teil gut?",
        "客户投诉了什么？",
    ],
)
def test_what_asks_for_no_draft(logged: Context, question: str) -> None:
    assert "iad report --log --since" not in answer_without_image(logged, question).answer


def test_the_parts_that_failed_are_listed_where_their_names_are_asked_for(logged: Context) -> None:
    assert answer_without_image(logged, "ロットH2で不合格になった部品は？").answer.startswith('"part-8.png"')
    assert answer_without_image(logged, "ロットH2で不合格になった部品は何個？").answer.startswith("4 個")
