"""Patches cut from an image and answers brought back: the same pixels, also at another resolution and at the rim."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.data.samples import LabelledImage
from inference.evaluation.scenes import NOTHING, Scene, tight
from inference.methods.base import Frame, ObjectMask
from inference.protocol import SlideRef
from inference.slide import read_patch


@pytest.fixture
def image() -> LabelledImage:
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 255, (13, 17, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((170, 130), Image.Resampling.BICUBIC))
    return LabelledImage("a", pixels, np.zeros((130, 170), np.uint16), 0.5)


@pytest.mark.parametrize("mpp", [0.5, 0.25, 0.8])
@pytest.mark.parametrize("centre", [(80.0, 60.5), (3.2, 120.0), (400.0, 50.0)])
def test_patch_when_cut_is_the_one_of_the_slide_reader(
    image: LabelledImage, tmp_path: Path, mpp: float, centre: tuple[float, float]
) -> None:
    Image.fromarray(image.pixels).save(tmp_path / "slide.png")
    slide = SlideRef(path=str(tmp_path / "slide.png"), mpp=0.5, width=170, height=130)
    expected = read_patch(slide, centre=centre, size_px=64, mpp=mpp)
    patch = Scene(image, mpp=0.5).patch(Frame(centre, mpp), 64)
    assert (patch.origin, patch.scale) == (expected.origin, expected.scale)
    assert np.abs(patch.pixels.astype(int) - expected.pixels).max() <= 1


@pytest.mark.parametrize("centre", [(80.0, 60.0), (5.0, 128.0)])
def test_to_image_when_scale_is_the_images_own_changes_nothing(
    image: LabelledImage, centre: tuple[float, float]
) -> None:
    scene = Scene(image, mpp=0.5)
    patch = scene.patch(Frame(centre, 0.5), 64)
    probability = np.random.default_rng(2).random((64, 64)).astype(np.float32)
    found = scene.to_image(ObjectMask(probability, 0.5, probability > 0.5), patch)
    left, top = (int(v) for v in patch.origin)
    whole = np.zeros((130, 170), bool)
    whole[found.box] = found.inside
    expected = np.zeros((300, 300), bool)
    expected[top + 100 : top + 164, left + 100 : left + 164] = probability > 0.5
    assert (whole == expected[100:230, 100:270]).all()


def test_to_image_when_patch_is_coarser_draws_the_same_square(image: LabelledImage) -> None:
    scene = Scene(image, mpp=0.5)
    patch = scene.patch(Frame((80.0, 60.0), 1.0), 64)
    probability = np.zeros((64, 64), np.float32)
    probability[20:40, 20:50] = 1
    found = scene.to_image(ObjectMask(probability, 0.5, probability > 0.5), patch)
    left, top = patch.origin
    assert found.corner == pytest.approx((left + 40, top + 40), abs=1)
    assert found.inside.shape == pytest.approx((40, 60), abs=1)


def test_to_image_when_nothing_is_on_the_image(image: LabelledImage) -> None:
    scene = Scene(image, mpp=0.5)
    everything = np.ones((64, 64), np.float32)
    beyond = scene.patch(Frame((400.0, 50.0), 0.5), 64)
    assert (beyond.pixels == 255).all()
    assert scene.to_image(ObjectMask(everything, 0.5, everything > 0), beyond) is NOTHING
    empty = ObjectMask(everything, 0.5, np.zeros((64, 64), bool), failure="There is nothing here.")
    assert scene.to_image(empty, scene.patch(Frame((80.0, 50.0), 0.5), 64)) is NOTHING


def test_tight_when_cut_keeps_each_pixel_where_it_was() -> None:
    inside = np.zeros((10, 12), bool)
    inside[3, 4] = inside[6, 9] = True
    found = tight(inside, np.ones((10, 12), np.float32), (100, 200))
    assert (found.corner, found.inside.shape, found.area) == ((104, 203), (4, 6), 2)
    assert found.box == (slice(203, 207), slice(104, 110))
