"""Tiles that must be decoded, how channels become RGB, and that viewer and network see the same pixels."""

import numpy as np
import pytest
import simplejpeg
import tifffile

from annotator.slides.sources import choose_look, guess_stain, open_source, read_tile
from annotator.slides.stains import Stain
from inference.pixels import AS_STORED, as_rgb
from inference.protocol import SlideRef
from inference.slide import read_patch


@pytest.mark.parametrize("name", ["tcga_no_mpp.svs", "cmu1_dicom/level-0-frames-0-30.dcm", "vectra.qptiff"])
def test_tiles_are_encoded_when_no_jpeg_is_stored(slides_folder, name):
    path = str(slides_folder / name)
    source = open_source(path, AS_STORED)
    source = open_source(path, choose_look(source, path).style)
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
    style = choose_look(open_source(str(path), AS_STORED), str(path)).style
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
    style = choose_look(open_source(str(path), AS_STORED), str(path)).style
    assert [band["palette"][1] for band in style["bands"]] == ["#ff0000", "#00ff00", "#0000ff"]
    assert {(band["min"], band["max"]) for band in style["bands"]} == {(0.0, 255.0)}
    assert guess_stain(style, np.full((4, 4, 3), 200, np.uint8)) == Stain.HE


@pytest.mark.parametrize(("ground", "stain"), [(20, Stain.FLUORESCENCE), (200, Stain.HE)])
def test_one_deep_channel_on_a_dark_ground_is_taken_for_fluorescence(ground, stain):
    style = {"bands": [{"frame": 0, "band": 1, "palette": ["#000000", "#ffffff"], "min": 90.0, "max": 4000.0}]}
    overview = np.full((40, 40, 3), ground, np.uint8)
    overview[10:20, 10:20] = 255 - ground
    assert guess_stain(style, overview) == stain
    assert guess_stain(AS_STORED, overview) == Stain.HE, "colours say nothing for certain"


def test_a_dicom_slide_that_miscalls_its_colours_is_shown_in_true_ones(slides_folder):
    """Its frames are YCbCr with a JFIF header, and its tag says RGB: glass would be pink."""
    path = str(slides_folder / "cmu1_dicom" / "level-0-frames-0-30.dcm")
    source = open_source(path, AS_STORED)
    seen = as_rgb(source.getTile(0, 4, source.levels - 1, numpyAllowed="always"))
    reference = SlideRef(path=path, mpp=0.5, width=2220, height=2967)
    patch = read_patch(reference, centre=(100, 4 * source.tileHeight + 100), size_px=64, mpp=0.5).pixels
    for glass in (seen[68:132, 68:132], patch):
        assert glass.reshape(-1, 3).mean(axis=0).min() > 225
