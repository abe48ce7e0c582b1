"""People in the loop: a thread that waits for a person, corrections that are checked, learned and undone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from agents.app import Application
from agents.graphs.threads import Waiting
from agents.interfaces.cli import app as command
from agents.settings import Settings
from agents.state import Review
from anomaly_core.errors import ConfigError, ThreadError
from knowledge.log.figures import Filter, rows
from tools.enrollment.trial import LATEST
from tools.records import AnswerRecord, InspectionRecord


def settings(folder: Path) -> Settings:
    return Settings(store=folder / "store", encoder="tiny", text_encoder="tiny", threads=1)


def paint(path: Path, seed: int, *, spot: int = 0, level: int = 160) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    pixels[10 : 10 + spot, 66 : 66 + spot] = level
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and its good images, which each test copies: enrolling takes seconds."""
    folder = tmp_path_factory.mktemp("enrolled")
    with Application(settings(folder)) as opened:
        opened.enroll("plate", [paint(folder / f"good-{seed}.png", seed) for seed in range(4)])
    return folder


@pytest.fixture(scope="module")
def near_the_limit(enrolled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image near the limit: found, not assumed."""
    folder = tmp_path_factory.mktemp("near")
    shutil.copytree(enrolled, folder, dirs_exist_ok=True)
    with Application(settings(folder)) as opened:
        for spot, level in product(range(5, 13), range(112, 200)):
            path = paint(folder / "near.png", 9, spot=spot, level=level)
            (record,) = opened.inspect([path], product="plate")
            assert isinstance(record, InspectionRecord)
            if record.uncertain and not record.anomalous:
                return path
    pytest.fail("no level of the spot gives an uncertain verdict")


@pytest.fixture
def app(enrolled: Path, tmp_path: Path) -> Any:
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    opened = Application(settings(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def uncertain(app: Application, near_the_limit: Path, tmp_path: Path) -> Path:
    path = tmp_path / "near.png"
    shutil.copyfile(near_the_limit, path)
    (record,) = app.inspect([path], product="plate")
    assert isinstance(record, InspectionRecord)
    assert record.uncertain
    return path


def verdict_of(app: Application, path: Path) -> bool:
    (record,) = app.inspect([path], product="plate")
    assert isinstance(record, InspectionRecord)
    return record.anomalous


@pytest.mark.parametrize(
    ("question", "lead", "affirmed"),
    [
        ("Is this part ok?", "No.", False),
        ("Ist das Teil fehlerhaft?", "Ja.", True),
        ("이 부품 괜찮아요?", "아니요.", False),
    ],
)
def test_a_persons_word_on_this_very_image_holds(
    app: Application, tmp_path: Path, question: str, lead: str, affirmed: bool
) -> None:
    good = paint(tmp_path / "good.png", 77)
    assert not verdict_of(app, good)
    kept = app.correct(good, "anomalous", product="plate", defect_type="oversize hole").correction
    (record,) = app.inspect([good], product="plate")
    assert isinstance(record, InspectionRecord)
    assert any("a person judged this image anomalous, oversize hole" in one for one in record.warnings)
    reply = app.ask(good, question, product="plate")
    assert isinstance(reply, AnswerRecord)
    assert reply.answer.startswith(lead)
    assert '"good.png"' in reply.answer
    assert reply.affirmed is affirmed
    assert kept.id in next(item.text for item in reply.evidence if item.id == "score")
    assert record.defect_type is not None
    assert (record.defect_type.name, record.defect_type.status) == ("oversize hole", "confirmed")
    asked = app.ask(good, "Which type of defect is it?", product="plate").answer
    assert asked.startswith('Oversize hole. "good.png" was judged anomalous by a person')
    told = app.ask(good, "Is it a scratch?", product="plate").answer
    assert told.startswith("No. It is of the type oversize hole [score].")
    app.undo_correction(kept.id)
    (record,) = app.inspect([good], product="plate")
    assert isinstance(record, InspectionRecord)
    assert record.warnings == []
    assert record.defect_type is None
    assert not app.ask(good, question, product="plate").answer.startswith(lead)


def test_an_uncertain_verdict_waits_for_a_person(app: Application, uncertain: Path) -> None:
    waiting = app.ask_or_wait(uncertain, "Is it ok?", product="plate", thread="T", review=True)
    assert isinstance(waiting, Waiting)
    assert waiting.request["image"] == str(uncertain)
    assert waiting.request["measured"] in ("good", "anomalous")
    json.dumps(waiting.request)
    assert [one.thread for one in app.conversations.waiting()] == ["T"]
    with pytest.raises(ThreadError, match="iad review T"):
        app.ask(uncertain, "Where?", product="plate", thread="T")
    reply = app.review("T", Review(verdict="anomalous", defect_type="dent", note="seen by hand"))
    assert isinstance(reply, AnswerRecord)
    assert "A person looked at it and judged it anomalous, dent." in reply.answer
    assert reply.anomalous is (waiting.request["measured"] == "anomalous")
    assert app.conversations.waiting() == []
    (correction,) = app.corrections()
    assert (correction.verdict, correction.defect_type, correction.learned) == (
        "anomalous",
        "dent",
        "nothing",
    )
    with pytest.raises(ThreadError, match="does not wait"):
        app.review("T", Review(verdict="good"))


def test_a_sure_verdict_waits_for_nobody(app: Application, tmp_path: Path) -> None:
    path = paint(tmp_path / "bad.png", 8, spot=30, level=255)
    reply = app.ask_or_wait(path, "Is it ok?", product="plate", review=True)
    assert isinstance(reply, AnswerRecord)
    assert app.corrections() == []


@pytest.mark.slow
def test_the_wait_ends_in_another_process(app: Application, uncertain: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from agents.app import Application; "
        "from agents.settings import Settings; "
        "app = Application(Settings(store=sys.argv[1], encoder='tiny', text_encoder='tiny', threads=1)); "
        "reply = app.ask_or_wait(Path(sys.argv[2]), 'Is it ok?', product='plate', thread='T', review=True); "
        "print(type(reply).__name__)"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "store"), str(uncertain)]
    assert subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip() == "Waiting"
    straight = app.ask(uncertain, "Is it ok?", product="plate", thread="other")
    reply = app.review("T", Review(verdict="good"))
    assert isinstance(reply, AnswerRecord)
    assert "judged it good" in reply.answer
    assert reply.answer.startswith(straight.answer)


def test_a_repeated_step_records_once(app: Application, uncertain: Path) -> None:
    from agents.corrections import record_review

    app.ask_or_wait(uncertain, "Is it ok?", product="plate", thread="T", review=True)
    app.review("T", Review(verdict="good"))
    state = app.conversations._state("T").values
    for _ in range(2):
        record_review(app.tools, state, Review(verdict="good"), "the same")
    assert len(app.corrections()) == 2


def test_a_good_image_joins_the_templates_and_leaves_them_again(app: Application, tmp_path: Path) -> None:
    odd = paint(tmp_path / "odd.png", 9, spot=20, level=200)
    like = paint(tmp_path / "like.png", 10, spot=20, level=200)
    before = app.tools.store.snapshot().manifest.entries
    assert verdict_of(app, odd)
    assert verdict_of(app, like)
    outcome = app.correct(odd, "good", product="plate", note="a new print")
    assert outcome.accepted
    assert outcome.correction.learned == "template"
    assert not verdict_of(app, odd)
    assert not verdict_of(app, like)
    assert app.products()[0].templates == 5
    undone = app.undo_correction(outcome.correction.id).correction
    assert undone.undone_at is not None
    assert verdict_of(app, odd)
    after = app.tools.store.snapshot().manifest.entries
    assert {k: v for k, v in after.items() if not k.startswith("feedback/")} == before
    with pytest.raises(ConfigError, match="already"):
        app.undo_correction(outcome.correction.id)


def test_what_it_would_flip_is_told_and_nothing_is_recorded(app: Application, tmp_path: Path) -> None:
    defect = paint(tmp_path / "defect.png", 9, spot=20, level=200)
    same_look = paint(tmp_path / "same.png", 10, spot=20, level=200)
    assert app.correct(defect, "anomalous", product="plate", defect_type="dent").accepted
    version = app.tools.store.snapshot().version
    outcome = app.correct(same_look, "good", product="plate")
    assert not outcome.accepted
    (flip,) = outcome.flips
    assert (flip.before, flip.after, flip.confirmed) == ("anomalous", "good", "anomalous")
    assert "defect.png" in flip.name
    assert flip.harms
    assert app.tools.store.snapshot().version == version
    assert verdict_of(app, same_look)
    forced = app.correct(same_look, "good", product="plate", accept_flips=True)
    assert forced.accepted
    assert forced.flips == outcome.flips
    assert not verdict_of(app, defect)


def test_a_part_that_waits_and_would_pass_is_told(app: Application, uncertain: Path, tmp_path: Path) -> None:
    like = tmp_path / "like.png"
    pixels = np.asarray(Image.open(uncertain)).copy()
    pixels[80:90, 5:15] = 130
    Image.fromarray(pixels).save(like)
    for number in range(LATEST):  # so that it is not among the last inspected
        verdict_of(app, paint(tmp_path / f"later-{number}.png", 40 + number))
    outcome = app.correct(like, "good", product="plate", record=False, against=None)
    told = [(flip.before, flip.after, flip.harms) for flip in outcome.flips if flip.name == str(uncertain)]
    assert told == [("review", "good", False)]
    assert app.correct(like, "good", product="plate", against=None).accepted
    # A question does not end its waiting, and says so; another inspection does.
    assert app.tools.log is not None
    asked = app.ask(uncertain, "Is it ok?", product="plate")
    assert any("it stays so, though it would pass now" in one for one in asked.warnings)
    log, wanted = app.tools.log, Filter(name=uncertain.name)
    assert [row["decision"] for row in log.read(lambda held: list(rows(held, wanted)))] == ["review"]
    assert not verdict_of(app, uncertain)
    assert {row["decision"] for row in log.read(lambda held: list(rows(held, wanted)))} == {"review", "pass"}


def test_images_named_by_path_are_checked_too(app: Application, tmp_path: Path) -> None:
    other = paint(tmp_path / "other.png", 10, spot=20, level=200)
    odd = paint(tmp_path / "odd.png", 9, spot=20, level=200)
    told: list[tuple[str, int, int]] = []
    outcome = app.correct(
        odd, "good", product="plate", against=[other], progress=lambda *step: told.append(step)
    )
    assert not outcome.accepted
    assert outcome.judged == 1
    assert [step for step in told if step[0] == "checking images judged before"] == [
        ("checking images judged before", 0, 1), ("checking images judged before", 1, 1)
    ]  # fmt: skip
    assert [flip.name for flip in outcome.flips] == [str(other)]


def test_a_later_change_must_be_undone_first(app: Application, tmp_path: Path) -> None:
    first = app.correct(paint(tmp_path / "a.png", 9, spot=20, level=200), "good", product="plate")
    second = app.correct(paint(tmp_path / "b.png", 10, spot=20, level=90), "good", product="plate")
    assert first.accepted
    assert second.accepted
    with pytest.raises(ConfigError, match="later corrections first"):
        app.undo_correction(first.correction.id)
    app.undo_correction(second.correction.id)
    app.undo_correction(first.correction.id)
    assert app.products()[0].templates == 4


def test_an_enrolled_image_teaches_nothing_new(app: Application, tmp_path: Path) -> None:
    assert app.correct(tmp_path / "good-0.png", "good", product="plate").correction.learned == "nothing"


def test_a_named_defect_joins_the_examples_and_leaves_them_again(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "bad.png", 8, spot=30, level=255)
    like = paint(tmp_path / "like.png", 7, spot=30, level=250)
    assert type_of(app, like) == "unknown defect"
    outcome = app.correct(image, "anomalous", product="plate", defect_type="blot")
    assert outcome.correction.learned == "example"
    assert [example.defect for example in app.tools.examples.examples("plate")] == ["blot"]
    assert verdict_of(app, like)
    app.undo_correction(outcome.correction.id)
    assert app.tools.examples.examples("plate") == []
    assert app.correct(image, "anomalous", product="plate", defect_type="x", learn=False).accepted
    assert app.tools.examples.examples("plate") == []


def type_of(app: Application, path: Path) -> str:
    (record,) = app.inspect([path], product="plate")
    assert isinstance(record, InspectionRecord)
    assert record.defect_type is not None
    return record.defect_type.name


def test_masks_are_kept_and_must_fit(app: Application, tmp_path: Path) -> None:
    image = paint(tmp_path / "bad.png", 8, spot=30, level=255)
    mask = np.zeros((96, 96), np.uint8)
    mask[10:40, 66:96] = 7
    Image.fromarray(mask).save(tmp_path / "mask.png")
    outcome = app.correct(image, "anomalous", product="plate", mask=tmp_path / "mask.png")
    kept = app.tools.feedback.mask(outcome.correction.id)
    assert kept is not None
    with Image.open(kept) as read:
        assert (np.asarray(read) == (mask > 0) * 255).all()
    Image.fromarray(mask[:50]).save(tmp_path / "short.png")
    Image.fromarray(mask * 0).save(tmp_path / "empty.png")
    for name, told in (("short.png", "draw it anew"), ("empty.png", "no pixel")):
        with pytest.raises(ConfigError, match=told):
            app.correct(image, "anomalous", product="plate", mask=tmp_path / name)
    with pytest.raises(ConfigError, match="good part has no"):
        app.correct(image, "good", product="plate", defect_type="dent")


def two_spots(path: Path, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    pixels[10:30, 66:86] = 200
    pixels[66:86, 10:30] = 200
    Image.fromarray(pixels).save(path)
    return path


def regions_of(app: Application, path: Path) -> list[tuple[int, int, int, int]]:
    (record,) = app.inspect([path], product="plate")
    assert isinstance(record, InspectionRecord)
    return [one.bbox for one in record.regions] if record.anomalous else []


def test_one_region_of_several_is_normal_here(app: Application, tmp_path: Path) -> None:
    part = two_spots(tmp_path / "part.png", 9)
    before = regions_of(app, part)
    assert len(before) >= 2
    with pytest.raises(ConfigError, match="no region 9"):
        app.correct(part, "good", product="plate", region=9)
    number = next(n for n, box in enumerate(before, start=1) if box[0] > 48)
    outcome = app.correct(part, "good", product="plate", region=number)
    assert outcome.accepted
    assert (outcome.correction.learned, outcome.correction.verdict) == ("zone", "anomalous")
    after = regions_of(app, two_spots(tmp_path / "next.png", 10))
    assert after and all(box[0] < 48 for box in after)
    app.undo_correction(outcome.correction.id)
    assert regions_of(app, part) == before


def test_a_zone_that_hides_a_known_defect_is_told_first(app: Application, tmp_path: Path) -> None:
    known = paint(tmp_path / "known.png", 11, spot=20, level=200)
    assert app.correct(known, "anomalous", product="plate", defect_type="dent").accepted
    part = two_spots(tmp_path / "part.png", 9)
    number = next(n for n, box in enumerate(regions_of(app, part), start=1) if box[0] > 48)
    refused = app.correct(part, "good", product="plate", region=number)
    assert not refused.accepted
    assert [(flip.before, flip.after) for flip in refused.flips] == [("anomalous", "good")]
    assert len(regions_of(app, part)) >= 2


def test_the_only_region_is_normal_by_a_template(app: Application, tmp_path: Path) -> None:
    odd = paint(tmp_path / "odd.png", 9, spot=20, level=200)
    assert len(regions_of(app, odd)) == 1
    assert app.correct(odd, "good", product="plate", region=1).correction.learned == "template"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("that mark at the top right is always there, it is normal", "odd.png --normal"),
        ("das ist hier immer so", "Wenn das hier normal ist"),
        ("这个痕迹在这里是正常的", "odd.png --normal"),
        ("이 자국은 여기서 정상입니다", "odd.png --normal"),
    ],
)
def test_a_person_who_calls_it_normal_is_told_how_to_record_it(
    app: Application, tmp_path: Path, said: str, told: str
) -> None:
    reply = app.ask(paint(tmp_path / "odd.png", 9, spot=20, level=200), said, product="plate")
    assert reply.anomalous
    assert told in reply.answer


@pytest.mark.slow
def test_the_commands(app: Application, uncertain: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("IAD_ENCODER", "tiny")
    monkeypatch.setenv("IAD_TEXT_ENCODER", "tiny")
    monkeypatch.setenv("IAD_STORE", str(tmp_path / "store"))

    def iad(*arguments: object, status: int = 0) -> list[Any]:
        result = CliRunner().invoke(command, [str(argument) for argument in arguments])
        assert result.exit_code == status, result.output
        return (
            [json.loads(line) for line in result.stdout.splitlines()] if "--json" in arguments else [result]
        )

    asked = iad("ask", uncertain, "Is it ok?", "-p", "plate", "--thread", "T", "--wait", "--json")
    assert asked[0]["thread"] == "T"
    assert asked[0]["review"]["p_value"] > 0
    assert iad("review", "--json")[0]["thread"] == "T"
    assert "iad review T" in iad("ask", uncertain, "Where?", "--thread", "T", status=1)[0].stderr
    assert "judged it good" in iad("review", "T", "--verdict", "good", "--json")[0]["answer"]
    assert "No thread waits." in iad("review")[0].stdout
    iad("review", "T", status=2)
    odd = paint(tmp_path / "odd.png", 9, spot=20, level=200)
    made = iad("correct", odd, "--verdict", "good", "-p", "plate", "--json")[0]
    assert made["accepted"]
    assert {one["id"] for one in iad("feedback", "list", "--json")} >= {made["correction"]["id"]}
    assert "undone" in iad("feedback", "undo", made["correction"]["id"])[0].stdout
    iad("correct", odd, "-p", "plate", status=2)
    iad("correct", odd, "--verdict", "good", "--region", 1, "-p", "plate", status=2)
    iad("correct", odd, "--verdict", "anomalous", "--normal", "-p", "plate", status=2)
    normal = iad("correct", odd, "--normal", "--region", 1, "-p", "plate", "--json")[0]
    assert normal["correction"]["learned"] == "template"
    iad("feedback", "undo", normal["correction"]["id"])
    other = paint(tmp_path / "other.png", 10, spot=20, level=200)
    refused = iad("correct", odd, "--verdict", "good", "-p", "plate", "--against", other, status=1)[0]
    assert "anomalous -> good" in refused.stdout
    assert f"1 verdict would flip, the worst first: {other}" in refused.stdout.replace("\n", "")
    assert "not recorded" in refused.stdout
    iad("inspect", other, "-p", "plate")
    logged = iad("correct", odd, "--verdict", "good", "-p", "plate", status=1)[0]
    assert f"1 verdict would flip, the worst first: {other}" in logged.stdout.replace("\n", "")
    assert "no correction nosuch" in iad("feedback", "undo", "nosuch", status=1)[0].stderr
