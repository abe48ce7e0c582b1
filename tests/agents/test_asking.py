"""iad ask, iad chat and iad threads on a real store; what is streamed, and what a chat model adds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from agents.app import Application
from agents.chat_models.scripted import ScriptedChatModel
from agents.graphs.context import Context, Resources
from agents.graphs.threads import Event
from agents.interfaces.cli import app as command
from agents.settings import Settings
from tools.records import AnswerRecord


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("enrolled")
    with Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [paint(folder / f"good-{seed}.png", seed) for seed in range(4)])
    paint(folder / "blot.png", 9, blot=True)
    paint(folder / "fine.png", 33)
    return folder


@pytest.fixture
def folder(enrolled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `enrolled` for one test, where the commands find it."""
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    for name, value in (("ENCODER", "tiny"), ("TEXT_ENCODER", "tiny"), ("STORE", str(tmp_path / "store"))):
        monkeypatch.setenv(f"IAD_{name}", value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def iad(*arguments: object, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], input=stdin)
    assert result.exit_code == 0, result.output
    return result


def rows(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_thread_goes_on_between_commands(folder: Path) -> None:
    (first,) = rows(iad("ask", "blot.png", "Where is it?", "-p", "plate", "--thread", "T", "--json"))
    assert set(first) == set(AnswerRecord.model_fields)
    assert first["thread"] == "T"
    (second,) = rows(iad("ask", "blot.png", "and how big is it?", "-p", "plate", "--thread", "T", "--json"))
    assert "[size]" in second["answer"]
    assert [one["kind"] for one in second["understood"]] == ["size"]
    assert (second["language"], second["affirmed"]) == ("en", None)
    (third,) = rows(
        iad("ask", "fine.png", "compare it with the first one", "-p", "plate", "--thread", "T", "--json")
    )
    assert 'Compared with "blot.png"' in third["answer"]
    assert rows(iad("threads", "list", "--json")) == [
        {"thread": "T", "turns": 3, "question": "compare it with the first one"}
    ]
    assert [turn["image"] for turn in rows(iad("threads", "show", "T", "--json"))] == [1, 1, 2]
    assert "forgot T" in iad("threads", "forget", "T").stdout
    assert iad("threads", "list", "--json").stdout == ""


def test_a_question_of_a_thread_is_about_its_last_image(folder: Path) -> None:
    assert "ask it with the part's image" in iad("ask", "how big is it?", "--thread", "S").stdout
    for image in ("fine.png", "blot.png"):
        iad("ask", image, "Is it ok?", "-p", "plate", "--thread", "S")
    (size,) = rows(iad("ask", "how big is it?", "--thread", "S", "--json"))
    assert "[size]" in size["answer"]
    assert size["image"].endswith("blot.png")
    (good,) = rows(iad("ask", "which were good?", "--thread", "S", "--json"))
    assert 'Good: "fine.png"' in good["answer"]
    assert "[size]" in iad("chat", "--thread", "S", stdin="how big is it?\n").stdout


def test_a_chat_turns_to_another_image(folder: Path) -> None:
    said = "Is it ok?\nand where is it?\n/image fine.png\nIs it ok?\ncompare it with the first one\n\n"
    shown = iad("chat", "blot.png", "-p", "plate", stdin=said).stdout
    assert shown.count("No. There is a defect at the top right") == 1
    assert shown.count("At the top right, box") == 1
    assert shown.count("Yes. Nothing exceeds what good parts show [score].") == 1
    assert "(image 1)" in shown
    name = shown.splitlines()[-1].removeprefix("thread ")
    again = iad("chat", "fine.png", "-p", "plate", "--thread", name, stdin="is the previous image ok?\n")
    assert 'No. This is about "blot.png" [thread]. There is a defect' in again.stdout


def test_a_chat_goes_on_after_an_image_that_is_none(folder: Path) -> None:
    (folder / "torn.png").write_bytes((folder / "blot.png").read_bytes()[:200])
    said = "Is it ok?\n/image torn.png\nIs it ok?\n/image fine.png\nIs it ok?\n"
    result = iad("chat", "blot.png", "-p", "plate", stdin=said)
    assert "torn.png" in result.stderr
    assert "Yes. Nothing exceeds" in result.stdout


def test_the_steps_are_shown_on_request(folder: Path) -> None:
    shown = iad("ask", "blot.png", "Why?", "-p", "plate", "--steps").stdout
    kinds = ["object: ", "expected: ", "difference: ", "judgement: ", "conclusion: "]
    places = [shown.index(kind) for kind in kinds]
    assert places == sorted(places)
    assert "[score]" in shown
    assert "conclusion" not in iad("ask", "blot.png", "Why?", "-p", "plate").stdout


def test_only_checked_sentences_are_streamed(folder: Path) -> None:
    app = Application(Settings.from_environment())
    honest = "It stands out at the top right [region-1]. It is anomalous [score]."
    lying = "It stands out at the top right [region-1]. The part is good [score]. Ship it [score]."
    app.__dict__["context"] = Context(resources=Resources(app.tools, ScriptedChatModel([honest, lying])))
    for reply, tokens in ((honest, 1), (lying, 1)):
        heard: list[Event] = []
        record = app.ask(folder / "blot.png", "What is wrong?", product="plate", listen=heard.append)
        streamed = [event.text for event in heard if event.kind == "token"]
        assert len(streamed) == tokens
        assert "part is good" not in "".join(streamed)
        assert (reply in record.answer) is (reply is honest)
        assert record.models.llm == ("ScriptedChatModel" if reply is honest else None)
    app.close()


def test_a_chat_model_that_is_down_leaves_the_plain_answer(folder: Path) -> None:
    asked = ("ask", "blot.png", "What is wrong?", "-p", "plate", "--json")
    (plain,) = rows(iad(*asked))
    (down,) = rows(iad(*asked, "--llm", "http://127.0.0.1:9/v1"))
    assert down["answer"].startswith(plain["answer"])
    assert "The language model's answer is not shown" in down["answer"]
    assert down["models"]["llm"] is None


def test_a_zone_is_named_listed_asked_about_and_removed(folder: Path) -> None:
    """The blot spans x 66 to 90, y 4 to 28."""
    iad("zone", "add", "plate", "lid", "--box", "60,0,96,34")
    iad("zone", "add", "plate", "Fuß", "--box", "0,60,96,96")
    assert [row["name"] for row in rows(iad("zone", "list", "plate", "--json"))] == ["lid", "Fuß"]
    (record,) = rows(iad("inspect", "blot.png", "-p", "plate", "--json"))
    assert [(region["id"], region["zone"]) for region in record["regions"]] == [("region-1", "lid")]
    (bad,) = rows(iad("ask", "blot.png", "is the lid ok?", "-p", "plate", "--json"))
    assert (bad["affirmed"], bad["understood"][0]["zone"], bad["understood"][0]["place"]) == (
        False,
        "lid",
        None,
    )
    assert bad["answer"].startswith("No. In the zone lid the image exceeds what good parts show")
    (good,) = rows(iad("ask", "blot.png", "Ist der Fuß in Ordnung?", "-p", "plate", "--json"))
    assert (good["affirmed"], good["answer"][:20]) == (
        True,
        "Ja. In der Zone Fuß ",
    )
    iad("zone", "add", "plate", "lid", "--box", "60,0,96,34", "--ignore")
    (ignored,) = rows(iad("inspect", "blot.png", "-p", "plate", "--json"))
    assert not ignored["anomalous"]
    assert "removed: lid of plate" in iad("zone", "remove", "plate", "lid").stdout
    (again,) = rows(iad("inspect", "blot.png", "-p", "plate", "--json"))
    assert again["anomalous"]
    wrong = CliRunner().invoke(command, ["zone", "add", "plate", "lid", "--box", "1,2,3"])
    assert wrong.exit_code == 2 and "four whole numbers" in wrong.output


def test_a_products_scale_gives_millimetres(folder: Path) -> None:
    good = [f"good-{seed}.png" for seed in range(4)]
    iad("enroll", "plate", *good, "--mm-per-px", "0.1")
    (record,) = rows(iad("inspect", "blot.png", "-p", "plate", "--json"))
    (region,) = record["regions"]
    assert region["length_mm"] == pytest.approx(0.1 * region["length_px"], abs=1e-3)
    (reply,) = rows(iad("ask", "blot.png", "Is the spot longer than 1 mm?", "-p", "plate", "--json"))
    assert reply["affirmed"] is True and " mm" in reply["answer"]
