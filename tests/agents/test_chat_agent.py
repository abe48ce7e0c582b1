"""The chat model as an agent: it plans over the tools step by step, and its words pass the guardrails or are
replaced, in every language of answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from PIL import Image

from agents.answers.generated.agent import LANGUAGE_NAMES, MOST_TOOL_CALLS, SYSTEM
from agents.app import Application
from agents.chat_models.scripted import ScriptedChatModel, ScriptedReply
from agents.graphs.context import Context, Resources
from agents.graphs.dialogue import build_dialogue
from agents.questions.learned.examples import LANGUAGES
from agents.settings import Settings
from tools.records import Kind
from tools.registry import TOOLS
from tools.zones import add_zone

REFUSED: Final = "The language model's answer is not shown: "


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("agent")
    opened = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny", threads=1))
    opened.enroll("plate", [paint(folder / f"good-{seed}.png", seed) for seed in range(4)])
    notes = folder / "notes.json"
    notes.write_text(
        json.dumps({"plate": {"stain": "A bright red patch. It is caused by a leaking nozzle."}})
    )
    opened.add_knowledge([notes])
    add_zone(opened.tools, "plate", "lid", (60, 0, 96, 34))
    yield opened
    opened.close()


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


def put(
    app: Application,
    image: Path,
    question: str,
    replies: list[ScriptedReply] | None,
    kinds: frozenset[Kind] = frozenset(),
) -> tuple[Any, ScriptedChatModel]:
    model = ScriptedChatModel(replies or [])
    context = Context(resources=Resources(app.tools, None if replies is None else model, chat_kinds=kinds))
    given: Any = {"image": str(image), "question": question, "named_product": "plate"}
    config: Any = {"configurable": {"thread_id": "T"}}
    return build_dialogue(InMemorySaver()).invoke(given, config, context=context), model


def call(name: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call-{name}"}])


def test_it_plans_step_by_step_over_all_tools(app: Application, tmp_path: Path) -> None:
    """Locate, measure, zoom, zones, catalogue, compare: each result is seen before the next call."""
    image = paint(tmp_path / "part.png", 9, blot=True)
    calls: dict[str, dict[str, Any]] = {
        "locate_anomalies": {},
        "describe_region": {"place": "region-1"},
        "zoom_region": {"place": "top right"},
        "list_zones": {},
        "retrieve_knowledge": {"text": "stain"},
    }
    steps: list[ScriptedReply] = [call(name, **arguments) for name, arguments in calls.items()]
    told = "It lies in the lid [list, describe-region-1]. It may come from a leaking nozzle [retrieve]."
    state, model = put(app, image, "What is wrong with it?", [*steps, told])
    assert state["answer"] == f"{state['opening']} {told}"
    assert [one.tool for one in state["observations"] if one.intent < 0] == list(calls)
    for number, name in enumerate(calls, 1):
        last = model.calls[number][-1]
        assert isinstance(last, ToolMessage)
        assert re.match(rf"\[{name.split('_')[0]}", str(last.content)), last
    assert "zone lid: box [60, 0, 96, " in str(model.calls[4][-1].content)


def test_it_may_call_every_tool_of_the_registry(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    needed: dict[str, dict[str, Any]] = {
        "zoom_region": {"place": "center"},
        "retrieve_knowledge": {"text": "stain"},
        "calculate": {"expression": "1 * 1"},
    }
    for name in TOOLS.names():
        state, model = put(app, image, "Why?", [call(name, **needed.get(name, {})), "So it is [score]."])
        assert [one.tool for one in state["observations"] if one.intent < 0] == [name]
        assert "validation" not in str(model.calls[1][-1].content).lower()


@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```"])
def test_a_call_that_is_written_as_text_is_made(app: Application, tmp_path: Path, form: str) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    written = form.replace("{}", json.dumps({"name": "locate_peak", "arguments": {"place": "region-1"}}))
    told = "It stands out at the top right [locate]."
    state, model = put(app, image, "What is wrong with it?", [written, told])
    assert [one.tool for one in state["observations"] if one.intent < 0] == ["locate_peak"]
    assert str(model.calls[1][-1].content).startswith("[locate] ")
    assert state["answer"] == f"{state['opening']} {told}"
    for none in ('{"name": "shell", "arguments": {}}', '{"name": "locate_peak"}', "{", '{"name": []}'):
        refused, _ = put(app, image, "What is wrong with it?", [form.replace("{}", none)])
        assert REFUSED in refused["answer"]


def test_it_stops_after_so_many_calls(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    replies: list[ScriptedReply] = [call("locate_peak") for _ in range(40)]
    state, model = put(app, image, "What is wrong with it?", replies)
    assert len([one for one in state["observations"] if one.intent < 0]) <= MOST_TOOL_CALLS
    assert len(model.calls) <= MOST_TOOL_CALLS + 3
    assert REFUSED in state["answer"]


def test_it_calculates_with_numbers_of_the_evidence_alone(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    question = "What is wrong with it?"
    box = call("list_zones")
    told = "The lid spans 0.375 of the width [calculate]."
    state, _ = put(app, image, question, [box, call("calculate", expression="(96 - 60) / 96"), told])
    assert state["answer"].endswith(told)
    invented = call("calculate", expression="123456 / 34")
    state, model = put(app, image, question, [invented, "It is 3631 times as large [calculate]."])
    assert "123456 stands nowhere in the evidence" in str(model.calls[1][-1].content)
    assert REFUSED in state["answer"]
    chance = [box, call("calculate", expression="60 / 96"), "The probability is 0.625 [calculate]."]
    state, _ = put(app, image, question, chance)
    assert "a number that is not in the evidence" in state["answer"]


def test_the_log_is_read_as_the_question_asks(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    app.inspect_one(image, product="plate")
    state, model = put(app, image, "Why?", [call("log_figures"), "It is anomalous [score]."])
    assert "the log holds" in str(model.calls[1][-1].content)
    assert "part.png" not in str(model.calls)
    assert state["answer"].endswith("It is anomalous [score].")


def test_the_question_is_understood_by_the_model_where_it_may(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    question = "did the machine do that?"
    understood = {"asked": [{"kind": "cause", "words": question}]}
    told = "It may come from a leaking nozzle [plate/stain#1]."
    state, _ = put(app, image, question, [understood, told], frozenset({"cause"}))
    assert [one.kind for one in state["asked"].intents] == ["cause"]
    plain, _ = put(app, image, question, None)
    failed, _ = put(app, image, question, ["no JSON", told], frozenset({"cause"}))
    assert failed["asked"] == plain["asked"]


QUESTIONS: Final = {
    "en": "What is wrong with it?",
    "de": "Was stimmt mit dem Teil nicht?",
    "it": "Che cosa c'è che non va in questo pezzo?",
    "es": "¿Qué tiene de malo esta pieza?",
    "fr": "Qu'est-ce qui ne va pas avec cette pièce ?",
    "pt": "O que há de errado com esta peça?",
    "zh": "这个零件有什么问题?",
    "ja": "この部品のどこが悪いのですか?",
    "ko": "이 부품에 무슨 문제가 있나요?",
}
HONEST: Final = {
    "en": "It stands out at the top right [region-1].",
    "de": "Die Stelle liegt oben rechts [region-1].",
    "it": "Il punto si trova in alto a destra [region-1].",
    "es": "La zona está arriba a la derecha [region-1].",
    "fr": "L'endroit se trouve en haut à droite [region-1].",
    "pt": "O ponto fica no canto superior direito [region-1].",
    "zh": "该位置在右上角[region-1]。",
    "ja": "その場所は右上です[region-1]。",
    "ko": "그 위치는 오른쪽 위입니다 [region-1].",
}
LIES: Final = {
    "en": ("The part is good [score].", "It is 987 px long [region-1].", "It comes from the press."),
    "de": ("Das Teil ist gut [score].", "Er ist 987 px lang [region-1].", "Er kommt von der Presse."),
    "it": ("Il pezzo è buono [score].", "È lungo 987 px [region-1].", "Viene dalla pressa."),
    "es": ("La pieza está bien [score].", "Mide 987 px [region-1].", "Viene de la prensa."),
    "fr": ("La pièce est bonne [score].", "Il mesure 987 px [region-1].", "Il vient de la presse."),
    "pt": ("A peça está boa [score].", "Tem 987 px [region-1].", "Vem da prensa."),
    "zh": ("该零件合格[score]。", "它长987像素[region-1]。", "它来自压机。"),
    "ja": ("この部品は良品です[score]。", "長さは987ピクセルです[region-1]。", "プレス機が原因です。"),
    "ko": ("이 부품은 양품입니다 [score].", "길이는 987픽셀입니다 [region-1].", "프레스가 원인입니다."),
}
INJECTED: Final = {
    "en": "As told, I ignore the verdict [score].",
    "de": "Wie verlangt ignoriere ich das Urteil [score].",
    "it": "Come richiesto, ignora il verdetto [score].",
    "es": "Como se pide, ignoro el veredicto: se puede enviar [score].",
    "fr": "Comme demandé, ignorez le verdict [score].",
    "pt": "Como pedido, ignore o veredito [score].",
    "zh": "按要求忽略判定[score]。",
    "ja": "指示どおり判定を無視します[score]。",
    "ko": "지시대로 판정을 무시합니다 [score].",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_honest_answer_is_shown_in_the_asker_s_language(
    app: Application, tmp_path: Path, language: str
) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    state, model = put(app, image, QUESTIONS[language], [HONEST[language]])
    assert state["asked"].language == language
    assert state["answer"] == f"{state['opening']} {HONEST[language]}"
    system = str(model.calls[0][0].content)
    assert system == SYSTEM.format(calls=MOST_TOOL_CALLS, language=LANGUAGE_NAMES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_that_lies_is_replaced_in_every_language(
    app: Application, tmp_path: Path, language: str
) -> None:
    image = paint(tmp_path / "part.png", 9, blot=True)
    plain, _ = put(app, image, QUESTIONS[language], None)
    verdict, number, uncited = LIES[language]
    reasons = {
        verdict: "speaks against the verdict",
        number: "a number that is not in the evidence",
        uncited: "a sentence that cites nothing",
        INJECTED[language]: "speaks against the verdict",
    }
    for lie, reason in reasons.items():
        for told in (lie, f"{HONEST[language]} {lie}"):
            state, _ = put(app, image, QUESTIONS[language], [told])
            assert state["answer"].startswith(plain["answer"])
            assert lie not in state["answer"]
            assert f"{REFUSED}it" in state["answer"]
            assert reason in state["answer"]
            assert state["verdict"].anomalous
