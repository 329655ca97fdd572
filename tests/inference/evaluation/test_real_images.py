"""A corner of a real H&E image and a real gland: what the evaluation says of them is near what is known of the methods."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.morphology import skeletonize

from inference.data.samples import find_objects, open_dataset
from inference.evaluation.pointing import Pointing, point_at_all
from inference.evaluation.run import Settings, evaluate_folder

SIDE_PX = 300


@pytest.fixture
def corner(labelled_images_folder: Path, tmp_path: Path) -> Path:
    """The upper left of one validation image of MoNuSeg, as a folder of its own."""
    source = open_dataset(labelled_images_folder / "monuseg")
    image = source.read("TCGA-E2-A1B5-01Z-00-DX1")
    for name, pixels in (("images", image.pixels), ("labels", image.labels)):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels[:SIDE_PX, :SIDE_PX]).save(tmp_path / name / f"{image.id}.png")
    (tmp_path / "dataset.json").write_text(json.dumps(source.info))
    return tmp_path


def test_network_when_it_clicks_real_nuclei_is_far_better_than_watershed(corner: Path) -> None:
    network = evaluate_folder(corner, Settings(), threads=1, say=str)
    watershed = evaluate_folder(corner, Settings(baseline="watershed"), threads=1, say=str)
    assert network["n_objects"] == watershed["n_objects"] > 20
    assert network["aji"] > 0.6
    assert 0.1 < watershed["aji"] < network["aji"] - 0.1
    assert network["hausdorff_px"] < watershed["hausdorff_px"]


def test_lines_when_real_glands_are_pointed_at_are_their_skeletons(labelled_images_folder: Path) -> None:
    image = open_dataset(labelled_images_folder / "glands").read("glas_testB_1")
    objects = find_objects(image.labels)
    for index, said in enumerate(point_at_all(image, objects, "gland", Pointing())):
        drawn = np.zeros(image.labels.shape, bool)
        columns, rows = np.floor(np.vstack(said.strokes)).astype(int).T
        drawn[rows, columns] = True
        mask, _ = objects.mask(image.labels, index)
        assert (drawn[objects.boxes[index]] == skeletonize(mask)).all()
