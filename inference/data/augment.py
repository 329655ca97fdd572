"""Random views of labelled images: one affine warp for image, labels and points, then stain, light and sharpness."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from skimage.color import hed_from_rgb, rgb_from_hed

Affine = NDArray[np.float64]
"""(2, 3): source coordinates (pixel centres at + 0.5) → patch coordinates."""

WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Warp:
    """Ranges of the geometric change."""

    scale: tuple[float, float] = (0.75, 1.33)
    shift_px: float = 12.0


def random_affine(centre: tuple[float, float], size_px: int, warp: Warp, rng: np.random.Generator) -> Affine:
    """A rotation by any angle, a mirror image half the time, a scale and a shift, with `centre` near the middle."""
    angle, scale = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(*np.log(warp.scale)))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        linear[:, 0] *= -1
    middle = size_px / 2 + rng.uniform(-warp.shift_px, warp.shift_px, 2)
    return np.column_stack([linear, middle - linear @ np.asarray(centre)])


def warp_points(points: NDArray[np.float64], affine: Affine) -> NDArray[np.float64]:
    return points @ affine[:, :2].T + affine[:, 2]


def warp_pixels(pixels: NDArray[np.uint8], affine: Affine, size_px: int) -> NDArray[np.uint8]:
    """(size, size, 3); white beyond the image, as the slide reader pads."""
    matrix, size = _for_opencv(affine), (size_px, size_px)
    warped = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderValue=WHITE)
    return warped.astype(np.uint8, copy=False)


def warp_labels(labels: NDArray[np.uint16], affine: Affine, size_px: int) -> NDArray[np.uint16]:
    warped = cv2.warpAffine(labels, _for_opencv(affine), (size_px, size_px), flags=cv2.INTER_NEAREST)
    return warped.astype(np.uint16, copy=False)


def blur_sharpen_or_compress(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """One in two patches is blurred (σ < 1.2), sharpened, or stored as JPEG (quality 40–90)."""
    choice = rng.random()
    changed: NDArray[Any] = pixels
    if choice < 0.2:
        changed = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.2))
    elif choice < 0.3:
        soft = cv2.GaussianBlur(pixels, (0, 0), 1.0)
        amount = rng.uniform(0.2, 1.0)
        changed = cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0)
    elif choice < 0.5:
        changed = simplejpeg.decode_jpeg(
            simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), int(rng.integers(40, 91)))
        )
    return changed.astype(np.uint8, copy=False)


def recolour(batch: NDArray[np.uint8], rng: np.random.Generator, *, fluorescence: bool = False) -> NDArray[np.float32]:
    """(B, H, W, 3) → the same as float 0 … 255, with each patch's stains (fluorescence: exposure and colour), light and
    noise changed.

    Stains (8 in 10): optical density = stains · HED basis, each stain times U(.8, 1.2) plus U(−.05, .05) (Tellez et al.
    2018). In optical density that is one 3 × 3 matrix and one offset a patch.
    """
    pixels = _expose(batch, rng) if fluorescence else _restain(batch, rng)
    contrast = rng.uniform(0.8, 1.2, (len(batch), 1, 1, 1)).astype(np.float32)
    brightness = rng.uniform(-25, 25, (len(batch), 1, 1, 1)).astype(np.float32)
    pixels = (pixels - 127.5) * contrast + 127.5 + brightness
    for row in np.flatnonzero(rng.random(len(batch)) < 0.2):
        pixels[row] += rng.normal(0, rng.uniform(1, 6), batch.shape[1:]).astype(np.float32)
    return np.clip(pixels, 0, 255, out=pixels)


def _restain(batch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    density = -np.log((batch.astype(np.float32) + 1) / 256)
    matrices, offsets = _stain_changes(len(batch), rng)
    density = np.matmul(density.reshape(len(batch), -1, 3), matrices) + offsets
    return (256 * np.exp(-density) - 1).reshape(batch.shape)


def _expose(batch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gamma .6 to 1.6 and gain .6 to 2 for each patch; half of them in a colour, as viewers show a channel."""
    shape = (len(batch), 1, 1, 1)
    gamma, gain = (
        np.exp(rng.uniform(np.log(0.6), np.log(1.6), shape)),
        np.exp(rng.uniform(np.log(0.6), np.log(2), shape)),
    )
    tint = rng.uniform(0, 1, (len(batch), 1, 1, 3))
    tint[np.arange(len(batch)), 0, 0, rng.integers(3, size=len(batch))] = 1
    tint[rng.random(len(batch)) < 0.5] = 1
    return (255 * gain * tint * (batch.astype(np.float32) / 255) ** gamma).astype(np.float32)


def _stain_changes(count: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    active = (rng.random((count, 1)) < 0.8).astype(np.float64)
    factors = 1 + active * rng.uniform(-0.2, 0.2, (count, 3))
    shifts = active * rng.uniform(-0.05, 0.05, (count, 3))
    matrices = hed_from_rgb @ (factors[:, :, None] * rgb_from_hed)
    return matrices.astype(np.float32), (shifts @ rgb_from_hed)[:, None, :].astype(np.float32)


def _for_opencv(affine: Affine) -> Affine:
    """OpenCV puts pixel centres on whole numbers; ours lie at + 0.5."""
    linear, shift = affine[:, :2], affine[:, 2]
    return np.column_stack([linear, shift + linear @ (0.5, 0.5) - 0.5])
