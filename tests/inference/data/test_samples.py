"""Folders of labelled images: what is read, how it is split, and what is said of a bad one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.data.samples import DatasetError, find_objects, open_dataset, split_by_group


@pytest.fixture
def copy(dataset_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dataset_folder, tmp_path / "copy"))


def test_open_dataset_when_good_reads_images_and_labels(dataset_folder: Path) -> None:
    dataset = open_dataset(dataset_folder)
    image = dataset.read(dataset.ids[0])
    assert len(dataset.ids) == 5
    assert image.pixels.shape == (110, 90, 3)
    assert image.labels.shape == (110, 90)
    assert dataset.mpp == 0.25


def test_open_dataset_when_bad_says_what_is_missing(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a folder"):
        open_dataset(tmp_path / "nowhere")
    (copy / "labels" / "patient2.png").unlink()
    with pytest.raises(DatasetError, match=r"1 images .* no labels/<id>.png, the first is patient2"):
        open_dataset(copy)
    shutil.rmtree(copy / "images")
    with pytest.raises(DatasetError, match="holds no image"):
        open_dataset(copy)
    (copy / "dataset.json").write_text("{")
    with pytest.raises(DatasetError, match="not valid JSON"):
        open_dataset(copy)
    (copy / "dataset.json").unlink()
    with pytest.raises(DatasetError, match=r"has no dataset.json"):
        open_dataset(copy)


@pytest.mark.parametrize("mpp", [0, -1, "0.25", True])
def test_open_dataset_when_mpp_is_no_positive_number(copy: Path, mpp: object) -> None:
    (copy / "dataset.json").write_text(json.dumps({"name": "x", "mpp": mpp}))
    with pytest.raises(DatasetError, match="mpp"):
        open_dataset(copy)


def test_read_when_files_do_not_fit(copy: Path) -> None:
    Image.fromarray(np.zeros((5, 5), np.uint16)).save(copy / "labels" / "patient0.png")
    (copy / "images" / "patient1.png").write_text("no image")
    Image.fromarray(np.zeros((110, 130, 3), np.uint8)).save(copy / "labels" / "patient2.png")
    dataset = open_dataset(copy)
    with pytest.raises(DatasetError, match="differ in size"):
        dataset.read("patient0")
    with pytest.raises(DatasetError, match="cannot be read as an image"):
        dataset.read("patient1")
    with pytest.raises(DatasetError, match="has colours"):
        dataset.read("patient2")


def test_of_kind_when_unknown_names_the_known(copy: Path) -> None:
    info = {"name": "x", "kinds": {"patient0": "colour", "patient1": "grey"}}
    (copy / "dataset.json").write_text(json.dumps(info))
    dataset = open_dataset(copy)
    assert dataset.of_kind("grey") == ("patient1",)
    with pytest.raises(DatasetError, match="colour, grey"):
        dataset.of_kind("blue")


def test_split_by_group_when_patients_have_several_images_keeps_them_together(copy: Path) -> None:
    groups = {f"patient{n}": f"p{n // 2}" for n in range(5)}
    (copy / "dataset.json").write_text(json.dumps({"name": "x", "groups": groups}))
    dataset = open_dataset(copy)
    training, validation = split_by_group(dataset, dataset.ids, validation_fraction=0.3)
    assert training
    assert validation
    assert not {groups[i] for i in training} & {groups[i] for i in validation}
    assert split_by_group(dataset, dataset.ids, validation_fraction=0.3) == (training, validation)


def test_split_by_group_when_there_is_one_group_leaves_nothing_to_validate(dataset_folder: Path) -> None:
    dataset = open_dataset(dataset_folder)
    assert split_by_group(dataset, ["patient0"], validation_fraction=0.3) == (["patient0"], [])


def test_find_objects_when_object_is_a_ring_has_its_point_inside() -> None:
    labels = np.zeros((20, 30), np.uint16)
    labels[2:13, 5:16] = 4
    labels[4:11, 7:14] = 0
    labels[15, 20] = 9
    objects = find_objects(labels)
    assert objects.labels.tolist() == [4, 9]
    assert objects.centroids[0] == pytest.approx((10.5 + 0.0, 7.5))
    x, y = np.floor(objects.inner_points[0]).astype(int)
    assert labels[y, x] == 4
    assert objects.inner_points[1] == pytest.approx((20.5, 15.5))
    assert objects.areas.tolist() == [121 - 49, 1]
