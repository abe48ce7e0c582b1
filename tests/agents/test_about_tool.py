"""Questions about the tool and its settings, in nine languages; questions about parts keep their kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from babel.messages.pofile import read_po
from typer.core import TyperGroup as Group
from typer.main import get_command

from agents.answers.phrases import FOLDER
from agents.answers.without_image import answer_without_image
from agents.interfaces.cli import app as iad
from agents.questions.learned.classifier import KINDS
from agents.questions.learned.examples import LANGUAGES
from agents.questions.learned.topics import help_topics
from agents.questions.understanding import understand
from tools.context import Context

ASKED: Mapping[str, Sequence[tuple[str, str]]] = {
    "review": [
        ("en", "what is review supposed to mean"),
        ("it", "che vuol dire review"),
        ("ko", "검토가 무슨 뜻인가요"),
    ],
    "pvalue": [
        ("en", "what does p mean here"),
        ("en", "explain the p-value to me"),
        ("zh", "p值代表什么意思"),
        ("de", "was heißt p-Wert eigentlich"),
    ],
    "stricter": [
        ("en", "how can I make you less strict"),
        ("pt", "como faço para ficar menos rigoroso?"),
        ("fr", "comment baisser le taux de fausses alarmes ?"),
    ],
    "good_images": [("en", "how many good pictures do you need"), ("de", "wie viele Gutbilder brauchst du")],
    "cloud": [
        ("en", "are our images sent to the cloud?"),
        ("ja", "写真は外部に送信されますか"),
        ("es", "¿subes nuestras imágenes a la nube?"),
    ],
    "camera_moved": [
        ("en", "Somebody moved the camera yesterday. Must I enrol again?"),
        ("de", "Die Kamera wurde gestern verschoben. Muss ich neu einlernen?"),
    ],
    "delete": [("en", "how can I delete an inspection?"), ("es", "¿cómo elimino una inspección?")],
    "language": [("fr", "comment changer de langue"), ("ko", "언어를 어떻게 바꿔요")],
    "new_defect": [
        ("en", "can I teach you another type of defect"),
        ("es", "¿te puedo enseñar un defecto nuevo?"),
    ],
    "calibrated": [("de", "Woher weiß ich, ob alles richtig eingestellt ist?")],
    "correct": [("en", "how do I correct a verdict that is wrong"), ("ja", "間違った判定を訂正するには")],
    "undo": [("en", "how do I take back the last label"), ("de", "Mach das bitte wieder rückgängig")],
    "products": [("en", "what products do you know?"), ("zh", "你知道哪些产品")],
    "camera": [("zh", "可以接工业相机吗"), ("en", "how can I connect a camera")],
    "export": [("en", "can I export it to excel"), ("pt", "dá para exportar para o Excel?")],
}
COMMAND = re.compile(
    r"iad (?:feedback|threads|catalogue|zone|weights) \w+"
    r"|iad (?:inspect|correct|enroll|calibrate|log|report|watch|ask|serve|products|doctor)"
)
OPTION = re.compile(r"--[a-z-]+")
GENERAL = {"--help", "--version", "--store", "--thread", "--encoder"}
PUT = [(name, language, text) for name, by in ASKED.items() for language, text in by]


@pytest.mark.parametrize(("name", "language", "text"), PUT, ids=[one[2] for one in PUT])
def test_a_question_about_the_tool_is_answered(tools: Context, name: str, language: str, text: str) -> None:
    for pictured in (True, False):
        assert [one.topic for one in understand(text, pictured=pictured).intents] == [name]
    topic, reply = help_topics()[name], answer_without_image(tools, text)
    assert (reply.language, reply.affirmed) == (language, None)
    with (FOLDER / "de.po").open("rb") as file:
        assert topic.answer in read_po(file, locale="de")
    if language == "en":
        assert topic.answer in reply.answer


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how do I rework this", "action"),
        ("wie kann man das nacharbeiten?", "action"),
        ("how many good parts today", "history"),
        ("which parts are to be reviewed?", "history"),
        ("combien de pièces à revoir aujourd'hui ?", "history"),
        ("what is the p-value?", "confidence"),
        ("how reliable is this verdict", "confidence"),
        ("which product is this?", "product"),
        ("这是哪个产品？", "product"),
        ("that is wrong, it is a good part", "correction"),
        ("what can you do?", "help"),
        ("¿qué sabes hacer?", "help"),
    ],
)
def test_other_questions_are_of_no_topic(text: str, kind: str) -> None:
    (one,) = understand(text).intents
    assert (one.kind, one.topic) == (kind, None)


def test_two_questions_stay_two() -> None:
    asked = understand("Where is the defect? And how do I add a zone?")
    assert [(one.kind, one.topic) for one in asked.intents] == [("place", None), ("help", "zone")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_topic_has_questions_in_each_language(language: str) -> None:
    for topic in help_topics().values():
        assert topic.kind in KINDS and topic.questions[language], topic.name


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_each_answer_is_translated_with_its_commands(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        told = {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id}
    for topic in help_topics().values():
        for command in COMMAND.findall(topic.answer):
            assert command in told[topic.answer], topic.name
        for option in OPTION.findall(topic.answer):
            assert option in told[topic.answer], topic.name


def test_commands_and_options_of_answers_exist() -> None:
    group = get_command(iad)
    assert isinstance(group, Group)
    for topic in help_topics().values():
        named = [name.split() for name in COMMAND.findall(topic.answer)]
        options: set[str] = set()
        for _, name, *rest in named:
            command = group.commands[name]
            if isinstance(command, Group):
                command = command.commands[rest[0]]
            options |= {option for one in command.params for option in one.opts}
        assert set(OPTION.findall(topic.answer)) <= options | GENERAL, topic.name


JUDGING = [
    "How do you decide good or bad?",
    "how do you tell good from bad",
    "What makes you call a part bad?",
    "Woran erkennst du, ob ein Teil gut oder schlecht ist?",
    "Nach welchen Kriterien urteilst du?",
    "Come decidi se un pezzo è buono o no?",
    "¿Cómo decides si una pieza es buena o mala?",
    "Comment décides-tu si une pièce est bonne ou mauvaise ?",
    "Como você sabe se uma peça está boa ou ruim?",
    "你是怎么判断好坏的？",
    "你的判断依据是什么？",
    "良品と不良品はどうやって判断していますか",
    "양품과 불량을 어떻게 구분해?",
]
NOT_JUDGING = [
    "How do you know that this one is bad and not good?",
    "Is it good or bad?",
    "How many are good and how many bad?",
    "Woran erkenne ich einen guten Riss?",
    "这个零件是好还是坏？",
    "この部品は良品ですか、不良品ですか",
]
RELIED_ON = [
    "Can I trust this result?",
    "Kann ich mich darauf verlassen?",
    "Mi posso fidare di questo risultato?",
    "¿Me fío de este resultado?",
    "Je peux me fier à ce résultat ?",
    "Posso confiar nesse resultado?",
    "这个结果可信吗？",
    "この結果は信頼できますか",
    "이 결과를 믿어도 돼?",
]


@pytest.mark.parametrize("question", JUDGING)
@pytest.mark.parametrize("pictured", [False, True])
def test_how_it_decides_is_told_in_words(question: str, pictured: bool) -> None:
    if pictured and question in ("你的判断依据是什么？", "Nach welchen Kriterien urteilst du?"):
        return  # of the part in hand
    [one] = understand(question, pictured=pictured).intents
    assert one.topic == "decisions"


@pytest.mark.parametrize("question", NOT_JUDGING)
def test_what_a_part_is_asks_not_how_it_decides(question: str) -> None:
    assert all(one.topic != "decisions" for one in understand(question).intents)


@pytest.mark.parametrize("question", RELIED_ON)
def test_whether_to_trust_a_result_asks_how_sure_it_is(question: str) -> None:
    assert understand(question, pictured=True).first.kind == "confidence"


@pytest.mark.parametrize(
    "question",
    [
        "can you measure depth or weight?",
        "Kannst du auch die Tiefe messen?",
        "¿puedes medir la rugosidad?",
        "peux-tu peser la pièce ?",
        "puoi misurare anche la temperatura?",
        "dá pra medir a profundidade?",
        "能测重量吗?",
        "深さは測れますか?",
        "무게도 잴 수 있어?",
    ],
)
def test_what_it_measures_is_no_question_about_a_part(question: str) -> None:
    (one,) = understand(question, pictured=False).intents
    assert (one.kind, one.topic) == ("help", "measures")


def test_a_scale_is_another_topic() -> None:
    assert understand("can you measure in mm?", pictured=False).first.topic == "scale"
