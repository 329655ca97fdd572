"""Makes H&E-like slides with known nuclei and glands: `python -m inference.data.synthetic OUT.tif --size 8192 --seed 1`.

Colour is Beer and Lambert's: each pixel holds an amount of haematoxylin and of eosin, and light is 10 to the minus of
what they absorb (Ruifrok and Johnston 2001), with the stain vectors of Macenko et al. 2009. OUT.json beside the slide
holds the truth: outlines of all nuclei and glands in level-0 px, and a landing spot with clear nuclei.
"""

import argparse
import json
import math
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.data import immunohistochemistry
from tqdm import tqdm

from inference.data.pyramid import Progress, write_pyramid
from inference.data.tissue import FIELD_STEP_PX, OUTLINE_POINTS, Blob, Field, Gland, Nucleus, Tissue, invent_tissue

MPP = 0.25
HAEMATOXYLIN = np.array([0.5626, 0.7201, 0.4062], np.float32)
EOSIN = np.array([0.2159, 0.8012, 0.5581], np.float32)
GLASS = np.array([244, 243, 246], np.float32)
"""What the lamp looks like through the empty slide."""
TEXTURE_PX = 1024
DIRECTIONS = 6
HALO_PX = 6
"""Drawn beyond a region's rim, for the blur of the optics."""
IHC_MPP = 0.5
"""Of scikit-image's immunohistochemistry picture (512 × 512 px of colon, DAB). Its source states no scale; nuclei
of about 14 px across suggest a 20× scan, so 0.5 µm per px is assumed."""


# --- textures that repeat without a seam ------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _textures() -> tuple[list[Field], Field, Field]:
    """Fibres in DIRECTIONS directions, chromatin grain, fine cytoplasm; each of mean 0 and deviation 1."""
    rng = np.random.default_rng(20090628)
    fy, fx = np.meshgrid(np.fft.fftfreq(TEXTURE_PX), np.fft.fftfreq(TEXTURE_PX), indexing="ij")

    def shaped(spectrum: NDArray[np.float64]) -> Field:
        noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal(fx.shape)) * spectrum).real
        return ((noise - noise.mean()) / noise.std()).astype(np.float32)

    def streaks(angle: float) -> Field:
        along, across = fx * math.cos(angle) + fy * math.sin(angle), fy * math.cos(angle) - fx * math.sin(angle)
        fine = np.exp(-((along * 34) ** 2) - (across * 6) ** 2) - np.exp(-((along * 34) ** 2) - (across * 60) ** 2)
        broad = np.exp(-((along * 90) ** 2) - (across * 24) ** 2) * 2.0
        return shaped(fine + broad)

    radius = np.hypot(fx, fy)
    grain = shaped(np.exp(-((radius * 6) ** 2)) - 0.9 * np.exp(-((radius * 22) ** 2)))
    fine = shaped(np.exp(-((radius * 6) ** 2)) + 2.5 * np.exp(-((radius * 30) ** 2)))
    return [streaks(math.pi * index / DIRECTIONS) for index in range(DIRECTIONS)], grain, fine


def _cut(texture: Field, left: int, top: int, width: int, height: int, shift: int = 0) -> Field:
    rows = np.arange(top + shift, top + shift + height) % TEXTURE_PX
    columns = np.arange(left + 3 * shift, left + 3 * shift + width) % TEXTURE_PX
    return texture[rows[:, None], columns[None, :]]


# --- drawing a region -------------------------------------------------------------------------------------------


def draw_region(tissue: Tissue, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) RGB. Regions fit together: each pixel depends on its place on the slide alone."""
    x0, y0, columns, rows = left - HALO_PX, top - HALO_PX, width + 2 * HALO_PX, height + 2 * HALO_PX
    canvas = _Canvas(tissue, x0, y0, columns, rows)
    for gland in tissue.glands:
        canvas.draw_gland(gland)
    for nucleus in tissue.nuclei:
        canvas.draw_nucleus(nucleus)
    return canvas.expose()[HALO_PX:-HALO_PX, HALO_PX:-HALO_PX]


class _Canvas:
    """Amounts of both stains over a region, and who draws into them."""

    def __init__(self, tissue: Tissue, left: int, top: int, width: int, height: int) -> None:
        self.left, self.top, self.width, self.height = left, top, width, height
        self.fibres, self.grain, self.fine = _textures()
        self.cytoplasm = _cut(self.fine, left, top, width, height)
        self.thickness = 1 + 0.13 * self._field(tissue.stain)
        self._draw_stroma(tissue)

    def _field(self, field: Field) -> Field:
        """A slow field at full resolution. Each grid value stands at the corner of its cell, shifted by one cell."""
        x0, y0 = self.left / FIELD_STEP_PX + 1, self.top / FIELD_STEP_PX + 1
        x1, y1 = x0 + self.width / FIELD_STEP_PX, y0 + self.height / FIELD_STEP_PX
        cx, cy = max(math.floor(x0) - 3, 0), max(math.floor(y0) - 3, 0)
        part = Image.fromarray(field[cy : math.ceil(y1) + 3, cx : math.ceil(x1) + 3])
        box = (x0 - cx, y0 - cy, min(x1 - cx, part.width), min(y1 - cy, part.height))
        return np.asarray(part.resize((self.width, self.height), Image.Resampling.BICUBIC, box=box))

    def _draw_stroma(self, tissue: Tissue) -> None:
        direction = self._field(tissue.direction) * (DIRECTIONS / math.pi) % DIRECTIONS
        fibre = np.zeros((self.height, self.width), np.float32)
        for index, texture in enumerate(self.fibres):
            apart = np.abs(direction - index)
            weight = np.clip(1 - np.minimum(apart, DIRECTIONS - apart), 0, 1)
            if weight.any():
                fibre += weight * _cut(texture, self.left, self.top, self.width, self.height)
        edge = self._field(tissue.tissue) + 0.012 * fibre + 0.006 * self.cytoplasm
        inside = _step(edge, 0.0, 0.02)
        gaps = _step(fibre, -2.3, -1.3)  # where collagen parts, glass shows
        solid = inside * (0.25 + 0.75 * gaps)
        self.eosin = solid * np.maximum(0.46 + 0.13 * fibre + 0.09 * self.cytoplasm, 0.04)
        self.haematoxylin = solid * np.maximum(0.10 + 0.02 * fibre + 0.035 * self.cytoplasm, 0)

    def _window(self, blob: Blob, reach: float) -> tuple[slice, slice, NDArray[np.float32], NDArray[np.float32]] | None:
        """Rows, columns, and the level-0 places of their pixels' centres, around the blob; None if out of sight."""
        c0, c1 = max(math.floor(blob.x - reach) - self.left, 0), min(math.ceil(blob.x + reach) - self.left, self.width)
        r0, r1 = max(math.floor(blob.y - reach) - self.top, 0), min(math.ceil(blob.y + reach) - self.top, self.height)
        if c0 >= c1 or r0 >= r1:
            return None
        x = (np.arange(c0, c1, dtype=np.float32) + (self.left + 0.5))[None, :]
        y = (np.arange(r0, r1, dtype=np.float32) + (self.top + 0.5))[:, None]
        return slice(r0, r1), slice(c0, c1), x, y

    def draw_gland(self, gland: Gland) -> None:
        """Basement membrane, columnar epithelium with goblets of pale mucin towards the hollow, hollow."""
        window = self._window(gland, gland.reach_px + 12)
        if window is None:
            return
        rows, columns, x, y = window
        depth = gland.depth(x, y)
        cytoplasm = self.cytoplasm[rows, columns]
        pixel = 1 / gland.b  # depth per px
        inside = 1 - _step(depth, 1 - 1.5 * pixel, 1 + 1.5 * pixel)
        hollow = 1 - _step(depth + 2.5 * pixel * cytoplasm, gland.lumen - 2 * pixel, gland.lumen + 2 * pixel)
        theta = np.arctan2(y - gland.y, x - gland.x)
        cell = 0.5 + 0.5 * np.cos(theta * round(_perimeter(gland) / 30) + 2 * np.sin(3 * theta + gland.phases[0]))
        apical = np.exp(-(((depth - gland.lumen - 20 * pixel) / (17 * pixel)) ** 2))
        goblet = _step(cell * apical, 0.35, 0.65)
        border = _step(cell, 0.0, 0.12)  # cell membranes
        eosin = (0.42 + 0.07 * cytoplasm + 0.12 * (1 - border)) * (1 - 0.72 * goblet) * (1 - 0.93 * hollow)
        purple = (0.24 + 0.05 * cytoplasm) * (1 - 0.35 * goblet) * (1 - 0.9 * hollow)
        membrane = 0.16 * np.exp(-(((depth - 1) / (2.2 * pixel)) ** 2))
        self.eosin[rows, columns] = self.eosin[rows, columns] * (1 - inside) + inside * eosin + membrane
        self.haematoxylin[rows, columns] = self.haematoxylin[rows, columns] * (1 - inside) + inside * purple

    def draw_nucleus(self, nucleus: Nucleus) -> None:
        """Soft rim, darker membrane, clumped chromatin, nucleoli; what lies under it is covered."""
        window = self._window(nucleus, nucleus.reach_px + 4)
        if window is None:
            return
        rows, columns, x, y = window
        inward_px = (1 - nucleus.depth(x, y)) * math.sqrt(nucleus.a * nucleus.b)
        inside = _step(inward_px, -1.1, 1.1)
        shift = int(nucleus.x * 7 + nucleus.y * 13) % TEXTURE_PX
        left, top = self.left + columns.start, self.top + rows.start
        width, height = columns.stop - columns.start, rows.stop - rows.start
        chromatin = nucleus.grain * _cut(self.grain, left, top, width, height, shift)
        membrane = 0.22 * np.exp(-(((inward_px - 1.2) / 1.3) ** 2))
        amount = nucleus.darkness * np.clip(0.88 + chromatin + membrane, 0.35, 1.7)
        for index in range(nucleus.nucleoli):
            angle = nucleus.phases[index] + nucleus.angle
            off_x, off_y = 0.35 * nucleus.b * math.cos(angle), 0.35 * nucleus.b * math.sin(angle)
            spot = np.exp(-((x - nucleus.x - off_x) ** 2 + (y - nucleus.y - off_y) ** 2) / 5.0)
            amount = amount + 0.5 * spot
        self.haematoxylin[rows, columns] = self.haematoxylin[rows, columns] * (1 - inside) + inside * amount
        self.eosin[rows, columns] = self.eosin[rows, columns] * (1 - 0.55 * inside) + 0.08 * inside

    def expose(self) -> NDArray[np.uint8]:
        """Stains to light: blur of the optics, absorption, a trace of sensor noise."""
        amounts = [gaussian_filter(stain * self.thickness, 0.65) for stain in (self.haematoxylin, self.eosin)]
        noise = 1.6 * _cut(self.grain, self.left, self.top, self.width, self.height, 517)
        pixels = np.empty((self.height, self.width, 3), np.uint8)
        for channel in range(3):
            absorbed = amounts[0] * HAEMATOXYLIN[channel] + amounts[1] * EOSIN[channel]
            pixels[:, :, channel] = np.clip(GLASS[channel] * np.exp(-absorbed) + noise, 0, 255)
        return pixels


def _perimeter(gland: Gland) -> float:
    return 2 * math.pi * math.sqrt(gland.a * gland.b)


def _step(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.floating]:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


# --- the slide and its truth ------------------------------------------------------------------------------------


def write_slide(
    path: Path, *, size_px: int = 8192, seed: int = 1, mpp: float = MPP, progress: Progress = lambda _: None
) -> Tissue:
    """Write the slide (a tiled JPEG pyramid) to `path` and its truth beside it, with the ending .json."""
    tissue = invent_tissue(size_px=size_px, seed=seed)
    description = f"Synthetic H&E, seed {seed}: no tissue of any living being."

    def draw(left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        return draw_region(tissue, left, top, width, height)

    write_pyramid(path, draw, width=size_px, height=size_px, mpp=mpp, description=description, progress=progress)
    path.with_suffix(".json").write_text(json.dumps(describe(tissue, seed=seed, mpp=mpp)))
    return tissue


def describe(tissue: Tissue, *, seed: int, mpp: float) -> dict[str, Any]:
    """The truth, as JSON takes it; places in level-0 px."""
    return {
        "size_px": tissue.size_px,
        "mpp": mpp,
        "seed": seed,
        "landing": choose_landing(tissue),
        "nuclei": [_describe_blob(nucleus) for nucleus in tissue.nuclei],
        "glands": [_describe_blob(gland, points=96) for gland in tissue.glands],
    }


def _describe_blob(blob: Blob, points: int = OUTLINE_POINTS) -> dict[str, Any]:
    outline = np.round(blob.outline(points), 1).tolist()
    return {"centroid": [round(blob.x, 1), round(blob.y, 1)], "polygon": outline}


def choose_landing(tissue: Tissue, width_px: int = 1000) -> dict[str, float]:
    """Where a view of width_px shows the most nuclei around a gland."""
    places = np.array([(nucleus.x, nucleus.y) for nucleus in tissue.nuclei]).reshape(-1, 2)
    middle = Blob(tissue.size_px / 2, tissue.size_px / 2, 1, 1, 0, (), ())
    reach = np.array([width_px / 2, width_px / 3.2])

    def count_in_view(spot: Blob) -> int:
        return int((np.abs(places - (spot.x, spot.y)) < reach).all(axis=1).sum())

    best = max(tissue.glands, key=count_in_view, default=middle)
    return {
        "x": round(float(best.x), 1),
        "y": round(float(best.y), 1),
        "width_px": float(min(width_px, tissue.size_px)),
    }


def write_immunohistochemistry(path: Path, progress: Progress = lambda _: None) -> None:
    """The stained image that scikit-image's package carries (colon, DAB and haematoxylin), as a pyramid."""
    pixels = immunohistochemistry()
    height, width = pixels.shape[:2]

    def draw(left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        return pixels[top : top + height, left : left + width]

    description = "scikit-image: data.immunohistochemistry; scale assumed, not measured."
    write_pyramid(path, draw, width=width, height=height, mpp=IHC_MPP, description=description, progress=progress)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m inference.data.synthetic", description=__doc__)
    parser.add_argument(
        "out", type=Path, help="the TIFF to write; an H&E slide's truth goes to the same name with .json"
    )
    parser.add_argument("--size", type=int, default=8192, metavar="PX", help="height and width (default 8192)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mpp", type=float, default=MPP, help="µm per px to state (default 0.25)")
    parser.add_argument("--immunohistochemistry", action="store_true", help="write scikit-image's DAB picture instead")
    options = parser.parse_args()
    if options.size < 64 or not 0.01 <= options.mpp <= 20:
        parser.error("--size is 64 px or more, --mpp 0.01 to 20 µm per px")
    with tqdm(total=100, unit="%", desc=options.out.name, bar_format="{desc}: {percentage:3.0f}% {bar}") as bar:
        progress: Progress = lambda share: bar.update(round(share * 100) - bar.n)  # noqa: E731
        try:
            if options.immunohistochemistry:
                write_immunohistochemistry(options.out, progress)
            else:
                write_slide(options.out, size_px=options.size, seed=options.seed, mpp=options.mpp, progress=progress)
        except OSError as error:
            options.out.unlink(missing_ok=True)
            sys.exit(f"{options.out} could not be written: {error.strerror}.")


if __name__ == "__main__":
    main()
