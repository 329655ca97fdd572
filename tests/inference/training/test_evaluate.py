"""The evaluation scores what the segmenter answers: disks of known size, at several scales, in images of any size."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.data.samples import find_objects, open_dataset
from inference.methods.disk.segmenter import RADIUS_UM, DiskSegmenter
from inference.training.evaluate import Clicks, Report, Scene, as_table, click_points, evaluate
from inference.training.runs import unseen

CENTRES_UM = [(8.0, 9.0), (20.0, 9.0), (9.0, 22.0)]


def disks_folder(folder: Path, *, mpp: float | None) -> Path:
    """One image of 28 × 32 µm with three disks as the method without a network draws them."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    scale = 1 / (mpp or 0.25)
    width, height = round(28 * scale), round(32 * scale)
    ys, xs = np.mgrid[:height, :width] + 0.5
    labels = np.zeros((height, width), np.uint16)
    for number, (x, y) in enumerate(CENTRES_UM, start=1):
        labels[np.hypot(xs - x * scale, ys - y * scale) < RADIUS_UM * scale] = number
    Image.fromarray(labels).save(folder / "labels" / "a.png")
    Image.fromarray(np.full((height, width, 3), 128, np.uint8)).save(folder / "images" / "a.png")
    (folder / "dataset.json").write_text(json.dumps({"name": "disks", "mpp": mpp}))
    return folder


def measure(folder: Path, clicks: Clicks | None = None) -> Report:
    dataset = open_dataset(folder)
    segmenter = DiskSegmenter("disk", threads=1)
    return evaluate(segmenter, dataset, dataset.ids, clicks or Clicks(), say=lambda line: None)


@pytest.mark.parametrize("mpp", [0.25, 0.2, 0.5, None])
def test_evaluate_when_masks_are_right_scores_nearly_one(tmp_path: Path, mpp: float | None) -> None:
    report = measure(disks_folder(tmp_path / "disks", mpp=mpp))
    least = 0.88 if mpp == 0.5 else 0.93  # there a click is up to half a pixel from the centre of a disk of radius 8
    assert report.scores["aji"] > least
    assert report.scores["iou_at_1"] > least
    assert report.scores["dq"] == 1
    assert report.scores["boundary_f1"] == 1
    assert report.scores["hausdorff_px"] <= 1.5
    assert (report.n_objects, report.n_unanswered) == (3, 0)
    assert report.mpp_assumed == (mpp is None)
    assert report.ms_per_click_p50 > 0


def test_evaluate_when_clicks_are_displaced_falls(tmp_path: Path) -> None:
    folder = disks_folder(tmp_path / "disks", mpp=0.25)
    exact, jittered = measure(folder), measure(folder, Clicks(jitter_px=8, seed=2))
    assert jittered.scores["iou_at_1"] < exact.scores["iou_at_1"]
    assert jittered.scores == measure(folder, Clicks(jitter_px=8, seed=2)).scores


def test_click_points_when_displaced_stay_inside_their_object(tmp_path: Path) -> None:
    dataset = open_dataset(disks_folder(tmp_path / "disks", mpp=0.25))
    image = dataset.read("a")
    objects = find_objects(image.labels)
    points = click_points(image, objects, Clicks(jitter_px=20), np.random.default_rng(1))
    columns, rows = np.floor(points).astype(int).T
    assert image.labels[rows, columns].tolist() == objects.labels.tolist()


def test_scene_when_patch_goes_there_and_back_lands_on_the_same_pixels(tmp_path: Path) -> None:
    dataset = open_dataset(disks_folder(tmp_path / "disks", mpp=0.25))
    image = dataset.read("a")
    scene = Scene(image, scale=1.0, patch_px=128)
    pixels, origin = scene.patch(np.array([5.5, 100.5]))
    assert (pixels[:, :50] == 255).all()  # white beyond the image
    field, rows, columns = scene.to_image(pixels[..., 0].astype(np.float32), origin)
    assert (field == image.pixels[rows, columns, 0]).all()


def test_unseen_when_a_patient_was_trained_on_leaves_out_all_its_images(dataset_folder: Path) -> None:
    dataset = open_dataset(dataset_folder)
    manifest = {"data": [{"name": "blobs", "train_images": ["patient1"]}, {"name": "x", "train_images": ["patient0"]}]}
    assert unseen(dataset, dataset.ids, manifest) == ["patient0", "patient2", "patient3", "patient4"]


def test_as_table_when_printed_has_a_row_for_each_image_and_the_mean(tmp_path: Path) -> None:
    report = measure(disks_folder(tmp_path / "disks", mpp=0.25))
    table = as_table({**report.scores, "per_image": report.images, "n_images": 1, "n_objects": report.n_objects})
    assert len(table.splitlines()) == 4
    assert "| **mean of 1 images** | 3 |" in table
