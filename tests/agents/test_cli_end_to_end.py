"""The commands with the real application, on painted parts and the tiny encoders."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from agents.interfaces.cli import app
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.imaging import reading
from tools.records import AnswerRecord, FailureRecord, InspectionRecord


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 60:90] = (250, 20, 20)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with parts, a broken file, notes, and a store in which the product `plate` is enrolled."""
    folder = tmp_path_factory.mktemp("line")
    for seed in range(5):
        paint(folder / "good" / f"{seed}.png", seed)
    paint(folder / "new" / "blot.png", 10, blot=True)
    paint(folder / "new" / "fine.png", 11)
    (folder / "new" / "torn.png").write_bytes((folder / "new" / "fine.png").read_bytes()[:200])
    (folder / "notes.md").write_text(
        "# plate\n\n## stain\n\nA stain is a red patch of paint near the edge.\n"
    )
    result = iad(folder, "enroll", "plate", folder / "good", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["templates"] == 5
    result = iad(folder, "knowledge", "add", folder / "notes.md", "--product", "plate", "--json")
    assert result.exit_code == 0, result.output
    return folder


def iad(folder: Path, *arguments: object, environment: dict[str, str] | None = None) -> Result:
    tiny = {"IAD_ENCODER": "tiny", "IAD_TEXT_ENCODER": "tiny", "IAD_STORE": str(folder / "store")}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=tiny | (environment or {}))


def test_products(line: Path) -> None:
    (row,) = [json.loads(one) for one in iad(line, "products", "--json").stdout.splitlines()]
    assert (row["name"], row["templates"], row["aligned"]) == ("plate", 5, False)
    shown = iad(line, "products").stdout
    assert "plate" in shown and "whole image" in shown


def test_inspect_goes_on_after_a_broken_file(line: Path, tmp_path: Path) -> None:
    result = iad(line, "inspect", line / "new", "--product", "plate", "--out", tmp_path, "--json")
    assert result.exit_code == 1
    rows = {Path(row["image"]).name: row for row in map(json.loads, result.stdout.splitlines())}
    assert FailureRecord.model_validate(rows["torn.png"]).error.kind == "UnreadableImage"
    blot = InspectionRecord.model_validate(rows["blot.png"])
    fine = InspectionRecord.model_validate(rows["fine.png"])
    assert blot.score > fine.score
    with Image.open(str(blot.files.mask)) as mask:
        assert mask.size == (96, 96)
    assert len(list(tmp_path.glob("*.png"))) == 6


def test_two_runs_agree(line: Path) -> None:
    def run() -> dict[str, object]:
        row = json.loads(iad(line, "inspect", line / "new" / "blot.png", "-p", "plate", "--json").stdout)
        row.pop("timings_ms")
        return dict(row)

    assert run() == run()


def test_ask(line: Path) -> None:
    result = iad(line, "ask", line / "new" / "blot.png", "Is it fine?", "--product", "plate", "--json")
    record = AnswerRecord.model_validate_json(result.stdout)
    assert record.question == "Is it fine?"
    assert record.answer
    assert record.evidence


def test_report(line: Path, tmp_path: Path) -> None:
    page, data = tmp_path / "r.html", tmp_path / "r.json"
    result = iad(
        line, "report", line / "new", "--product", "plate", "--out", page, "--out", data, "--lot", "A17"
    )
    assert result.exit_code == 1, result.output
    text = page.read_text(encoding="utf-8")
    assert "torn.png" in text
    assert "A17" in text
    held = json.loads(data.read_text())
    assert (len(held["parts"]), len(held["failures"])) == (2, 1)
    assert held["hash"] in text
    assert held["hash"] in result.stdout
    blot = next(part for part in held["parts"] if part["name"] == "blot.png")
    assert blot["decision"] == "fail"
    # The image, its map, the region and the same place of a good part, twice as a thumbnail.
    card = text[text.index("<article") : text.index("</article>")]
    assert card.count("data:image/jpeg;base64,") >= 4
    assert "the nearest good part" in card


def test_a_report_without_its_extra_is_written_in_the_other_formats(
    line: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    document, data = tmp_path / "r.pdf", tmp_path / "r.json"
    asked = ("report", line / "new" / "fine.png", "-p", "plate", "--out", document)
    result = iad(line, *asked, "--out", data, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["files"] == [str(data)]
    assert len(json.loads(data.read_text())["parts"]) == 1
    said = result.stderr.splitlines()
    for line_said in (said[0], said[-1]):
        assert f"{document} is not written: " in line_said
        assert "-m pip install 'iad-agent[pdf]'" in line_said
    # Alone it ends the command at once, before a store is opened, let alone an image inspected.
    data.unlink()
    result = iad(line, *asked, environment={"IAD_STORE": str(tmp_path / "none")})
    assert result.exit_code != 0
    assert "-m pip install 'iad-agent[pdf]'" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_in_the_language_that_is_asked_for_or_set(line: Path, tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    asked = ("report", line / "new" / "blot.png", "-p", "plate", "--out", page)
    for given, environment in ((["--language", "de"], {}), ([], {"IAD_LANGUAGE": "de"})):
        result = iad(line, *asked, *given, environment=environment)
        assert result.exit_code == 0, result.output
        text = page.read_text(encoding="utf-8")
        assert '<html lang="de">' in text
        assert "<h1>Prüfbericht</h1>" in text
        page.unlink()
    assert iad(line, *asked, "--language", "xx").exit_code != 0
    assert not page.exists()


def test_report_on_the_log_is_what_was_inspected(line: Path, tmp_path: Path) -> None:
    log = {"IAD_LOG": str(tmp_path / "log.sqlite")}
    iad(line, "inspect", line / "new" / "fine.png", "-p", "plate", "--lot", "B3", environment=log)
    iad(line, "inspect", line / "new", "-p", "plate", "--lot", "B2", "--station", "S1",
        "--operator", "Kim", environment=log)  # fmt: skip
    iad(line, "inspect", line / "new" / "fine.png", "-p", "plate", "--lot", "B2", "--operator", "Uwe",
        environment=log)  # fmt: skip
    page, data = tmp_path / "r.html", tmp_path / "r.json"
    result = iad(line, "report", "--log", "--since", "today", "--lot", "b2", "--operator", "kim",
                 "--out", page, "--out", data, environment=log)  # fmt: skip
    assert result.exit_code == 0, result.output
    held = json.loads(data.read_text())
    assert [part["name"] for part in held["parts"]] == ["blot.png", "fine.png"]
    assert held["parts"][0]["decision"] == "fail"
    assert held["parts"][0]["reasons"][0].startswith("The p-value ")
    assert (held["parts"][0]["lot"], held["parts"][0]["station"]) == ("B2", "S1")
    assert (held["lot"], held["operator"]) == ("B2", "Kim")
    shown = iad(line, "log", "--operator", "uwe", "--json", environment=log)
    assert [json.loads(one)["name"] for one in shown.stdout.splitlines()] == ["fine.png"]
    assert "keeps no anomaly map" in page.read_text(encoding="utf-8")
    found = iad(line, "report", "verify", data, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["images"] == 2


def test_a_verified_report_that_was_changed_is_1(line: Path, tmp_path: Path) -> None:
    data = tmp_path / "r.json"
    iad(line, "report", line / "new" / "fine.png", "-p", "plate", "--out", data)
    assert iad(line, "report", "verify", data).exit_code == 0
    data.write_text(data.read_text().replace('"name": "fine.png"', '"name": "other.png"'))
    found = iad(line, "report", "verify", data)
    assert found.exit_code == 1
    assert "part 1, other.png: name was changed" in found.stdout


def test_an_interrupted_report_holds_what_was_inspected(line: Path, tmp_path: Path, monkeypatch) -> None:
    load = reading.load_image

    def interrupted(path: Path, **options: Any) -> reading.LoadedImage:
        if Path(path).name == "fine.png":
            raise KeyboardInterrupt
        return load(path, **options)

    monkeypatch.setattr("tools.cache.load_image", interrupted)
    data = tmp_path / "r.json"
    result = iad(line, "report", line / "new" / "blot.png", line / "new" / "fine.png", "-p", "plate",
                 "--out", data)  # fmt: skip
    assert result.exit_code == 130
    assert "the report holds 1 of 2 images" in result.stderr
    assert [part["name"] for part in json.loads(data.read_text())["parts"]] == ["blot.png"]


def test_knowledge_search(line: Path) -> None:
    result = iad(line, "knowledge", "search", "red stain", "--product", "plate", "--json")
    rows = [json.loads(one) for one in result.stdout.splitlines()]
    assert "red patch of paint" in rows[0]["text"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["inspect", "new/fine.png", "--product", "nut"], "UnknownProduct"),
        (["ask", "new/torn.png", "What?"], "UnreadableImage"),
        (["knowledge", "add", "nowhere.md"], "KnowledgeError"),
        (["products", "--store", "nowhere"], "StoreMissing"),
        (["inspect", "new/fine.png", "--store", "nowhere"], "StoreMissing"),
    ],
)
def test_errors_name_their_kind(line: Path, monkeypatch, arguments: list[str], kind: str) -> None:
    monkeypatch.chdir(line)
    result = iad(line, *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {kind}: "), result.output
    assert result.stderr.count("\n") == 1


def test_doctor_inspects_from_end_to_end(line: Path) -> None:
    result = iad(line, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert checks["self test"]["state"] == "ok", checks
    assert checks["faiss"]["state"] == "ok"
    assert "1 products" in checks["store"]["found"]
    broken = [name for name, check in checks.items() if check["state"] == "broken"]
    assert result.exit_code == (1 if broken else 0)


def test_at_most_nine_own_frames_to_the_encoder(line: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague who follows a call from the command line to the network opens few files."""
    root, encode = Path(__file__).parents[2], TinyEncoder.encode
    packages = tuple(f"{root / name}{os.sep}" for name in ("agents", "tools", "knowledge", "anomaly_core"))
    depths: list[int] = []

    def counted(self: TinyEncoder, batch: Any) -> Any:
        depths.append(sum(frame.filename.startswith(packages) for frame in traceback.extract_stack()))
        return encode(self, batch)

    monkeypatch.setattr(TinyEncoder, "encode", counted)
    assert iad(line, "inspect", line / "new" / "fine.png").exit_code == 0
    assert depths
    assert max(depths) <= 9


def test_a_question_about_several_images_is_answered_for_each(line: Path) -> None:
    images = [line / "new" / "fine.png", line / "new" / "blot.png"]
    found = iad(line, "ask", *images, "Is it ok?", "-p", "plate", "--json")
    assert found.exit_code == 0, found.output
    answers = [AnswerRecord.model_validate_json(one) for one in found.stdout.splitlines()]
    assert [(one.image, one.anomalous) for one in answers] == [
        (str(images[0]), False),
        (str(images[1]), True),
    ]
    (thread,) = {one.thread for one in answers}
    shown = iad(line, "ask", *images, "Is it ok?", "-p", "plate").stdout
    assert f"{images[0]}:" in shown and f"{images[1]}:" in shown
    kept = iad(line, "threads", "show", thread, "--json").stdout.splitlines()
    assert {json.loads(one)["question"] for one in kept} == {"Is it ok?"}
    whole = iad(line, "ask", *images, "How many of these images are bad?", "-p", "plate", "--json")
    (one,) = [AnswerRecord.model_validate_json(each) for each in whole.stdout.splitlines()]
    assert "2 images" in one.answer
    for question in ("Which one is the worst?", "Lequel est le pire ?"):
        (one,) = iad(line, "ask", *images, question, "-p", "plate", "--json").stdout.splitlines()
        assert '"blot.png"' in AnswerRecord.model_validate_json(one).answer.split("[thread]")[0]
    for question, named in (
        ("Which one is worse?", "blot.png"),
        ("Which of the two is better?", "fine.png"),
        ("Welches der beiden Bilder ist schlechter?", "blot.png"),
        ("どっちが悪い?", "blot.png"),
    ):
        for order in (images, images[::-1]):
            (one,) = iad(line, "ask", *order, question, "-p", "plate", "--json").stdout.splitlines()
            answer = AnswerRecord.model_validate_json(one).answer
            assert answer.startswith(f'"{named}".')
            if question.startswith("Which"):
                # What follows is of the image that is named.
                assert f"the {'more' if named == 'blot.png' else 'less'} unusual of the two" in answer


def test_answers_come_in_the_language_that_is_set(line: Path) -> None:
    image = line / "new" / "blot.png"
    found = iad(line, "ask", image, "Is it ok?", "-p", "plate", "--lang", "de", "--json")
    answer = AnswerRecord.model_validate_json(found.stdout)
    assert answer.language == "de"
    assert answer.answer.startswith("Nein.")
    found = iad(line, "ask", "How many parts failed today?", "--json", environment={"IAD_LANGUAGE": "fr"})
    assert json.loads(found.stdout)["language"] == "fr"
    refused = iad(line, "ask", image, "Is it ok?", "--lang", "klingon")
    assert refused.exit_code == 1
    assert "option --lang:" in refused.stderr, refused.stderr


def test_a_question_is_judged_at_the_rates_that_are_given(line: Path) -> None:
    image = line / "new" / "blot.png"
    found = iad(
        line, "ask", image, "Is it ok?", "-p", "plate", "--alpha", "1e-9", "--review", "0.9", "--json"
    )
    answer = AnswerRecord.model_validate_json(found.stdout)
    assert (answer.decision, answer.review, answer.affirmed) == ("review", 0.9, None)


def test_a_conversation_needs_no_image(line: Path) -> None:
    tiny = {"IAD_ENCODER": "tiny", "IAD_TEXT_ENCODER": "tiny", "IAD_STORE": str(line / "store")}
    lines = ("What is a stain?", f"/image {line / 'new' / 'blot.png'}", "/image nowhere.png", "Is it ok?", "")
    found = CliRunner().invoke(app, ["chat", "-p", "plate"], env=tiny, input="\n".join([*lines, ""]))
    assert found.exit_code == 0, found.output
    assert "red patch of paint" in found.stdout
    # A wrong path is told at once, and the image in hand stays.
    assert "nowhere.png: no such file" in found.stderr
    assert "No." in found.stdout
    # What the answer doesn't cite is shown where somebody asks for it.
    assert "[score] anomaly score" not in found.stdout
    found = iad(line, "ask", line / "new" / "blot.png", "Is it ok?", "-p", "plate", "--verbose")
    assert "[score] anomaly score" in found.stdout


def test_all_that_an_answer_cites_is_shown(line: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(10).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    pixels[4:28, 66:90] = pixels[68:92, 6:30] = (250, 20, 20)
    Image.fromarray(pixels).save(tmp_path / "two.png")
    found = iad(line, "ask", tmp_path / "two.png", "Is it ok?", "-p", "plate").stdout
    assert "[region-1, region-2]" in found
    assert "  [region-1] " in found
    assert "  [region-2] " in found
