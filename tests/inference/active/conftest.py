"""Slides with tissue on one side and glass on the other, and requests that look them over without a network."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.protocol import SampleRequest, SlideRef, SlideToSample

MPP = 0.25
REGION_UM = 32.0
REGION_PX = 128
TISSUE_FROM_PX = 256

MakeSlide = Callable[..., SlideToSample]


@pytest.fixture
def make_slide(tmp_path: Path) -> MakeSlide:
    """A PNG: glass left of TISSUE_FROM_PX, pink tissue with violet nuclei right of it."""

    def make(
        slide_id: int = 1, *, width: int = 768, height: int = 512, dark: bool = False, **taken: Any
    ) -> SlideToSample:
        rng = np.random.default_rng(slide_id)
        ground, nucleus, glass = ((60, 60, 60), (220, 220, 220), 4) if dark else ((225, 170, 200), (95, 60, 140), 244)
        pixels = np.array(ground) + rng.normal(0, 4, (height, width, 3))
        ys, xs = np.mgrid[:height, :width] + 0.5
        for y in range(30, height, 60):
            for x in range(30, width, 60):
                cx, cy = np.array([x, y]) + rng.uniform(-8, 8, 2)
                pixels[np.hypot(xs - cx, ys - cy) < rng.uniform(10, 17)] = nucleus
        pixels[:, :TISSUE_FROM_PX] = glass
        path = tmp_path / f"{slide_id}.png"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
        return SlideToSample(
            slide_id=slide_id, slide=SlideRef(path=str(path), mpp=MPP, width=width, height=height), **taken
        )

    return make


@pytest.fixture
def ask_for() -> Callable[..., SampleRequest]:
    """A request for the method that draws disks."""

    def ask(*slides: SlideToSample, **changes: Any) -> SampleRequest:
        asked = {"strategy": "random", "method": "disk", "checkpoint": "disk", "wanted": 4, "region_um": REGION_UM}
        return SampleRequest(job_id=uuid.uuid4(), attempt=1, slides=slides, **(asked | changes))

    return ask


class Told:
    """Hears what a job says."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []
        self.lines: list[str] = []

    def __call__(
        self, stage: str, done: int = 0, total: int = 0, *, row: object = None, line: str | None = None
    ) -> None:
        self.steps.append((stage, done, total))
        if line:
            self.lines.append(line)


@pytest.fixture
def told() -> Told:
    return Told()
