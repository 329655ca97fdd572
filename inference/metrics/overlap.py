"""How well predicted objects cover the true ones: AJI, Dice, SQ, DQ, PQ, and the two object scores of the GlaS challenge.

Label images hold one integer of 0 or more an object, 0 is background; labels need not be consecutive.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    (t, true_count), (p, predicted_count) = _numbered(truth), _numbered(predicted)
    shape = (true_count + 1, predicted_count + 1)
    table = np.bincount(t * shape[1] + p, minlength=shape[0] * shape[1]).reshape(shape)
    return Overlaps(table[1:, 1:], table.sum(1)[1:], table.sum(0)[1:])


def _numbered(labels: Labels) -> tuple[NDArray[np.int64], int]:
    """(H·W,) with the objects renamed 1, 2, 3 … in order, and how many there are."""
    flat = labels.ravel()
    present = np.bincount(flat) > 0
    present[0] = False
    return np.where(flat > 0, np.cumsum(present)[flat], 0), int(present.sum())


def aji(pairs: Overlaps) -> float:
    """Aggregated Jaccard index (Kumar et al. 2017): each true object takes the prediction of highest IoU; predictions that
    none took add their area to the union. 1 where both are empty."""
    intersection, union = aji_parts(pairs)
    return intersection / union if union else 1.0


def aji_parts(pairs: Overlaps) -> tuple[int, int]:
    """The aggregated intersection and union, which may be summed over images."""
    if not pairs.predicted_areas.size or not pairs.true_areas.size:
        return 0, int(pairs.true_areas.sum() + pairs.predicted_areas.sum())
    rows = np.arange(len(pairs.true_areas))
    best = (pairs.intersections / pairs.unions).argmax(1)
    met = pairs.intersections[rows, best] > 0
    intersection = pairs.intersections[rows, best].sum()
    union = np.where(met, pairs.unions[rows, best], pairs.true_areas).sum()
    unused = np.ones(len(pairs.predicted_areas), bool)
    unused[best[met]] = False
    return int(intersection), int(union + pairs.predicted_areas[unused].sum())


def panoptic(pairs: Overlaps) -> tuple[float, float, float]:
    """(SQ, DQ, PQ) of Kirillov et al. 2019: matches have IoU > 0.5, SQ is their mean IoU, DQ their F1, PQ = SQ · DQ."""
    return panoptic_of(matched_iou(pairs), len(pairs.true_areas), len(pairs.predicted_areas))


def matched_iou(pairs: Overlaps) -> NDArray[np.float64]:
    """(M,) the IoU of each pair above one half, where a match is unique."""
    iou = pairs.intersections / pairs.unions
    return iou[iou > 0.5]


def panoptic_of(matched: NDArray[np.float64], true_count: int, predicted_count: int) -> tuple[float, float, float]:
    """(SQ, DQ, PQ) from the matches' IoU, of one image or of many together."""
    total = true_count + predicted_count
    dq = 2 * len(matched) / total if total else 1.0
    sq = float(matched.mean()) if len(matched) else float(total == 0)
    return sq, dq, sq * dq


def object_dice(pairs: Overlaps) -> tuple[float, float]:
    """Dice_Obj of the GlaS challenge (Sirinukunwattana et al. 2017): the mean Dice of each true object with the prediction
    that covers most of it, and of each prediction with the true object that it covers most of, averaged.

    (weighted by area, as the challenge does; every object alike, as NuClick words it). 1 where both are empty.
    """
    if not pairs.predicted_areas.size or not pairs.true_areas.size:
        both_empty = float(pairs.predicted_areas.size == pairs.true_areas.size)
        return both_empty, both_empty
    of_pair = 2 * pairs.intersections / (pairs.true_areas[:, None] + pairs.predicted_areas[None])
    of_true = of_pair[np.arange(len(of_pair)), pairs.intersections.argmax(1)]
    of_predicted = of_pair[pairs.intersections.argmax(0), np.arange(of_pair.shape[1])]
    weighted = np.average(of_true, weights=pairs.true_areas) + np.average(of_predicted, weights=pairs.predicted_areas)
    return float(weighted / 2), float((of_true.mean() + of_predicted.mean()) / 2)


def found_count(pairs: Overlaps) -> int:
    """How many true objects are found in the sense of GlaS: a prediction that overlaps this object more than any other
    covers at least half of it."""
    if not pairs.predicted_areas.size or not pairs.true_areas.size:
        return 0
    target = pairs.intersections.argmax(0)
    covered = pairs.intersections[target, np.arange(len(target))]
    return len(np.unique(target[(covered > 0) & (2 * covered >= pairs.true_areas[target])]))


def f1(hits: int, true_count: int, predicted_count: int) -> float:
    """2 TP / (2 TP + FP + FN); 1 where both are empty."""
    total = true_count + predicted_count
    return 2 * hits / total if total else 1.0


def dice(truth: Mask, predicted: Mask) -> float:
    """2 |A ∩ B| / (|A| + |B|); 1 where both are empty."""
    total = int(truth.sum()) + int(predicted.sum())
    return 2 * int((truth & predicted).sum()) / total if total else 1.0


def iou(truth: Mask, predicted: Mask) -> float:
    """|A ∩ B| / |A ∪ B|; 1 where both are empty."""
    union = int((truth | predicted).sum())
    return int((truth & predicted).sum()) / union if union else 1.0
