"""`iad inspect --resume`: killed at any moment and run again, the results are those of one run."""

from __future__ import annotations

import gc
import json
import random
import shlex
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Commands, commands
from plates import part

from agents.app import Application
from agents.batch.run import inspect_into
from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.quality import Pixels, Quality, measure_quality
from anomaly_core.imaging.reading import LoadedImage, find_images
from knowledge.log.figures import Filter, rows
from knowledge.log.log import InspectionLog
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store
from tools.records import FailureRecord, InspectionRecord

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, and 24 images: blots, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("batch")
    with Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(folder / f"good-{seed}.png", seed) for seed in range(4)])
    (folder / "new").mkdir()
    for number in range(24):
        part(folder / "new" / f"{number:02}.png", number, blot=number % 5 == 0)
    (folder / "new" / "07.png").write_bytes((folder / "new" / "06.png").read_bytes()[:900])
    return folder


@pytest.fixture(scope="module")
def iad(made: Path) -> Iterator[Commands]:
    with commands(made) as found:
        yield found


@pytest.fixture
def open_app(made: Path, tmp_path: Path) -> Callable[..., Application]:
    def make(**settings: Any) -> Application:
        log = settings.pop("log", str(tmp_path / "log.sqlite"))
        return Application(
            Settings(
                store=made / "store", encoder="tiny", text_encoder="tiny", threads=1, log=log, **settings
            )
        )

    return make


def lines(file: Path) -> list[dict[str, Any]]:
    """The results without their timings."""
    found = [json.loads(line) for line in file.read_bytes().splitlines()]
    return [{key: value for key, value in one.items() if key != "timings_ms"} for one in found]


def count_of(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def logged(file: Path) -> list[str]:
    log = InspectionLog(file)
    log.verify()
    return [row["name"] for row in log.read(lambda held: list(rows(held, Filter(), "first")))]


def run(app: Application, images: list[Path], file: Path, **options: Any) -> tuple[int, list[str]]:
    """Run a batch; return how many images were inspected, and what it said."""
    said: list[str] = []
    with app:
        found = list(inspect_into(file, app, images, product="plate", say=said.append, **options))
    assert [one.image for one, _ in found] == [str(path) for path in images]
    return sum(not known for _, known in found), said


def leftovers(file: Path) -> set[str]:
    return {path.name for path in file.parent.glob(f"{file.name}*")}


def test_lines_are_those_that_json_prints(open_app: Any, made: Path, tmp_path: Path) -> None:
    images, file = find_images([made / "new"]), tmp_path / "r.jsonl"
    assert run(open_app(), images, file) == (24, [])
    with open_app() as app:
        alone = [one.model_dump(mode="json") for one in app.inspect(images, product="plate")]
    for one in alone:
        one.pop("timings_ms", None)
    assert lines(file) == json.loads(json.dumps(alone))
    assert leftovers(file) == {"r.jsonl", "r.jsonl.run"}


@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_second_run_inspects_nothing(open_app: Any, made: Path, tmp_path: Path, in_flight: int) -> None:
    images, file = find_images([made / "new"]), tmp_path / "r.jsonl"
    run(open_app(in_flight=in_flight), images, file)
    whole = file.read_bytes()
    count, said = run(open_app(in_flight=in_flight), images, file)
    assert count == 0
    assert said == [f"24 of 24 images are in {file} already"]
    assert file.read_bytes() == whole
    assert len(logged(tmp_path / "log.sqlite")) == 23


def test_killed_at_any_moment_and_resumed_it_is_one_run(iad: Commands, made: Path, tmp_path: Path) -> None:
    arguments = ["inspect", made / "new", "-p", "plate", "--json", "--resume"]
    log = made / "store-log.sqlite"
    assert iad.run(*arguments, tmp_path / "whole.jsonl")[0] == 1  # one image cannot be read
    before = len(logged(log))
    moments, partly = random.Random(0), set()
    file = tmp_path / "killed.jsonl"
    for _ in range(8):
        command, wanted = iad.start(*arguments, file), count_of(file) + moments.randrange(5)
        while count_of(file) < min(wanted, 23):
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.1))
        command.send(signal.SIGKILL)
        assert command.wait() in (-signal.SIGKILL, 1)
        partly.add(count_of(file))
    assert len(partly - {0, 24}) > 1, "no kill fell between two images: nothing was tested"
    assert iad.run(*arguments, file)[0] == 1
    assert lines(file) == lines(tmp_path / "whole.jsonl")
    assert sorted(logged(log)[before:]) == [f"{number:02}.png" for number in range(24) if number != 7]


def test_ctrl_c_says_what_is_done_and_how_to_go_on(iad: Commands, made: Path, tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "r.jsonl"
    command = iad.start("inspect", made / "new", "-p", "plate", "--resume", file)
    while count_of(file) < 3:
        time.sleep(0.01)
    command.send(signal.SIGINT)
    assert command.wait() == 130
    (said,) = [line for line in command.err.read_text().splitlines() if "interrupted" in line]
    done = int(said.split()[2])
    assert 2 <= done <= count_of(file) < 24
    assert f"{done} of 24 images are done, in {file}; go on with: iad inspect" in said
    again = shlex.split(said.partition("go on with: ")[2])
    assert iad.run(*again[1:])[0] == 1
    assert [Path(one["image"]).name for one in lines(file)] == [f"{n:02}.png" for n in range(24)]


def test_ctrl_c_without_a_file_names_the_option(iad: Commands, made: Path) -> None:
    command = iad.start("inspect", made / "new", "-p", "plate", "--json")
    while not count_of(command.out):
        time.sleep(0.01)
    command.send(signal.SIGINT)
    assert command.wait() == 130
    assert "of 24 images are done; with --resume FILE" in command.err.read_text()


def test_a_half_line_is_cut_off_and_redone(open_app: Any, made: Path, tmp_path: Path) -> None:
    images, file = find_images([made / "new"])[:6], tmp_path / "r.jsonl"
    run(open_app(), images, file)
    whole = lines(file)
    data = file.read_bytes()
    for cut in (1, 2000, len(data.splitlines(keepends=True)[-1]) - 1):
        file.write_bytes(data[:-cut])
        assert run(open_app(), images, file)[0] == 1
        assert lines(file) == whole
    assert len(logged(tmp_path / "log.sqlite")) == 6, "a lost line was logged again"
    file.write_bytes(data.replace(b'"decision": "', b'"decision": \0', 3))  # as after a loss of power
    assert run(open_app(), images, file)[0] == 3
    assert lines(file) == whole


def test_changed_files_are_inspected_again_in_their_place(open_app: Any, made: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "r.jsonl", tmp_path / "parts"
    folder.mkdir()
    for number in range(1, 7):
        part(folder / f"{number}.png", number)
    run(open_app(), find_images([folder]), file)
    part(folder / "3.png", 3, blot=True)
    (folder / "5.png").write_bytes(b"no image any more")
    part(folder / "0.png", 0)
    (folder / "6.png").unlink()
    (folder / "1.png").touch()
    assert run(open_app(), find_images([folder]), file)[0] == 3
    found = lines(file)
    assert [Path(one["image"]).stem for one in found] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [one.get("decision") for one in found] == [*["pass"] * 3, "fail", "pass", None, "pass"]
    assert leftovers(file) == {"r.jsonl", "r.jsonl.run"}
    assert sorted(logged(tmp_path / "log.sqlite")) == [f"{n}.png" for n in (0, 1, 2, 3, 3, 4, 5, 6)]


def test_results_of_other_images_stay(open_app: Any, made: Path, tmp_path: Path) -> None:
    images, file = find_images([made / "new"]), tmp_path / "r.jsonl"
    run(open_app(), images[:3], file)
    assert run(open_app(), images[3:6], file)[0] == 3
    assert [one["image"] for one in lines(file)] == [str(path) for path in [*images[3:6], *images[:3]]]
    assert run(open_app(), images[:6], file)[0] == 0
    assert [one["image"] for one in lines(file)] == [str(path) for path in images[:6]]
    assert len(logged(tmp_path / "log.sqlite")) == 6


def test_a_run_cut_off_while_lines_are_set_aside_loses_none(
    open_app: Any, made: Path, tmp_path: Path
) -> None:
    images, file = find_images([made / "new"])[:6], tmp_path / "r.jsonl"
    run(open_app(), images[1:], file)
    for done in (0, 1, 3, 5):
        with open_app() as app:
            found = inspect_into(file, app, images, product="plate", say=lambda _: None)
            for _ in range(done):
                next(found)
            found.close()  # type: ignore[attr-defined]
        there = [path for path in (file, tmp_path / "r.jsonl.earlier") if path.exists()]
        held = {one["image"] for path in there for one in lines(path)}
        assert held >= {str(path) for path in images[1:]}
    assert run(open_app(), images, file)[0] == 0
    assert [one["image"] for one in lines(file)] == [str(path) for path in images]
    assert leftovers(file) == {"r.jsonl", "r.jsonl.run"}
    assert len(logged(tmp_path / "log.sqlite")) == 6


def test_other_rates_inspect_again_and_keep_what_was(open_app: Any, made: Path, tmp_path: Path) -> None:
    images, file = find_images([made / "new"])[:4], tmp_path / "r.jsonl"
    run(open_app(), images, file)
    before = file.read_bytes()
    count, said = run(open_app(alpha=0.01), images, file)
    assert count == 4
    assert said == [f"the results in {file} were made with another alpha: they are in {file}.1 now"]
    assert [one["alpha"] for one in lines(file)] == [0.01] * 4
    assert file.with_name("r.jsonl.1").read_bytes() == before
    assert len(logged(tmp_path / "log.sqlite")) == 8


def test_another_enrolment_inspects_again(made: Path, tmp_path: Path) -> None:
    images, file = find_images([made / "new"])[:2], tmp_path / "r.jsonl"
    settings = Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny", threads=1)
    good = [made / f"good-{seed}.png" for seed in range(4)]
    Application(settings).enroll("plate", good)
    assert run(Application(settings), images, file)[0] == 2
    assert run(Application(settings), images, file)[0] == 0
    Application(settings).enroll("plate", good[:3])
    assert run(Application(settings), images, file)[0] == 2


def test_one_run_at_a_time_writes_a_file(open_app: Any, made: Path, tmp_path: Path) -> None:
    images, file = find_images([made / "new"])[:2], tmp_path / "r.jsonl"
    with open_app() as app:
        first = inspect_into(file, app, images, product="plate", say=lambda _: None)
        next(first)
        with pytest.raises(ConfigError, match="another run"):
            list(inspect_into(file, app, images, product="plate", say=lambda _: None))
        assert len(list(first)) == 1


def test_few_decoded_images_are_alive_at_once(
    open_app: Any, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many images there are: those of the cache, and those that are read ahead."""
    alive: dict[int, weakref.ref[LoadedImage]] = {}
    most = 0
    made_by_init = LoadedImage.__init__

    def born(self: LoadedImage, *arguments: Any, **fields: Any) -> None:
        nonlocal most
        made_by_init(self, *arguments, **fields)
        seen = weakref.ref(self, lambda gone: alive.pop(id(gone)))
        alive[id(seen)] = seen
        most = max(most, len(alive))

    monkeypatch.setattr(LoadedImage, "__init__", born)
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(40):
        part(folder / f"{number:02}.png", number % 8)
    counts = []
    for last in (12, 40):
        gc.collect()  # the application before this one
        most = 0
        run(open_app(), find_images([folder])[:last], tmp_path / f"{last}.jsonl")
        counts.append(most)
    assert max(counts) <= 8, "four of the cache, three read ahead, one in hand"


def test_an_interrupted_batch_drops_what_it_read_ahead(open_app: Any, made: Path, tmp_path: Path) -> None:
    with open_app() as app:
        found = app.inspect(find_images([made / "new"]), product="plate")
        assert isinstance(next(found), InspectionRecord)
        found.close()
        assert app.tools.images._ahead == {}


def test_an_image_is_measured_once_while_another_is_judged(
    open_app: Any, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def counted(pixels: Pixels) -> Quality:
        measured.append(threading.current_thread())
        return measure_quality(pixels)

    monkeypatch.setattr("anomaly_core.imaging.reading.measure_quality", counted)
    images = find_images([made / "new"])[:6]
    with open_app() as app:
        list(inspect_into(tmp_path / "r.jsonl", app, images, say=lambda _: None))
    assert len(measured) == len(images)
    assert threading.main_thread() not in measured


def test_the_store_is_looked_at_a_few_times_an_image(
    open_app: Any, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    snapshot = Store.snapshot

    def counted(store: Store) -> Snapshot:
        seen.append(1)
        return snapshot(store)

    images = find_images([made / "new"])[:6]
    with open_app() as app:
        app.inspect_one(images[1])
        monkeypatch.setattr(Store, "snapshot", counted)
        list(inspect_into(tmp_path / "r.jsonl", app, images, product="plate", say=lambda _: None))
    assert len(seen) < 20 * len(images)


def test_an_unreadable_image_is_one_record(open_app: Any, made: Path, tmp_path: Path) -> None:
    images, file = [made / "new" / "07.png"], tmp_path / "r.jsonl"
    with open_app() as app:
        ((record, _),) = inspect_into(file, app, images, product="plate", say=lambda _: None)
    assert isinstance(record, FailureRecord)
    assert record.error.kind == "UnreadableImage"
    assert run(open_app(), images, file)[0] == 0
