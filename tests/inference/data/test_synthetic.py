"""The synthetic slide: the same for the same seed, its truth true, its file one that a server can pass through."""

import json
import subprocess
import sys

import large_image
import numpy as np
import pytest
import tifffile

from inference.data.pyramid import write_pyramid
from inference.data.synthetic import IHC_MPP, draw_region, write_immunohistochemistry, write_slide
from inference.data.tissue import invent_tissue

SIZE_PX = 1536


@pytest.fixture(scope="module")
def tissue():
    return invent_tissue(size_px=SIZE_PX, seed=3)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "slide.tif"
    shares = []
    write_slide(path, size_px=SIZE_PX, seed=3, progress=shares.append)
    return path, shares


def test_region_is_the_same_when_drawn_in_pieces(tissue):
    whole = draw_region(tissue, 400, 300, 300, 260)
    parts = np.hstack([draw_region(tissue, 400, 300, 110, 260), draw_region(tissue, 510, 300, 190, 260)])
    assert np.abs(whole.astype(int) - parts).max() <= 1


def test_tissue_is_the_same_when_the_seed_is(tissue):
    assert invent_tissue(size_px=SIZE_PX, seed=3).nuclei == tissue.nuclei
    assert invent_tissue(size_px=SIZE_PX, seed=4).nuclei != tissue.nuclei


def test_nuclei_are_blue_and_dark_where_the_truth_says(tissue):
    pixels = draw_region(tissue, 0, 0, SIZE_PX, SIZE_PX).astype(float)
    inside = np.array([pixels[int(nucleus.y), int(nucleus.x)] for nucleus in tissue.nuclei])
    assert len(tissue.nuclei) > 200
    assert np.median(inside[:, 0]) < 140 < np.median(pixels[:, :, 0])
    assert (inside[:, 2] > inside[:, 1]).mean() > 0.95


def test_nuclei_hardly_overlap(tissue):
    places = np.array([(nucleus.x, nucleus.y) for nucleus in tissue.nuclei])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + np.eye(len(places)) * 1e9
    assert apart.min() > 8


def test_outline_is_where_depth_is_one(tissue):
    for blob in (*tissue.nuclei[:20], *tissue.glands):
        outline = blob.outline()
        np.testing.assert_allclose(blob.depth(outline[:, 0], outline[:, 1]), 1, atol=1e-6)


def test_truth_stands_beside_the_slide(written, tissue):
    path, shares = written
    truth = json.loads(path.with_suffix(".json").read_text())
    assert len(truth["nuclei"]) == len(tissue.nuclei)
    assert len(truth["glands"]) == len(tissue.glands)
    assert 0 < truth["landing"]["x"] < SIZE_PX
    assert truth["landing"]["width_px"] <= SIZE_PX
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_slide_is_a_pyramid_of_stored_jpeg_tiles(written):
    path, _ = written
    source = large_image.open(str(path), style={"icc": False})
    metadata = source.getMetadata()
    assert (metadata["sizeX"], metadata["sizeY"], metadata["levels"]) == (SIZE_PX, SIZE_PX, 4)
    assert metadata["mm_x"] == pytest.approx(0.00025)
    with tifffile.TiffFile(path) as tiff:
        assert [page.shape[0] for page in tiff.pages] == [1536, 768, 384, 192]
        assert all(page.jpegtables for page in tiff.pages)


def test_tiles_show_what_was_drawn(written, tissue):
    source = large_image.open(str(written[0]), style={"icc": False})
    tile = source.getTile(2, 1, 3, numpyAllowed="always")
    drawn = draw_region(tissue, 512, 256, 256, 256)
    assert np.abs(tile.astype(int) - drawn).mean() < 4


def test_odd_sizes_are_whole_when_written(tmp_path):
    path = tmp_path / "odd.tif"
    ramp = np.add.outer(np.arange(301), np.arange(517)).astype(np.uint8)[:, :, None].repeat(3, axis=2) // 4 + 90

    def draw(left, top, width, height):
        return ramp[top : top + height, left : left + width]

    write_pyramid(path, draw, width=517, height=301, mpp=0.5, description="ramp")
    with tifffile.TiffFile(path) as tiff:
        assert [page.shape[:2] for page in tiff.pages] == [(301, 517), (150, 258), (75, 129)]
        assert np.abs(tiff.pages[0].asarray().astype(int) - ramp).mean() < 2


def test_real_stained_picture_is_written_as_a_pyramid(tmp_path):
    path = tmp_path / "dab.tif"
    write_immunohistochemistry(path)
    metadata = large_image.open(str(path)).getMetadata()
    assert (metadata["sizeX"], metadata["sizeY"]) == (512, 512)
    assert metadata["mm_x"] == pytest.approx(IHC_MPP / 1000)


def test_command_names_the_fault_when_the_folder_is_missing(tmp_path):
    command = [sys.executable, "-m", "inference.data.synthetic", str(tmp_path / "no" / "out.tif"), "--size", "64"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "could not be written: No such file or directory" in ended.stderr
    assert "Traceback" not in ended.stderr
