"""A photograph from the browser's camera, inspected as a dropped image is; `camera.js` does the work."""

from __future__ import annotations

from nicegui import ui

from agents.interfaces.station.visit import Visit


def camera(visit: Visit) -> None:
    """Put the button on the page, beside the field for images, and the window that it opens."""
    say = visit.say
    with ui.element("iad-camera"):
        with ui.button(say("Camera (C)"), icon="photo_camera").props("unelevated no-caps data-do=open"):
            ui.tooltip(say("Take a photograph and inspect it"))
        with ui.element("dialog") as window:
            window.props["aria-label"] = say("Camera")
            with ui.element("video").props("autoplay playsinline muted") as live:
                live.props["aria-label"] = say("Live picture")
            told = ui.element("p").classes("told").props('role="alert"')
            told.props.update(
                {
                    "data-waiting": say("Waiting for the camera ..."),
                    "data-missing": say("There is no camera at this device."),
                    "data-refused": say(
                        "The browser may not use the camera. Allow it in the browser's settings of this page."
                    ),
                    "data-insecure": say(
                        "Browsers give the camera only to pages at https:// or localhost. Open this page so, "
                        "or drop a photograph."
                    ),
                    "data-busy": say("The camera gives no picture. Another program may be using it."),
                }
            )
            with ui.element("div").classes("choices"):
                with ui.element("select").props("hidden") as devices:
                    devices.props["aria-label"] = say("Camera")
                ui.button(say("Cancel")).props("flat no-caps data-do=close")
                ui.button(say("Take"), icon="photo_camera").props("unelevated no-caps data-do=take")
