"""Finds objects without a network: where the stain is strong, cut apart where the outlines narrow.

They say where the click model is asked, and what an automatic model would have drawn there.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2hed
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

from inference.slide import WHITE

RADIUS_UM = {"nucleus": 3.5, "cell": 6.0, "gland": 35.0}
"""Of a typical object: what is far smaller is no object, and two centres are hardly nearer than this."""
SMALLEST = 0.25
"""Of the typical object's area."""
LEAST_CONTRAST = {True: 0.08, False: 0.02}
"""On a dark ground and on glass: mean stain inside less outside; below it, the threshold has divided noise."""


def find_automatic_masks(
    pixels: NDArray[np.uint8], *, object_type: str, mpp: float, dark_ground: bool
) -> NDArray[np.uint16]:
    """(H, W) label image of the objects in RGB pixels of `mpp` µm, 0 where there is none.

    The one place where an automatic model that was trained for the project would answer instead.
    """
    radius_px = RADIUS_UM[object_type] / mpp
    stain = ndimage.gaussian_filter(stain_of(pixels, dark_ground=dark_ground), radius_px / 5)
    inside = is_stained(stain, least=LEAST_CONTRAST[dark_ground])
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius_px / 4) + 1,) * 2)
    inside = ndimage.binary_fill_holes(cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_OPEN, kernel))
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(inside), radius_px / 5)
    peaks = peak_local_max(depth, min_distance=max(1, round(0.7 * radius_px)), labels=inside.astype(np.int32))
    marks = np.zeros(inside.shape, np.int32)
    marks[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = watershed(-depth, marks, mask=inside)
    small = np.flatnonzero(np.bincount(labels.ravel()) < SMALLEST * np.pi * radius_px**2)
    labels[np.isin(labels, small)] = 0
    return labels.astype(np.uint16)


def stain_of(pixels: NDArray[np.uint8], *, dark_ground: bool) -> NDArray[np.float32]:
    """(H, W) 0 to about 1: in fluorescence the root of brightness, so that dim objects count beside bright ones; else
    haematoxylin (Ruifrok and Johnston 2001)."""
    if not dark_ground:
        return np.clip(rgb2hed(pixels)[..., 0], 0, None).astype(np.float32)
    brightness, beyond = pixels.max(axis=2), pixels.min(axis=2) == WHITE
    if beyond.any() and not beyond.all():  # white lies beyond the slide; it must not look like an object
        brightness = np.where(beyond, np.median(brightness[~beyond]), brightness)
    return np.sqrt(brightness / np.float32(WHITE)).astype(np.float32)


def is_stained(stain: NDArray[np.float32], *, least: float) -> NDArray[np.bool_]:
    """(H, W) above Otsu's threshold; nowhere when what lies above it hardly differs from the rest."""
    if stain.min() == stain.max():
        return np.zeros(stain.shape, bool)
    inside = stain > threshold_otsu(stain)
    return inside if stain[inside].mean() - stain[~inside].mean() >= least else np.zeros_like(inside)
