"""Which bytes a tile is made of, and that viewer and network see the same pixels."""

import io

import numpy as np
import openslide
import pytest
import simplejpeg
import tifffile
from PIL import Image

from annotator.slides.sources import AS_STORED, as_rgb, choose_style, open_source, read_tile
from inference.protocol import SlideRef
from inference.slide import read_patch


def stored_tile(path, page_index, tile_index):
    """The file's own JPEG of a tile, made whole with the file's own tables."""
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[page_index]
        tiff.filehandle.seek(page.dataoffsets[tile_index])
        return page.jpegtables, tiff.filehandle.read(page.databytecounts[tile_index])


def scan_of(jpeg: bytes) -> bytes:
    """Entropy-coded data: from the start of scan on."""
    return jpeg[jpeg.index(b"\xff\xda") :]


def test_stored_tile_is_passed_through_byte_for_byte(pyramid_path):
    source = open_source(str(pyramid_path), AS_STORED)
    tables, frame = stored_tile(pyramid_path, 0, 2 * 5 + 3)  # five tiles in a row
    assert read_tile(source, 3, 3, 2) == tables[:-2] + frame[2:]


@pytest.mark.parametrize(("name", "z", "across"), [("crohn_biopsy_HE4.tif", 8, 157), ("CMU-1-Small-Region.svs", 4, 10)])
def test_stored_tile_of_a_real_slide_is_passed_through(slides_folder, name, z, across):
    path = slides_folder / name
    tile = read_tile(open_source(str(path), AS_STORED), z, 4, 3)
    tables, frame = stored_tile(path, 0, 3 * across + 4)
    assert tables[2:-2] in tile
    # Aperio's tiles are RGB without a word on it: large_image names the components, nothing else changes.
    assert scan_of(tile)[14:] == scan_of(frame)[14:]
    assert abs(len(tile) - len(tables) - len(frame)) <= 64


def test_passed_through_aperio_tile_has_its_true_colours(slides_folder):
    path = slides_folder / "CMU-1-Small-Region.svs"
    tile = read_tile(open_source(str(path), AS_STORED), 4, 4, 3)
    with openslide.OpenSlide(path) as slide:
        expected = np.asarray(slide.read_region((4 * 240, 3 * 240), 0, (240, 240)).convert("RGB"))
    for decoded in (simplejpeg.decode_jpeg(tile), np.asarray(Image.open(io.BytesIO(tile)))):
        np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize("name", ["tcga_no_mpp.svs", "cmu1_dicom/level-0-frames-0-30.dcm", "vectra.qptiff"])
def test_other_tiles_are_encoded_when_no_jpeg_is_stored(slides_folder, name):
    path = str(slides_folder / name)
    source = open_source(path, AS_STORED)
    source = open_source(path, choose_style(source, path))
    for z in range(source.levels):
        pixels = simplejpeg.decode_jpeg(read_tile(source, z, 0, 0))
        assert pixels.shape == (source.tileHeight, source.tileWidth, 3)


def write_lossless(path, pixels):
    colours = "rgb" if pixels.shape[-1] == 3 else "minisblack"
    tifffile.imwrite(path, pixels, tile=(128, 128), compression="deflate", photometric=colours)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((300, 400, 3), "u1"), ((300, 400), "u1"), ((300, 400), "u2"), ((3, 300, 400), "u2")]
)
def test_network_sees_the_pixels_that_the_viewer_sees(tmp_path, shape, dtype):
    path = tmp_path / "slide.tif"
    write_lossless(path, np.random.default_rng(0).integers(0, 200 if dtype == "u1" else 4000, shape).astype(dtype))
    style = choose_style(open_source(str(path), AS_STORED), str(path))
    source = open_source(str(path), style)
    seen = as_rgb(source.getTile(1, 0, source.levels - 1, numpyAllowed="always"))
    left, size = source.tileWidth, min(128, source.tileHeight)
    reference = SlideRef(path=str(path), mpp=0.5, width=400, height=300, style=style)
    patch = read_patch(reference, centre=(left + size / 2, size / 2), size_px=size, mpp=0.5)
    np.testing.assert_array_equal(patch.pixels, seen[:size, :size])


def test_three_bright_planes_are_taken_for_brightfield_colour(tmp_path):
    path = tmp_path / "planes.tif"
    planes = np.random.default_rng(0).integers(180, 240, (3, 300, 400)).astype(np.uint8)
    tifffile.imwrite(path, planes, tile=(128, 128), photometric="minisblack")
    style = choose_style(open_source(str(path), AS_STORED), str(path))
    assert [band["palette"][1] for band in style["bands"]] == ["#ff0000", "#00ff00", "#0000ff"]
    assert {(band["min"], band["max"]) for band in style["bands"]} == {(0.0, 255.0)}
