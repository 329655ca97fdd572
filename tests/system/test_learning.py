"""The learning loop of a whole running system, at toy size: accepted nuclei of real images, a training on them, a verdict,
the version that answers the next click, and the regions to label next."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from inference.data.samples import find_objects, open_dataset
from tests.bench.loop import OPEN, Annotator, Work, annotate, wait_answer
from tests.stack import REPOSITORY, running_stack
from tests.system.client import Person
from tests.system.conftest import populate

BASE = "nuclick-nucleus-monuseg"
SLIDES, OBJECTS = 5, 15
"""One of five slides is held out, and at least ten objects must lie on it."""
KIND = {"object_type": "nucleus", "stain": "H&E"}
RUN_TIMEOUT_S = 240


@pytest.fixture(scope="module")
def learning(tmp_path_factory, labelled_images_folder: Path) -> Iterator[SimpleNamespace]:
    """A project whose annotator has accepted nuclei on five images that the model has never seen."""
    weights = tmp_path_factory.mktemp("weights")
    for path in (REPOSITORY / "inference" / "weights").glob(f"{BASE}.*"):
        shutil.copy(path, weights)
    dataset = open_dataset(labelled_images_folder / "dsb2018")
    images = [dataset.read(name) for name in dataset.of_kind("colour")]
    images = [
        image for image in images if max(image.labels.shape) <= 512 and len(find_objects(image.labels).labels) > 18
    ]
    with running_stack(demo=False, environment={"SQUIGGLE_WEIGHTS": str(weights)}) as stack:
        populate(stack)
        paths = [str(dataset.folder / "images" / f"{image.id}.png") for image in images[:SLIDES]]
        stack.manage("import_slides", *paths, "--project", "Colon", "--mpp", "0.25")
        ann, ada = Person(stack.base_url, "ann"), Person(stack.base_url, "ada")
        [project] = ada.get("/api/projects")
        slides = {slide["name"]: slide["id"] for slide in ada.get(f"/api/projects/{project['id']}")["slides"]}
        work = Work()
        contented = Annotator(good_enough=0.5, acceptable=0.3, most_clicks=2)
        for image in images[:SLIDES]:
            slide = ann.open(slides[f"{image.id}.png"])
            annotate(slide, image, OBJECTS, contented, np.random.default_rng(1), work)
            slide.close()
        nucleus = find_objects(images[0].labels).inner_points[0].tolist()
        yield SimpleNamespace(
            stack=stack, ann=ann, ada=ada, project=project["id"], slide=slides[f"{images[0].id}.png"],
            nucleus=nucleus, accepted=work.accepted,
        )  # fmt: skip


def train(learning: SimpleNamespace, samples: int) -> str:
    """Ask for a training by hand; returns its id."""
    learning.ada.put(
        f"/api/projects/{learning.project}/learning/settings",
        {**KIND, "schedule": None, "new_objects": None, "promotes": True, "samples": samples},
    )
    answer = learning.ada.post(f"/api/projects/{learning.project}/learning/runs", {**KIND, "start": "active"})
    assert answer.status_code < 300, answer.text
    return answer.json()["id"]


def wait_until(learning: SimpleNamespace, run_id: str, condition, what: str) -> dict:
    found: dict = {}

    def is_there() -> bool:
        found.update(learning.ada.get(f"/api/learning/runs/{run_id}"))
        assert found["state"] != "failed", found["failure"]
        return condition(found)

    learning.stack.wait_until(is_there, what=what, timeout_s=RUN_TIMEOUT_S)
    return found


def answering(learning: SimpleNamespace) -> int:
    """The version that answers a click now."""
    slide = learning.ann.open(learning.slide)
    object_id = slide.click(*learning.nucleus)
    answer = wait_answer(slide, object_id, 1)
    slide.decide("reject", object_id)
    slide.close()
    return answer["model_id"]


def test_accepted_work_becomes_a_version_that_answers_once_an_admin_says_so(learning):
    assert learning.accepted >= 40
    before = answering(learning)
    run = wait_until(learning, train(learning, 64), lambda run: run["state"] not in OPEN, "the training")
    assert run["state"] == "done"
    assert run["measurement"]["n_objects"] >= 10
    assert run["verdict"] in {"admin", "refused"}, "one held-out slide is too few for the rule to promote by itself"
    assert answering(learning) == before, "nothing takes over by itself"
    models = f"/api/projects/{learning.project}/models"
    assert learning.ann.post(f"{models}/{run['version_id']}/activate", {"note": ""}).status_code == 403
    assert learning.ada.post(f"{models}/{run['version_id']}/activate", {"note": "tried"}).status_code == 200
    assert answering(learning) == run["version_id"]
    assert learning.ada.post(f"{models}/roll-back", KIND).status_code == 200
    assert answering(learning) == before


def test_regions_that_the_worker_finds_are_pulled_by_two_people(learning):
    asked = {"strategy": "combined", "wanted": 2, "region_um": 25, "object_type": "nucleus"}
    samplings = f"/api/projects/{learning.project}/regions/sampling"
    answer = learning.ada.post(samplings, asked)
    assert answer.status_code == 201, answer.text

    def is_over() -> bool:
        return learning.ada.get(samplings)[0]["state"] not in OPEN

    learning.stack.wait_until(is_over, what="the search for regions", timeout_s=RUN_TIMEOUT_S)
    [sampling] = learning.ada.get(samplings)
    assert (sampling["state"], sampling["found"]) == ("done", 2), sampling
    bob = Person(learning.stack.base_url, "bob")
    pulled = [who.post(f"/api/projects/{learning.project}/regions/next").json() for who in (learning.ann, bob)]
    assert pulled[0]["id"] != pulled[1]["id"]
    assert {region["strategy"] for region in pulled} == {"combined"}
    for who, region in zip((learning.ann, bob), pulled, strict=True):
        assert who.post(f"/api/regions/{region['id']}/release").status_code == 200


def test_a_training_whose_worker_is_killed_goes_on_from_its_checkpoint(learning):
    run_id = train(learning, 32 * 70)
    wait_until(learning, run_id, lambda run: run["stage"] == "training" and run["curve"], "the first checkpoint")
    worker = learning.stack.kill("training-worker")
    learning.stack.wait_replaced("training-worker", worker)
    run = wait_until(
        learning, run_id, lambda run: run["attempt"] > 1 and run["stage"] == "training", "a second attempt"
    )
    steps = [row["step"] for row in run["curve"]]
    assert steps == sorted(set(steps)), "no step is told twice"
    assert learning.ada.post(f"/api/learning/runs/{run_id}/cancel").json()["state"] == "cancelled"
    next_id = train(learning, 64)
    wait_until(learning, next_id, lambda run: run["state"] == "running", "the worker to be free for the next training")
    learning.ada.post(f"/api/learning/runs/{next_id}/cancel")
