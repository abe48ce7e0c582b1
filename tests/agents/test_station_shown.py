"""What the station shows of an inspection, and of a row of the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from plates import part

from agents.app import Application
from agents.desk.desk import Desk
from agents.desk.kept import KeptImage
from agents.settings import Settings

pytest.importorskip("nicegui", reason="the station needs nicegui: pip install -e '.[station]'")


def test_a_row_of_the_log_is_shown_in_millimetres_and_claims_nothing_of_the_catalogue(tmp_path: Path) -> None:
    from agents.interfaces.station.shown import of_record, of_row

    good = [part(tmp_path / f"{seed}.png", seed) for seed in range(4)]
    image = part(tmp_path / "blot.png", 9, blot=True)
    settings = Settings.from_environment(
        store=tmp_path / "store", encoder="tiny", text_encoder="tiny", input_size=96
    )
    with Application(settings) as app:
        app.enroll("plate", good, mm_per_px=0.1)
        desk = Desk(app)
        record = desk.inspect(KeptImage(image, image.name, passing=False), "plate")
        row = desk.history.latest(record.sha256)
        assert row is not None
        now, later = of_record(desk, record), of_row(desk, row)
    assert now.regions and now.regions[0].length.endswith(" mm")
    assert [one.length for one in later.regions] == [one.length for one in now.regions]
    assert [one.width for one in later.regions] == [one.width for one in now.regions]
    assert now.candidates == [] and later.candidates is None
