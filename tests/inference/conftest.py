"""A small slide with one dark blob in it, and a request that clicks it: no network, no server, no download."""

import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

SLIDE_PX = 400
BLOB = (200.0, 180.0)
BLOB_RADIUS_PX = 14


@pytest.fixture(scope="session")
def slide_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PNG of pink tissue with a violet nucleus at BLOB; its left quarter is glass."""
    rng = np.random.default_rng(1)
    pixels = np.array([225, 170, 200]) + rng.normal(0, 6, (SLIDE_PX, SLIDE_PX, 3))
    ys, xs = np.mgrid[:SLIDE_PX, :SLIDE_PX] + 0.5
    pixels[np.hypot(xs - BLOB[0], ys - BLOB[1]) < BLOB_RADIUS_PX] = (95, 60, 140)
    pixels[:, : SLIDE_PX // 4] = 244
    path = tmp_path_factory.mktemp("slide") / "blob.png"
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def request_message(slide_path: Path) -> dict[str, Any]:
    """A SegmentRequest as it comes from the queue, for the method without a network."""
    return {
        "kind": "segment",
        "request_id": str(uuid.uuid4()),
        "slide": {"path": str(slide_path), "mpp": 0.25, "width": SLIDE_PX, "height": SLIDE_PX},
        "method": "disk",
        "checkpoint": "disk",
        "targets": [target(*BLOB)],
        "others": [],
        "sent_at": time.time(),
    }


def target(x: float, y: float, *, turn: int = 1, more: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"object_id": str(uuid.uuid4()), "turn": turn, "prompts": [{"kind": "click", "x": x, "y": y}, *more]}


@pytest.fixture(scope="session")
def dataset_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five small labelled images of violet blobs on pink, in the layout that `inference.data.samples` reads."""
    folder = tmp_path_factory.mktemp("data") / "blobs"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "dataset.json").write_text('{"name": "blobs", "task": "instance", "mpp": 0.25, "licence": "CC0"}')
    rng = np.random.default_rng(3)
    for number in range(5):
        pixels, labels = blobs(rng, width=90 + 20 * number, height=110)
        Image.fromarray(pixels).save(folder / "images" / f"patient{number}.png")
        Image.fromarray(labels).save(folder / "labels" / f"patient{number}.png")
    return folder


def blobs(rng: np.random.Generator, *, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """(pixels, labels): about a dozen disks on a loose grid."""
    pixels = np.array([225, 170, 200]) + rng.normal(0, 6, (height, width, 3))
    labels = np.zeros((height, width), np.uint16)
    ys, xs = np.mgrid[:height, :width] + 0.5
    for y in range(15, height - 10, 30):
        for x in range(15, width - 10, 30):
            cx, cy = np.array([x, y]) + rng.uniform(-4, 4, 2)
            inside = np.hypot(xs - cx, ys - cy) < rng.uniform(6, 10)
            pixels[inside] = (95, 60, 140)
            labels[inside] = labels.max() + 1
    return np.clip(pixels, 0, 255).astype(np.uint8), labels
