"""The simulated annotator points at the right object, as asked, and the same way for the same seed."""

from collections.abc import Callable

import numpy as np
import pytest

from inference.data.samples import Dataset, find_objects
from inference.evaluation.pointing import Pointing, Said, point_at_all

MakeDisks = Callable[..., Dataset]


@pytest.mark.parametrize(
    "pointing", [Pointing(), Pointing(jitter_px=20), Pointing(click="random"), Pointing(click="deep", jitter_px=2)]
)
def test_clicks_when_clipped_lie_on_their_object(disks: MakeDisks, pointing: Pointing) -> None:
    image = disks().read("a")
    objects = find_objects(image.labels)
    points = np.array([s.point for s in point_at_all(image, objects, "nucleus", pointing)])
    columns, rows = np.floor(points).astype(int).T
    assert image.labels[rows, columns].tolist() == objects.labels.tolist()
    again = np.array([s.point for s in point_at_all(image, objects, "nucleus", pointing)])
    assert (points == again).all()


def test_clicks_when_not_clipped_may_miss_but_stay_in_the_image(disks: MakeDisks) -> None:
    image = disks().read("a")
    pointing = Pointing(jitter_px=300, jitter_clipped=False)
    points = np.array([s.point for s in point_at_all(image, find_objects(image.labels), "cell", pointing)])
    columns, rows = np.floor(points).astype(int).T
    assert (image.labels[rows, columns] != [1, 2, 3]).any()


@pytest.mark.parametrize("line", ["skeleton", "drawn"])
def test_lines_when_glands_are_pointed_at_lie_inside(disks: MakeDisks, line: str) -> None:
    image = disks().read("a")
    objects = find_objects(image.labels)
    for said, label in zip(point_at_all(image, objects, "gland", Pointing(line=line)), objects.labels, strict=True):  # type: ignore[arg-type]
        columns, rows = np.floor(np.vstack([*said.strokes, said.point[None]])).astype(int).T
        assert (image.labels[rows, columns] == label).all()
        assert said.positive.all()


def test_said_when_corrected_keeps_its_first_point() -> None:
    said = Said((np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]),), np.array([True])).then((9.0, 8.0), False)
    assert said.point.tolist() == [2, 2]
    assert said.strokes[1].tolist() == [[9, 8]]
    assert said.positive.tolist() == [True, False]
