"""Before and after, side by side: what the rival and what the candidate answer to the same click."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.evaluation.scenes import Found, ask
from inference.methods.base import Segmenter

if TYPE_CHECKING:
    from inference.evaluation.comparison import Shown

OF_EACH_KIND = 4
"""So many losses, gains, and others drawn at random."""
SIDE_PX, GAP_PX = 320, 8
AROUND = 2.5
"""A picture's side, in sides of the object's box …"""
SMALLEST_SIDE_PX = 64
"""… but not fewer pixels of the patch than these."""
ACCEPTED, ANSWER, CLICK, RIM = (255, 214, 0), (0, 229, 255), (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Pictured:
    """A held-out object, and how well both answered."""

    patch: int
    place: int
    """Among the objects pointed at in its patch."""
    slide: str
    label: str
    object_id: str
    candidate: float
    rival: float | None


def draw_pictures(
    folder: Path,
    models: Mapping[str, Segmenter],
    show: Callable[[int], "Shown"],
    objects: Sequence[Pictured],
    seed: int,
) -> list[dict[str, Any]]:
    """Write 0.png, 1.png …, the largest losses first, then gains, then random ones; what each shows.

    Left the rival's answer, right the candidate's (or that alone), each with the accepted outline and what was said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    drawn = []
    for number, each in enumerate(choose(objects, seed)):
        shown = show(each.patch)
        row = int(shown.pointed[each.place])
        sides = []
        for name in ("rival", "candidate"):
            if name in models:
                (answer,) = ask(models[name], shown.scene, shown.said, [row], shown.points)
                sides.append(draw(shown, row, answer))
        gap = np.full((SIDE_PX, GAP_PX, 3), 255, np.uint8)
        picture = sides[0] if len(sides) == 1 else np.hstack([sides[0], gap, sides[1]])
        Image.fromarray(picture).save(folder / f"{number}.png")
        drawn.append(
            {
                "file": f"{number}.png",
                "slide": each.slide,
                "label": each.label,
                "object_id": each.object_id,
                "candidate": each.candidate,
                "rival": each.rival,
            }
        )
    return drawn


def choose(objects: Sequence[Pictured], seed: int) -> list[Pictured]:
    """The largest losses, the largest gains (where there is no rival: the worst answers), and random ones."""
    gain = {id(o): o.candidate - (o.rival if o.rival is not None else 1.0) for o in objects}
    ranked = sorted(objects, key=lambda o: gain[id(o)])
    losses = [o for o in ranked[:OF_EACH_KIND] if gain[id(o)] < 0]
    gains = [o for o in ranked[::-1][:OF_EACH_KIND] if gain[id(o)] > 0]
    left = [o for o in objects if o not in losses and o not in gains]
    picked = np.random.default_rng(seed).permutation(len(left))[:OF_EACH_KIND]
    return [*losses, *gains, *(left[i] for i in sorted(picked))]


def draw(shown: "Shown", row: int, answer: Found) -> NDArray[np.uint8]:
    """(SIDE_PX, SIDE_PX, 3): the surroundings of one object, enlarged."""
    labels = shown.image.labels
    rows, columns = shown.objects.boxes[row]
    side = max(AROUND * max(rows.stop - rows.start, columns.stop - columns.start), SMALLEST_SIDE_PX)
    side = min(side, *labels.shape)
    scale = SIDE_PX / side
    middle = np.array([columns.start + columns.stop, rows.start + rows.stop]) / 2
    corner = np.clip(middle - side / 2, 0, np.array(labels.shape[::-1]) - side)
    # OpenCV's pixel centres lie on whole numbers.
    matrix = np.column_stack([scale * np.eye(2), scale * (0.5 - corner) - 0.5])

    def enlarged(pixels: NDArray[Any]) -> NDArray[np.uint8]:
        warped = cv2.warpAffine(pixels, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
        return warped.astype(np.uint8, copy=False)

    picture = enlarged(shown.image.pixels)
    inside = np.zeros(labels.shape, np.uint8)
    inside[answer.box] = answer.inside
    for mask, colour in ((labels == shown.objects.labels[row], ACCEPTED), (inside > 0, ANSWER)):
        large = enlarged(mask.astype(np.uint8) * 255) > 127
        contours, _ = cv2.findContours(large.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, contours, -1, colour, 2, cv2.LINE_AA)
    for stroke in shown.said[row].strokes:
        line = np.round((stroke - corner) * scale).astype(np.int32)
        for radius, colour in ((5, RIM), (3, CLICK)):
            if len(line) == 1:
                cv2.circle(picture, tuple(line[0].tolist()), radius, colour, -1, cv2.LINE_AA)
            else:
                cv2.polylines(picture, [line], False, colour, radius, cv2.LINE_AA)
    return picture
