"""Reading an image, finding its product, and the calibrated verdict."""

from __future__ import annotations

from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, Field

from anomaly_core.errors import UnknownProduct
from tools.context import Services
from tools.findings import verdict_of
from tools.records import LanguageRecord, OpenedRecord, ProductRecord, VerdictRecord


class ImageArgs(BaseModel):
    """Arguments of a tool that takes an image file."""

    image: str = Field(description="path of the image file")


class FindProductArgs(ImageArgs):
    """Arguments of `find_product`."""

    sha256: str = Field(description="hash that open_image returned")
    product: str | None = Field(default=None, description="the product's name, where the user gave it")


class PartArgs(ImageArgs):
    """Arguments of a tool that looks at one image as one product."""

    sha256: str = Field(description="hash that open_image returned")
    product: str = Field(description="name of the enrolled product")


def detect_tools(services: Services) -> list[BaseTool]:
    """Return the tools from a file to its verdict, in the order in which an inspection calls them."""

    @tool(args_schema=ImageArgs, response_format="content_and_artifact")
    def open_image(image: str) -> tuple[str, OpenedRecord]:
        """Read an image file once and return its hash and its size in pixels."""
        opened = services.passes.open(image).image
        height, width = opened.pixels.shape[:2]
        record = OpenedRecord(image=image, sha256=opened.sha256, width=width, height=height, note=opened.note)
        return f"{width} x {height} pixels", record

    class EncodeArgs(ImageArgs):
        """Arguments of `encode_image`."""

        sha256: str = Field(description="hash that open_image returned")

    @tool(args_schema=EncodeArgs, response_format="content_and_artifact")
    def encode_image(image: str, sha256: str) -> tuple[str, str]:
        """Encode an opened image once; every later tool uses these features. Returns the encoder's name."""
        services.passes.get(image, sha256).encoded()
        return f"encoded by {services.detector.encoder.name}", services.detector.encoder.name

    @tool(args_schema=FindProductArgs, response_format="content_and_artifact")
    def find_product(image: str, sha256: str, product: str | None = None) -> tuple[str, ProductRecord]:
        """Find which enrolled product an image shows, or confirm the one that the user named."""
        services.require_store()
        embedding = services.passes.get(image, sha256).encoded().embedding
        encoder = services.detector.encoder.name
        if product is not None:
            services.product_model(product)
            hits = services.templates.nearest(product, embedding, 1)
            record = ProductRecord(name=product, similarity=hits[0].similarity, inferred=False)
            return f"the user named the product {product}", record
        match = services.templates.find_product(embedding, encoder=encoder)
        if match.name is None:
            near = ", ".join(f"{name} {similarity:.2f}" for name, similarity in match.candidates[:3])
            raise UnknownProduct(
                f"{image}: no enrolled product looks like this image (nearest: {near or 'none'}). "
                "Name it with --product, or enrol it with `iad enroll PRODUCT PATH...`."
            )
        record = ProductRecord(name=match.name, similarity=match.similarity, inferred=True)
        return f"the product is {match.name} (similarity {match.similarity:.2f})", record

    @tool(args_schema=PartArgs, response_format="content_and_artifact")
    def decode_image(image: str, sha256: str, product: str) -> tuple[str, str]:
        """Compare an encoded image with the product's good parts. Returns the decoder's name."""
        services.passes.get(image, sha256).anomaly_map(product, services.product_model(product))
        return f"decoded by {services.detector.name}", services.detector.name

    @tool(args_schema=PartArgs, response_format="content_and_artifact")
    def ask_language_model(image: str, sha256: str, product: str) -> tuple[str, LanguageRecord]:
        """Ask the prompt-learned language model whether the anomaly map shows an anomaly."""
        model = services.product_model(product)
        reading = services.passes.get(image, sha256).reading(product, model)
        margin = None if reading.margin is None else round(reading.margin, 4)
        record = LanguageRecord(model=reading.model, margin=margin, problem=reading.problem)
        if margin is None:
            return f"not asked: {reading.problem or 'the product was enrolled without it'}", record
        return f"{'yes' if margin > 0 else 'no'} (log-odds {margin:+.2f})", record

    @tool(args_schema=PartArgs, response_format="content_and_artifact")
    def detect_anomaly(image: str, sha256: str, product: str) -> tuple[str, VerdictRecord]:
        """Say whether the part is anomalous, with a p-value against the enrolled good parts."""
        verdict = verdict_of(services, services.passes.get(image, sha256), product)
        record = VerdictRecord(
            anomalous=verdict.anomalous,
            score=round(verdict.score, 6),
            p_value=float(f"{verdict.p_value:.4g}"),
            uncertain=verdict.uncertain,
            alpha=verdict.alpha,
        )
        word = "anomalous" if record.anomalous else "normal"
        sure = ", but uncertain" if record.uncertain else ""
        return f"{word}{sure}: score {record.score:.3f}, p-value {record.p_value:.3g}", record

    return [open_image, encode_image, find_product, decode_image, ask_language_model, detect_anomaly]
