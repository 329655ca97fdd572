"""A plain U-Net that segments nuclei by itself: the judge of masks, trained on them and measured against the truth.

Ronneberger et al. 2015 with batch normalisation, 16 to 256 channels, 1.9 M parameters.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed
from torch import Tensor, nn
from torch.nn import functional as F

OUTPUTS = ("inside", "outline")
STRIDE_PX = 16
SMALLEST_PX = 20


def _pair(inputs: int, outputs: int) -> nn.Sequential:
    def one(channels: int) -> list[nn.Module]:
        convolution = nn.Conv2d(channels, outputs, 3, padding=1, bias=False)
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]

    return nn.Sequential(*one(inputs), *one(outputs))


class UNet(nn.Module):
    """(B, 3, H, W) → logits (B, 2, H, W): inside of objects, and their outlines; H, W multiples of 16."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128, 256)) -> None:
        super().__init__()
        self.down = nn.ModuleList(_pair(i, o) for i, o in zip((3, *widths), widths, strict=False))
        pairs = list(zip(widths[::-1], widths[-2::-1], strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in pairs)
        self.join = nn.ModuleList(_pair(2 * o, o) for _, o in pairs)
        self.head = nn.Conv2d(widths[0], len(OUTPUTS), 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level, pair in enumerate(self.down):
            x = pair(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
            x = join(torch.cat([up(x), skip], dim=1))
        return self.head(x)


def segment(network: UNet, pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(H, W) label image of an RGB image: what is inside and no outline seeds each object, and grows to all of the inside."""
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % STRIDE_PX), (0, -width % STRIDE_PX), (0, 0)), mode="reflect")
    x = torch.from_numpy(scale(padded.astype(np.float32))).permute(2, 0, 1)[None]
    with torch.inference_mode():
        inside, outline = network(x.contiguous(memory_format=torch.channels_last)).sigmoid()[0].numpy()
    inside, outline = inside[:height, :width], outline[:height, :width]
    seeds, _ = ndimage.label((inside > 0.5) & (outline < 0.5))
    labels = watershed(-inside, seeds, mask=inside > 0.5)
    small = np.flatnonzero(np.bincount(labels.ravel()) < SMALLEST_PX)
    labels[np.isin(labels, small)] = 0
    return labels.astype(np.int32)


def scale(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 … 255 → about ±2."""
    return pixels * np.float32(4 / 255) - np.float32(2)
