"""The judge of masks: a U-Net learns blobs from either labels, and the same labels give the same network."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inference.checkpoints import open_checkpoint, write_weights
from inference.data.samples import open_dataset
from inference.methods.nuclick.segmenter import NuclickSegmenter
from inference.training.reliability import as_table, click_everything, measure_reliability, targets
from inference.training.unet import UNet, segment

SHIPPED = "nuclick-nucleus-he"


def test_targets_when_objects_touch_draw_a_line_between_them() -> None:
    labels = np.zeros((20, 20), np.uint16)
    labels[5:15, 3:10], labels[5:15, 10:17] = 1, 2
    inside, outline = targets(labels)
    assert inside.sum() == 140
    assert outline[10, 9]
    assert outline[10, 10]
    assert not outline[10, 6]
    assert not outline[inside == 0].any()


def test_segment_when_untrained_gives_labels_of_the_images_size() -> None:
    torch.manual_seed(1)
    labels = segment(UNet((4, 8, 8, 8, 8)).eval(), np.zeros((50, 70, 3), np.uint8))
    assert labels.shape == (50, 70)


def test_click_everything_when_blobs_are_clicked_finds_them(dataset_folder: Path) -> None:
    image = open_dataset(dataset_folder).read("patient3")
    labels = click_everything(NuclickSegmenter(SHIPPED, threads=1), image)
    overlap = ((labels > 0) & (image.labels > 0)).sum() / ((labels > 0) | (image.labels > 0)).sum()
    assert overlap > 0.5


def test_measure_reliability_when_run_scores_both_sources(dataset_folder: Path, tmp_path: Path) -> None:
    shipped = open_checkpoint(SHIPPED)
    manifest = {k: v for k, v in shipped.manifest.items() if k not in ("name", "sha256")}
    seen = {"name": "blobs", "train_images": ["patient0", "patient1"], "validation_images": []}
    write_weights(tmp_path, "known", shipped.tensors(), {**manifest, "data": [seen]})
    report = measure_reliability(
        dataset_folder, "known", tested=1, changes={"samples": 64, "crop_px": 64, "batch": 4}, threads=1,
        weights=tmp_path, say=lambda line: None,
    )  # fmt: skip
    assert report["images_tested"] == ["patient0"]
    assert set(report["images_to_learn_from"]) == {"patient2", "patient3", "patient4"}
    assert report["loss"]["dice"] == pytest.approx(
        report["scores"]["truth"]["dice"] - report["scores"]["clicks"]["dice"]
    )
    assert "| truth |" in as_table(report)
