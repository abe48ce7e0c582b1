"""Reading an image, finding its product, and the calibrated verdict."""

from __future__ import annotations

from anomaly_core.errors import UnknownProduct
from tools.context import Context, Part
from tools.records import LanguageRecord, OpenedRecord, ProductRecord, VerdictRecord


def open_image(context: Context, image: str) -> OpenedRecord:
    """Read an image file once. Raises UnreadableImage."""
    loaded = context.images.open(image).loaded
    height, width = loaded.pixels.shape[:2]
    return OpenedRecord(image=image, sha256=loaded.sha256, width=width, height=height, note=loaded.note)


def find_product(context: Context, opened: OpenedRecord, named: str | None = None) -> ProductRecord:
    """Find which enrolled product an opened image shows, or confirm the one that the user named.

    Raises StoreMissing, UnknownProduct.
    """
    context.require_store()
    embedding = context.images.get(opened.image, opened.sha256).encoded.embedding
    if named is not None:
        context.product(named)
        hits = context.templates.nearest(named, embedding, 1)
        return ProductRecord(name=named, similarity=hits[0].similarity, inferred=False)
    match = context.templates.find_product(embedding, encoder=context.model.encoder.name)
    if match.name is None:
        near = ", ".join(f"{name} {similarity:.2f}" for name, similarity in match.candidates[:3])
        raise UnknownProduct(
            f"{opened.image}: no enrolled product looks like this image (nearest: {near or 'none'}). "
            "Name it with --product, or enrol it with `iad enroll PRODUCT PATH...`."
        )
    return ProductRecord(name=match.name, similarity=match.similarity, inferred=True)


def detect(part: Part) -> VerdictRecord:
    """Say whether the part is anomalous, with a p-value against the enrolled good parts."""
    verdict = part.inspection.verdict
    return VerdictRecord(
        decision=verdict.decision,
        anomalous=verdict.anomalous,
        score=round(verdict.score, 6),
        p_value=rounded_p(verdict.p_value),
        uncertain=verdict.uncertain,
        alpha=verdict.alpha,
        review=verdict.review,
    )


def reasons_of(verdict: VerdictRecord) -> list[str]:
    """Return why a part does not pass, in sentences; none for one that does."""
    if verdict.decision == "pass":
        return []
    rate = verdict.alpha if verdict.decision == "fail" else verdict.review
    return [f"The p-value {verdict.p_value:.3g} is below the rate {rate:g}."]


def read_map(part: Part) -> LanguageRecord:
    """Return what the prompt-learned language model said of the anomaly map."""
    reading = part.inspection.reading
    margin = None if reading.margin is None else round(reading.margin, 4)
    return LanguageRecord(model=reading.model, margin=margin, problem=reading.problem)


def rounded_p(p_value: float) -> float:
    """Return a p-value to four digits, as it is printed."""
    return float(f"{p_value:.4g}")
