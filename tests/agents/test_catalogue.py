"""`iad catalogue`: files added one by one, columns told, unknown products asked about."""

from __future__ import annotations

import json
from pathlib import Path

import catalogues
import pytest
from plates import part
from typer.testing import CliRunner, Result

from agents.app import Application
from agents.interfaces.cli import app
from agents.settings import Settings


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store in which the product `screw` is enrolled."""
    folder = tmp_path_factory.mktemp("line")
    settings = Settings(store=folder / "store", encoder="tiny", text_encoder="tiny")
    with Application(settings) as opened:
        opened.enroll("screw", [part(folder / f"{seed}.png", seed) for seed in range(5)], keep_all=True)
    return folder


def iad(folder: Path, *arguments: object) -> Result:
    environment = {"IAD_ENCODER": "tiny", "IAD_TEXT_ENCODER": "tiny", "IAD_STORE": str(folder / "store")}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


def test_a_bad_file_stops_no_other(line: Path) -> None:
    good, bad = catalogues.delimited(line / "fmea.csv"), line / "bad.xlsx"
    bad.write_bytes(b"PK")
    result = iad(line, "catalogue", "add", bad, good, "--product", "Screw")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: KnowledgeError: ") and "bad.xlsx" in result.stderr
    assert "72 passages from 1 files about screw, 12 types of defect" in result.stdout
    assert "Severity -> severity" in result.stdout

    (source,) = [json.loads(row) for row in iad(line, "catalogue", "list", "--json").stdout.splitlines()]
    assert (source["file"], source["products"], len(source["entries"])) == ("fmea.csv", ["screw"], 12)
    assert "did you mean screw?" in iad(line, "catalogue", "show", "screws").stderr
    rows = [json.loads(row) for row in iad(line, "catalogue", "show", "SCREW", "--json").stdout.splitlines()]
    assert [row["type"] for row in rows] == list(catalogues.ENTRIES)
    assert (rows[4]["limit"], rows[4]["source"]) == ("≤ 0.5 mm²", "fmea.csv, row 6")
    assert "wash it again" in iad(line, "catalogue", "show", "screw").stdout
    assert "gas in the melt" in iad(line, "knowledge", "search", "gas in the melt").stdout
    assert "removed 72" in iad(line, "catalogue", "remove", "fmea.csv").stdout
    assert iad(line, "catalogue", "list").stdout == ""


def test_an_unknown_product_is_asked_about(line: Path) -> None:
    file = catalogues.markdown(line / "notes.md")
    result = iad(line, "catalogue", "add", file, "--product", "scrw")
    assert result.exit_code == 1
    assert "UnknownProduct: scrw: no known product; did you mean screw?" in result.stderr
    assert "--new-product" in result.stderr
    assert iad(line, "catalogue", "list").stdout == ""
    assert iad(line, "catalogue", "add", file, "--product", "nut", "--new-product").exit_code == 0
    assert len(iad(line, "catalogue", "show", "nut", "--json").stdout.splitlines()) == 12
    iad(line, "catalogue", "remove", "notes.md")


def test_a_product_misspelt_in_a_file_is_asked_about(line: Path) -> None:
    file = line / "two.csv"
    file.write_text("Product,Defect,Cause\nscrews_m4,dent,a fall\nscreww,rust,water\n")
    result = iad(line, "catalogue", "add", file)
    assert result.exit_code == 1
    assert "did you mean screw?" in result.stderr


def test_a_person_is_asked_where_there_is_one(line: Path) -> None:
    file = catalogues.markdown(line / "more.md")
    settings = Settings(store=line / "store", encoder="tiny", text_encoder="tiny")
    asked: list[str] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return True

    with Application(settings) as opened:
        added = opened.catalogue.add([file], "bolt", new_product=False, confirm=confirm)
        opened.catalogue.remove("more.md")
    assert added.products == ["bolt"]
    assert asked == ["bolt is no known product (there are screw). Is it a new one?"]
