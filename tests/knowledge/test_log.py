"""The log: chain, kills, several processes, unusable files, figures by filter."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from logged import entry, made_earlier

from anomaly_core.errors import StoreDamaged, StoreError, StoreTooNew
from knowledge.log import database, figures
from knowledge.log.entry import GENESIS, RECORDING, NamedType, Recording, Region, chained
from knowledge.log.figures import Filter, Parts
from knowledge.log.log import InspectionLog
from knowledge.log.names import as_spelled, distinct


@pytest.fixture
def log(tmp_path: Path) -> Iterator[InspectionLog]:
    opened = InspectionLog(tmp_path / "log.sqlite")
    yield opened
    opened.close()


def test_a_row_holds_what_was_inspected(log: InspectionLog) -> None:
    region = Region("top left", (1, 2, 30, 40), 500, 31.5, 20.0, 3.15, 2.0)
    recording = Recording(-2.125, 120.5, 0.9)
    written = entry(
        1, "fail", regions=(region,), lot="A17", station="S1", operator="kim", recording=recording
    )
    assert log.append([written]) == [1]
    (row,) = log.read(lambda held: list(figures.rows(held, Filter())))
    assert [row[key] for key in RECORDING] == [-2.125, 120.5, 0.9]
    assert (row["decision"], row["lot"], row["station"], row["operator"]) == ("fail", "A17", "S1", "kim")
    assert row["types"] == [{"name": "crack", "status": "likely", "score": 0.7}]
    assert row["regions"][0] == {
        "cell": "top left", "bbox": [1, 2, 30, 40], "area_px": 500, "length_px": 31.5, "width_px": 20.0,
        "length_mm": 3.15, "width_mm": 2.0,
    }  # fmt: skip
    assert row["at"] == "2026-11-02T08:01:00.000Z"


def test_a_filter_takes_names_as_the_log_spells_them(log: InspectionLog) -> None:
    log.append([entry(1, lot="A17", station="Línea-3", operator="Kim"), entry(2, lot="a17", operator="ÖZIL")])
    found = log.read(lambda held: as_spelled(held, Filter(lot="a17", station="LÍNEA-3", operator="kim")))
    assert found == Filter(lot="a17", station="Línea-3", operator="Kim")
    assert log.read(lambda held: as_spelled(held, Filter(operator="özil"))) == Filter(operator="ÖZIL")
    assert log.read(lambda held: as_spelled(held, Filter(lot="B1"))) == Filter(lot="B1")


def test_the_same_step_logs_once_and_the_same_image_twice(log: InspectionLog) -> None:
    first = entry(1)
    assert log.append([first]) == log.append([first]) == [1]
    assert log.append([replace(first, uid="another")]) == [2]
    assert log.verify().rows == 2


def test_a_name_that_is_no_text_is_kept_readable(log: InspectionLog) -> None:
    log.append([entry(1, name=os.fsdecode(b"part-\xff.png"))])
    (row,) = log.read(lambda held: list(figures.rows(held, Filter())))
    assert row["name"] == "part-\\udcff.png"
    assert log.verify().rows == 1


def tampered(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as held:
        held.executescript("DROP TRIGGER no_update; DROP TRIGGER no_delete;")
        for statement in statements:
            held.execute(statement)
    held.close()


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["UPDATE rows SET decision = 'pass' WHERE number = 3"], "row 3 was changed"),
        (["UPDATE rows SET p_value = p_value + 1e-12 WHERE number = 2"], "row 2 was changed"),
        (["UPDATE rows SET level = 120.0 WHERE number = 2"], "row 2 was changed"),
        (["UPDATE rows SET level = level + 1 WHERE number = 4"], "row 4 was changed"),
        (
            ["UPDATE rows SET sharpness = NULL, level = NULL, noise = NULL WHERE number = 4"],
            "row 4 was changed",
        ),
        (["DELETE FROM rows WHERE number = 2"], "row 2 is missing"),
        (["DELETE FROM rows WHERE number = 5"], "row 5 is missing"),
        (
            [
                "UPDATE rows SET number = 99 WHERE number = 2",
                "UPDATE rows SET number = 2 WHERE number = 3",
                "UPDATE rows SET number = 3 WHERE number = 99",
            ],
            "row 2 does not follow",
        ),
        (
            ["DELETE FROM rows WHERE number = 4", "UPDATE rows SET number = 4 WHERE number = 5"],
            "row 4 does not follow",
        ),
    ],
)
def test_an_edited_removed_or_reordered_row_is_found(
    log: InspectionLog, statements: list[str], told: str
) -> None:
    made = [entry(number, "fail" if number == 3 else "pass") for number in range(1, 6)]
    made[3] = replace(made[3], recording=Recording(-2.0, 120.0, 0.9))
    log.append(made)
    assert log.verify().rows == 5
    log.close()
    tampered(log.path, *statements)
    with pytest.raises(StoreDamaged, match=told):
        log.verify()


def test_rows_cannot_be_changed_by_mistake(log: InspectionLog) -> None:
    log.append([entry(1)])
    held = sqlite3.connect(log.path)
    for statement in ("UPDATE rows SET decision = 'fail'", "DELETE FROM rows"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            held.execute(statement)
    held.close()


APPEND = """
import sys
from pathlib import Path
from knowledge.log.entry import Entry
from knowledge.log.log import InspectionLog
log = InspectionLog(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    name = f"{sys.argv[2]}-{number}"
    (row,) = log.append([Entry("inspection", name, "0" * 64, "screw", 0.5, decision="pass")])
    print(row, flush=True)
"""


def appending(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPEND, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def test_acknowledged_rows_survive_a_kill(log: InspectionLog) -> None:
    process = appending(log.path, "a", 100_000)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    told += [int(line) for line in process.stdout]
    process.wait()
    process.stdout.close()
    whole = log.verify()
    assert whole.rows in (told[-1], told[-1] + 1)
    assert log.append([entry(1)]) == [whole.rows + 1]
    log.verify()


def test_processes_append_to_one_log(log: InspectionLog) -> None:
    """Both make the file at the same time, too."""
    processes = [appending(log.path, name, 60) for name in "ab"]
    told = [int(line) for process in processes for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(told) == list(range(1, 121))
    assert log.verify().rows == 120


def test_a_log_of_a_newer_version_is_refused_by_name(log: InspectionLog) -> None:
    log.append([entry(1)])
    log.close()
    with sqlite3.connect(log.path) as held:
        held.execute(f"PRAGMA user_version = {database.FORMAT + 1}")
    held.close()
    for work in (log.verify, lambda: log.append([entry(2)])):
        with pytest.raises(StoreTooNew, match=r"log\.sqlite was written by a newer version"):
            work()


def test_a_row_without_a_recording_is_hashed_as_before_there_were_any() -> None:
    digest = chained(GENESIS, 1, entry(1, "fail", uid="a").values())
    assert digest == "29133c3b1c4e526a1d0764301d903d84529c213d59aaebaf567965c5573259b5"


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("reading", [True, False])
def test_a_log_of_an_earlier_version_is_brought_up_to_date(
    log: InspectionLog, reading: bool, version: int
) -> None:
    log.append([entry(1, "fail"), entry(1, "pass", uid="again"), entry(2)])
    log.close()
    made_earlier(log.path, version)
    if not reading:
        log.append([entry(2, uid="more", recording=Recording(-2.0, 120.0, 0.9))])
    found = log.read(lambda held: Parts(held, Filter()).counts())
    assert (found.all, found.inspections) == ((2, 3) if reading else (2, 4))
    assert log.verify().rows == found.inspections


def test_what_is_no_log_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, but longer than a header of one " * 40)
    with sqlite3.connect(tmp_path / "other") as held:
        held.execute("CREATE TABLE threads (name)")
    held.close()
    for name in ("text", "other"):
        log = InspectionLog(tmp_path / name)
        for work in (log.verify, lambda log=log: log.append([entry(2)])):
            with pytest.raises(StoreDamaged, match=f"{name} is .*IAD_LOG"):
                work()


def test_a_full_disk_names_the_file_and_the_remedy(log: InspectionLog) -> None:
    log.append([entry(1)])
    assert log._writing is not None
    log._writing.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match=r"log\.sqlite: .*full: free some space there, or .*IAD_LOG"):
        log.append([entry(number) for number in range(2, 2000)])
    assert log.verify().rows == 1


def test_a_place_that_cannot_be_written_names_the_file_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"IAD_LOG"):
        InspectionLog(tmp_path / "file" / "log.sqlite").append([entry(1)])
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreError, match=r"folder\.sqlite: .*IAD_LOG"):
        InspectionLog(tmp_path / "folder.sqlite").append([entry(1)])
    log = InspectionLog(tmp_path / "log.sqlite")
    log.append([entry(1)])
    assert log._writing is not None
    log._writing.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreError, match=r"log\.sqlite: .*give yourself the right to it"):
        log.append([entry(2)])
    log.close()


def test_reading_makes_no_file(log: InspectionLog) -> None:
    assert log.read(lambda held: Parts(held, Filter()).counts()).all == 0
    assert log.verify().rows == 0
    assert not log.path.exists()


def test_figures_by_filter(log: InspectionLog) -> None:
    log.append(
        [
            *(entry(number, "fail" if number in (3, 8, 9) else "pass") for number in range(10)),
            entry(1500, "review", product="plate", lot="B2"),
            entry(1501, "fail", product="plate", types=(NamedType("dent", "likely", 0.6),), p_value=0.001),
        ]
    )

    def find(query: Callable[[Parts], Any], wanted: Filter) -> Any:
        return log.read(lambda held: query(Parts(held, wanted)))

    def names(*given: Any) -> list[str]:
        return [row["name"] for row in log.read(lambda held: list(figures.rows(held, *given)))]

    whole = find(Parts.counts, Filter())
    assert (whole.passed, whole.review, whole.failed, whole.all) == (7, 1, 4, 12)
    assert whole.passed_share == 7 / 12
    assert find(Parts.counts, Filter(product="plate", lot="B2")).review == 1
    assert find(Parts.counts, Filter(types=("crack", "dent"), decision="fail")).failed == 4
    assert find(Parts.pareto, Filter()) == [("crack", 3), ("dent", 1)]
    assert names(Filter(decision="fail"), "worst", 1) == ["part-1501.png"]
    assert names(Filter(decision="fail"), "first", 1) == ["part-3.png"]
    assert names(Filter(product="screw"), "latest", 2) == ["part-9.png", "part-8.png"]
    run = find(Parts.present_run, Filter(product="screw"))
    assert (run.count, run.name) == (2, "part-8.png")
    assert find(Parts.present_run, Filter(lot="B2")) is None
    earlier, later = find(Parts.halves, Filter(product="screw"))
    assert (earlier.failed, earlier.all, later.failed, later.all) == (1, 5, 2, 5)
    assert log.read(lambda held: distinct(held, "product")) == ["plate", "screw"]


def test_a_part_is_of_the_lot_that_it_was_inspected_in_last(log: InspectionLog) -> None:
    def counts(lot: str | None) -> figures.Counts:
        return log.read(lambda held: Parts(held, Filter(lot=lot)).counts())

    log.append([entry(number, "fail", lot="A17") for number in range(3)])
    log.append([entry(0, "pass", lot="A17"), entry(1, "pass", lot="B2"), entry(2, "pass", lot=None)])
    # Part 0 counts by its latest verdict, part 1 left, and part 2, of an earlier version's log, stays.
    assert (counts("A17").passed, counts("A17").failed) == (1, 1)
    assert (counts("B2").passed, counts("B2").failed) == (1, 0)
    assert counts(None).all == 3


def test_days_are_those_of_the_local_time_zone(log: InspectionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    times = ("2026-10-24T21:59", "2026-10-24T22:00", "2026-10-25T22:30", "2026-11-20T12:00")
    log.append([entry(number, at=f"{text}:00.000Z") for number, text in enumerate(times)])
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        # Summer time ends on the 25th, which has 25 hours.
        found = log.read(lambda held: Parts(held, Filter()).days())
        assert [(one.day, one.counts.all) for one in found] == [
            ("2026-10-24", 1), ("2026-10-25", 2), ("2026-11-20", 1)
        ]  # fmt: skip
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_undone_correction_does_not_hold(log: InspectionLog) -> None:
    said = [
        entry(number, kind="correction", decision=None, correction=f"c{number}", verdict="good")
        for number in range(3)
    ]
    undone = entry(9, kind="undo", decision=None, correction="c1", verdict="good")
    log.append([*said, undone])
    assert [one["correction"] for one in log.read(lambda held: figures.corrections(held, Filter()))] == [
        "c2", "c0"
    ]  # fmt: skip
    assert log.read(lambda held: Parts(held, Filter()).counts()).all == 0


def test_a_part_counts_once_by_its_last_word(log: InspectionLog) -> None:
    """A person's while it holds, else that of its last inspection which the filter takes."""
    again = [entry(2, "fail", at="2026-11-03T08:00:00.000Z"), entry(3, "pass", at="2026-11-03T08:01:00.000Z")]
    said = {"kind": "correction", "decision": None, "types": ()}
    log.append(
        [
            *(entry(number, decision) for number, decision in enumerate(("fail", "pass", "pass", "fail"))),
            *again,
            entry(0, **said, correction="c0", verdict="good"),
            entry(1, **said, correction="c1", verdict="anomalous"),
            entry(2, **said, correction="c2", verdict="good", product="plate"),
        ]
    )

    def counted(**wanted: Any) -> tuple[int, ...]:
        found = log.read(lambda held: Parts(held, Filter(**wanted)).counts())
        return found.passed, found.review, found.failed, found.inspections

    assert counted() == (2, 0, 2, 6)
    assert counted(until="2026-11-03") == (2, 0, 2, 4)
    assert counted(since="2026-11-03") == (1, 0, 1, 2)
    assert counted(sha256=f"{3:064x}") == (1, 0, 0, 2)
    assert log.read(lambda held: Parts(held, Filter()).pareto()) == [("crack", 1)]
    whole = Filter()
    days = log.read(lambda held: Parts(held, whole).days())
    assert sum(one.counts.all for one in days) == 4
    worst = log.read(lambda held: [row["name"] for row in Parts(held, whole).rows("worst", 1)])
    assert worst == ["part-2.png"]
    failed = log.read(lambda held: list(Parts(held, Filter(decision="fail")).rows("first", every=True)))
    assert [(row["name"], row["decision"], row["said"]) for row in failed] == [
        ("part-1.png", "pass", "anomalous"), ("part-3.png", "fail", None), ("part-2.png", "fail", None)
    ]  # fmt: skip
    log.append([entry(0, **{**said, "kind": "undo"}, correction="c0", verdict="good")])
    assert counted() == (1, 0, 3, 6)


def test_a_reader_beside_a_writer(log: InspectionLog) -> None:
    log.append([entry(1)])
    reader = InspectionLog(log.path)
    log.append([entry(2)])
    assert reader.verify().rows == 2
    held = database.open_for_reading(log.path)
    held.close()
