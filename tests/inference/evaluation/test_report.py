"""The report's means, intervals and tables."""

import json

import numpy as np
import pytest

from inference.data.samples import find_objects
from inference.evaluation.corrections import MOST_CLICKS, Effort
from inference.evaluation.report import EFFORT, SCORES, as_table, build_report
from inference.evaluation.scenes import NOTHING, tight
from inference.evaluation.scoring import ImageScores, score_image

LABELS = np.zeros((12, 12), np.uint16)
LABELS[2:8, 2:8] = 1
RIGHT = tight(LABELS > 0, (LABELS > 0).astype(np.float32), (0, 0))


def image(*, right: bool) -> ImageScores:
    return score_image(LABELS, find_objects(LABELS), [RIGHT if right else NOTHING])


def make(efforts: dict[str, Effort] | None = None) -> dict[str, object]:
    return build_report(
        scores={"x_1": image(right=True), "x_2": image(right=False), "y_1": image(right=True)},
        efforts=efforts or {},
        sources={"x_1": "x", "x_2": "x", "y_1": "y"},
        times_ms=[1.0, 3.0, 2.0],
        seed=1,
    )


def test_report_when_built_has_means_by_source_and_over_all() -> None:
    report = make()
    assert report["aji"] == pytest.approx(2 / 3)
    assert report["per_source"]["x"]["aji"] == 0.5
    assert report["per_source"]["y"]["intervals"]["aji"] == [None, None]  # one image says nothing of others
    assert report["intervals"]["aji"][0] < 2 / 3 < report["intervals"]["aji"][1]
    assert report["per_image"]["x_2"]["hausdorff_px"] is None
    assert report["hausdorff_px"] == 0  # of the known ones
    assert (report["n_images"], report["n_objects"], report["n_unanswered"]) == (3, 3, 1)
    assert report["ms_per_click_p50"] == 2
    json.dumps(report, allow_nan=False)


def test_table_when_printed_has_images_sources_all_and_pooled() -> None:
    lines = as_table(make()).splitlines()
    assert len(lines) == 2 + 3 + 3 * 3
    assert all(line.count("|") == len(SCORES) + 3 for line in lines)
    assert "**x, mean of 2**" in lines[5]
    assert "**mean of 3 images** | 3 | 0.667" in lines[11]
    assert "–" in lines[3]  # the Hausdorff distance of nothing


def test_table_when_corrections_were_counted_has_a_second_one() -> None:
    iou = np.full((2, MOST_CLICKS), 0.7)
    iou[0, 1:] = 0.93
    efforts = {"x_1": Effort(iou), "x_2": Effort(iou[1:]), "y_1": Effort(iou[:1])}
    table = as_table(make(efforts))
    assert f"| {' | '.join(EFFORT.values())} |" in table
    assert "| x_1 | 1 | 11.0 | 2.000 | 1 |" in table  # the objects of the image; the mean of 2 and 20 clicks
    later = ", ".join(f"0.815 after {k}" for k in (2, 3, 5, 10, 20))
    assert table.endswith(f"Mean IoU of 4 objects: 0.700 after 1, {later}.")
