"""Invents a piece of tissue: where glass, stroma, glands and nuclei lie, with their outlines. Pixels are drawn elsewhere.

Sizes are those of colon mucosa at 0.25 µm per px: crypts of 60 to 110 µm, nuclei of 4 to 9 µm. Fields that vary slowly
(tissue, direction of the fibres, stain) live on a grid of FIELD_STEP_PX.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

FIELD_STEP_PX = 32
SHAPE_WAVES = (2, 3, 4)
"""Harmonics that make an ellipse irregular."""
OUTLINE_POINTS = 28

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Blob:
    """An irregular ellipse: point (u, v) of its own axes is inside where hypot(u / a, v / b) < 1 + Σ wave."""

    x: float
    y: float
    a: float
    b: float
    angle: float
    amplitudes: tuple[float, ...]
    phases: tuple[float, ...]

    def rim(self, theta: NDArray[np.floating]) -> NDArray[np.floating]:
        """How far the outline lies beyond the ellipse, as a factor, at the ellipse's own angle theta."""
        waves = zip(SHAPE_WAVES, self.amplitudes, self.phases, strict=True)
        return 1 + sum(amplitude * np.cos(wave * theta + phase) for wave, amplitude, phase in waves)

    def depth(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
        """0 in the middle, 1 on the outline, more outside."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        dx, dy = x - self.x, y - self.y
        u, v = (dx * cos + dy * sin) / self.a, (dy * cos - dx * sin) / self.b
        return np.hypot(u, v) / self.rim(np.arctan2(v, u))

    def outline(self, points: int = OUTLINE_POINTS, depth: float = 1.0) -> NDArray[np.float64]:
        """points × 2 (x, y), level-0 px, not closed."""
        theta = np.linspace(0, 2 * math.pi, points, endpoint=False)
        u, v = (axis * depth * self.rim(theta) for axis in (self.a * np.cos(theta), self.b * np.sin(theta)))
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.stack([self.x + u * cos - v * sin, self.y + u * sin + v * cos], axis=1)

    @property
    def reach_px(self) -> float:
        return max(self.a, self.b) * (1 + sum(abs(amplitude) for amplitude in self.amplitudes))


@dataclass(frozen=True)
class Nucleus(Blob):
    darkness: float
    """Haematoxylin inside."""
    grain: float
    """Contrast of the chromatin."""
    nucleoli: int


@dataclass(frozen=True)
class Gland(Blob):
    lumen: float
    """Depth at which the epithelium ends and the hollow begins."""


@dataclass(frozen=True)
class Tissue:
    size_px: int
    tissue: Field
    """> 0 is tissue, < 0 is glass."""
    direction: Field
    """Of the fibres, in radians."""
    stain: Field
    """Standard normal: thickness of the section."""
    glands: tuple[Gland, ...]
    nuclei: tuple[Nucleus, ...]


def invent_tissue(*, size_px: int, seed: int) -> Tissue:
    """The same size and seed give the same tissue."""
    rng = np.random.default_rng([seed, size_px])
    cells = size_px // FIELD_STEP_PX + 3
    tissue = _tissue_field(rng, cells)
    direction = _smooth_noise(rng, cells, 14) * 1.3 + rng.uniform(0, math.pi)
    ground = _Ground(size_px, tissue, direction, _smooth_noise(rng, cells, 10))
    glands = _place_glands(rng, ground)
    nuclei = _place_epithelium(rng, glands, ground) + _place_stroma(rng, ground)
    return Tissue(size_px, tissue, direction, _smooth_noise(rng, cells, 20), tuple(glands), tuple(nuclei))


# --- fields -----------------------------------------------------------------------------------------------------


def _smooth_noise(rng: np.random.Generator, cells: int, period: float) -> Field:
    noise = gaussian_filter(rng.standard_normal((cells, cells)), min(period, cells / 4), mode="wrap")
    return ((noise - noise.mean()) / (noise.std() + 1e-9)).astype(np.float32)


def _tissue_field(rng: np.random.Generator, cells: int) -> Field:
    """A ragged biopsy: a superellipse that leaves a margin of glass, gnawed at by noise, with a few tears."""
    axis = np.linspace(-1, 1, cells)
    body = 0.86 - (np.abs(axis[:, None]) ** 4 + np.abs(axis[None, :]) ** 4) ** 0.25
    tear = np.minimum(_smooth_noise(rng, cells, 9) + 2.6, 1) * 0.5
    return np.minimum(body + 0.05 * _smooth_noise(rng, cells, 6), tear).astype(np.float32)


class _Ground:
    """Answers what is at a place, and keeps what was put there apart."""

    def __init__(self, size_px: int, tissue: Field, direction: Field, crowding: Field) -> None:
        self.size_px, self.tissue, self.direction, self.crowding = size_px, tissue, direction, crowding
        self._taken: dict[tuple[int, int], list[Blob]] = defaultdict(list)
        self._glands: dict[tuple[int, int], list[Gland]] = defaultdict(list)

    def at(self, field: Field, x: float, y: float) -> float:
        return float(field[int(y) // FIELD_STEP_PX + 1, int(x) // FIELD_STEP_PX + 1])

    def is_tissue(self, x: float, y: float) -> bool:
        return 24 <= x < self.size_px - 24 and 24 <= y < self.size_px - 24 and self.at(self.tissue, x, y) > 0.03

    def is_free_of_nuclei(self, blob: Blob, gap_px: float) -> bool:
        """By ellipses' mean radii: nuclei touch at times, as they do, but hardly overlap."""
        column, row = int(blob.x) // 48, int(blob.y) // 48
        near = (other for dx in (-1, 0, 1) for dy in (-1, 0, 1) for other in self._taken[column + dx, row + dy])
        return all(
            math.hypot(other.x - blob.x, other.y - blob.y) > _mean_radius(other) + _mean_radius(blob) + gap_px
            for other in near
        )

    def put_nucleus(self, nucleus: Blob) -> None:
        self._taken[int(nucleus.x) // 48, int(nucleus.y) // 48].append(nucleus)

    def put_gland(self, gland: Gland) -> None:
        reach = int(gland.reach_px) // 512 + 1
        for column in range(int(gland.x) // 512 - reach, int(gland.x) // 512 + reach + 1):
            for row in range(int(gland.y) // 512 - reach, int(gland.y) // 512 + reach + 1):
                self._glands[column, row].append(gland)

    def glands_near(self, x: float, y: float) -> list[Gland]:
        return self._glands[int(x) // 512, int(y) // 512]

    def is_outside_glands(self, x: float, y: float, margin_px: float) -> bool:
        place = np.array([x]), np.array([y])
        return all(
            math.hypot(gland.x - x, gland.y - y) > gland.reach_px + margin_px
            or gland.depth(*place)[0] > 1 + margin_px / min(gland.a, gland.b)
            for gland in self.glands_near(x, y)
        )


def _mean_radius(blob: Blob) -> float:
    return math.sqrt(blob.a * blob.b)


# --- what lies on the ground --------------------------------------------------------------------------------------


def _waves(rng: np.random.Generator, strength: float) -> dict[str, tuple[float, ...]]:
    amplitudes = rng.normal(0, strength, len(SHAPE_WAVES)) / np.arange(1, len(SHAPE_WAVES) + 1)
    limited = np.clip(amplitudes, -2 * strength, 2 * strength)
    return {"amplitudes": tuple(limited), "phases": tuple(rng.uniform(0, 2 * math.pi, len(SHAPE_WAVES)))}


def _place_glands(rng: np.random.Generator, ground: _Ground) -> list[Gland]:
    glands: list[Gland] = []
    for _ in range(int((ground.size_px / 150) ** 2)):
        x, y = rng.uniform(0, ground.size_px, 2)
        radius, stretch = rng.uniform(115, 195), rng.uniform(1, 1.5)
        a, b = radius * math.sqrt(stretch), radius / math.sqrt(stretch)
        around = [(x + dx, y + dy) for dx in (-a, 0, a) for dy in (-a, 0, a)]
        if ground.at(ground.crowding, x, y) < -0.9 or not all(ground.is_tissue(*place) for place in around):
            continue
        if any(math.hypot(g.x - x, g.y - y) < 0.9 * (max(g.a, g.b) + a) + 55 for g in ground.glands_near(x, y)):
            continue
        lumen = 1 - rng.uniform(66, 84) / b
        gland = Gland(x, y, a, b, rng.uniform(0, math.pi), **_waves(rng, 0.05), lumen=max(lumen, 0.22))
        ground.put_gland(gland)
        glands.append(gland)
    return glands


def _place_epithelium(rng: np.random.Generator, glands: list[Gland], ground: _Ground) -> list[Nucleus]:
    """Elongated nuclei that stand on the base of the crypt, pointing to the hollow; some in a second row."""
    nuclei = []
    for gland in glands:
        count = int(2 * math.pi * _mean_radius(gland) / 12)
        for index in range(count):
            theta = 2 * math.pi * (index + rng.uniform(-0.25, 0.25)) / count
            inset = rng.uniform(17, 25) if rng.random() < 0.62 else rng.uniform(28, 46)
            x, y = _on_ring(gland, theta, 1 - inset / gland.b)
            towards = math.atan2(y - gland.y, x - gland.x) + rng.normal(0, 0.18)
            nucleus = Nucleus(
                x, y, rng.uniform(12.5, 18), rng.uniform(8, 10.8), towards, **_waves(rng, 0.035),
                darkness=rng.uniform(1.15, 1.6), grain=rng.uniform(0.18, 0.3), nucleoli=int(rng.random() < 0.5),
            )  # fmt: skip
            if ground.is_free_of_nuclei(nucleus, -3.5):
                ground.put_nucleus(nucleus)
                nuclei.append(nucleus)
    return nuclei


def _on_ring(gland: Gland, theta: float, depth: float) -> tuple[float, float]:
    reach = float(gland.rim(np.array([theta]))[0]) * depth
    u, v = gland.a * math.cos(theta) * reach, gland.b * math.sin(theta) * reach
    cos, sin = math.cos(gland.angle), math.sin(gland.angle)
    return gland.x + u * cos - v * sin, gland.y + u * sin + v * cos


def _place_stroma(rng: np.random.Generator, ground: _Ground) -> list[Nucleus]:
    """Lymphocytes (round, dark), fibroblasts (spindles along the fibres), plump cells; denser where it is crowded."""
    nuclei = []
    for _ in range(int((ground.size_px / 31) ** 2)):
        x, y = rng.uniform(0, ground.size_px, 2)
        if not ground.is_tissue(x, y) or rng.random() > 0.55 + 0.25 * ground.at(ground.crowding, x, y):
            continue
        nucleus = _stroma_nucleus(rng, x, y, ground.at(ground.direction, x, y))
        if ground.is_free_of_nuclei(nucleus, 2.5) and ground.is_outside_glands(x, y, 10 + nucleus.b):
            ground.put_nucleus(nucleus)
            nuclei.append(nucleus)
    return nuclei


def _stroma_nucleus(rng: np.random.Generator, x: float, y: float, direction: float) -> Nucleus:
    kind = rng.random()
    if kind < 0.4:
        radius = rng.uniform(8.5, 11.5)
        a, b, darkness, grain = radius * rng.uniform(1, 1.15), radius, rng.uniform(1.6, 2.1), rng.uniform(0.22, 0.34)
    elif kind < 0.75:
        a, b, darkness, grain = (
            rng.uniform(15, 23),
            rng.uniform(5.5, 7.5),
            rng.uniform(1.3, 1.8),
            rng.uniform(0.12, 0.22),
        )
    else:
        a, b, darkness, grain = rng.uniform(13, 18), rng.uniform(10, 14), rng.uniform(0.8, 1.2), rng.uniform(0.2, 0.32)
    angle = direction + rng.normal(0, 0.3)
    shape = _waves(rng, 0.04)
    return Nucleus(x, y, a, b, angle, **shape, darkness=darkness, grain=grain, nucleoli=int(kind > 0.75) * 2)
