"""Runs a network as fast as the machine allows with full accuracy: CUDA by torch, else OpenVINO.

OpenVINO computes in bf16 where the processor does so natively, else in f32; SQUIGGLE_PRECISION (bf16 or f32) decides
otherwise. Both were evaluated: the scores are the same to the third decimal.

Measured for the successor of NuClick in `methods/nuclick/README.md`. torch is imported only where a GPU runs it or a
network is converted for the first time: a worker that starts again does without (190 MB and some seconds).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

Batch = NDArray[np.float32]
Shape = tuple[int, int, int]
"""One sample's (channels, height, width)."""

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


class Engine(Protocol):
    device: str
    """For people: processor or GPU, engine and precision."""

    def run(self, batch: Batch) -> Batch:
        """(B, C, H, W) → (B, H, W) probability."""


def open_engine(load: Callable[[], nn.Module], *, content: str, shape: Shape, samples: int, threads: int) -> Engine:
    """The fastest engine of this machine, warmed up, for multiples of `samples`: what one click asks about.

    `load` builds the network with its weights, whose hash is `content`; it is called only where no converted network of
    this content is kept.
    """
    engine: Engine
    if has_cuda():
        from inference.engines.torch import TorchEngine

        engine = TorchEngine(load(), threads=threads)
    else:
        from inference.engines.openvino import OpenvinoEngine

        engine = OpenvinoEngine(load, content=content, shape=shape, samples=samples, threads=threads)
    engine.run(np.zeros((samples, *shape), np.float32))
    return engine


def has_cuda() -> bool:
    if not NVIDIA_DRIVER.exists():
        return False
    import torch

    return torch.cuda.is_available()


def use_threads(count: int) -> None:
    """Of this process, for networks; none for pictures, whose patches are too small to gain from more."""
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(1)
