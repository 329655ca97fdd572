"""Segmentation without a network, given what a network is given: the same patch, clicks or lines, and points of others.

NuClick's Tables 2 to 4 compare with these methods without stating parameters; the ones here are fixed and not tuned.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2gray
from skimage.filters import gaussian, sobel, threshold_otsu
from skimage.segmentation import inverse_gaussian_gradient, morphological_geodesic_active_contour, watershed

from inference.geometry import components_at, fill_holes
from inference.methods.base import ObjectMask, ObjectPrompts, Points, Segmenter

Mask = NDArray[np.bool_]

SMOOTHING_PX = 1.0
"""Gaussian, of the grey image before anything else."""
GROWING_TOLERANCE = 0.1
"""Region growing: how far a pixel's grey (0 … 1) may lie from the mean of the seed."""
CONTOUR_SMOOTHING_PX, CONTOUR_STEEPNESS = 2.0, 200.0
"""Active contour: of the gradient that stops it."""
GRABCUT_ROUNDS, GRABCUT_LARGEST_PX = 5, 256
"""GrabCut: a larger patch is segmented at half its resolution, a quarter of the time."""


@dataclass(frozen=True)
class Size:
    """What depends on the kind of object, in pixels of the image."""

    patch_px: int
    mark_px: int
    """Radius of the seed around a click or line."""
    reach_px: int
    """How far the object probably goes from there: the rounds of the contour, and GrabCut's probable inside."""


SIZES = {
    "nucleus": Size(patch_px=128, mark_px=3, reach_px=10),
    "cell": Size(patch_px=256, mark_px=5, reach_px=35),
    "gland": Size(patch_px=512, mark_px=5, reach_px=50),
}


@dataclass(frozen=True)
class Marked:
    """A patch and what was said about it, as maps."""

    pixels: NDArray[np.uint8]
    """(H, W, 3)"""
    contrast: NDArray[np.float32]
    """(H, W) 0 … 1, smoothed grey; high where objects of this stain are."""
    own: Mask
    others: NDArray[np.int32]
    """(H, W) 2, 3, … on the points of the other objects."""
    size: Size


def by_watershed(marked: Marked) -> Mask:
    """Flooding of the gradient from this object's mark, the others' points, and the background below Otsu's threshold."""
    background = marked.contrast < threshold_otsu(marked.contrast)
    background = cv2.erode(background.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    markers = np.where(background, int(marked.others.max()) + 2, 0)
    markers = np.where(marked.others > 0, marked.others, markers)
    markers[marked.own] = 1
    flooded: Mask = watershed(sobel(marked.contrast), markers) == 1
    return flooded


def by_region_growing(marked: Marked) -> Mask:
    """Everything connected to the mark whose grey is about that of the mark."""
    mean = float(marked.contrast[marked.own].mean())
    return (np.abs(marked.contrast - mean) <= GROWING_TOLERANCE) | marked.own


def by_active_contour(marked: Marked) -> Mask:
    """A morphological geodesic active contour (Márquez-Neila et al. 2014) blown up from the mark."""
    edges = inverse_gaussian_gradient(marked.contrast, alpha=CONTOUR_STEEPNESS, sigma=CONTOUR_SMOOTHING_PX)
    grown = morphological_geodesic_active_contour(
        edges, marked.size.reach_px, init_level_set=marked.own, smoothing=1, threshold="auto", balloon=1
    )
    return (grown > 0) | marked.own


def by_grabcut(marked: Marked) -> Mask:
    """GrabCut (Rother et al. 2004): the mark is inside, the others' points outside, the surroundings probably inside."""
    distance = cv2.distanceTransform((~marked.own).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    labels = np.where(distance <= marked.size.reach_px, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[marked.others > 0] = cv2.GC_BGD
    labels[marked.own] = cv2.GC_FGD
    if not np.isin(labels, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
        return marked.own  # the line fills the patch: there is no background to learn from
    step = 1 if len(labels) <= GRABCUT_LARGEST_PX else 2
    pixels = cv2.resize(marked.pixels[..., ::-1], None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    labels = np.ascontiguousarray(labels[::step, ::step])
    inside_model, outside_model = np.zeros((1, 65)), np.zeros((1, 65))  # of colours; filled and forgotten
    cv2.setRNGSeed(1)
    everywhere = (0, 0, *labels.shape[::-1])  # not looked at: the labels say more
    cv2.grabCut(pixels, labels, everywhere, outside_model, inside_model, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    inside = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return inside.repeat(step, axis=0).repeat(step, axis=1) | marked.own


BASELINES: dict[str, Callable[[Marked], Mask]] = {
    "watershed": by_watershed,
    "region-growing": by_region_growing,
    "active-contour": by_active_contour,
    "grabcut": by_grabcut,
}


class Baseline(Segmenter):
    """One of these methods in a network's place."""

    def __init__(self, name: str, *, object_type: str, mpp: float, bright: bool) -> None:
        """`bright`: whether objects are brighter than their surroundings, as in fluorescence."""
        self.method, self.object_type, self.mpp, self.bright = BASELINES[name], object_type, mpp, bright
        self.size = SIZES[object_type]
        self.patch_px = self.size.patch_px
        self.device = "CPU, no network"

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        """(B, H, W) 0 or 1."""
        found = [self.method(self._mark(*row)) for row in zip(patches, prompts, strict=True)]
        return np.stack(found).astype(np.float32)

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        """The parts that were pointed at, without holes."""
        points = np.clip(np.vstack(prompts.inside), 0, self.patch_px - 1)
        part = fill_holes(components_at(probability > 0.5, points, reach_px=3), smallest_px=np.inf)
        failure = None if part.any() else "Nothing was found here."
        return ObjectMask(part.astype(np.float32), 0.5, part, failure)

    def _mark(self, pixels: NDArray[np.uint8], prompts: ObjectPrompts) -> Marked:
        grey = gaussian(rgb2gray(pixels), SMOOTHING_PX).astype(np.float32)
        own = drawn(prompts.inside, self.patch_px, self.size.mark_px) > 0
        others = np.zeros(own.shape, np.int32)
        for number, point in enumerate(prompts.exclusion, start=2):
            others[drawn((point[None],), self.patch_px, self.size.mark_px) > 0] = number
        return Marked(pixels, grey if self.bright else 1 - grey, own, np.where(own, 0, others), self.size)


def drawn(strokes: Sequence[Points], size_px: int, radius_px: int) -> NDArray[np.uint8]:
    """(size_px, size_px): 1 within about `radius_px` of a line; what lies beyond the patch is cut off."""
    canvas = np.zeros((size_px, size_px), np.uint8)
    for stroke in strokes:
        line = np.floor(stroke).astype(np.int32)
        cv2.polylines(canvas, [line], isClosed=False, color=1, thickness=2 * radius_px + 1)
        for x, y in line[:: max(1, len(line) - 1)]:
            cv2.circle(canvas, (int(x), int(y)), radius_px, 1, thickness=-1)
    return canvas


def parameters(name: str, object_type: str) -> dict[str, Any]:
    """What a report says of a baseline."""
    of_method: dict[str, dict[str, Any]] = {
        "watershed": {},
        "region-growing": {"tolerance": GROWING_TOLERANCE},
        "active-contour": {"gradient_smoothing_px": CONTOUR_SMOOTHING_PX, "steepness": CONTOUR_STEEPNESS},
        "grabcut": {"rounds": GRABCUT_ROUNDS, "largest_px": GRABCUT_LARGEST_PX},
    }
    return {"smoothing_px": SMOOTHING_PX, **asdict(SIZES[object_type]), **of_method[name]}
