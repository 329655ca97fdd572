"""How well predicted objects cover the true ones: AJI, Dice, SQ, DQ, PQ over images; IoU, Hausdorff, boundary F1 per object.

Label images hold one integer an object, 0 is background; labels need not be consecutive.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import directed_hausdorff

Mask = NDArray[np.bool_]
Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Overlaps:
    """Areas and intersections, in pixels, of G true and P predicted objects."""

    intersections: NDArray[np.int64]  # (G, P)
    true_areas: NDArray[np.int64]  # (G,)
    predicted_areas: NDArray[np.int64]  # (P,)

    @property
    def unions(self) -> NDArray[np.int64]:
        return self.true_areas[:, None] + self.predicted_areas[None] - self.intersections


def overlaps(truth: Labels, predicted: Labels) -> Overlaps:
    """Count the pixels that each pair of objects shares; both (H, W)."""
    true_names, t = np.unique(truth, return_inverse=True)
    predicted_names, p = np.unique(predicted, return_inverse=True)
    shape = (len(true_names), len(predicted_names))
    table = np.bincount(t.ravel() * shape[1] + p.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    kept = table[np.ix_(true_names != 0, predicted_names != 0)]
    return Overlaps(kept, table.sum(1)[true_names != 0], table.sum(0)[predicted_names != 0])


def aji(pairs: Overlaps) -> float:
    """Aggregated Jaccard index (Kumar et al. 2017): each true object takes the prediction of highest IoU; predictions that
    none took add their area to the union. 1 where both are empty."""
    if not pairs.predicted_areas.size or not pairs.true_areas.size:
        return float(pairs.predicted_areas.size == pairs.true_areas.size)
    rows = np.arange(len(pairs.true_areas))
    best = (pairs.intersections / pairs.unions).argmax(1)
    met = pairs.intersections[rows, best] > 0
    intersection = pairs.intersections[rows, best].sum()
    union = np.where(met, pairs.unions[rows, best], pairs.true_areas).sum()
    unused = np.ones(len(pairs.predicted_areas), bool)
    unused[best[met]] = False
    return float(intersection / (union + pairs.predicted_areas[unused].sum()))


def panoptic(pairs: Overlaps) -> tuple[float, float, float]:
    """(SQ, DQ, PQ) of Kirillov et al. 2019: matches have IoU > 0.5, SQ is their mean IoU, DQ their F1, PQ = SQ · DQ."""
    iou = pairs.intersections / pairs.unions if pairs.intersections.size else np.zeros((0, 0))
    matched = iou[iou > 0.5]  # above one half a match is unique
    total = len(pairs.true_areas) + len(pairs.predicted_areas)
    dq = 2 * len(matched) / total if total else 1.0
    sq = float(matched.mean()) if len(matched) else float(total == 0)
    return sq, dq, sq * dq


def dice(truth: Mask, predicted: Mask) -> float:
    """2 |A ∩ B| / (|A| + |B|); 1 where both are empty."""
    total = int(truth.sum()) + int(predicted.sum())
    return 2 * int((truth & predicted).sum()) / total if total else 1.0


def iou(truth: Mask, predicted: Mask) -> float:
    """|A ∩ B| / |A ∪ B|; 1 where both are empty."""
    union = int((truth | predicted).sum())
    return int((truth & predicted).sum()) / union if union else 1.0


def hausdorff_px(truth: Mask, predicted: Mask) -> float:
    """The largest distance from a rim pixel of one mask to the nearest of the other; NaN where a mask is empty."""
    a, b = np.argwhere(rim(truth)), np.argwhere(rim(predicted))
    if not len(a) or not len(b):
        return float("nan")
    return max(directed_hausdorff(a, b)[0], directed_hausdorff(b, a)[0])


def boundary_f1(truth: Mask, predicted: Mask, *, tolerance_px: float) -> float:
    """F1 of the rim pixels that have a rim pixel of the other mask within `tolerance_px`; 0 where only one is empty."""
    a, b = rim(truth), rim(predicted)
    if not a.any() or not b.any():
        return float(a.any() == b.any())
    recall = (ndimage.distance_transform_edt(~b)[a] <= tolerance_px).mean()
    precision = (ndimage.distance_transform_edt(~a)[b] <= tolerance_px).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def rim(mask: Mask) -> Mask:
    """The pixels of a mask that have a 4-neighbour outside it; beyond the image counts as outside."""
    return mask & ~ndimage.binary_erosion(mask)
