"""Regions of one slide, and objects that a person made in them."""

import pytest

from annotator.annotations import services as annotations
from annotator.regions.models import Region
from tests.annotator.factories import TIMES, accept_ref, answer, square, target


@pytest.fixture
def queue(project, slide):
    """Makes open regions, 100 px apart in the order of their rank."""

    def queue(count: int = 1, **fields) -> list[Region]:
        defaults = {"y": 0, "width": 100, "height": 100, "object_type": "nucleus", "strategy": "random"}
        return [
            Region.objects.create(project=project, slide=slide, x=100 * i, rank=i, **defaults | fields)
            for i in range(count)
        ]

    return queue


@pytest.fixture
def propose(people, slide, model):
    """Makes a proposal of 20 px with its upper left corner at x, y."""

    def propose(x: float, y: float, label: str = "Tumour"):
        label = slide.project.labels.get(name=label)
        [row] = annotations.ask(
            user=people.annotator, slide=slide, label=label, model_id=model.pk, targets=[target(at=(x + 10, y + 10))]
        )
        reply = answer(row.pk, polygon=square(x, y))
        annotations.record_segmentation(slide=slide, model_id=model.pk, objects=[reply], times=TIMES)
        row.refresh_from_db()
        return row

    return propose


@pytest.fixture
def accept(people, slide, propose):
    def accept(x: float, y: float, label: str = "Tumour"):
        row = propose(x, y, label)
        annotations.accept(user=people.annotator, slide=slide, refs=[accept_ref(row)], how="key", elapsed_ms=1000)
        return row

    return accept
