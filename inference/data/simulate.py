"""The simulated annotator: where a person would click. One implementation for training, evaluation and learning."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra
from skimage.morphology import skeletonize

Mask = NDArray[np.bool_]
Point = tuple[float, float]
"""x, y in pixels; a pixel's centre lies at + 0.5."""
Points = NDArray[np.float64]
"""(N, 2) x, y."""

SECOND_LINE, SHORT_LINE = 0.35, 0.5
"""How often a squiggle has one more line (and then a third), and how often a line stops short."""
SMOOTHING_PX, SWAY_PX, VERTEX_SPACING_PX = 4.0, 25.0, 4


def distance_inside(mask: Mask) -> NDArray[np.float32]:
    """(H, W) distance to the nearest pixel outside the mask; what lies beyond the image counts as outside."""
    return _distance_to_zero(np.pad(mask.astype(np.uint8), 1))[1:-1, 1:-1]


def _distance_to_zero(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """OpenCV rounds by where in memory its result happens to lie; but squares of distances are whole numbers. Without this
    a click where two pixels are equally deep could differ between a run and its resumption."""
    distance = cv2.distanceTransform(values, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(np.square(distance, dtype=np.float64))).astype(np.float32)


def signed_distance(mask: Mask) -> NDArray[np.float32]:
    """(H, W) positive inside, negative outside, zero on the line between pixels; the image's rim is no outline."""
    inside, outside = _distance_to_zero(mask.astype(np.uint8)), _distance_to_zero((~mask).astype(np.uint8))
    return np.where(mask, np.minimum(inside, 1e3) - 0.5, 0.5 - np.minimum(outside, 1e3))


def first_click(mask: Mask, rng: np.random.Generator) -> Point:
    """A first click as people make it: 37 % aimed at the centroid and missed by up to some 12 px, 30 % well inside
    (NuClick's sampler), 20 % anywhere but the rim, 10 % at the centroid, 3 % up to 2 px beside the object.

    `mask` must not be empty; a margin of 3 px around the object leaves room for the clicks beside it.
    """
    choice = rng.random()
    if choice < 0.10:
        return central_point(mask)
    if choice < 0.13:
        distance = signed_distance(mask)
        return _pick((distance < 0) & (distance > -2), rng) or central_point(mask)
    if choice < 0.50:
        return displaced_click(mask, central_point(mask), rng.uniform(0, 12), rng)
    depth = distance_inside(mask)
    if choice < 0.70:
        return _pick(depth > 1, rng) or central_point(mask)
    return _nuclick_point(depth, rng)


def central_point(mask: Mask) -> Point:
    """The centroid, moved to the nearest pixel of the object where it lies outside."""
    ys, xs = np.nonzero(mask)
    cy, cx = ys.mean(), xs.mean()
    nearest = int(np.argmin((ys - cy) ** 2 + (xs - cx) ** 2))
    return float(xs[nearest]) + 0.5, float(ys[nearest]) + 0.5


def displaced_click(
    mask: Mask, origin: Point, sigma_px: float, rng: np.random.Generator, *, margin_px: float = 2
) -> Point:
    """`origin` displaced by |N(0, σ)| in a random direction, moved back to the nearest pixel at least `margin_px` inside.

    An object too thin for that takes its deepest pixels.
    """
    x, y = careless_click(origin, sigma_px, rng)
    depth = distance_inside(mask)
    ys, xs = np.nonzero(depth >= min(margin_px, float(depth.max())))
    nearest = int(np.argmin((ys + 0.5 - y) ** 2 + (xs + 0.5 - x) ** 2))
    return float(xs[nearest]) + 0.5, float(ys[nearest]) + 0.5


def careless_click(origin: Point, sigma_px: float, rng: np.random.Generator) -> Point:
    """`origin` displaced by |N(0, σ)| in a random direction, wherever that is."""
    angle, distance = rng.uniform(0, 2 * np.pi), abs(rng.normal(0, sigma_px))
    return origin[0] + distance * np.cos(angle), origin[1] + distance * np.sin(angle)


def paper_click(mask: Mask, rng: np.random.Generator) -> Point:
    """NuClick's training click as printed: any pixel at least 2 px from the boundary; the deepest ones of a thin object."""
    depth = distance_inside(mask)
    point = _pick(depth >= min(2.0, float(depth.max())), rng)
    assert point is not None  # the maximum qualifies
    return point


def code_click(mask: Mask, rng: np.random.Generator) -> Point:
    """NuClick's training click as its published code draws it: of the pixels deeper than τ ~ U(mean − std, mean + std), in
    raster order, one between the 5 % and the 95 % position."""
    depth = distance_inside(mask)
    inside = depth[mask]
    mean, std = float(inside.mean()), float(inside.std())
    tau = float(np.clip(rng.uniform(mean - std, mean + std), 0, max(float(inside.max()) - 1, 0)))
    candidates = np.flatnonzero(depth > tau)
    low, high = int(0.05 * len(candidates)), int(np.ceil(0.95 * len(candidates)))
    y, x = divmod(int(candidates[rng.integers(low, high)]), mask.shape[1])
    return x + 0.5, y + 0.5


def point_of_each(labels: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.float64]:
    """(N, 2): a random pixel of each object of a label image, in order of the labels."""
    ys, xs = np.nonzero(labels)
    order = rng.permutation(len(ys))
    _, first = np.unique(labels[ys[order], xs[order]], return_index=True)
    return np.column_stack([xs[order][first], ys[order][first]]).astype(np.float64) + 0.5


def next_click(predicted: Mask, truth: Mask, rng: np.random.Generator) -> tuple[Point, bool] | None:
    """The correcting click of RITM (Sofiiuk et al. 2021): in the deepest error region, where the depth is above half its
    maximum. (point, positive), or nothing where the mask is right."""
    missed, taken = distance_inside(truth & ~predicted), distance_inside(predicted & ~truth)
    positive = bool(missed.max() >= taken.max())
    depth = missed if positive else taken
    point = _pick(depth > depth.max() / 2, rng) if depth.max() > 0 else None
    return None if point is None else (point, positive)


def deepest_error(predicted: Mask, truth: Mask, clicked: Sequence[Point] = ()) -> tuple[Point, bool] | None:
    """The correcting click of RITM's evaluation: the pixel deepest inside what is missed or wrongly taken, the first in
    raster order, pixels clicked before left out. (point, positive), or nothing where the mask is right."""
    missed, taken = distance_inside(truth & ~predicted), distance_inside(predicted & ~truth)
    height, width = truth.shape
    for x, y in clicked:
        if 0 <= x < width and 0 <= y < height:
            missed[int(y), int(x)] = taken[int(y), int(x)] = 0
    positive = bool(missed.max() > taken.max())
    depth = missed if positive else taken
    if depth.max() == 0:
        return None
    row, column = divmod(int(np.argmax(depth)), width)
    return (column + 0.5, row + 0.5), positive


def full_skeleton(mask: Mask) -> tuple[Points, ...]:
    """The morphological skeleton of a whole object, the squiggle of NuClick's evaluation: lines from pixel to
    neighbouring pixel that cover each of its pixels once, save where one line leaves another.

    `mask` must not be empty.
    """
    return tuple(_walks(_skeleton(mask)))


def squiggle(mask: Mask, rng: np.random.Generator) -> tuple[Points, ...]:
    """What a person draws into an object: one line along it, now and then one or two more, smooth, swaying about the
    middle, and often not as long as the object.

    The lines follow the skeleton of {EDT > τ}, τ ~ U(0, mean + std) of the depth inside (NuClick 3.3.2). `mask` must not
    be empty.
    """
    depth = distance_inside(mask)
    inside = depth[mask]
    tau = min(rng.uniform(0, float(inside.mean() + inside.std())), float(inside.max()) - 0.5)
    left = _skeleton(depth > tau)
    lines = [_longest_path(left)]
    while len(lines) < 3 and rng.random() < SECOND_LINE:
        columns, rows = np.floor(lines[-1]).astype(np.int64).T
        drawn = np.zeros_like(left)
        drawn[rows, columns] = True
        left &= distance_inside(~drawn) > VERTEX_SPACING_PX
        if left.sum() < 2 * VERTEX_SPACING_PX:
            break
        lines.append(_longest_path(left))
    return tuple(_as_drawn(line, depth, rng) for line in lines)


def _skeleton(mask: Mask) -> Mask:
    lines: Mask = skeletonize(np.pad(mask, 1))[1:-1, 1:-1]
    if not lines.any():  # thinning may leave nothing of a few pixels
        x, y = central_point(mask)
        lines[int(y), int(x)] = True
    return lines


def _walks(lines: Mask) -> list[Points]:
    """Each pixel of a skeleton in order along its branches."""
    left = {(int(x), int(y)) for y, x in np.argwhere(lines)}
    ends = [p for p in sorted(left) if len(_neighbours(p, left)) == 1]
    walks, branches = [], list[tuple[tuple[int, int], ...]]()
    while left:
        branch = branches.pop() if branches else (next((p for p in ends if p in left), min(left)),)
        if branch[-1] not in left:
            continue  # another walk came by
        walk = list(branch)
        left.discard(walk[-1])
        while following := _neighbours(walk[-1], left):
            branches += [(walk[-1], other) for other in following[1:]]
            walk.append(following[0])
            left.discard(walk[-1])
        walks.append(np.array(walk, np.float64) + 0.5)
    return walks


def _neighbours(pixel: tuple[int, int], among: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those beside it first, so that no walk cuts a corner and leaves a pixel behind."""
    x, y = pixel
    around = [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)]
    return [p for p in ((x + dx, y + dy) for dx, dy in around) if p in among]


def _longest_path(lines: Mask) -> Points:
    """(N, 2): from one end of a skeleton to the farthest other end, pixel by pixel."""
    parts, count = ndimage.label(lines, np.ones((3, 3)))
    largest = 1 + int(np.argmax(np.bincount(parts.ravel(), minlength=count + 1)[1:]))
    ys, xs = np.nonzero(parts == largest)
    number = np.full(np.add(lines.shape, 2), -1)
    number[ys + 1, xs + 1] = np.arange(len(ys))
    rows, columns, lengths = [], [], []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        beside = number[ys + 1 + dy, xs + 1 + dx]
        found = np.flatnonzero(beside >= 0)
        rows.append(found)
        columns.append(beside[found])
        lengths.append(np.full(len(found), np.hypot(dy, dx)))
    edges = (np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns)))
    graph = sparse.coo_array(edges, shape=(len(ys), len(ys))).tocsr()
    start = int(np.argmax(dijkstra(graph, directed=False, indices=0)))
    distances, previous = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    path = [int(np.argmax(distances))]
    while path[-1] != start:
        path.append(int(previous[path[-1]]))
    return np.column_stack([xs[path], ys[path]]).astype(np.float64) + 0.5


def _as_drawn(path: Points, depth: NDArray[np.float32], rng: np.random.Generator) -> Points:
    """A path along the middle as a hand draws it; nowhere further from the middle than half the way to the rim."""
    if len(path) < 2 * VERTEX_SPACING_PX:
        return path[:: len(path) - 1] if len(path) > 1 else path
    if rng.random() < 0.5:
        path = path[::-1]
    if rng.random() < SHORT_LINE:
        kept = max(2 * VERTEX_SPACING_PX, round(len(path) * rng.uniform(0.3, 1)))
        start = int(rng.integers(len(path) - kept + 1))
        path = path[start : start + kept]
    sway = ndimage.gaussian_filter1d(rng.normal(size=path.shape), SWAY_PX, axis=0, mode="nearest")
    sway *= rng.uniform(0, 0.5) / max(float(np.hypot(*sway.T).max()), 1e-9)
    columns, rows = np.floor(path).astype(np.int64).T
    smooth = ndimage.gaussian_filter1d(path, SMOOTHING_PX, axis=0, mode="nearest")
    moved = smooth - path + sway * depth[rows, columns, None]
    room = np.maximum(depth[rows, columns] - 0.75, 0) / np.maximum(np.hypot(*moved.T), 1e-9)  # to the rim
    drawn = path + moved * np.minimum(room, 1)[:, None]
    return np.vstack([drawn[:-1:VERTEX_SPACING_PX], drawn[-1:]])


def _nuclick_point(depth: NDArray[np.float32], rng: np.random.Generator) -> Point:
    """A uniform pixel of {EDT > τ}, τ ~ U(mean − std, mean + std) of the depth inside (METHODS: NuClick's training click)."""
    inside = depth[depth > 0]
    mean, std = float(inside.mean()), float(inside.std())
    tau = float(np.clip(rng.uniform(mean - std, mean + std), 0, float(inside.max()) - 0.5))
    point = _pick(depth > tau, rng)
    assert point is not None  # tau lies below the maximum
    return point


def _pick(candidates: Mask, rng: np.random.Generator) -> Point | None:
    flat = np.flatnonzero(candidates)
    if not flat.size:
        return None
    y, x = divmod(int(rng.choice(flat)), candidates.shape[1])
    return x + 0.5, y + 0.5
