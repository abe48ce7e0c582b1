"""The demo: which cells it draws, how it counts, and the whole of it on the real photographs."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.demo import DemoResult, DemoRow, choose_cells, demo_settings, run_demo
from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.results import Decision
from anomaly_core.weights.resolve import cached


def lay_out(folder: Path, good: int, bad: int) -> Path:
    lines = [f"images/g{n}.png  0.0  mono" for n in range(good)]
    lines += [f"images/b{n}.png  1.0  mono" for n in range(bad)]
    lines += ["images/p.png  0.0  poly", "images/d.png  0.333  mono"]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_cells_are_apart_and_the_seed_decides(tmp_path: Path) -> None:
    data = lay_out(tmp_path, 30, 20)
    cells = choose_cells(data, 8, 12, seed=3)
    assert (len(cells.enrolled), len(cells.good), len(cells.defective)) == (8, 12, 12)
    assert len({*cells.enrolled, *cells.good, *cells.defective}) == 32
    assert all(path.name[0] == "g" for path in cells.enrolled + cells.good)
    assert all(path.name[0] == "b" for path in cells.defective)
    assert choose_cells(data, 8, 12, seed=3) == cells != choose_cells(data, 8, 12, seed=4)


def test_own_store_and_a_size_that_the_user_can_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IAD_STORE", "users-own")
    monkeypatch.delenv("IAD_INPUT_SIZE", raising=False)
    assert demo_settings(tmp_path).store == tmp_path / "store"
    assert demo_settings(tmp_path).input_size == Settings.model_fields["input_size"].default
    monkeypatch.setenv("IAD_INPUT_SIZE", "320")
    assert demo_settings(tmp_path).input_size == 320


def test_too_few_cells_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="too few"):
        choose_cells(lay_out(tmp_path, 9, 2), 8, 2, seed=0)


def test_decisions_are_counted_and_a_review_is_no_pass() -> None:
    truths = ["good"] * 4 + ["anomalous"] * 3
    decisions: list[Decision] = ["pass", "pass", "review", "fail", "fail", "review", "pass"]
    rows = [DemoRow("x", truth, one, 0.5, "") for truth, one in zip(truths, decisions, strict=True)]
    text = DemoResult(rows, 0, "", {}, Path("r"), seed=7, enrolled=8, encoder="tiny").summary()
    assert text.startswith(
        "of 4 good cells 2 pass, 1 review, 1 fail; of 3 defective cells 1 pass, 1 review, 1 fail (8 good"
    )
    assert "seed 7" in text


@pytest.mark.weights
@pytest.mark.skipif(cached("elpv") is None, reason="needs `iad weights pull elpv`")
def test_the_whole_demo(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny")
    result = run_demo(settings, tmp_path, lambda *_: None, enrolled=2, unseen=2)
    assert result.failed == 0
    assert [row.truth for row in result.rows] == ["good", "good", "anomalous", "anomalous"]
    assert len(result.answers) == 3 and all(result.answers.values())
    assert result.report.read_text(encoding="utf-8").count(' id="part') == 4
    assert len(list((tmp_path / "pictures").glob("*-overlay.png"))) == 4
    assert (tmp_path / "notes" / "solar-cells.md").exists()
    assert [
        len(list((tmp_path / "cells").glob(f"{kind}/*.png"))) for kind in ("enrolled", "good", "defective")
    ] == [2] * 3
