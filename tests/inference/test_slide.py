"""Patches: where a point of the slide lies in them, at every scale, and what stands outside the slide."""

import os

import numpy as np
import pytest
import tifffile
from PIL import Image

from inference.data.pyramid import write_pyramid
from inference.pixels import as_rgb
from inference.protocol import SlideRef
from inference.slide import SlideReadError, open_source, read_patch

WIDTH, HEIGHT, MPP = 1500, 1100, 0.25
DOTS = np.array([(300.0, 250.0), (700.5, 400.25), (1210.75, 803.5), (40.0, 1060.0)])
"""Centres in level-0 px, corner convention: (300.0, 250.0) lies where four pixels meet."""
DOT_RADIUS_PX = 9.0


def draw_dots(left, top, width, height):
    x = np.arange(left, left + width)[None, :] + 0.5
    y = np.arange(top, top + height)[:, None] + 0.5
    darkness = sum(np.exp(-((x - dx) ** 2 + (y - dy) ** 2) / DOT_RADIUS_PX**2) for dx, dy in DOTS)
    return np.repeat((235 - 200 * np.clip(darkness, 0, 1)).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.fixture(scope="module")
def slide(tmp_path_factory) -> SlideRef:
    path = tmp_path_factory.mktemp("slide") / "dots.tif"
    write_pyramid(path, draw_dots, width=WIDTH, height=HEIGHT, mpp=MPP, description="dots")
    return SlideRef(path=str(path), mpp=MPP, width=WIDTH, height=HEIGHT)


def centre_of_darkness(pixels):
    """(x, y) of what is dark, in patch px, corner convention."""
    weight = np.clip(225 - pixels[:, :, 0].astype(float), 0, None)
    rows, columns = np.indices(weight.shape)
    return np.array([(weight * (columns + 0.5)).sum(), (weight * (rows + 0.5)).sum()]) / weight.sum()


@pytest.mark.parametrize("mpp", [0.1, 0.2, 0.25, 0.2512, 0.263, 0.4, 0.48, 0.5, 1.0])
@pytest.mark.parametrize("dot", range(3))
def test_dot_lies_where_to_patch_says_at_every_scale(slide, mpp, dot):
    size_px = round(128 * 0.25 / mpp) if mpp > 0.25 else 128
    patch = read_patch(slide, centre=tuple(DOTS[dot] + (3.3, -2.7)), size_px=size_px, mpp=mpp)
    seen = centre_of_darkness(patch.pixels)
    assert patch.pixels.shape == (size_px, size_px, 3)
    assert patch.pixels.dtype == np.uint8
    np.testing.assert_allclose(seen, patch.to_patch(DOTS[dot])[0], atol=0.12)
    np.testing.assert_allclose(patch.to_level0(seen)[0], DOTS[dot], atol=0.12 * max(mpp / MPP, 1) + 0.03)


def test_points_come_back_when_converted_there_and_back(slide):
    patch = read_patch(slide, centre=(512.3, 300.9), size_px=96, mpp=0.37)
    points = np.random.default_rng(0).uniform(0, 1000, (50, 2))
    np.testing.assert_allclose(patch.to_level0(patch.to_patch(points)), points)


def test_centre_of_the_patch_is_the_centre_asked_for(slide):
    patch = read_patch(slide, centre=(512.3, 300.9), size_px=96, mpp=0.5)
    np.testing.assert_allclose(patch.to_patch(np.array([(512.3, 300.9)])), [(48, 48)])


def test_pixels_are_copied_when_the_scale_is_the_slides_own(slide):
    patch = read_patch(slide, centre=(700, 400), size_px=64, mpp=MPP)
    drawn = draw_dots(668, 368, 64, 64)
    assert patch.origin == (668.0, 368.0)
    assert np.abs(patch.pixels.astype(int) - drawn).max() <= 6  # JPEG


@pytest.mark.parametrize("mpp", [0.25, 0.5, 0.17])
def test_outside_is_white_when_the_patch_hangs_over_the_corner(slide, mpp):
    patch = read_patch(slide, centre=(WIDTH, HEIGHT), size_px=64, mpp=mpp)
    assert (patch.pixels[36:, :] == 255).all()
    assert (patch.pixels[:, 36:] == 255).all()
    assert (patch.pixels[:28, :28] < 255).all()


def test_patch_is_white_when_it_lies_far_outside(slide):
    assert (read_patch(slide, centre=(-9e5, 5e7), size_px=32, mpp=0.5).pixels == 255).all()


def test_read_fails_in_words_when_the_file_is_missing(slide, tmp_path):
    missing = slide.model_copy(update={"path": str(tmp_path / "gone.svs")})
    with pytest.raises(SlideReadError, match=r"gone\.svs cannot be opened"):
        read_patch(missing, centre=(10, 10), size_px=32, mpp=0.25)


def test_read_fails_in_words_when_the_file_is_no_slide(slide, tmp_path):
    path = tmp_path / "text.svs"
    path.write_text("not a slide " * 100)
    with pytest.raises(SlideReadError, match="not a slide that can be read"):
        read_patch(slide.model_copy(update={"path": str(path)}), centre=(10, 10), size_px=32, mpp=0.25)


def test_read_fails_in_words_when_another_slide_took_the_place(slide, tmp_path):
    path = tmp_path / "replaced.png"
    Image.new("RGB", (300, 200)).save(path)
    with pytest.raises(SlideReadError, match="the file was replaced"):
        read_patch(slide.model_copy(update={"path": str(path)}), centre=(10, 10), size_px=32, mpp=0.25)


def test_changed_file_is_read_anew_when_its_time_differs(tmp_path):
    path = tmp_path / "picture.png"
    reference = SlideRef(path=str(path), mpp=0.5, width=80, height=60)
    for shade in (40, 200):
        Image.new("L", (80, 60), shade).save(path)
        os.utime(path, ns=(shade * 10**9, shade * 10**9))
        assert (read_patch(reference, centre=(40, 30), size_px=16, mpp=0.5).pixels == shade).all()


def test_transparency_becomes_white_when_the_picture_has_alpha(tmp_path):
    path = tmp_path / "alpha.png"
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:20] = (10, 20, 30, 255)
    Image.fromarray(pixels).save(path)
    patch = read_patch(SlideRef(path=str(path), mpp=0.5, width=40, height=40), centre=(20, 20), size_px=40, mpp=0.5)
    assert (patch.pixels[:20] == (10, 20, 30)).all()
    assert (patch.pixels[20:] == 255).all()


def test_style_is_used_when_grey_is_deep(tmp_path):
    path = tmp_path / "deep.tif"
    ramp = np.linspace(1000, 3000, 256 * 256).reshape(256, 256).astype(np.uint16)
    tifffile.imwrite(path, ramp, tile=(128, 128), compression="deflate", photometric="minisblack")
    style = {"bands": [{"frame": 0, "band": 1, "palette": ["#000000", "#ffffff"], "min": 1000, "max": 3000}]}
    reference = SlideRef(path=str(path), mpp=0.5, width=256, height=256, style={**style, "icc": False})
    pixels = read_patch(reference, centre=(128, 128), size_px=256, mpp=0.5).pixels
    np.testing.assert_allclose(pixels[:, :, 1], (ramp - 1000) * (255 / 2000), atol=1.5)


@pytest.mark.parametrize(
    ("tile", "expected"),
    [
        (np.full((2, 2), 7, np.uint8), (7, 7, 7)),
        (np.full((2, 2, 1), 0x1234, np.uint16), (0x12, 0x12, 0x12)),
        (np.full((2, 2, 3), 99, np.uint8), (99, 99, 99)),
        (np.array([[[10, 0]]], np.uint8), (255, 255, 255)),
        (np.array([[[0, 100, 200, 128]]], np.uint8), (127, 177, 227)),
    ],
)
def test_every_pixel_format_becomes_rgb(tile, expected):
    rgb = as_rgb(tile)
    assert rgb.dtype == np.uint8
    assert rgb.shape[2] == 3
    np.testing.assert_allclose(rgb[0, 0], expected, atol=1)


def test_source_is_kept_open_when_read_again(slide):
    assert open_source(slide) is open_source(slide)


@pytest.mark.parametrize("size_px", [0, 5000])
def test_size_is_refused_when_no_network_could_mean_it(slide, size_px):
    with pytest.raises(ValueError, match="px wide"):
        read_patch(slide, centre=(10, 10), size_px=size_px, mpp=0.25)


@pytest.mark.parametrize("wrong_by", [1000, 1e6])
def test_a_wrong_scale_is_told_before_anything_is_allocated(slide, monkeypatch, wrong_by):
    """A slide whose file gave mm for µm: a patch would be a region of terabytes."""
    monkeypatch.setattr("inference.slide.Image.fromarray", lambda pixels: pytest.fail("it was read"))
    wrong = slide.model_copy(update={"mpp": MPP / wrong_by})
    with pytest.raises(SlideReadError, match=r"more than can be read at once.*import the slide again with --mpp"):
        read_patch(wrong, centre=(10, 10), size_px=512, mpp=0.5)


@pytest.mark.parametrize("mpp", [0.2, 0.5, 1.7, 2.0])
def test_the_largest_patch_is_read_at_every_scale_of_a_sound_slide(slide, mpp):
    assert read_patch(slide, centre=(700, 500), size_px=4096, mpp=mpp).pixels.shape == (4096, 4096, 3)


def test_a_request_stored_before_readers_were_named_still_parses():
    assert SlideRef.model_validate({"path": "a.svs", "mpp": 0.5, "width": 9, "height": 9}).reader == ""


def test_a_reader_that_is_not_installed_is_told_in_words(slide):
    with pytest.raises(SlideReadError, match="not a slide that can be read"):
        read_patch(slide.model_copy(update={"reader": "nonesuch"}), centre=(10, 10), size_px=32, mpp=MPP)
