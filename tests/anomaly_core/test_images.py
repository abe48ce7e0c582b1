"""Image files of every kind that a folder of photographs holds, and paths as users type them."""

import hashlib
import io
import os
import struct
import threading
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from anomaly_core.errors import NoImages, UnreadableImage
from anomaly_core.imaging.reading import find_images, load_image


def picture(height: int = 40, width: int = 60) -> np.ndarray:
    """Smooth ramps: red grows to the right, green downwards."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [x * 255 // (width - 1), y * 255 // (height - 1), np.full_like(x, 90)]
    return np.stack(channels, -1).astype(np.uint8)


def save(path: Path, array: np.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and brings no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def test_pixels_and_hash_are_the_files(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", picture())
    loaded = load_image(path)
    assert np.array_equal(loaded.pixels, picture())
    assert loaded.pixels.flags.writeable
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert loaded.note is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    grey = np.repeat(np.full((20, 30, 1), 255, np.uint8), 3, axis=2)
    source = Image.fromarray(grey)
    source.convert(mode).save(tmp_path / "a.tif")
    pixels = load_image(tmp_path / "a.tif").pixels
    assert pixels.shape == (20, 30, 3) and pixels.dtype == np.uint8
    assert pixels.min() >= 250


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = Image.fromarray(picture())
    inverse = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = upright if inverse is None else upright.transpose(inverse)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    stored.save(path, exif=exif)
    assert np.array_equal(load_image(path).pixels, picture())


@pytest.mark.parametrize("orientation", [1, 6])
def test_16_bit_is_scaled_by_its_full_range_and_turned(tmp_path: Path, orientation: int) -> None:
    values = np.linspace(0, 65535, 32 * 48).reshape(32, 48).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.png", values, exif=exif)
    loaded = load_image(path)
    expected = np.rint(values / 257).astype(np.uint8)
    if orientation == 6:
        expected = np.rot90(expected, -1)
    assert np.array_equal(loaded.pixels[..., 0], expected)
    assert loaded.note is not None and "65535" in loaded.note


def test_two_12_bit_images_stay_comparable(tmp_path: Path) -> None:
    bright = load_image(save(tmp_path / "a.png", np.full((20, 20), 4000, np.uint16))).pixels.mean()
    dark = load_image(save(tmp_path / "b.png", np.full((20, 20), 2000, np.uint16))).pixels.mean()
    assert bright == 249 and dark == 125


def test_floats(tmp_path: Path) -> None:
    unit = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    assert load_image(save(tmp_path / "a.tif", unit)).pixels.max() == 255
    signed = load_image(save(tmp_path / "b.tif", unit - 0.5))
    assert (signed.pixels.min(), signed.pixels.max()) == (0, 255)
    assert signed.note is not None and "stretched" in signed.note
    unit[3, 3] = np.nan
    with pytest.raises(UnreadableImage, match=r"c\.tif.*finite"):
        load_image(save(tmp_path / "c.tif", unit))


@pytest.mark.parametrize(("bits", "suffix"), [(10, "png"), (12, "tif"), (14, "png"), (14, "tif")])
def test_a_hot_pixel_does_not_change_the_scale(tmp_path: Path, bits: int, suffix: str) -> None:
    top = 2**bits - 1
    values = np.linspace(0, top, 64 * 80).reshape(64, 80).astype(np.uint16)
    hot = values.copy()
    hot[10, 10] = 65535
    plain = load_image(save(tmp_path / f"a.{suffix}", values))
    other = load_image(save(tmp_path / f"b.{suffix}", hot))
    same = np.ones(values.shape, bool)
    same[10, 10] = False
    assert np.array_equal(plain.pixels[same], other.pixels[same])
    assert plain.note == f"grey values 0 to {top} scaled to 8 bit"
    assert other.note == f"{plain.note}, 1 above it clipped"


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_colour_of_12_bit_has_the_rule_of_grey(tmp_path: Path, suffix: str) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (40, 50, 3)).astype(np.uint16)
    path = tmp_path / f"a.{suffix}"
    assert cv2.imwrite(str(path), values[..., ::-1])
    loaded = load_image(path)
    assert np.array_equal(loaded.pixels, np.rint(values * (255 / 4095)).astype(np.uint8))
    assert loaded.note == "grey values 0 to 4095 scaled to 8 bit"


def test_white_is_zero_is_no_negative(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16)
    path = tmp_path / "a.tif"
    Image.fromarray(values).save(path, tiffinfo={262: 0})
    loaded = load_image(path)
    assert loaded.pixels[0, 0, 0] == 255 and loaded.pixels[-1, -1, 0] == 0
    assert loaded.note is not None and "zero is white" in loaded.note


def test_a_tiff_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    assert cv2.imwrite(str(path), np.zeros((20, 20), np.float64))
    with pytest.raises(UnreadableImage, match="64-bit floats; save it with 8 or 16"):
        load_image(path)


def test_an_alpha_of_zero_everywhere_is_no_transparency(tmp_path: Path) -> None:
    array = np.full((20, 20, 4), 90, np.uint8)
    array[..., 3] = 0
    loaded = load_image(save(tmp_path / "a.png", array))
    assert (loaded.pixels == 90).all()
    assert loaded.note == "transparency ignored, since it is 0 everywhere"


def test_the_largest_page_is_inspected(tmp_path: Path) -> None:
    preview, page = (Image.fromarray(np.full((n, n), n, np.uint8)) for n in (20, 60))
    preview.save(tmp_path / "a.tif", save_all=True, append_images=[page])
    loaded = load_image(tmp_path / "a.tif")
    assert loaded.pixels.shape == (60, 60, 3) and (loaded.pixels == 60).all()
    assert loaded.note == "only page 2 of 2, the largest, is inspected"
    page.save(tmp_path / "b.tif", save_all=True, append_images=[preview])
    assert load_image(tmp_path / "b.tif").note == "only the first of 2 frames is inspected"


def test_transparency_is_white_and_noted(tmp_path: Path) -> None:
    array = np.zeros((20, 20, 4), np.uint8)
    array[:10, :, 3] = 255
    loaded = load_image(save(tmp_path / "a.png", array))
    assert loaded.pixels[:10].max() == 0 and loaded.pixels[10:].min() == 255
    assert loaded.note == "transparency composited on white"


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((20, 20), value, np.uint8)) for value in (10, 200, 90)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    loaded = load_image(tmp_path / "a.gif")
    assert abs(int(loaded.pixels.max()) - 10) <= 1
    assert loaded.note == "only the first of 3 frames is inspected"


def test_a_long_thin_image(tmp_path: Path) -> None:
    path = save(tmp_path / "belt.png", np.zeros((20_000, 16, 3), np.uint8))
    assert load_image(path).pixels.shape == (20_000, 16, 3)


def test_between_pillows_warning_and_the_limit_the_header_passes(tmp_path: Path) -> None:
    # 100 million pixels: Pillow warns, and warnings are errors in this suite.
    path = tmp_path / "a.png"
    path.write_bytes(png_header(10_000, 10_000))
    with pytest.raises(UnreadableImage, match="truncated"):
        load_image(path)


@pytest.mark.parametrize("side", [14_200, 60_000])
def test_bombs_are_refused_from_the_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side))
    with pytest.raises(UnreadableImage, match=r"bomb\.png: too large.*scale it down"):
        load_image(path)


def test_max_pixels(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", picture())
    assert load_image(path, max_pixels=2400).pixels.size
    with pytest.raises(UnreadableImage, match="60 x 40"):
        load_image(path, max_pixels=2399)


@pytest.mark.parametrize("shape", [(1, 1), (15, 200), (200, 15)])
def test_too_small(tmp_path: Path, shape: tuple[int, int]) -> None:
    with pytest.raises(UnreadableImage, match=r"too small to inspect.*at least 16 px"):
        load_image(save(tmp_path / "a.png", np.zeros(shape, np.uint8)))


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tif", "webp", "ppm", "jp2"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_truncated_is_an_error(tmp_path: Path, suffix: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    path = save(tmp_path / f"a.{suffix}", noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(UnreadableImage, match=r"copy the file again|not an image"):
        load_image(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"hello", "not an image"), (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not an")],
)
def test_no_image(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match=message):
        load_image(path)


def test_random_damage_never_escapes_the_tree(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    for suffix in ("png", "jpg", "gif", "tif", "webp", "bmp"):
        path = save(tmp_path / f"a.{suffix}", picture())
        clean = bytearray(path.read_bytes())
        for _ in range(40):
            data = clean.copy()
            for place in rng.integers(0, len(data), 6):
                data[place] = int(rng.integers(0, 256))
            path.write_bytes(data)
            try:
                assert load_image(path, max_pixels=1_000_000).pixels.ndim == 3
            except UnreadableImage as error:
                assert f"a.{suffix}" in str(error)


def test_missing_folder_pipe_and_impossible_names(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path, message in [
        (tmp_path / "none.png", "no such file"),
        (tmp_path, "a folder"),
        (tmp_path / "pipe.png", "not a regular file"),
        (tmp_path / ("x" * 300), "cannot be read"),
        (Path("nul\0byte.png"), "cannot be read"),
    ]:
        with pytest.raises(UnreadableImage, match=message):
            load_image(path)


def test_messages_stay_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage) as caught:
        load_image(tmp_path / "two\nlines.png")
    assert "\n" not in str(caught.value)


def test_threads_load_alike(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", picture())
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(np.array_equal(load_image(path).pixels, picture())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8


def test_webp_and_jpeg_from_memory_keep_pillows_limits(tmp_path: Path) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "JPEG")
    (tmp_path / "wrong_ending.png").write_bytes(buffer.getvalue())
    assert load_image(tmp_path / "wrong_ending.png").pixels.shape == (40, 60, 3)
    assert limit == Image.MAX_IMAGE_PIXELS


def names(found: list[Path], root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in found]


def test_find_in_folders(tmp_path: Path) -> None:
    for name in ["b.PNG", "a.jpg", "notes.txt", ".hidden.png", "sub/c.tiff", "sub/deep/d.webp", ".git/e.png"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    assert names(find_images([tmp_path]), tmp_path) == ["a.jpg", "b.PNG", "sub/c.tiff", "sub/deep/d.webp"]
    assert names(find_images([f"{tmp_path}/*.jpg", tmp_path / "b.PNG"]), tmp_path) == ["a.jpg", "b.PNG"]
    assert names(find_images([f"{tmp_path}/**/*.*"]), tmp_path)[-2:] == ["sub/c.tiff", "sub/deep/d.webp"]
    assert len(find_images([f"{tmp_path}/**/*.*"])) == 4
    assert names(find_images([f"{tmp_path}/s*"]), tmp_path) == ["sub/c.tiff", "sub/deep/d.webp"]


def test_a_named_file_is_kept_whatever_its_ending_and_once(tmp_path: Path) -> None:
    note, image = tmp_path / "notes.txt", tmp_path / "a.png"
    note.touch(), image.touch()
    again = tmp_path / "sub" / ".." / "a.png"
    (tmp_path / "sub").mkdir()
    assert find_images([note, image, again, tmp_path]) == [note, image]


def test_a_missing_image_is_left_to_report_its_own_error(tmp_path: Path) -> None:
    assert find_images([tmp_path / "gone.png"]) == [tmp_path / "gone.png"]


@pytest.mark.parametrize(
    "name", ["a[1].png", "*.png", "-rf.png", "two\nlines.png", "日本 ü.png", "what?.png"]
)
def test_hostile_names_are_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / name, picture())
    (tmp_path / "a1.png").touch()
    monkeypatch.chdir(tmp_path)
    assert find_images([name]) == [Path(name)]
    assert load_image(name).pixels.shape == (40, 60, 3)


def test_nothing_found_names_path_and_mend(tmp_path: Path) -> None:
    for given, message in [
        (tmp_path, "holds no image; put images in it"),
        (tmp_path / "nowhere", "no such file or folder; check the path"),
        (tmp_path / "*.png", "no image matches; check the pattern"),
    ]:
        with pytest.raises(NoImages, match=message) as caught:
            find_images([given])
        assert str(given) in str(caught.value)
    with pytest.raises(NoImages, match="at least one"):
        find_images([])
