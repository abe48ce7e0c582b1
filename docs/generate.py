"""Write what the docs take from the code: the file list, the table of settings, the README's command output.

python docs/generate.py            files.md and the table in guide/settings.md
python docs/generate.py --outputs  also the README's console blocks, from a new `iad demo` (a minute)
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("anomaly_core", "knowledge", "tools", "agents")
SETTINGS_PAGE = ROOT / "docs" / "guide" / "settings.md"
FILES_PAGE = ROOT / "docs" / "files.md"
README = ROOT / "README.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, or nothing."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n", 1)[0]


def files_page() -> str:
    """Return the list of modules, a heading a folder, with each module's first line."""
    lines = [
        "# Files",
        "",
        "Written by `python docs/generate.py` from each module's first line. Imports go one way: `agents`",
        "-> `tools` -> `knowledge` -> `anomaly_core`; inside each package by the layers in `pyproject.toml`.",
    ]
    for package in PACKAGES:
        folders = sorted({path.parent for path in (ROOT / package).rglob("*.py")})
        for folder in folders:
            about = first_line(folder / "__init__.py") if (folder / "__init__.py").exists() else ""
            lines += ["", f"## {folder.relative_to(ROOT).as_posix()}", ""]
            lines += [about, ""] if about else []
            lines += [
                f"- `{path.name}`: {first_line(path)}"
                for path in sorted(folder.glob("*.py"))
                if path.name != "__init__.py"
            ]
            if lines[-1] == "":
                lines.pop()
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the page of settings with its table anew."""
    sys.path.insert(0, str(ROOT))
    from agents.settings import Settings

    rows = ["| setting | default | means |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple):
            default = ", ".join(default)
        shown = "unset" if default in (None, "") else f"`{default}`"
        shown = "the user data folder" if name == "store" else shown
        rows.append(f"| `{name}` | {shown} | {field.description} |")
    page = SETTINGS_PAGE.read_text(encoding="utf-8")
    return re.sub(
        r"^\| setting \|.*?(?=\n\n|\Z)", lambda _: "\n".join(rows), page, flags=re.DOTALL | re.MULTILINE
    )


def commands(block: str) -> list[str]:
    """Return the commands of a console block: what follows `$ `."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def run(command: str, folder: Path) -> str:
    """Run one of the README's commands in a folder; return what it prints on stdout."""
    line = command.replace("make demo", "iad demo")
    binary = Path(sys.executable).parent
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env={**os.environ, "PATH": f"{binary}:/usr/bin:/bin", "COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def elided(output: str, shown: list[str]) -> list[str]:
    """Return the lines of an output, without those for which a line `...` stands in what is shown."""
    lines = output.rstrip().splitlines()
    if "..." not in shown:
        return lines
    first = shown.index("...")
    return [*lines[:first], "...", *lines[len(lines) - (len(shown) - first - 1) :]]


def with_outputs(readme: str) -> str:
    """Return the README with each command's output anew; `...` in a block stays, for lines left out there."""
    with tempfile.TemporaryDirectory() as folder:

        def renew(match: re.Match[str]) -> str:
            lines: list[str] = []
            for command in commands(match[1]):
                shown = match[1].split(f"$ {command}\n", 1)[1].split("\n$ ", 1)[0].splitlines()
                lines += [f"$ {command}", *elided(run(command, Path(folder)), shown)]
            return "```console\n" + "\n".join(lines) + "\n```"

        return CONSOLE.sub(renew, readme)


def main() -> None:
    """Write the pages."""
    FILES_PAGE.write_text(files_page(), encoding="utf-8")
    SETTINGS_PAGE.write_text(settings_page(), encoding="utf-8")
    if "--outputs" in sys.argv[1:]:
        README.write_text(with_outputs(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
