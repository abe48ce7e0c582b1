"""Verification of a report's JSON: hashes, verdicts and counts computed again, and the images' files."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from anomaly_core.errors import ConfigError
from anomaly_core.results import Decision, Verdict
from tools.report.records import FORMAT, LOW_P_VALUE, PartRecord, counted, hash_of

ROUNDING: Final = 5e-4
"""Largest relative error of a p-value that was rounded to four digits."""


@dataclass(frozen=True)
class Verified:
    """What a report's verification found.

    differences: sentences, none where all holds. images: files whose hash was computed. missing: images
    that are no longer at their paths. hash: of the report, as computed.
    """

    parts: int
    images: int
    missing: list[str]
    differences: list[str]
    hash: str


def verify_report(path: Path) -> Verified:
    """Compute a JSON report's hashes, verdicts and counts again, and compare its images with their hashes.

    An image is looked for at its path, then below the report's folder. Raises ConfigError for a file that is
    no report.
    """
    held = _read(path)
    stated, parts = held["hash"], held["parts"]
    computed = hash_of({key: value for key, value in held.items() if key != "hash"})
    differences: list[str] = []
    missing: list[str] = []
    decisions: list[str] = []
    images = 0
    for number, fields in enumerate(parts, start=1):
        label = f"part {number}, {fields.get('name')}"
        differences += [f"{label}: {what}" for what in _wrong_fields(fields)]
        try:
            part = PartRecord.model_validate({key: v for key, v in fields.items() if key != "hashes"})
        except ValidationError as error:
            differences.append(f"{label}: is no part of a report: {error.errors()[0]['msg']}")
            decisions.append(str(fields.get("decision")))
            continue
        decisions.append(part.last_word)
        differences += [f"{label}: {what}" for what in _wrong_verdict(part)]
        found = _image_of(part, path.parent)
        if found is None:
            missing.append(part.image)
            continue
        try:
            digest = hashlib.sha256(found.read_bytes()).hexdigest()
        except OSError:
            missing.append(part.image)
            continue
        images += 1
        if digest != part.sha256:
            differences.append(f"{label}: the image {found} has changed: its SHA-256 is {digest}")
    counts = counted(decisions)
    if held.get("counts") != counts:
        differences.append(f"the counts are {held.get('counts')}, those of the parts {counts}")
    if stated != computed:
        differences.append(f"the report's hash is {stated}, that of its content {computed}")
    return Verified(len(parts), images, missing, differences, computed)


def _read(path: Path) -> dict[str, Any]:
    remedy = "give the .json file that `iad report --out FILE.json` wrote"
    try:
        held = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: {remedy}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON ({error}): {remedy}") from error
    parts = held.get("parts") if isinstance(held, dict) and held.get("format") == FORMAT else None
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts) or "hash" not in held:
        raise ConfigError(f"{path} is no report of this program: {remedy}")
    return dict(held)


def _wrong_fields(fields: dict[str, Any]) -> Iterator[str]:
    stated = fields.get("hashes")
    stated = stated if isinstance(stated, dict) else {}
    values = {key: value for key, value in fields.items() if key != "hashes"}
    for key in sorted({*stated, *values}):
        if key not in values:
            yield f"{key} was removed"
        elif stated.get(key) != hash_of(values[key])[:16]:
            yield f"{key} was changed"


def _wrong_verdict(part: PartRecord) -> Iterator[str]:
    if part.alpha is None or part.review is None:
        return
    if not 0 < part.p_value <= 1:
        yield f"the p-value {part.p_value} is none"
        return
    problems = tuple(reason for reason in part.reasons if not reason.startswith(LOW_P_VALUE))
    verdicts = [
        Verdict(math.log(part.p_value * (1 + error)), part.alpha, part.review, problems)
        for error in (-ROUNDING, 0.0, ROUNDING)
    ]
    decisions: list[Decision] = [verdict.decision for verdict in verdicts]
    if part.decision not in decisions:
        yield (
            f"the decision is {part.decision}, but the p-value {part.p_value:g} at the rates {part.alpha:g} "
            f"and {part.review:g}{' and the reasons' if problems else ''} give {decisions[1]}"
        )
    if part.uncertain not in [verdict.uncertain for verdict in verdicts]:
        yield f"uncertain is {part.uncertain}, which the p-value {part.p_value:g} is not"


def _image_of(part: PartRecord, folder: Path) -> Path | None:
    if not part.image:
        return None
    places = (Path(part.image), folder / part.image)
    return next((place for place in places if place.is_file()), None)
