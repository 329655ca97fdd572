"""What is accepted is the picture: seeded corruptions are caught, and no sound file is refused."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from annotator.slides.inspection import Refused, describe
from annotator.slides.sources import open_source, read_pixels
from tests.annotator.slides.odd_files import (
    draw_tissue,
    drop_tiles,
    move_tiles,
    rewrite_level,
    set_tag,
    worse_tables,
    write_flat,
    write_levels,
)

TISSUE = draw_tissue(900, 1200)
SMALL = TISSUE[:384, 300:812]


def shuffle(indices):
    return list(np.random.default_rng(1).permutation(indices))


def full_level(description) -> np.ndarray:
    """The full level, as the viewer is shown it."""
    source = open_source(description.path, description.style, description.reader)
    pixels = np.zeros((description.height, description.width, 3), np.uint8)
    for top in range(0, description.height, description.tile_height):
        for left in range(0, description.width, description.tile_width):
            place = (source.levels - 1, left // description.tile_width, top // description.tile_height)
            part = pixels[top : top + description.tile_height, left : left + description.tile_width]
            part[:] = read_pixels(source, *place)[: part.shape[0], : part.shape[1]]
    return pixels


# --- corruptions: each changes a sound file at `path`, which holds the picture given ------------------------------


def cut(path, share):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def shift_offsets(path):
    with tifffile.TiffFile(path) as tiff:
        offsets = tiff.pages[0].dataoffsets
    for index, offset in enumerate(offsets):
        set_tag(path, "TileOffsets", offset + 7, (0,), index)


def swap_sample_bytes(path):
    write_flat(path, (SMALL.astype(np.uint16) << 4).byteswap())


def noise(level):
    return np.random.default_rng(2).integers(0, 255, level.shape).astype(np.uint8)


def turn_tiles(path):
    turned = SMALL.copy()
    for top in range(0, 384, 128):
        for left in range(0, 512, 128):
            turned[top : top + 128, left : left + 128] = SMALL[top : top + 128, left : left + 128][::-1, ::-1]
    write_flat(path, turned)


def close_circle(path):
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        last = tiff.pages[-1]
        struct.pack_into(tiff.byteorder + "I", data, last.offset + 2 + 12 * len(last.tags), tiff.pages[0].offset)
    path.write_bytes(data)


def wipe(path):
    data = bytearray(path.read_bytes())
    start = len(data) // 4
    data[start : start + len(data) // 3] = bytes(len(data) // 3)
    path.write_bytes(data)


def mark_as_other_order(path):
    path.write_bytes(b"MM\0*" + path.read_bytes()[4:])


def take_other_tables(path):
    data, tables = path.read_bytes(), worse_tables()
    with tifffile.TiffFile(path) as tiff:
        tag = tiff.pages[0].tags["JPEGTables"]
        assert tag.count == len(tables)
        path.write_bytes(data[: tag.valueoffset] + tables + data[tag.valueoffset + tag.count :])


def write_ycbcr_as_rgb(path):
    """4:4:4, so that no sampling gives it away, and without a JFIF header."""
    write_flat(path, SMALL, compression="jpeg", subsampling=(1, 1))
    path.write_bytes(path.read_bytes().replace(b"JFIF\0", b"XXXX\0"))
    set_tag(path, "PhotometricInterpretation", 2)


def write_rgb_as_ycbcr(path):
    options = {"compression": "jpeg", "compressionargs": {"outcolorspace": "rgb"}}
    write_flat(path, SMALL, **options)
    set_tag(path, "PhotometricInterpretation", 6)


PYRAMIDS = {
    "red and blue swapped on the full level": lambda path: rewrite_level(path, 0, lambda level: level[:, :, ::-1]),
    "the full level replaced by noise": lambda path: rewrite_level(path, 0, noise),
    "a smaller level replaced by noise": lambda path: rewrite_level(path, 2, noise),
    "the full level black": lambda path: rewrite_level(path, 0, np.zeros_like),
    "the full level moved": lambda path: rewrite_level(path, 0, lambda level: np.roll(level, 200, axis=1)),
    "the full level inverted": lambda path: rewrite_level(path, 0, lambda level: 255 - level),
    "the full level's tiles scrambled": lambda path: move_tiles(path, shuffle),
    "a smaller level's tiles scrambled": lambda path: move_tiles(path, shuffle, page=1),
    "offsets shifted": shift_offsets,
    "cut in the middle": lambda path: cut(path, 0.6),
    "its end missing": lambda path: cut(path, 0.99),
    "YCbCr called RGB": lambda path: set_tag(path, "PhotometricInterpretation", 2),
    "narrower tiles claimed": lambda path: set_tag(path, "TileWidth", 128),
    "JPEG called deflate": lambda path: set_tag(path, "Compression", 8),
    "wider than it is": lambda path: set_tag(path, "ImageWidth", 12_000, (0,)),
    "the directories in a circle": close_circle,
    "a third of it zeros": wipe,
    "the header of the other byte order": mark_as_other_order,
    "the full level's tables of another quality": take_other_tables,
}
SINGLES = {
    "turned by a tag": lambda path: write_flat(path, SMALL, extratags=[(274, "H", 1, 6, True)]),
    "mirrored by a tag": lambda path: write_flat(
        path, SMALL, compression="jpeg", extratags=[(274, "H", 1, 3, True)]
    ),
    "a predictor claimed": lambda path: (write_flat(path, np.cumsum(SMALL, axis=1, dtype=np.uint8))),
    "tiles scrambled": lambda path: move_tiles(path, shuffle),
    "tiles turned, each for itself": turn_tiles,
    "bits a value wrong": lambda path: set_tag(path, "BitsPerSample", 16),
    "values a pixel wrong": lambda path: set_tag(path, "SamplesPerPixel", 1),
    "RGB called CMYK": lambda path: set_tag(path, "PhotometricInterpretation", 5),
    "RGB called YCbCr": lambda path: set_tag(path, "PhotometricInterpretation", 6),
    "RGB called CIELAB": lambda path: set_tag(path, "PhotometricInterpretation", 8),
    "deflate called LZW": lambda path: set_tag(path, "Compression", 5),
    "offsets shifted": shift_offsets,
    "interleaved called planar": lambda path: set_tag(path, "PlanarConfiguration", 2),
    "16-bit values of the other byte order": swap_sample_bytes,
    "JPEG's YCbCr called RGB": write_ycbcr_as_rgb,
    "JPEG's RGB called YCbCr": write_rgb_as_ycbcr,
    "a predictor denied": lambda path: (write_flat(path, SMALL, predictor=True), set_tag(path, "Predictor", 1)),
    "strips scrambled": lambda path: (
        write_flat(path, SMALL, tile=None, rowsperstrip=64), move_tiles(path, shuffle)
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sound")
    return {
        "pyramid": write_levels(folder / "pyramid.tif", TISSUE),
        "single": write_flat(folder / "single.tif", SMALL),
    }


def is_caught(path: Path, truth: np.ndarray) -> bool:
    """Refused, or shown rightly all the same."""
    try:
        description = describe(path, path.with_suffix(".thumbnail"))
    except Refused:
        return True
    if (description.width, description.height) != truth.shape[1::-1]:
        return False
    return float(np.abs(full_level(description).astype(int) - truth).mean()) < 5


@pytest.mark.parametrize(("kind", "corruptions"), [("pyramid", PYRAMIDS), ("single", SINGLES)])
def test_every_seeded_corruption_is_caught(sound, tmp_path, kind, corruptions):
    truth = {"pyramid": TISSUE, "single": SMALL}[kind]
    missed = []
    for number, (name, corrupt) in enumerate(corruptions.items()):
        path = Path(shutil.copy(sound[kind], tmp_path / f"{number}.tif"))
        corrupt(path)
        if not is_caught(path, truth):
            missed.append(name)
    assert missed == []
    assert len(corruptions) >= 12


# --- and no sound file is refused -------------------------------------------------------------------------------


def write_ome_pyramid(path):
    levels = [SMALL, SMALL[::2, ::2], SMALL[::4, ::4]]
    with tifffile.TiffWriter(path, ome=True) as tiff:
        for number, level in enumerate(levels):
            extra = {"subifds": 2} if number == 0 else {"subfiletype": 1}
            tiff.write(level, tile=(128, 128), compression="jpeg", photometric="rgb", **extra)


def write_12_bits(path):
    write_flat(path, (SMALL.astype(np.uint16) << 4) | (SMALL >> 4))


def write_picture(path, mode="RGB", **options):
    Image.fromarray(SMALL).convert(mode).save(path, **options)


SOUND = {
    "tiles.tif": lambda path: write_flat(path, SMALL),
    "predicted.tif": lambda path: write_flat(path, SMALL, predictor=True, compression="lzw"),
    "strips.tif": lambda path: write_flat(path, SMALL, tile=None, rowsperstrip=16),
    "uncompressed.tif": lambda path: write_flat(path, SMALL, tile=None, compression=None),
    "planar.tif": lambda path: write_flat(path, np.moveaxis(SMALL, 2, 0), planarconfig="separate"),
    "alpha.tif": lambda path: write_flat(
        path, np.dstack([SMALL, np.full(SMALL.shape[:2], 255, np.uint8)]), extrasamples=["unassalpha"]
    ),
    "unspecified.tif": lambda path: write_flat(
        path, np.dstack([SMALL, np.zeros(SMALL.shape[:2], np.uint8)]), extrasamples=["unspecified"]
    ),
    "big-endian.tif": lambda path: write_flat(path, SMALL.astype(np.uint16) * 257, byteorder=">"),
    "big.tif": lambda path: write_flat(path, SMALL, bigtiff=True),
    "12-bits.tif": write_12_bits,
    "floats.tif": lambda path: write_flat(path, SMALL.astype(np.float32) / 255),
    "int16.tif": lambda path: write_flat(path, SMALL.astype(np.int16) * 128 + 127),
    "jpeg2000.tif": lambda path: write_flat(path, SMALL, compression="jpeg2000"),
    "jpeg-xl.tif": lambda path: write_flat(path, SMALL, compression="jpegxl"),
    "jpeg.tif": lambda path: write_flat(path, SMALL, compression="jpeg"),
    "rgb-jpeg.tif": lambda path: write_flat(
        path, SMALL, compression="jpeg", compressionargs={"outcolorspace": "rgb", "level": 95}
    ),
    "pyramid.ome.tif": write_ome_pyramid,
    "picture.png": write_picture,
    "transparent.png": lambda path: write_picture(path, "RGBA"),
    "picture.jpg": lambda path: write_picture(path, quality=95),
    "cmyk.tif": lambda path: write_picture(path, "CMYK"),
    "a-tiff-named.png": lambda path: write_flat(path.with_suffix(".tif"), SMALL).rename(path),
    "a-png-named.tif": lambda path: (write_picture(path.with_suffix(".png")), path.with_suffix(".png").rename(path)),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_shown_as_it_was_written(tmp_path, name):
    SOUND[name](tmp_path / name)
    description = describe(tmp_path / name, tmp_path / "thumbnail.jpg")
    assert np.abs(full_level(description).astype(int) - SMALL).mean() < 3


@pytest.mark.parametrize("kind", ["pyramid", "single"])
def test_tiles_that_are_left_out_are_white(sound, tmp_path, kind):
    path = Path(shutil.copy(sound[kind], tmp_path / "sparse.tif"))
    drop_tiles(path, [0, 6])
    description = describe(path, tmp_path / "thumbnail.jpg")
    shown, side = full_level(description), description.tile_width
    assert (shown[:side, :side] == 255).all()
    rest = {"pyramid": TISSUE, "single": SMALL}[kind]
    assert np.abs(shown[:side, side : 2 * side].astype(int) - rest[:side, side : 2 * side]).mean() < 5


def test_a_blank_slide_is_blank_when_two_readers_say_so(tmp_path):
    write_flat(tmp_path / "blank.tif", np.full((384, 512, 3), 255, np.uint8))
    assert describe(tmp_path / "blank.tif", tmp_path / "thumbnail.jpg").reader


@pytest.mark.parametrize(
    "name", ["crohn_biopsy_HE4.tif", "CMU-1-Small-Region.svs", "tcga_no_mpp.svs", "vectra.qptiff", "cmu1_dicom"]
)
def test_a_real_slide_is_sound(slides_folder, tmp_path, name):
    assert describe(slides_folder / name, tmp_path / "thumbnail.jpg").reader
