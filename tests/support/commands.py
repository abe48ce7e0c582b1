"""A process that has loaded the libraries and forks one for each command, so that many start quickly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# For each request a process is forked and its id printed. It is waited for when asked: until then nobody else
# gets its id, and a signal meets no other process.
_FORK = """
import json, os, signal, sys
import anomaly_core.anomalygpt, anomaly_core.encoders.fakes, agents.app, agents.batch.run, faiss
import scipy.optimize, scipy.special
from agents.interfaces.cli import app
from PIL import Image
Image.init()
while line := sys.stdin.readline():
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        # A shell's background job ignores it, and so would all that it starts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["iad", *request["arguments"]]
        app()
    print(child, flush=True)
    sys.stdin.readline()
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


@dataclass
class Command:
    """A running command. out, err: files of what it prints."""

    process: int
    out: Path
    err: Path
    _forks: subprocess.Popen[str]

    def send(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGKILL."""
        os.kill(self.process, number)

    def wait(self) -> int:
        """Return its status once it has ended; that of a signal is negative."""
        _write(self._forks, "wait")
        return int(_line(self._forks))


class Commands:
    """Starts commands, one after the other ends."""

    def __init__(self, forks: subprocess.Popen[str], folder: Path) -> None:
        self._forks = forks
        self._folder = folder

    def start(self, *arguments: object) -> Command:
        """Start `iad ARGUMENTS`."""
        out, err = self._folder / "out.txt", self._folder / "err.txt"
        for path in (out, err):
            path.write_bytes(b"")
        request = {"arguments": [str(one) for one in arguments], "out": str(out), "err": str(err)}
        _write(self._forks, json.dumps(request))
        return Command(int(_line(self._forks)), out, err, self._forks)

    def run(self, *arguments: object) -> tuple[int, str]:
        """Run `iad ARGUMENTS`; return its status and what it printed on stderr."""
        command = self.start(*arguments)
        return command.wait(), command.err.read_text()


@contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    """Commands with tiny encoders over the store in a folder."""
    settings = {"IAD_ENCODER": "tiny", "IAD_TEXT_ENCODER": "tiny", "IAD_STORE": str(folder / "store")}
    environment = {**os.environ, **settings, "OMP_NUM_THREADS": "1", "IAD_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", _FORK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as forks:
        yield Commands(forks, folder)
        assert forks.stdin is not None
        forks.stdin.close()


def _write(forks: subprocess.Popen[str], line: str) -> None:
    assert forks.stdin is not None
    forks.stdin.write(f"{line}\n")
    forks.stdin.flush()


def _line(forks: subprocess.Popen[str]) -> str:
    assert forks.stdout is not None
    line = forks.stdout.readline()
    assert line, "the process that forks has ended"
    return line
