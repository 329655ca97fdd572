"""How near two outlines lie to each other: Hausdorff distance and boundary F1, in pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def hausdorff_px(truth: Mask, predicted: Mask) -> float:
    """The largest distance from a rim pixel of one mask to the nearest of the other; NaN where a mask is empty."""
    a, b = rim(truth), rim(predicted)
    if not a.any() or not b.any():
        return float("nan")
    return float(max(_distance_to(b)[a].max(), _distance_to(a)[b].max()))


def boundary_f1(truth: Mask, predicted: Mask, *, tolerance_px: float) -> float:
    """F1 of the rim pixels that have a rim pixel of the other mask within `tolerance_px`; 0 where only one is empty."""
    a, b = rim(truth), rim(predicted)
    if not a.any() or not b.any():
        return float(a.any() == b.any())
    recall = (_distance_to(b)[a] <= tolerance_px).mean()
    precision = (_distance_to(a)[b] <= tolerance_px).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def rim(mask: Mask) -> Mask:
    """The pixels of a mask that have a 4-neighbour outside it; beyond the image counts as outside."""
    padded = np.pad(mask, 1)
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~surrounded


def _distance_to(pixels: Mask) -> NDArray[np.float32]:
    """(H, W) Euclidean distance to the nearest of `pixels`."""
    distance = cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance.astype(np.float32, copy=False)
