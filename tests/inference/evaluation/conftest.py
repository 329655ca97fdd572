"""Disks of known size in an otherwise grey image, and the method that draws exactly such disks."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.data.samples import Dataset, open_dataset
from inference.methods.disk.segmenter import RADIUS_UM

CENTRES_UM = [(8.0, 9.0), (20.0, 9.0), (9.0, 22.0)]


@pytest.fixture
def disks(tmp_path: Path) -> Callable[..., Dataset]:
    """Makes a data set of one image of 28 × 32 µm with three dark disks, as the method without a network draws them."""

    def make(mpp: float | None = 0.25, **info: object) -> Dataset:
        folder = tmp_path / "disks"
        (folder / "images").mkdir(parents=True)
        (folder / "labels").mkdir()
        scale = 1 / (mpp or 0.25)
        width, height = round(28 * scale), round(32 * scale)
        ys, xs = np.mgrid[:height, :width] + 0.5
        labels = np.zeros((height, width), np.uint16)
        for number, (x, y) in enumerate(CENTRES_UM, start=1):
            labels[np.hypot(xs - x * scale, ys - y * scale) < RADIUS_UM * scale] = number
        pixels = np.where(labels[..., None] > 0, (90, 60, 130), (220, 180, 205)).astype(np.uint8)
        Image.fromarray(labels).save(folder / "labels" / "a.png")
        Image.fromarray(pixels).save(folder / "images" / "a.png")
        (folder / "dataset.json").write_text(json.dumps({"name": "disks", "mpp": mpp, **info}))
        return open_dataset(folder)

    return make
