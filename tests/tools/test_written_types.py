"""Types from written looks alone: words of nine languages, and drawn defects told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from toolbox import tiny_context

from anomaly_core.imaging.reading import load_image
from anomaly_core.names import plain_name
from anomaly_core.scoring.measurement import RegionDescription, describe_region
from anomaly_core.scoring.regions import region_of_mask
from knowledge.catalogue.looks import Look, parse_look
from tools.classify.classify import classify
from tools.classify.scores import CONFIRMED, ENOUGH, UNKNOWN, weigh
from tools.classify.sections import written_sections
from tools.classify.written import (
    RIGHT,
    agreement,
    colours_of_scene,
    look_of,
    place_on_part,
    seen_contrast,
    written_fits,
    written_looks,
)
from tools.context import Context, Part
from tools.describe import describe
from tools.detect import open_image
from tools.enrollment.enroll import enroll
from tools.zones import add_zone

BROWN = frozenset({"brown"})
CATALOGUE = """Defect,Look,Cause
scratch,"A thin, straight, bright line.",a gripper
crack,"A thin dark line, branching.",stress
pore,"A small round dark spot.",gas
flake,"A large round bright patch in the centre.",dirt
"""


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("A thin bright line at the edge.", Look("bright", "line", None, None, "edge")),
        ("Dark, small and round; in the centre.", Look("dark", "round", None, "small", "centre")),
        ("A branching dark line.", Look("dark", "line", "branching", None, None)),
        ("dark or bright", Look()),
        ("Eine dünne helle Linie, gerade, am Rand", Look("bright", "line", "straight", None, "edge")),
        ("Una macchia scura, piccola", Look("dark", "round", None, "small", None)),
        ("Una línea clara en el borde", Look("bright", "line", None, None, "edge")),
        ("Une grande tache sombre au centre", Look("dark", "round", None, "large", "centre")),
        ("Um furo redondo e escuro", Look("dark", "round", None, None, None)),
        ("边缘的细暗线", Look("dark", "line", None, None, "edge")),
        ("中央の丸い黒い点", Look("dark", "round", None, None, "centre")),
        ("가장자리의 어두운 둥근 점", Look("dark", "round", None, None, "edge")),
        ("A dark diagonal line.", Look("dark", "line", direction="diagonal")),
        ("Eine dunkle Linie, senkrecht oder waagerecht", Look("dark", "line")),
        ("竖直的暗线", Look("dark", "line", "straight", direction="upright")),
        ("as agreed", Look()),
        (
            "A brown blotch, irregular, large",
            Look(None, "irregular", size="large", colours=BROWN),
        ),
        ("Ein rotbrauner Fleck", Look(shape="round", colours=BROWN)),
        ("Ein brauner, unregelmäßiger Fleck", Look(shape="irregular", colours=BROWN)),
        ("Macchia marrone irregolare", Look(shape="irregular", colours=BROWN)),
        ("茶色の不規則な領域", Look(shape="irregular", colours=BROWN)),
        ("An irregular dark line", Look("dark", "line")),
        ("Bright and round instead of a dark hole", Look("bright", "round")),
        ("Hell und rund statt eines dunklen Lochs", Look("bright", "round")),
        ("Tache claire et ronde au lieu d'un trou sombre", Look("bright", "round")),
        ("Mancha escura no centro", Look("dark", "round", place="centre")),
        ("A dark spot with a bright rim", Look("dark", "round")),
        ("Dunkler Fleck mit hellem Rand", Look("dark", "round")),
        ("暗い穴ではなく、明るい点", Look("bright", "round")),
        ("vertical ground line", Look(shape="line", direction="upright")),
    ],
)
def test_words_of_a_look(text: str, look: Look) -> None:
    assert parse_look(text) == look


def paint(path: Path, kind: str = "", seed: int = 0) -> Path:
    """Paint a grey plate that fills the image, 192 x 192 pixels, with a defect of a kind."""
    noise = np.random.default_rng(seed).normal(0, 2, (192, 192, 1))
    image = np.clip(np.full((192, 192, 3), 120.0) + noise, 0, 255).astype(np.uint8)
    if kind == "scratch":
        cv2.line(image, (40, 60), (150, 66), (235, 235, 235), 3)
    elif kind == "crack":
        for end in ((150, 40), (150, 90), (120, 140), (60, 150)):
            cv2.line(image, (50, 60), end, (20, 20, 20), 2)
    elif kind == "pore":
        cv2.circle(image, (70, 120), 8, (20, 20, 20), -1)
    elif kind == "flake":
        cv2.circle(image, (96, 96), 36, (235, 235, 235), -1)
    Image.fromarray(image).save(path)
    return path


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("written")
    made = tiny_context(folder / "store")
    enroll(made, "plate", [paint(folder / f"{seed}.png", seed=seed) for seed in range(5)], keep_all=True)
    (folder / "fmea.csv").write_text(CATALOGUE)
    made.domain.add([folder / "fmea.csv"], product="plate")
    return made


def part(context: Context, folder: Path, kind: str) -> Part:
    image = str(paint(folder / f"{kind}.png", kind, seed=9))
    return Part(context, image, open_image(context, image).sha256, "plate")


@pytest.mark.parametrize("kind", ["scratch", "crack", "pore", "flake"])
def test_a_drawn_defect_fits_its_own_entry_best(context: Context, tmp_path: Path, kind: str) -> None:
    """By the drawn mask: what the tiny encoder's map outlines is another question."""
    good, bad = (
        load_image(paint(tmp_path / "good.png")).pixels,
        load_image(paint(tmp_path / "bad.png", kind)).pixels,
    )
    region = region_of_mask(np.abs(bad.astype(int) - good).max(axis=2) > 30, score=1.0)
    seen = describe_region(bad, region, good)
    look = look_of(seen, seen.contrast, place_on_part(region.bbox, bad))
    fits = {
        name: agreement(one, look) for name, one in written_looks(context.domain.passages("plate")).items()
    }
    assert max(fits, key=lambda name: fits[name]) == kind, (fits, look)
    assert weigh({}, {}, written=fits).name in (kind, UNKNOWN)


LINE_SEEN = RegionDescription(
    shape="elongated", length_px=60.0, width_px=4.0, orientation_deg=None, solidity=0.9, area_share=0.02,
    contrast=-20.0, compared_with="surroundings", colour=None, text="an elongated dark area",
)  # fmt: skip


@pytest.mark.parametrize(
    ("degrees", "direction"),
    [
        (0.0, "level"),
        (175.0, "level"),
        (45.0, "diagonal"),
        (130.0, "diagonal"),
        (85.0, "upright"),
        (None, None),
    ],
)
def test_the_direction_of_a_line_is_told(degrees: float, direction: str) -> None:
    seen = replace(LINE_SEEN, orientation_deg=degrees)
    assert look_of(seen, -20.0, None).direction == direction
    assert look_of(replace(seen, width_px=40.0, solidity=1.0), -20.0, None).direction is None


def test_an_image_is_measured_for_the_entries(context: Context, tmp_path: Path) -> None:
    drawn = part(context, tmp_path, "pore")
    fits = written_fits(drawn, "60,110,81,131", context.domain.passages("plate"))
    assert max(fits, key=lambda name: fits[name]) == "pore", (fits, describe(drawn, "60,110,81,131"))
    assert written_fits(drawn, "60,110,81,131", []) == {}


def test_a_type_is_likely_at_best_and_has_a_runner_up(context: Context, tmp_path: Path) -> None:
    drawn = part(context, tmp_path, "flake")
    text = describe(drawn, "58,58,135,135").text
    record = classify(drawn, text, 0.1, "58,58,135,135")
    assert record.name in ("flake", UNKNOWN)
    assert record.status == ("likely" if record.name == "flake" else "unknown")
    assert record.alternatives
    few, more = Look("bright", "line"), Look("bright", "line", "straight", "small")
    # A look that states little names nothing, however well it agrees.
    assert weigh({}, {}, written={"scratch": agreement(few, few), "pore": -1.0}).name == UNKNOWN
    fits = {"scratch": agreement(more, more)}
    named = weigh({}, {}, written={**fits, "pore": -1.0})
    assert (named.name, named.status) == ("scratch", "likely")
    assert [other.name for other in named.alternatives] == ["pore"]


def test_one_example_adds_to_what_is_written_and_never_takes_away() -> None:
    written = {"scratch": 1.2, "burr": 0.1, "dent": -1.0}
    without = weigh({}, {}, written=written)
    record = weigh({"scratch": [0.3], "dent": [0.3]}, {}, [0.2], written=written)
    assert record.alternatives[0] == without.alternatives[0]
    assert record.alternatives[0].name == "scratch"
    assert weigh({"scratch": [0.9]}, {}, written=written).name == "scratch"
    # Of enough examples, none is like the region.
    assert weigh({"scratch": [0.3] * ENOUGH}, {}, written=written).alternatives[0].name == "burr"


def test_two_entries_alike_leave_it_unknown_with_candidates() -> None:
    record = weigh({}, {}, written={"scratch": 1.0, "scuff": 1.0})
    assert (record.name, record.status) == (UNKNOWN, "unknown")
    assert {other.name for other in record.alternatives} == {"scratch", "scuff"}


def test_examples_say_more_than_what_is_written() -> None:
    written = {"scratch": 1.0, "dent": -1.0}
    for examples in ({"dent": [0.95], "scratch": [0.4]}, {"dent": [0.95] * ENOUGH}):
        record = weigh(examples, {}, written=written)
        assert (record.name, record.status) == ("dent", "confirmed")
        assert record.score >= CONFIRMED


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_examples_dont_hide_a_type_without_any_whose_look_fits_better(count: int) -> None:
    written = {"scratch": 1.0, "dent": 0.5}
    record = weigh({"dent": [0.95] * count}, {}, written=written)
    assert record.name == UNKNOWN
    assert {"dent", "scratch"} <= {other.name for other in record.alternatives}
    assert weigh({"dent": [0.95] * count}, {}, written={**written, "dent": 1.5}).name == "dent"


@pytest.mark.parametrize("count", [1, 2, ENOUGH])
def test_an_example_of_another_type_does_not_unname_what_its_look_alone_names(count: int) -> None:
    """A board's catalogue: one type's look fits, those of two others state nothing that is measured."""
    fits = {"missing component": 0.14, "missing silkscreen": 0.06, "missing capacitor": 0.1, "scratch": 0.0}
    written = {"missing capacitor": 3.3, "scratch": -2.1}
    unlike, like = {"scratch": [0.35] * count}, {"scratch": [0.95] * count}
    alone = weigh({}, fits, written=written)
    assert (alone.name, alone.status) == ("missing capacitor", "likely")
    beside = weigh(unlike, fits, written=written)
    assert (beside.name, beside.status) == (alone.name, alone.status) and beside.score >= alone.score
    # Neither where an example is more like the region, nor what no look alone would name.
    assert weigh(like, fits, written=written).name != "missing capacitor"
    assert weigh(unlike, fits, written={**written, "missing capacitor": 1.0}).name == UNKNOWN


def test_what_cannot_be_told_counts_for_nothing() -> None:
    assert agreement(Look("dark", "line"), Look()) == 0
    assert agreement(Look("dark"), Look("dark")) == pytest.approx(np.log(2 * RIGHT))
    assert agreement(Look("dark"), Look("bright")) < 0


def test_a_colour_says_more_than_a_tone_and_one_not_named_speaks_against() -> None:
    seen = Look("dark", "round", colours=BROWN)
    stain, hole, ink = (
        Look(None, "irregular", colours=BROWN),
        Look("dark", "round"),
        Look(colours=frozenset({"blue"})),
    )
    assert agreement(stain, seen) > agreement(hole, seen) > agreement(ink, seen)
    assert agreement(Look(colours=frozenset({"red"})), seen) > 0, "near brown"
    grey = Look("dark", "round")
    assert agreement(stain, grey) == agreement(Look(None, "irregular"), grey), "a grey camera"
    assert agreement(stain, grey, colours=True) < agreement(stain, grey)


def test_a_faint_tone_says_little_and_the_seen_one_counts() -> None:
    dark, bright = Look("dark"), Look("bright")
    assert 0 > agreement(dark, bright, 0.3) > agreement(dark, bright)
    assert seen_contrast(-60.0, 35.0) == -60.0
    assert seen_contrast(-2.0, 35.0) == 35.0
    assert seen_contrast(-2.0, None) == -2.0


def test_a_tinted_region_has_a_colour_and_a_shadow_has_none() -> None:
    pixels = np.full((100, 100, 3), (160, 158, 150), np.uint8)
    mask = np.zeros((100, 100), np.bool_)
    mask[40:60, 40:60] = True
    for inside, colour in (((150, 130, 112), "brown"), ((96, 95, 90), None), ((230, 229, 226), None)):
        pixels[mask] = inside
        assert describe_region(pixels, region_of_mask(mask, score=1.0)).colour == colour, inside


def test_prose_is_a_look_only_beside_fields(context: Context) -> None:
    assert set(written_looks(context.domain.passages("plate"))) == {"scratch", "crack", "pore", "flake"}
    assert written_looks([]) == {}


def _drawn(*lines: list[tuple[int, int]]) -> RegionDescription:
    canvas = np.zeros((600, 800), np.uint8)
    for line in lines:
        cv2.polylines(canvas, [np.array(line, np.int32)], isClosed=False, color=1, thickness=3)
    pixels = np.full((600, 800, 3), 100, np.uint8)
    pixels[canvas > 0] = 200
    return describe_region(pixels, region_of_mask(canvas > 0, score=1.0))


def test_a_thin_line_that_bends_slightly_is_straight_and_not_small() -> None:
    look = look_of(_drawn([(200, 230), (260, 205), (330, 145)]), 60.0, None)
    assert (look.tone, look.shape, look.course, look.size) == ("bright", "line", "straight", None)


def test_a_line_with_arms_is_branching() -> None:
    seen = _drawn([(200, 300), (300, 300), (380, 200)], [(300, 300), (390, 380)])
    assert look_of(seen, -60.0, None).course == "branching"


ZONES = ["upper-left hole", "lower-right hole", "fold line", "marking"]


@pytest.mark.parametrize(
    ("name", "zones", "named"),
    [
        ("missing hole", ZONES, set(ZONES[:2])),
        ("holes undersized", ZONES, set(ZONES[:2])),
        ("blowhole", ZONES, set()),
        ("white line", ZONES, set()),
        ("Bohrung fehlt", ["Bohrung oben links", "Nut"], {"Bohrung oben links"}),
        ("Eckenbruch", ["Ecke unten rechts", "Nut"], {"Ecke unten rechts"}),
        ("foro mancante", ["foro in alto a sinistra", "bordo destro"], {"foro in alto a sinistra"}),
        ("trou manquant", ["trou supérieur gauche"], {"trou supérieur gauche"}),
        ("缺孔", ["左上孔", "右侧槽"], {"左上孔"}),
        ("穴なし", ["左上の穴", "溝"], {"左上の穴"}),
        ("missing mark", ["embossing", "score line"], {"embossing"}),
        ("burn mark", ["embossing", "score line"], set()),
        ("wrong mark", ["Prägung", "Bruchkerbe"], {"Prägung"}),
        ("missing plate", ["Typenschild", "Rippen"], {"Typenschild"}),
        ("missing plate", ["plaque signalétique", "nervures"], {"plaque signalétique"}),
        ("Bohrung fehlt", ["agujero izquierdo", "ranura"], {"agujero izquierdo"}),
        ("missing mark", ["incisione", "bordo"], {"incisione"}),
        ("missing hole", ["furo esquerdo", "nervura"], {"furo esquerdo"}),
        ("missing mark", ["刻印", "縁"], {"刻印"}),
        ("missing mark", ["각인", "가장자리"], {"각인"}),
        ("missing plate", ["铭牌", "加强筋"], {"铭牌"}),
    ],
)
def test_a_type_lies_where_zones_are_called_after_its_noun(
    tmp_path: Path, name: str, zones: list[str], named: set[str]
) -> None:
    made = tiny_context(tmp_path / "store")
    (tmp_path / "a.md").write_text(f"# Plate\n\n## {name}\nLook: dark\n", encoding="utf-8")
    made.domain.add([tmp_path / "a.md"], product="plate")
    found = written_sections(made.domain.passages("plate"), zones, dict.fromkeys(zones, 0.02))
    odds = next(iter(found.values()), {})
    assert {zone for zone, value in odds.items() if value > 0} == named
    assert not named or (odds[""] < 0 and max(odds.values()) > 2)


SECTIONS = """
# Screw

## Scratch on the head
Look: a dark spot

## Bent tip
Look: blunt or deformed

## Neck scratch
Look: bright marks between head and tip

## Rough flank
Look: a dull patch on the thread
"""


def test_a_defect_named_for_a_section_lies_there(tmp_path: Path) -> None:
    made = tiny_context(tmp_path / "store")
    (tmp_path / "screw.md").write_text(SECTIONS)
    made.domain.add([tmp_path / "screw.md"], product="screw")
    zones = ["head", "tip", "thread"]
    found = written_sections(made.domain.passages("screw"), zones)
    by_name = {plain_name(name): odds for name, odds in found.items()}
    assert set(by_name) == {"Scratch on the head", "Bent tip", "Rough flank"}
    assert {name: max(odds, key=lambda zone: odds[zone]) for name, odds in by_name.items()} == {
        "Scratch on the head": "head",
        "Bent tip": "tip",
        "Rough flank": "thread",
    }
    # A section in the name says more than one in the look, and another section speaks against both.
    assert by_name["Bent tip"]["tip"] > by_name["Rough flank"]["thread"] > 0
    assert by_name["Bent tip"]["head"] < by_name["Rough flank"]["head"] < 0
    assert written_sections(made.domain.passages("screw"), []) == {}


def test_a_zone_is_named_with_a_hyphen_and_written_with_a_blank(tmp_path: Path) -> None:
    made = tiny_context(tmp_path / "store")
    (tmp_path / "capsule.md").write_text(
        "# Capsule\n\n## Faulty imprint\nLook: digits smeared on the red half\n"
    )
    made.domain.add([tmp_path / "capsule.md"], product="capsule")
    (odds,) = written_sections(made.domain.passages("capsule"), ["red-half", "black_half"]).values()
    assert odds["red-half"] > 0 > odds["black_half"]


def test_a_region_in_a_zone_is_of_the_type_that_is_named_for_it(context: Context, tmp_path: Path) -> None:
    """Two entries of one look, of which the zone that the region lies in decides."""
    names = ("left", "right")
    (tmp_path / "plate.md").write_text(
        "# Plate\n" + "".join(f"\n## Mark at the {name}\nLook: a dark round spot\n" for name in names)
    )
    made = tiny_context(tmp_path / "store")
    enroll(made, "plate", [paint(tmp_path / f"{seed}.png", seed=seed) for seed in range(5)], keep_all=True)
    made.domain.add([tmp_path / "plate.md"], product="plate")
    for name, box in zip(names, ((0, 0, 96, 192), (96, 0, 192, 192)), strict=True):
        add_zone(made, "plate", name, box)
    given = part(made, tmp_path, "pore")  # at x = 70
    fits = written_fits(given, "64, 114, 76, 126", made.domain.passages("plate"))
    assert fits["Mark at the left"] > fits["Mark at the right"]


def test_the_colour_of_the_part_is_none_of_the_defect(tmp_path: Path) -> None:
    """The stump of a green figure's arm is green beside a white background, and no green stain."""

    def figure(name: str, spot: tuple[int, int, int]) -> Path:
        pixels = np.random.default_rng(len(name)).integers(246, 255, (192, 192, 3)).astype(np.uint8)
        pixels[60:140, 50:140] = (90, 190, 60)
        pixels[90:106, 140:160] = (90, 190, 60)  # the stump
        pixels[80:100, 80:100] = spot
        Image.fromarray(pixels).save(tmp_path / name)
        return tmp_path / name

    green, red = (90, 190, 60), (190, 40, 40)
    made = tiny_context(tmp_path / "store")
    enroll(made, "figure", [figure(f"{'x' * n}.png", green) for n in range(1, 6)], keep_all=True)
    stains = "".join(f"\n## {one} stain\nLook: {one} irregular patch\n" for one in ("green", "red"))
    (tmp_path / "figure.md").write_text(f"# Figure\n{stains}")
    made.domain.add([tmp_path / "figure.md"], product="figure")
    path = str(figure("stained.png", red))
    given = Part(made, path, open_image(made, path).sha256, "figure")
    passages = made.domain.passages("figure")
    stump, spot = "142, 92, 158, 104", "80, 80, 100, 100"
    assert describe(given, stump).colour == "green"
    assert written_fits(given, stump, passages)["green stain"] < 0
    assert written_fits(given, spot, passages)["red stain"] > 0


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("bare pads where a dark part should sit", "missing"),
        ("An einer Stelle ist kein dunkles rundes Loch, sondern helles Metall.", "missing"),
        ("no white print at the bottom left", "missing"),
        ("manca il cioccolato sul bordo", "missing"),
        ("缺少一个孔", "missing"),
        ("Bohrung sitzt neben der Sollposition auf dem Lochkreis", "moved"),
        ("golden pin out of line in the white connector", "moved"),
        ("dark rectangular part rotated or off its pads", "moved"),
        ("helle, dünne Linie im Lack, meist schräg", None),
        ("etwas dunkler Bereich ohne scharfen Rand", None),
        ("thin light line on the green solder mask", None),
    ],
)
def test_looks_say_what_is_missing_or_beside_its_place(text: str, change: str | None) -> None:
    assert parse_look(text).change == change


def test_what_is_missing_speaks_for_types_that_say_so() -> None:
    hole, scratch = parse_look("one of the four holes is missing"), parse_look("thin bright line")
    assert agreement(hole, Look(change="missing")) > 1 > 0 > agreement(scratch, Look(change="missing"))
    assert agreement(hole, Look(change="added")) < -1 < 0 < agreement(scratch, Look(change="added"))


def test_the_edge_of_a_round_part_is_its_outline() -> None:
    pixels = np.full((400, 400, 3), 200, np.uint8)
    cv2.circle(pixels, (200, 200), 150, (60, 60, 60), -1)
    near_the_rim = (290, 290, 306, 306)
    assert place_on_part(near_the_rim, pixels) == "edge"
    assert place_on_part((192, 192, 208, 208), pixels) == "centre"
    assert place_on_part((240, 240, 256, 256), pixels) is None


def test_a_line_that_bends_is_curved() -> None:
    arc = [(200 + 3 * step, 300 - round(80 * np.sin(np.pi * step / 60))) for step in range(61)]
    assert look_of(_drawn(arc), -60.0, None).course == "curved"
    straight = replace(LINE_SEEN, bend=0.03)
    assert look_of(straight, -20.0, None).course == "straight"
    # The same bend of what is no line says nothing.
    assert look_of(replace(straight, width_px=40.0, bend=0.3), -20.0, None).course is None


@pytest.mark.parametrize(
    "text",
    [
        "thin dark curved line",
        "dünne dunkle gebogene Linie",
        "línea negra fina y curva",
        "ligne noire courbe",
        "linea scura curva",
        "linha fina ondulada escura",
        "黑色弯曲细线",
        "黒い曲線",
        "검은 곡선",
    ],
)
def test_curved_is_said_in_nine_languages(text: str) -> None:
    look = parse_look(text)
    assert (look.tone, look.course) == ("dark", "curved"), look


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("kleine dunkelrote Punkte", "red"),
        ("hellblauer Schleier", "blue"),
        ("dunkelgrüner Fleck", "green"),
        ("straw-coloured stain", "yellow"),
    ],
)
def test_shades_are_colours(text: str, colour: str) -> None:
    assert parse_look(text).colours == {colour}
    assert parse_look("Schrot im Gehäuse").colours == frozenset()


def test_what_lies_between_speaks_against_both_ends() -> None:
    stated = parse_look("small spot at the edge")
    seen = Look(shape="round", size="small", place="edge")
    for between in (replace(seen, size=None), replace(seen, place=None)):
        assert agreement(stated, between) < agreement(stated, seen)
    far = replace(seen, place="centre")
    assert agreement(stated, far) < agreement(stated, replace(seen, place=None))


def test_colours_of_part_and_background_are_no_defects() -> None:
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[:] = (30, 140, 40)
    pixels[60:140, 60:140] = (200, 30, 30)
    assert colours_of_scene(pixels) == {"green", "red"}
    assert colours_of_scene(np.full((100, 100, 3), 120, np.uint8)) == frozenset()
