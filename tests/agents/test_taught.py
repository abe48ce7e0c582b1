"""Questions on how the tool is taught, what it learned from, and why a verdict changed, in nine languages."""

from __future__ import annotations

import pytest

from agents.answers.without_image import answer_without_image
from agents.questions.understanding import understand
from tools.context import Context


@pytest.mark.parametrize(
    "question",
    [
        "how do I teach it the right verdict?",
        "Wie bringe ich dir das richtige Urteil bei?",
        "Come ti insegno il verdetto giusto?",
        "¿Cómo te enseño lo que es bueno?",
        "Comment t'apprendre le bon verdict ?",
        "Como te ensino o que é bom?",
        "怎么教你正确的判断?",
        "正しい判定を教えるにはどうすればいい?",
        "올바른 판정은 어떻게 가르치나요?",
    ],
)
def test_teaching_is_by_correction(question: str) -> None:
    assert understand(question, pictured=False).first.topic in ("learning", "correct")


@pytest.mark.parametrize(
    "question",
    [
        "Do I have to teach you again when the supplier switches to a brown compound?",
        "Muss ich alles neu einlernen, wenn der Lieferant die Farbe wechselt?",
        "Devo rifare tutto se cambia il colore della guarnizione?",
        "¿Tengo que volver a registrar todo si cambia el color?",
        "Faut-il tout réenregistrer si on change de couleur de joint ?",
        "Preciso cadastrar tudo de novo se a cor mudar?",
        "换了颜色要重新学习吗?",
        "色が変わったら登録し直す必要がありますか",
        "색이 바뀌면 다시 등록해야 하나요?",
    ],
)
def test_whether_to_enrol_again(question: str) -> None:
    assert understand(question, pictured=False).first.topic == "camera_moved"


@pytest.mark.parametrize(
    "question",
    [
        "How many parts failed again today?",
        "Bringst du mir bei Los A2 die Liste?",
        "他教的那批零件今天几个不合格?",
        "今日の不良を教えて",
        "Muéstrame las piezas rechazadas",
    ],
)
def test_other_questions_are_on_no_teaching(question: str) -> None:
    assert understand(question, pictured=False).first.topic not in ("learning", "camera_moved")


@pytest.mark.parametrize(
    "question",
    [
        "why did it change its mind?",
        "Warum hast du deine Meinung geändert?",
        "Perché hai cambiato idea?",
        "¿Por qué cambió el veredicto?",
        "Pourquoi as-tu changé d'avis ?",
        "Por que o veredicto mudou?",
        "为什么改变判定?",
        "なぜ判定が変わったのですか",
        "왜 판정이 바뀌었어요?",
    ],
)
def test_a_changed_verdict_is_told_by_the_log(question: str) -> None:
    log = understand(question, pictured=True, current=1).first.log
    assert log is not None
    assert (log.figure, log.of_image) == ("inspections", True)


@pytest.mark.parametrize(
    ("question", "command"),
    [
        (
            "I need the results of lot P-8 as a PDF, how do I get that out of here",
            "--log --lot P-8 --out FILE",
        ),
        ("Tu peux me sortir un rapport pour le lot P-8 ?", "--log --lot P-8 --out FICHIER"),
        ("Mi serve un PDF con i risultati del lotto P-8", "--log --lot P-8 --out FILE"),
        ("Mach mir bitte einen Bericht zu Los P-8", "--log --lot P-8 --out DATEI"),
        ("Necesito un informe del lote P-8", "--log --lot P-8 --out ARCHIVO"),
        ("Make me a report, please", "--log --since T --out FILE"),
    ],
)
def test_a_report_of_a_lot_is_told_by_its_command(tools: Context, question: str, command: str) -> None:
    assert command in answer_without_image(tools, question).answer


def test_a_place_that_sells_pizza_is_of_no_entry(tools: Context) -> None:
    assert "[" not in answer_without_image(tools, "Whats the best pizza place near the warehouse?").answer
