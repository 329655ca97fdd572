"""Stored JPEG tiles: the file's own bytes, and the pixels that a TIFF reader sees in them."""

import io
import os
import threading

import numpy as np
import openslide
import pytest
import simplejpeg
import tifffile
from PIL import Image

from annotator.slides.sources import open_source
from annotator.slides.stored_tiles import ADOBE_RGB, StoredTiles
from inference.pixels import AS_STORED, as_rgb


def open_stored(path, source=None) -> StoredTiles:
    source = source or open_source(str(path), AS_STORED)
    return StoredTiles(
        str(path), levels=source.levels, width=source.sizeX, height=source.sizeY,
        tile_width=source.tileWidth, tile_height=source.tileHeight,
    )  # fmt: skip


def stored_bytes(path, page_index, tile_index) -> tuple[bytes, bytes]:
    """The file's shared tables and its own bytes of a tile."""
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[page_index]
        tiff.filehandle.seek(page.dataoffsets[tile_index])
        return page.jpegtables or b"", tiff.filehandle.read(page.databytecounts[tile_index])


def test_tile_is_the_files_own_bytes_with_the_files_tables(pyramid_path):
    tables, frame = stored_bytes(pyramid_path, 0, 2 * 5 + 3)  # five tiles in a row
    assert open_stored(pyramid_path).read(3, 3, 2) == tables[:-2] + frame[2:]


def test_every_level_is_found_when_the_pyramid_is_stored(pyramid_path):
    assert len(open_stored(pyramid_path)) == 4


@pytest.mark.parametrize(("name", "z", "across", "marker"), [
    ("crohn_biopsy_HE4.tif", 8, 157, b""),
    ("CMU-1-Small-Region.svs", 4, 10, ADOBE_RGB),
])  # fmt: skip
def test_tile_of_a_real_slide_is_passed_through(slides_folder, name, z, across, marker):
    path = slides_folder / name
    tables, frame = stored_bytes(path, 0, 3 * across + 4)
    assert open_stored(path).read(z, 4, 3) == b"\xff\xd8" + marker + tables[2:-2] + frame[2:]


def test_aperio_tile_has_its_true_colours_in_every_decoder(slides_folder):
    path = slides_folder / "CMU-1-Small-Region.svs"
    tile = open_stored(path).read(4, 4, 3)
    with openslide.OpenSlide(path) as slide:
        expected = np.asarray(slide.read_region((4 * 240, 3 * 240), 0, (240, 240)).convert("RGB"))
    for decoded in (simplejpeg.decode_jpeg(tile), np.asarray(Image.open(io.BytesIO(tile)))):
        np.testing.assert_array_equal(decoded, expected)


def picture(shape) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(40, 220, (shape[0] // 16 + 1, shape[1] // 16 + 1, *shape[2:]))
    return coarse.repeat(16, axis=0).repeat(16, axis=1)[: shape[0], : shape[1]].astype(np.uint8)


@pytest.mark.parametrize("shape", [(600, 800, 3), (600, 800)])
@pytest.mark.parametrize("colours", ["stored as such", "converted"])
def test_pixels_are_a_tiff_readers_when_each_tile_has_its_own_tables(tmp_path, shape, colours):
    """As tifffile and Bio-Formats write them."""
    path = tmp_path / "own-tables.tif"
    options = {"compressionargs": {"outcolorspace": "rgb"}} if colours == "stored as such" and len(shape) == 3 else {}
    photometric = "rgb" if len(shape) == 3 else "minisblack"
    tifffile.imwrite(path, picture(shape), tile=(256, 256), photometric=photometric, compression="jpeg", **options)
    stored = open_stored(path)
    with tifffile.TiffFile(path) as tiff:
        expected = as_rgb(tiff.pages[0].asarray())
    for x, y in ((0, 0), (2, 1)):
        decoded = simplejpeg.decode_jpeg(stored.read(2, x, y))
        part = expected[y * 256 : y * 256 + 256, x * 256 : x * 256 + 256]
        np.testing.assert_allclose(decoded[: part.shape[0], : part.shape[1]], part, atol=2)


def test_sub_ifds_are_found_when_the_pyramid_lies_there(tmp_path):
    """As OME-TIFF has it."""
    path = tmp_path / "pyramid.ome.tif"
    options = {"tile": (128, 128), "compression": "jpeg", "photometric": "rgb"}
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(picture((512, 512, 3)), subifds=2, **options)
        tiff.write(picture((256, 256, 3)), subfiletype=1, **options)
        tiff.write(picture((128, 128, 3)), subfiletype=1, **options)
    assert len(open_stored(path)) == 3


@pytest.mark.parametrize("options", [
    {"compression": "deflate", "photometric": "rgb"},
    {"compression": "jpeg2000", "photometric": "rgb"},
    {"compression": "jpeg", "photometric": "rgb", "planarconfig": "separate"},
    {"compression": "jpeg", "photometric": "rgb", "extratags": [(274, "H", 1, 6, True)]},
])  # fmt: skip
def test_nothing_is_passed_through_when_a_browser_would_show_it_wrongly(tmp_path, options):
    path = tmp_path / "other.tif"
    pixels = picture((600, 800, 3))
    separate = options.get("planarconfig") == "separate"
    tifffile.imwrite(path, np.moveaxis(pixels, 2, 0) if separate else pixels, tile=(256, 256), **options)
    stored = StoredTiles(str(path), levels=3, width=800, height=600, tile_width=256, tile_height=256)
    assert len(stored) == 0
    assert stored.read(2, 0, 0) is None


@pytest.mark.parametrize("name", ["tcga_no_mpp.svs", "vectra.qptiff", "cmu1_dicom/level-0-frames-0-30.dcm"])
def test_nothing_is_stored_when_the_slide_is_of_another_kind(slides_folder, name):
    assert len(open_stored(slides_folder / name)) == 0


def test_pixels_are_large_images_on_every_level(pyramid_path):
    source = open_source(str(pyramid_path), AS_STORED)
    stored = open_stored(pyramid_path, source)
    for z in range(4):
        decoded = simplejpeg.decode_jpeg(stored.read(z, 0, 0))
        np.testing.assert_array_equal(decoded, source.getTile(0, 0, z, numpyAllowed="always"))


def test_one_descriptor_is_open_until_nobody_needs_the_file(pyramid_path):
    before = len(os.listdir("/proc/self/fd"))
    stored = StoredTiles(str(pyramid_path), levels=4, width=1200, height=900, tile_width=256, tile_height=256)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del stored
    assert len(os.listdir("/proc/self/fd")) == before


def test_tiles_are_right_when_many_threads_read(pyramid_path):
    stored = open_stored(pyramid_path)
    expected = {(x, y): stored.read(3, x, y) for x in range(5) for y in range(4)}
    wrong = []

    def read_all():
        for _ in range(50):
            wrong.extend(place for place, tile in expected.items() if stored.read(3, *place) != tile)

    threads = [threading.Thread(target=read_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_tile_is_read_at_once_when_the_system_has_it_in_memory(pyramid_path):
    stored = open_stored(pyramid_path)
    expected = stored.read(3, 1, 1)  # and now it is in memory
    assert stored.read_at_once(3, 1, 1) == expected
    assert stored.read_at_once(3, 99, 1) is None


def test_tile_is_not_waited_for_when_the_disk_has_it(pyramid_path, monkeypatch):
    def block(*arguments):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "preadv", block)
    assert open_stored(pyramid_path).read_at_once(3, 1, 1) is None


def test_error_is_raised_when_the_file_was_cut_short(pyramid_path, tmp_path):
    path = tmp_path / "cut.tif"
    path.write_bytes(pyramid_path.read_bytes())
    stored = open_stored(path)
    os.truncate(path, 3000)
    with pytest.raises(OSError, match="the file ends before it"):
        stored.read(3, 4, 3)
