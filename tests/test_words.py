"""The field's terms: private words that once stood for them stay out of code, docs and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTEAD = {
    r"strangers?": "out-of-distribution references, unknown product",
    r"close[ _]looks?|closely_seen": "test-time augmentation",
    r"unturned": "undo_flip",
    r"image_?pass(es)?|passes_cache": "image cache, Inspection",
    r"even[ _]odds": "reference score",
    r"made_by": "fingerprint",
    r"drawn[ _](products?|maps?)": "procedural products, synthetic maps",
    r"made[ _-]up[ _]notes?": "synthetic notes",
    r"knots?|loudness": "bins, gate",
    r"spoken_\w+|person'?s word": "generation, human label",
    r"experts?": "visual prompting",
    r"mend(s|ed)?|to mend": "remedy",
    r"waiting_lm|in_flight_turns|turns_lock": "compute lock",
}
"""Pattern of each word -> what to say."""
ASKED = ROOT / "agents" / "questions" / "lexicon" / "words"
"""Tables of what people say, such as the knots of wood."""
PATTERN = re.compile("|".join(rf"(?<![A-Za-z])(?:{word})(?![A-Za-z])" for word in INSTEAD), re.IGNORECASE)


def texts() -> Iterator[Path]:
    for package in ("agents", "tools", "knowledge", "anomaly_core", "benchmarks"):
        yield from (
            path
            for path in (ROOT / package).rglob("*")
            if path.suffix in (".py", ".md", ".toml", ".html") and path.parent != ASKED
        )
    yield from (ROOT / "docs").rglob("*.md")
    yield from ROOT.glob("*.md")


def test_no_private_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in PATTERN.finditer(line)
    ]
    assert found == []


def test_the_list_finds_its_words() -> None:
    for text in ("strangers", "a close look", "MADE_BY = 3", "level_knots", "mend"):
        assert PATTERN.search(text), text
    for text in ("recommend", "expertise", "amendment", "review", "passes"):
        assert not PATTERN.search(text), text
