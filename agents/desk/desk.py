"""The desk: the application as people at a screen use it, by images that were sent and products by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from filelock import FileLock
from PIL import Image

from agents.app import Application, Listener
from agents.catalogue import AddSummary, SourceSummary
from agents.corrections import Outcome
from agents.desk.history import History
from agents.desk.jobs import Jobs
from agents.desk.kept import KeptImage, kept_images
from agents.desk.pictures import PictureKind, picture, zones_picture
from agents.desk.products import Products
from agents.desk.strokes import as_png, mask_file, painted
from agents.reporting import header_of, report_part, write_log_report
from anomaly_core.errors import IadError, UnreadableImage
from anomaly_core.files import make_folder, write_whole
from anomaly_core.good_images import Progress
from anomaly_core.imaging.zones import Box
from anomaly_core.names import name_key
from knowledge.catalogue.entries import Entry, as_entry
from knowledge.log.figures import Filter
from knowledge.products.corrections import Correction, Label
from tools.context import Part
from tools.detect import find_product, open_image
from tools.drawing import mask_of
from tools.enrollment.trial import Flip, last_inspected
from tools.localize import PeakRecord, locate_peak
from tools.log import looked_at_again
from tools.records import AnswerRecord, InspectionRecord, Language
from tools.report.write import ReportWriter
from tools.retrieve import template_id
from tools.zones import ZoneOutcome


class Desk:
    """One application for several people. Thread-safe, as the application's models and stores are.

    shared: folder of what the processes that serve one store share; None for one process.
    """

    def __init__(self, app: Application, shared: Path | None = None) -> None:
        self.app = app
        self.images = kept_images(app.settings)
        self.jobs = Jobs(shared)

    @cached_property
    def history(self) -> History:
        """The log."""
        return History(self.app.tools.log)

    @cached_property
    def products(self) -> Products:
        """Changes of products."""
        return Products(self.app, self.jobs, self.images)

    def product_names(self) -> list[str]:
        """Return the names of the enrolled products; none where there is no store yet."""
        app = self.app
        return [product.name for product in app.products()] if app.settings.store.is_dir() else []

    def corrections(self) -> list[Correction]:
        """Return the corrections that hold, oldest first; none where there is no store yet."""
        if not self.app.settings.store.is_dir():
            return []
        return [one for one in self.app.corrections() if one.undone_at is None]

    def close(self) -> None:
        """Let the running job end."""
        self.jobs.close()

    def image(self, sha256: str) -> KeptImage:
        """Return an image that was inspected before: a kept one, or the file that the log names.

        Raises ConfigError for what is no hash; UnreadableImage where it is not there any more.
        """
        kept = self.images.find(sha256)
        row = None if self.app.tools.log is None else self.history.latest(sha256)
        name = "image" if row is None else str(row["name"])
        if kept is not None:
            return KeptImage(kept, name)
        if row is not None and row["path"]:
            return KeptImage(Path(row["path"]), name, passing=False)
        raise UnreadableImage(f"no image {sha256[:12]} is kept here: send it again")

    def image_of(self, thread: str | None) -> KeptImage | None:
        """Return the image that a thread's last question was about; None of a thread without one.

        Raises UnreadableImage where it is not there any more.
        """
        found = None if thread is None else self.app.conversations.image(thread)
        return None if found is None else self.image(found[1])

    def inspect(self, image: KeptImage, product: str | None = None) -> InspectionRecord:
        """Inspect an image; one that cannot be read is not kept. Raises what an inspection raises."""
        with self._named(image):
            record = self.app.inspect_one(image.path, product=product, shown_name=image.shown_name)
        return record.model_copy(update={"image": image.name if image.passing else record.image})

    def ask(
        self,
        image: KeptImage,
        question: str,
        *,
        product: str | None = None,
        thread: str | None = None,
        listen: Listener | None = None,
        language: Language | None = None,
    ) -> AnswerRecord:
        """Answer a question about an image; see `Application.ask`."""
        with self._named(image):
            record = self.app.ask(
                image.path,
                question,
                product=product,
                thread=thread,
                shown_name=image.shown_name,
                listen=listen,
                language=language,
            )
        return record.model_copy(update={"image": image.name if image.passing else record.image})

    def part(self, image: KeptImage, product: str | None = None) -> Part:
        """Return an image as its product, for measurements and pictures."""
        with self._named(image):
            opened = open_image(self.app.tools, str(image.path))
            product = product or self._inspected_as(opened.sha256)
            if product is None:
                product = find_product(self.app.tools, opened).name
            self.app.tools.product(product)
        return Part(self.app.tools, str(image.path), opened.sha256, product)

    def size(self, image: KeptImage) -> tuple[int, int]:
        """Return an image's width and height in pixels, upright."""
        with self._named(image):
            opened = open_image(self.app.tools, str(image.path))
        return opened.width, opened.height

    def picture(self, sha256: str, kind: PictureKind, product: str | None = None) -> Image.Image:
        """Return a picture of an inspected image; see `agents.desk.pictures`."""
        image = self.image(sha256)
        if kind == "image":
            # No model has a part in it: lists show many.
            with self._named(image):
                return Image.fromarray(self.app.tools.images.open(image.path).loaded.pixels)
        return picture(self.part(image, product), kind)

    def peak(self, sha256: str, product: str | None = None) -> PeakRecord:
        """Return the most unusual place of an inspected image, whatever its verdict."""
        return locate_peak(self.part(self.image(sha256), product))

    def first_good(self, product: str) -> Image.Image:
        """Return a product's first good image, which zones are drawn on, with its zones outlined."""
        return zones_picture(self.app.tools, product)

    def correct(
        self,
        image: KeptImage,
        verdict: Label,
        *,
        product: str | None = None,
        defect_type: str | None = None,
        mask: bytes | None = None,
        note: str = "",
        region: int | None = None,
        learn: bool = True,
        against: int = 0,
        accept_flips: bool = False,
        record: bool = True,
        progress: Progress | None = None,
    ) -> Outcome:
        """Record a person's verdict; see `Application.correct`.

        mask: an image file of the image's size. against: how many of the product's last inspected images are
        looked at too, besides the judged ones.
        """
        part = self.part(image, product)
        with self._named(image), mask_file(mask) as drawn:
            outcome = self.app.correct(
                image.path,
                verdict,
                product=part.product,
                defect_type=defect_type,
                mask=drawn,
                note=note,
                region=region,
                learn=learn,
                against=self._inspected_lately(part, against),
                accept_flips=accept_flips,
                record=record,
                shown_name=image.shown_name,
                progress=progress,
            )
        return replace(outcome, flips=self._named_flips(outcome.flips))

    def leave_out(
        self,
        image: KeptImage,
        product: str,
        name: str,
        box: Box,
        *,
        against: int = 0,
        accept_flips: bool = False,
        record: bool = True,
        progress: Progress | None = None,
    ) -> tuple[ZoneOutcome, list[str]]:
        """Take an area, drawn on an inspected image, out of what is judged; return the outcome, and warnings.

        box: in pixels of the image. against: see `correct`. record: False only says what it would flip.
        """
        part = self.part(image, product)
        with self._named(image):
            outcome, warnings = self.products.add_zone(
                product,
                name,
                box,
                on=image.path,
                ignored=True,
                against=self._inspected_lately(part, against),
                accept_flips=accept_flips,
                record=record,
                progress=progress,
            )
        return replace(outcome, flips=self._named_flips(outcome.flips)), warnings

    def boxes(self, image: KeptImage, product: str) -> list[Box]:
        """Return the boxes of the regions that are found on an image now, in its pixels."""
        return [region.bbox for region in self.part(image, product).inspection.regions]

    def drawn_mask(self, image: KeptImage, product: str, strokes: object) -> bytes | None:
        """Return what was painted on an image as a PNG file of the image's size; None where nothing was.

        strokes: see `agents.desk.strokes.painted`. Raises ConfigError for what is none.
        """
        part = self.part(image, product)
        height, width = part.pixels.shape[:2]
        mask = painted(strokes, (height, width), lambda: mask_of(part.inspection.regions, height, width))
        return as_png(mask) if mask.any() else None

    def good_image(self, product: str, id_: str) -> Image.Image:
        """Return a product's good image by the id that evidence gives it. Raises UnreadableImage."""
        tools = self.app.tools
        found = (hit for hit in tools.templates.images(product) if template_id(hit) == id_)
        if (hit := next(found, None)) is None:
            raise UnreadableImage(f"{id_} is no good image of {product} any more")
        return Image.fromarray(tools.read(hit.path, tools.product(product)).pixels)

    def cited_note(self, id_: str) -> Entry | None:
        """Return the entry that a passage of the catalogue is of, or the passage alone; None if gone."""
        passages = self.app.tools.domain.passages()
        cited = [passage for passage in passages if passage.id == id_]
        found = (entry for entry in self.app.tools.domain.entries() if id_ in entry.ids)
        return next(found, as_entry(cited) if cited else None)

    def catalogue_files(self) -> list[SourceSummary]:
        """Return the files of the catalogue, their sources by name. Raises StoreMissing."""
        self.app.tools.require_store()
        return [replace(each, source=Path(each.source).name) for each in self.app.catalogue.sources()]

    def notes_on(self, product: str, defect: str) -> list[Entry]:
        """Return what the catalogue says of a type of defect of a product; empty where nothing."""
        passages = self.app.tools.domain.entries(product)
        return [entry for entry in passages if name_key(entry.type) == name_key(defect)]

    def types_of(self, product: str) -> list[str]:
        """Return the types of defects of a product, by the catalogue and by what people confirmed."""
        entries = [entry.type for entry in self.app.tools.domain.entries(product)]
        examples = [example.defect for example in self.app.tools.examples.examples(product)]
        return list(dict.fromkeys([*entries, *examples]))

    def add_notes(self, name: str, data: bytes, product: str | None = None) -> AddSummary:
        """Add a file to the catalogue; one of the same name that was sent for the same product is replaced.

        product: of a file that names none. Raises KnowledgeError, UnknownProduct, StoreError.
        """
        # A source is known by its path, which is thus the same each time.
        folder = self.images.folder / "catalogue"
        path = folder / f"of-{quote(product or '', safe='')[:200]}" / name
        make_folder(folder)
        # A lock of its own each time keeps threads apart, too.
        with FileLock(folder / "lock"):
            try:
                write_whole(path, data)
                return self.app.add_knowledge([path], product)
            except IadError as error:
                raise type(error)(str(error).replace(str(path), name)) from error
            finally:
                path.unlink(missing_ok=True)

    def report(
        self, images: Sequence[KeptImage], ending: str, title: str, language: Language | None = None
    ) -> bytes:
        """Return the report on images that were inspected before, as a file of this ending.

        language: of its page; that of the settings, else English, where None. Raises ConfigError.
        """
        tools = self.app.tools
        with TemporaryDirectory(prefix="iad-report-") as name, looked_at_again():
            folder, out = Path(name), Path(name) / f"report.{ending}"
            writer = ReportWriter(header_of(tools, title, len(images), self._page_language(language)), [out])
            for number, image in enumerate(images):
                path = image.path
                if image.passing:
                    # A link under the name that people know, since the page shows and embeds the path.
                    path = folder / str(number) / image.name
                    path.parent.mkdir()
                    path.symlink_to(image.path.absolute())
                product = self._inspected_as(open_image(tools, str(path)).sha256)
                for record in self.app.inspect([path], product=product):
                    writer.add(report_part(tools, record, pictures=writer.wants_pictures))
            writer.write()
            return out.read_bytes()

    def log_report(self, wanted: Filter, ending: str, title: str, language: Language | None = None) -> bytes:
        """Return the report on what the log holds, as a file of this ending; see `report`."""
        with TemporaryDirectory(prefix="iad-report-") as name:
            out = Path(name) / f"report.{ending}"
            write_log_report(
                self.app.tools,
                wanted,
                title,
                [out],
                language=self._page_language(language),
                kept=self.images.find,
            )
            return out.read_bytes()

    def _page_language(self, asked: Language | None) -> Language:
        return asked or self.app.settings.page_language

    def _inspected_as(self, sha256: str) -> str | None:
        """Return the product of an image's last inspection, or None."""
        row = None if self.app.tools.log is None else self.history.latest(sha256)
        return None if row is None else str(row["product"])

    def _inspected_lately(self, part: Part, most: int) -> list[Path]:
        known = {part.sha256}
        return last_inspected(self.app.tools, part.product, most, known=known, kept=self.images.find)

    def _named_flips(self, flips: Sequence[Flip]) -> list[Flip]:
        return [replace(flip, name=self._known_name(flip.name)) for flip in flips]

    def _known_name(self, name: str) -> str:
        """Return the file name of an image that a flip names by its path, as people know it."""
        path = Path(name)
        return self.image(path.name).name if path.parent == self.images.folder else path.name

    @contextmanager
    def _named(self, image: KeptImage) -> Iterator[None]:
        """Have errors name an image as people know it; drop one that cannot be read."""
        try:
            yield
        except IadError as error:
            if not image.passing:
                raise
            if isinstance(error, UnreadableImage):
                self.images.drop(image.path)
            raise type(error)(str(error).replace(str(image.path), image.name)) from error
