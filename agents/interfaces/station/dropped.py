"""Images of good parts that are dropped on a page, and the job that learns from them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nicegui import events, ui

from agents.desk.jobs import Job
from agents.interfaces.service.uploads import shown as shown_name
from agents.interfaces.station.visit import Visit
from tools.phrases import Phrases

POLL_S: Final = 0.5


@dataclass
class Dropped:
    """The images that came so far. folder: of them, None before the first; a job on them removes it.

    arrived: called whenever there are more.
    """

    visit: Visit
    arrived: Callable[[], None]
    folder: Path | None = None
    paths: list[Path] = field(default_factory=list)

    def build(self) -> None:
        """Put the area to drop on, and the number of images, on the page."""
        say = self.visit.say
        self._area = ui.upload(
            label=say("Drop images of good parts here"),
            multiple=True,
            auto_upload=True,
            on_upload=self._uploaded,
            on_rejected=lambda: self.visit.tell_error(say("Some of these files are no images.")),
        )
        self._area.props('accept="image/*" flat bordered no-thumbnails').classes("drop many")
        self._count = ui.label().classes("dim")

    def empty(self) -> None:
        """Begin anew: a job has the images that came so far."""
        self.folder, self.paths = None, []
        self._area.reset()
        self._count.text = ""

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        if self.folder is None:
            self.folder = self.visit.desk.images.folder / f"enroll-{secrets.token_hex(8)}"
        path = self.folder / f"{len(self.paths):04d}" / shown_name(event.file.name)
        self.paths.append(path)
        await event.file.save(path)
        self._count.text = self.visit.say("Images: {count}", count=len(self.paths))
        self.arrived()


def follow(visit: Visit, job: Job, place: ui.element, show: Callable[[dict[str, Any]], None]) -> None:
    """Show a job's progress in a place of the page, then in its stead its result, or what failed."""
    with place:
        bar = ui.linear_progress(0, show_value=False, size="12px")
        step = ui.label().props('role="status"')

    async def look() -> None:
        now = visit.desk.jobs.get(job.id)
        bar.value = now.done / now.total if now.total else 0
        step.text = f"{now.step} {now.done}/{now.total}" if now.total else now.step
        if now.over:
            clock.cancel()
            place.clear()
            with place:
                if now.result is None:
                    visit.tell_error(now.error[1] if now.error else visit.say("It failed."))
                else:
                    show(now.result)

    clock = ui.timer(POLL_S, look)


def list_odd(visit: Visit, result: dict[str, Any]) -> None:
    """List the images of a job's result that are odd, each with its picture, and those that are none."""
    say = visit.say
    for finding in result["findings"]:
        with ui.row().classes("reason odd"):
            if finding["sha256"] is None:
                ui.icon("report_problem")
            else:
                with ui.link(target=f"/?image={finding['sha256']}"):
                    picture = ui.element("img").classes("thumb")
                    picture.props["src"] = f"/api/v1/images/{finding['sha256']}/image?side=160"
                    picture.props["alt"] = finding["image"]
            what = say("left out") if finding["left_out"] else say("kept")
            label = ui.label(f"{finding['image']} ({what}): {_odd_in_words(finding, say)}")
            label.tooltip(finding["reason"])
    for skipped in result["skipped"]:
        with ui.row().classes("reason odd"):
            ui.icon("broken_image")
            ui.label(skipped["message"])


def _odd_in_words(finding: dict[str, Any], say: Phrases) -> str:
    """Return what is odd in an image: in English as it was measured, else what kind of oddity it is."""
    kinds = {
        "mask": say("a mask, no photograph"),
        "duplicate": say("the same image or part as another one"),
        "size": say("the part has another size"),
        "light": say("another light"),
        "blur": say("blurred"),
        "view": say("the part is cut off, or seen otherwise"),
        "foreign": say("another product"),
        "defect": say("perhaps defective"),
    }
    return str(finding["reason"]) if say.language == "en" else kinds[finding["kind"]]
