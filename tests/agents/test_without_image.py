"""Questions without an image: what can't be looked up is said, never raised."""

from __future__ import annotations

import pytest

from agents.answers.generated.guardrails import cited_ids
from agents.app import Application
from agents.settings import Settings

CATALOGUE = """Product,Defect,Look,Cause,Effect,Severity,Action,Limit
screw,scratch,a thin bright line on the head,a worn gripper,cosmetic only,3,polish the head,max 2 mm
nut,burr,a ragged border,a blunt die,jams the feeder,5,deburr it,max 0.3 mm
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "fmea.csv").write_text(CATALOGUE)
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([folder / "fmea.csv"])
    return made


@pytest.mark.parametrize("product", [None, "screw"])
@pytest.mark.parametrize(
    "question",
    [
        "What does a good screw look like?",
        "is that normal?",
        "is noise normal for a screw?",
        "is 35% yield normal for us?",
        "Wie sieht eine gute Schraube aus?",
    ],
)
def test_what_is_normal_needs_no_image(opened: Application, question: str, product: str | None) -> None:
    reply = opened.ask_without_image(question, product=product)
    assert reply.answer
    assert set(cited_ids(reply.answer)) <= {one.id for one in reply.evidence}, reply.answer
