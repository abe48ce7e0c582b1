"""What service and station share: kept images, the review queue, other rates, jobs, the watched folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from logged import entry

from agents.app import Application
from agents.desk.desk import Desk
from agents.desk.history import History, at_rates, since, until
from agents.desk.jobs import Jobs
from agents.desk.kept import KeptImages
from agents.desk.watch import WatchedFolder
from agents.settings import Settings
from anomaly_core.errors import ConfigError, UnreadableImage
from knowledge.log.entry import Entry, timestamp
from knowledge.log.figures import Counts, Filter
from knowledge.log.log import InspectionLog


def history(folder: Path, *entries: Entry) -> History:
    log = InspectionLog(folder / "log.sqlite")
    log.append(entries)
    return History(log)


def said(number: int, kind: str, id_: str) -> Entry:
    return entry(number, kind=kind, decision=None, correction=id_, verdict="good", uid=f"{kind} {id_}")


def test_what_waits_is_the_last_inspection_of_an_image_that_nobody_judged(tmp_path: Path) -> None:
    found = history(
        tmp_path,
        entry(1, "review", p_value=0.1),
        entry(2, "review", p_value=0.1),
        # Inspected again, and clear now.
        entry(3, "review", p_value=0.1),
        entry(3, "pass", uid="again"),
        said(2, "correction", "one"),
        entry(4, "fail"),
    )
    assert [row["name"] for row in found.waiting()] == ["part-1.png"]
    assert found.waiting(product="other") == []


def test_what_was_undone_waits_again(tmp_path: Path) -> None:
    first = (entry(1, "review", p_value=0.1), said(1, "correction", "one"))
    assert history(tmp_path, *first).waiting() == []
    assert [row["name"] for row in history(tmp_path, said(1, "undo", "one")).waiting()] == ["part-1.png"]


def test_other_rates_decide_anew_by_the_p_values(tmp_path: Path) -> None:
    found = history(
        tmp_path,
        *(entry(number, p_value=p) for number, p in enumerate((0.5, 0.3, 0.15, 0.04, 0.01))),
        # Not comparable: to be reviewed at any rate.
        entry(9, "review", p_value=0.6),
        entry(10, product="other"),
    )
    rows = found.rows(Filter(product="screw"))
    assert at_rates(rows, 0.05, 0.2) == Counts(2, 2, 2)
    assert at_rates(rows, 0.02, 0.1) == Counts(3, 2, 1)
    assert at_rates(rows, 0.2, 0.4) == Counts(1, 2, 3)
    assert at_rates(rows[:2], 0.05, 0.2) == Counts(0, 1, 1)
    assert at_rates([], 0.05, 0.2) == Counts()


def test_no_cell_of_an_export_is_a_formula(tmp_path: Path) -> None:
    found = history(tmp_path, entry(1, name="=1+1"), entry(2, name="-x.png"), entry(3, name='a",b'))
    lines = found.export(Filter()).splitlines()
    assert lines[0].startswith("number,at,name")
    assert ["'=1+1" in lines[1], "'-x.png" in lines[2], '"a"",b"' in lines[3]] == [True, True, True]


def test_a_day_that_ends_a_period_is_counted_is_counted_whole() -> None:
    today = datetime.now().astimezone().date()
    after = datetime.combine(today + timedelta(days=1), datetime.min.time()).astimezone()
    assert until(f"{today}") == timestamp(after), "parts of today are within"
    assert until("today") is None and until("heute") is None
    assert until(f"{today + timedelta(days=1)}") == timestamp(after + timedelta(days=1))
    assert until("yesterday") == since("today")
    assert until("3 days") is not None, "a span ends where it begins"
    with pytest.raises(ConfigError):
        until("soon")


def test_a_log_that_is_not_kept_is_told() -> None:
    with pytest.raises(ConfigError, match="no log is kept"):
        History(None).waiting()


def test_images_are_kept_by_their_hash_and_the_oldest_go(tmp_path: Path) -> None:
    images = KeptImages(tmp_path / "kept", 2)
    names = []
    for number in range(3):
        with images.receiving() as incoming:
            incoming.write(b"image ")
            incoming.write(str(number).encode())
        names.append(incoming.sha256)
        assert names[-1] == hashlib.sha256(f"image {number}".encode()).hexdigest()
        os.utime(images.folder / names[-1], (number + 1, number + 1))
    assert [images.find(name) is not None for name in names] == [False, True, True]
    assert (images.folder / names[2]).read_bytes() == b"image 2"
    with pytest.raises(ConfigError):
        images.find("../../etc/passwd")


def test_what_breaks_off_is_not_kept(tmp_path: Path) -> None:
    images = KeptImages(tmp_path / "kept", 2)
    with pytest.raises(KeyboardInterrupt), images.receiving() as incoming:
        incoming.write(b"half")
        raise KeyboardInterrupt
    assert list(images.folder.iterdir()) == []


def test_jobs_run_one_after_the_other_and_tell_how_far_they_are() -> None:
    jobs = Jobs()
    order = []

    def good(progress: object) -> dict[str, int]:
        assert callable(progress)
        progress("encode", 3, 4)
        order.append("good")
        time.sleep(0.05)
        return {"templates": 4}

    def bad(_: object) -> dict[str, int]:
        order.append("bad")
        raise UnreadableImage("torn")

    first, second = jobs.start("good", good), jobs.start("bad", bad)
    assert [job.id for job in jobs.all()] == [second.id, first.id]
    jobs_over = time.monotonic() + 10
    while not jobs.get(second.id).over:
        assert time.monotonic() < jobs_over
        time.sleep(0.01)
    assert order == ["good", "bad"]
    done, failed = jobs.get(first.id), jobs.get(second.id)
    assert (done.status, done.step, done.done, done.total) == ("done", "encode", 3, 4)
    assert done.result == {"templates": 4}
    assert (failed.status, failed.error) == ("failed", ("UnreadableImage", "torn"))
    with pytest.raises(ConfigError):
        jobs.get("none")
    jobs.close()


OWNER: Final = """
import sys, time
from pathlib import Path
from agents.desk.jobs import Jobs
jobs = Jobs(Path(sys.argv[1]))
print(jobs.start("long", lambda progress: progress("encode", 1, 2) or time.sleep(60)).id, flush=True)
"""


@pytest.mark.slow
def test_jobs_are_told_to_the_processes_that_share_them_until_theirs_ends(tmp_path: Path) -> None:
    jobs, command = Jobs(tmp_path), [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        job = owner.stdout.readline().strip()
        end = time.monotonic() + 10
        while jobs.get(job).step != "encode":
            assert time.monotonic() < end
            time.sleep(0.01)
        assert [(one.id, one.status) for one in jobs.all()] == [(job, "running")]
        owner.kill()
    found = jobs.get(job)
    assert (found.status, found.error and found.error[0]) == ("failed", "WorkerDied")
    jobs.close()


def test_a_watched_folder_gives_each_image_once_the_oldest_first(tmp_path: Path) -> None:
    watched = WatchedFolder(tmp_path, settle_s=0.05)

    def waiting() -> list[str]:
        watched.waiting()
        time.sleep(0.06)
        return [path.name for path in watched.waiting()]

    for number, name in enumerate(("b.png", "a.jpg", ".hidden.png", "notes.txt")):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (number + 1, number + 1))
    assert waiting() == ["b.png", "a.jpg"]
    # By this program's clock, and not by the camera's, which may be wrong.
    (tmp_path / "fresh.png").write_bytes(b"still being written")
    assert [path.name for path in watched.waiting()] == ["b.png", "a.jpg"]
    taken = [watched.next() for _ in range(3)]
    assert [path.name if path else None for path in taken] == ["b.png", "a.jpg", None]
    assert waiting() == ["fresh.png"]
    # Written anew under the same name: another part.
    os.utime(tmp_path / "a.jpg", (9, 9))
    assert waiting() == ["a.jpg", "fresh.png"]


def test_before_the_first_enrolment_there_are_no_products_and_no_corrections(tmp_path: Path) -> None:
    """So that every page of the station opens on a new machine."""
    with Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny")) as app:
        desk = Desk(app)
        assert desk.product_names() == []
        assert desk.corrections() == []
