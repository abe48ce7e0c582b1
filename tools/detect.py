"""Opening an image, finding its product, and its verdict."""

from __future__ import annotations

from pathlib import Path

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.errors import UnknownProduct
from anomaly_core.imaging.quality import measure_quality
from knowledge.log.entry import Recording, shown_time
from knowledge.log.figures import Filter, rows
from knowledge.products.record import ProductMatch
from tools.cache import CachedImage
from tools.context import Context, Part
from tools.records import LanguageRecord, OpenedRecord, PersonsWord, ProductRecord, VerdictRecord


def open_image(context: Context, image: str) -> OpenedRecord:
    """Read an image file once. Raises UnreadableImage."""
    loaded = context.images.open(image).loaded
    height, width = loaded.pixels.shape[:2]
    return OpenedRecord(image=image, sha256=loaded.sha256, width=width, height=height, note=loaded.note)


def noticed(part: Part, verdict: VerdictRecord, shown_name: str | None = None) -> list[str]:
    """Return what judging an image noticed about it, beside its problems, as sentences that name the file.

    shown_name: of an image whose path is a passing one.
    """
    noise, quality = part.inspection.image.noise, part.model.quality
    name = shown_name or Path(part.image).name
    found = []
    if noise and quality is not None:
        found.append(
            f"{name}: it has noise of {noise:.2f} grey levels, more than the {quality.noise:.2f} that the "
            "good images allow: it was removed before judging. Check the camera's gain and exposure time."
        )
    if (said := verdict.person) is not None:
        kind = f", {said.defect_type}" if said.defect_type else ""
        found.append(
            f"{name}: a person judged this image {said.verdict}{kind} on {shown_time(said.at)} (correction "
            f"{said.id}): that holds, and the decision here is what is measured."
        )
    return found


def recorded(part: Part) -> Recording | None:
    """Return how the part's image was recorded, or None where its product has no limits of quality."""
    quality, noise = part.inspection.quality, part.inspection.image.input_noise
    if quality is None:
        return None
    return Recording(round(quality.sharpness, 3), round(quality.level, 2), round(noise, 3))


def find_product(context: Context, opened: OpenedRecord, named: str | None = None) -> ProductRecord:
    """Return the product of an opened image: the one named by the user, or that of the nearest template.

    Raises StoreMissing, UnknownProduct, and ConfigError where all products are of another version.
    """
    context.require_store()
    if named is not None:
        part = Part(context, opened.image, opened.sha256, named)
        hits = context.templates.nearest(named, part.encoded.embedding, 1)
        return ProductRecord(name=named, similarity=hits[0].similarity, inferred=False)
    image = context.images.get(opened.image, opened.sha256)
    models, refused = context.search_models()
    if not models and refused:
        raise refused[0]
    found = [_match(context, image, model) for model in models or [context.model]]
    match = min(found, key=lambda each: (each.name is None, each.distance))
    if match.name is None and (known := _as_before(context, opened)) is not None:
        return known
    if match.damaged:
        return ProductRecord(name=match.candidates[0][0], similarity=match.similarity, inferred=True)
    if match.name is None:
        near = ", ".join(f"{name} {similarity:.2f}" for name, similarity in match.candidates[:3])
        raise UnknownProduct(
            f"{opened.image}: no enrolled product looks like this image (nearest: {near or 'none'}). "
            + " ".join(
                [
                    *(told for name, _ in match.candidates[:1] if (told := _unlike(context, image, name))),
                    "Name it with --product, or enrol it with `iad enroll PRODUCT PATH...`.",
                    *map(str, refused),
                ]
            )
        )
    return ProductRecord(name=match.name, similarity=match.similarity, inferred=True)


def _as_before(context: Context, opened: OpenedRecord) -> ProductRecord | None:
    """Return the product that this very image was inspected as before, by its name, or None."""
    if context.log is None:
        return None
    wanted = Filter(sha256=opened.sha256)
    name = context.log.read(lambda held: next((row["product"] for row in rows(held, wanted, limit=1)), None))
    if name is None or name not in {one.name for one in context.templates.products()}:
        return None
    return find_product(context, opened, name)


def _unlike(context: Context, image: CachedImage, name: str) -> str:
    """Return how an image's recording differs from a product's good images; "" where it does not."""
    limits = context.product(name).quality
    # A perfect likeness, since that there is none is said already.
    found = () if limits is None else limits.problems(measure_quality(image.loaded.pixels), 1.0)
    return f"Beside the good images of {name}: {' '.join(found)}" if found else ""


def _match(context: Context, image: CachedImage, model: AnomalyGPT) -> ProductMatch:
    """Return the product that an image is of, among those that a model's encoder finds."""
    encoder, encoded = model.encoder.name, image.encoded(model)
    match = context.templates.find_product(encoded.embedding, encoder=encoder)
    if match.name is None and encoded.frame.aligned:
        # The product may be one whose images are not aligned.
        whole = image.encoded(model, align=False)
        match = context.templates.find_product(whole.embedding, encoder=encoder)
    return match


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
        problems=list(verdict.problems),
        person=persons_word(part.context, part.product, part.sha256),
    )


def persons_word(context: Context, product: str, sha256: str) -> PersonsWord | None:
    """Return what a person said last of an image of a product, or None."""
    last = context.feedback.last_word(product, sha256)
    if last is None:
        return None
    return PersonsWord(
        id=last.id,
        image=last.image,
        at=last.at,
        verdict=last.verdict,
        defect_type=last.defect_type,
        note=last.note,
    )


def reasons_of(verdict: VerdictRecord) -> list[str]:
    """Return the reasons for a decision other than "pass", as sentences."""
    if verdict.decision == "pass":
        return []
    rate = verdict.alpha if verdict.decision == "fail" else verdict.review
    low = [f"The p-value {verdict.p_value:.3g} is below the rate {rate:g}."]
    return [*(low if verdict.p_value < rate else []), *verdict.problems]


def language_answer(part: Part) -> LanguageRecord:
    """Return the prompt-learned language model's answer on the anomaly map."""
    answer = part.inspection.language
    margin = None if answer.margin is None else round(answer.margin, 4)
    return LanguageRecord(model=answer.model, margin=margin, problem=answer.problem)


def rounded_p(p_value: float) -> float:
    """Return a p-value rounded to four digits."""
    return float(f"{p_value:.4g}")
