"""Questions without a part on the tool's errors, on what is normal, on what waits, and reasons of the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logged import context, entry

from agents.app import Application
from agents.questions.carried import only_asks_why
from agents.questions.understanding import understand
from agents.settings import Settings
from tools.context import Context

ERRS = [
    ("en", "can you be wrong?"),
    ("de", "kannst du dich irren?"),
    ("it", "puoi sbagliare?"),
    ("es", "¿te puedes equivocar?"),
    ("fr", "tu peux te tromper ?"),
    ("pt", "você pode errar?"),
    ("zh", "你会不会判错？"),
    ("ja", "間違えることはありますか？"),
    ("ko", "틀릴 수도 있어?"),
]
NORMAL = [
    ("en", "may I tell you that a stain is normal?"),
    ("de", "Darf ich dir sagen, dass ein Fleck normal ist?"),
    ("it", "posso dirti che una macchia è normale?"),
    ("es", "¿puedo decirte que una mancha es normal?"),
    ("fr", "je peux te dire qu'une tache est normale ?"),
    ("pt", "posso te dizer que uma mancha é normal?"),
    ("zh", "我可以告诉你这种斑点是正常的吗？"),
    ("ja", "しみは正常だと教えられますか？"),
    ("ko", "얼룩이 정상이라고 알려줄 수 있어?"),
]
WAITING = [
    ("en", "do i have anything waiting that a human needs to look at?"),
    ("de", "Wartet noch etwas auf einen Menschen?"),
    ("it", "c'è qualcosa in attesa che una persona dovrebbe guardare?"),
    ("es", "¿hay algo que espere a una persona?"),
]
REASONS = [
    ("en", "the reasons?"),
    ("de", "Die Gründe?"),
    ("it", "i motivi?"),
    ("es", "¿los motivos?"),
    ("fr", "les raisons ?"),
    ("pt", "os motivos?"),
    ("zh", "原因？"),
    ("ja", "理由は?"),
    ("ko", "이유는?"),
]


@pytest.mark.parametrize(("language", "question"), ERRS, ids=[one[0] for one in ERRS])
def test_whether_the_tool_errs_is_told_by_its_rates(language: str, question: str) -> None:
    asked = understand(question, (), pictured=False)
    assert [one.topic for one in asked.intents] == ["accuracy"]


@pytest.mark.parametrize(("language", "question"), NORMAL, ids=[one[0] for one in NORMAL])
def test_that_something_is_normal_is_told_by_a_correction(language: str, question: str) -> None:
    asked = understand(question, (), known=["Stain", "Macchia"], pictured=False)
    assert [one.topic for one in asked.intents] == ["learning"]


@pytest.mark.parametrize(("language", "question"), WAITING, ids=[one[0] for one in WAITING])
def test_what_waits_for_a_person_is_of_the_log(language: str, question: str) -> None:
    (one,) = understand(question, (), pictured=False).intents
    assert one.log is not None
    assert one.log.decision == "review"


@pytest.mark.parametrize(("language", "question"), REASONS, ids=[one[0] for one in REASONS])
def test_the_reason_alone_asks_why(language: str, question: str) -> None:
    assert only_asks_why(question, language)


@pytest.mark.parametrize("question", ["the reasons for burrs?", "どの部品の理由？"])
def test_the_reason_for_something_asks_more_than_why(question: str) -> None:
    assert not only_asks_why(question, "ja" if "部品" in question else "en")


NOTES = """Product,Defect,Look,Cause,Action
hinge,Scratch,long thin bright line,parts rub,rework: touch up
hinge,Crack,dark line,sheet too hard,scrap
remote,Stain,bright spot,glue drips,rework: wipe off
remote,Hair,thin curved line,no hair net,scrap
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "fmea.csv").write_text(NOTES)
    made = Application(
        Settings(store=folder / "store", encoder="tiny", text_encoder="tiny", log=str(folder / "log.sqlite"))
    )
    made.add_knowledge([folder / "fmea.csv"])
    filled: Context = context(Path(folder) / "log.sqlite")
    assert filled.log is not None
    filled.log.append(entry(at, "fail", product="hinge", operator="Ann", lot="L1") for at in range(3))
    filled.log.close()
    yield made
    made.close()


@pytest.mark.parametrize(
    "question", ["which of those can be reworked?", "Was davon kann man nacharbeiten?"], ids=["en", "de"]
)
def test_what_can_be_reworked_of_a_list_is_told_by_the_notes(opened: Application, question: str) -> None:
    thread = f"reworked-{question[:5]}"
    opened.ask_without_image("which parts failed?", thread=thread)
    told = opened.ask_without_image(question, thread=thread).answer
    assert "touch up" in told
    assert "wipe off" in told
    assert "scrap" not in told
