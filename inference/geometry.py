"""Masks to polygons: sub-pixel outlines with holes, simplified, valid, in level-0 pixels; and the object under a click.

Patch coordinates are continuous: pixel i covers [i, i + 1), its centre lies at i + 0.5.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from shapely import affinity
from shapely.geometry import MultiPolygon
from shapely.geometry import Polygon as ShapelyPolygon
from skimage.draw import polygon as draw_polygon
from skimage.measure import find_contours

from inference.protocol import Polygon

SMOOTH_PX = 1.0
"""Width (sigma) of the filter that takes the pixels' staircase, and spurs as thin as one pixel, out of an outline."""
SUBPIXELS = 4
"""Parts of a pixel's side when the share of it that lies inside is counted."""
MARGIN_PX = 4
SIMPLIFY_LEVEL0_PX = 0.5
"""Douglas–Peucker tolerance: half a pixel of the slide is seen by nobody at full size."""
SIMPLIFY_PX = (0.1, 0.25)
"""The tolerance's bounds in patch pixels: below the first, points cost and show nothing; above the second, corners show."""
SMALLEST_AREA_PX = 3.0
"""Rings below this area, in patch pixels, are noise of the outline."""
DECIMALS = 1
PIXEL_CENTRE = 0.5 + 1e-6
"""A centre that lies on an edge belongs to one side of it, not to both."""


def components_at(inside: NDArray[np.bool_], points: NDArray[np.float64], *, reach_px: float) -> NDArray[np.bool_]:
    """The connected parts of `inside` under `points` (N, 2), each point counting for the part nearest to it within
    `reach_px`; all False where there is none.

    Pixels that touch only at a corner are not connected, so that the outline of a part is one simple ring.
    """
    _, parts = cv2.connectedComponents(inside.astype(np.uint8), connectivity=4)
    height, width = inside.shape
    columns, rows = np.clip(np.floor(points).astype(np.int64), 0, (width - 1, height - 1)).T
    under = parts[rows, columns]
    wanted = set(np.unique(under[under > 0]).tolist())
    if (under == 0).any() and inside.any():
        ys, xs = np.nonzero(parts)
        for column, row in np.unique(np.column_stack([columns, rows])[under == 0], axis=0):
            squared = (xs - column) ** 2 + (ys - row) ** 2
            nearest = int(np.argmin(squared))
            if squared[nearest] <= reach_px * reach_px:
                wanted.add(int(parts[ys[nearest], xs[nearest]]))
    return np.isin(parts, list(wanted)) if wanted else np.zeros_like(inside)


def fill_holes(
    inside: NDArray[np.bool_],
    *,
    smallest_px: float,
    kept: NDArray[np.bool_] | None = None,
    pierced: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """The mask with holes of fewer than `smallest_px` pixels closed, but for those that lie mostly in `kept` or hold a
    pixel of `pierced`; what touches the patch's rim is no hole."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats((~inside).astype(np.uint8), connectivity=8)
    rim = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    areas = stats[:, cv2.CC_STAT_AREA]
    closed = areas < smallest_px
    if kept is not None:
        closed &= 2 * np.bincount(parts[kept], minlength=count) <= areas
    if pierced is not None:
        closed &= np.bincount(parts[pierced], minlength=count) == 0
    return inside | np.isin(parts, np.setdiff1d(np.flatnonzero(closed), np.append(rim, 0)))


def surrounded(drawn: NDArray[np.bool_], *, gap_px: int = 8) -> NDArray[np.bool_]:
    """(H, W): what a drawn line goes round; a gap of up to `gap_px` does not open the ring."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap_px + 1, gap_px + 1))
    thick = cv2.dilate(np.pad(drawn.astype(np.uint8), gap_px), kernel)
    whole = cv2.erode(ndimage.binary_fill_holes(thick).astype(np.uint8), kernel)
    return (whole[gap_px:-gap_px, gap_px:-gap_px] > 0) & ~drawn


def filled(
    polygons: Sequence[Polygon], to_patch: Callable[[NDArray[np.float64]], NDArray[np.float64]], size_px: int
) -> NDArray[np.float32]:
    """(size_px, size_px): 1 inside the polygons, 0 outside them and in their holes."""
    mask = np.zeros((size_px, size_px), np.uint8)
    for polygon in polygons:
        rings = [to_patch(np.array(ring, np.float64)) for ring in (polygon.exterior, *polygon.holes)]
        # OpenCV's pixel centres lie on whole numbers; its coordinates may have 4 binary places.
        fixed = [np.round((np.clip(ring, -size_px, 2 * size_px) - 0.5) * 16).astype(np.int32) for ring in rings]
        one = np.zeros_like(mask)
        cv2.fillPoly(one, fixed, 1, shift=4)  # rings of one call cancel out: holes stay open
        mask |= one
    return mask.astype(np.float32)


def pixels_inside(
    shape: Sequence[Sequence[NDArray[np.float64]]], height: int, width: int
) -> tuple[NDArray[np.bool_], tuple[slice, slice]]:
    """(mask, its rows and columns): the pixels of a (height, width) image whose centre lies inside the polygons, each an
    exterior ring and its holes as (N, 2) x, y. Unlike `filled`, which draws outlines too, the area is right."""
    points = np.vstack([polygon[0] for polygon in shape])
    low = np.clip(np.floor(points.min(axis=0)).astype(int), 0, (width, height))
    high = np.clip(np.ceil(points.max(axis=0)).astype(int) + 1, low, (width, height))
    size = (int(high[1] - low[1]), int(high[0] - low[0]))
    mask = np.zeros(size, bool)
    for polygon in shape:
        one = np.zeros(size, bool)
        for ring in polygon:
            x, y = (ring - low - PIXEL_CENTRE).T
            one[draw_polygon(y, x, size)] ^= True
        mask |= one
    return mask, (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))


def outline(
    field: NDArray[np.float32],
    level: float,
    to_level0: Callable[[NDArray[Any]], NDArray[np.float64]],
    *,
    scale: float = 1.0,
) -> tuple[Polygon, ...]:
    """The polygons where `field` > `level`: a smooth line in patches of any scale, in level-0 pixels rounded to 0.1.

    field: (H, W), a probability in patch pixels; scale: level-0 px for each of them. The largest polygon comes first. Every
    ring is valid (no self-crossing, at least three points); holes are kept. Nothing is returned where nothing of 3 px or
    more remains. The outline lies within 1 px of the iso-line, and leaves out only spurs and slits as thin as a pixel.
    """
    corner, above = _cut(field - np.float32(level))
    rings = [r + corner for r in _rings(_smooth(above)) if abs(_signed_area(r)) >= SMALLEST_AREA_PX]
    parts = [_simplified(p, np.clip(SIMPLIFY_LEVEL0_PX / scale, *SIMPLIFY_PX)) for p in _polygons(_even_odd(rings))]
    shape = shapely.MultiPolygon(parts)
    moved = shapely.make_valid(shapely.transform(shape, to_level0))
    # Rounded by set_precision, which keeps rings valid where plain rounding makes them cross.
    parts = [p for p in _polygons(shapely.set_precision(moved, 10**-DECIMALS)) if p.area > 0]
    return tuple(_as_message(p) for p in sorted(parts, key=lambda p: -p.area))


def _cut(above: NDArray[np.float32]) -> tuple[tuple[int, int], NDArray[np.float32]]:
    """(x, y of its corner, the part of the patch around what is above 0): most patches are mostly background."""
    left, top, width, height = cv2.boundingRect((above > 0).astype(np.uint8))
    left, top, right, bottom = left - MARGIN_PX, top - MARGIN_PX, left + width + MARGIN_PX, top + height + MARGIN_PX
    left, top = max(left, 0), max(top, 0)
    return (left, top), above[top:bottom, left:right]


def _smooth(above: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W), above 0 inside a smooth outline, from one whose iso-line at 0 has steps.

    What is smoothed is the share of each pixel that lies inside the iso-line: so it does not matter how steep the
    probability is on either side. Twice the filter less the filter twice leaves a curve of any radius where it is; the
    filter alone would draw it inwards.
    """
    height, width = above.shape
    fine = cv2.resize(above, (width * SUBPIXELS, height * SUBPIXELS), interpolation=cv2.INTER_LINEAR)
    share = cv2.resize((fine > 0).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    once = cv2.GaussianBlur(share, (0, 0), SMOOTH_PX, borderType=cv2.BORDER_REPLICATE)
    twice = cv2.GaussianBlur(once, (0, 0), SMOOTH_PX, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(2 * once - twice - 0.5, np.float32)


def _rings(above: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """Closed iso-lines at 0 as (N, 2) x, y, the first point repeated at the end."""
    padded = np.pad(above.astype(np.float64), 1, mode="edge")
    # Negated copies of the outermost pixels let an object that the patch cuts end exactly at the patch's edge.
    for rim in (padded[0], padded[-1], padded[1:-1, 0], padded[1:-1, -1]):
        np.negative(np.abs(rim), out=rim)
    padded[padded == 0] = -1e-9  # a value on the level itself would give an open line
    return [ring[:, ::-1] - 0.5 for ring in find_contours(padded, 0.0) if len(ring) >= 4]


def _even_odd(rings: list[NDArray[np.float64]]) -> ShapelyPolygon | MultiPolygon:
    """Exteriors minus holes: each ring toggles what it encloses."""
    shape: Any = ShapelyPolygon()
    for ring in sorted(rings, key=lambda r: -abs(_signed_area(r))):
        shape = shape.symmetric_difference(shapely.make_valid(ShapelyPolygon(ring)))
    return shape


def _simplified(polygon: ShapelyPolygon, tolerance: float) -> ShapelyPolygon:
    """Fewer points; an outline's chords lie inside it, and the area that they cut off is given back."""
    simple = polygon.simplify(tolerance)
    grow = np.sqrt(polygon.area / simple.area) if simple.area else 1.0
    return affinity.scale(simple, grow, grow, origin="centroid")


def _polygons(shape: Any) -> list[ShapelyPolygon]:
    return [part for part in shapely.get_parts(shapely.get_parts(shape)) if isinstance(part, ShapelyPolygon)]


def _signed_area(ring: NDArray[np.float64]) -> float:
    x, y = ring[:-1].T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def _as_message(polygon: ShapelyPolygon) -> Polygon:
    return Polygon(exterior=_points(polygon.exterior), holes=tuple(_points(h) for h in polygon.interiors))


def _points(ring: Any) -> tuple[tuple[float, float], ...]:
    return tuple((round(x, DECIMALS), round(y, DECIMALS)) for x, y in ring.coords[:-1])
