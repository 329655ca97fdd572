"""Searches for regions: what the training worker is asked, what comes into the queue, and who may ask."""

import json
from uuid import UUID, uuid4

import pytest
from django.test import Client

from annotator.core.errors import InvalidInput
from annotator.core.redis import get_redis
from annotator.learning import inbox, outbox
from annotator.learning.models import JobState, SamplingRun
from annotator.learning.sampling import request_sampling
from annotator.regions.models import Region
from inference.protocol import (
    LEASE_KEY_PREFIX,
    JobFailed,
    JobProgress,
    Sampled,
    SampleRequest,
    ScoredRegion,
)
from tests.annotator.factories import make_slide

WISH = {"strategy": "combined", "wanted": 5, "region_um": 256.0, "object_type": "nucleus"}


@pytest.fixture
def search(people, project, model, slide):
    def search(**changes) -> SamplingRun:
        return request_sampling(project=project, by=people.admin, **WISH | changes)

    return search


@pytest.fixture
def call(people, project):
    def call(name, method, path, body=None):
        client = Client()
        client.force_login(getattr(people, name))
        data = "" if body is None else json.dumps(body)
        answer = client.generic(method, f"/api/{path}", data=data, content_type="application/json")
        return answer.status_code, answer.json()

    return call


def found(slide, *xs) -> tuple[ScoredRegion, ...]:
    return tuple(
        ScoredRegion(slide_id=slide.pk, x=x, y=0, width=512, height=512, score=1 - i / 10) for i, x in enumerate(xs)
    )


def finish(run, *regions) -> None:
    inbox.receive(Sampled(job_id=run.pk, attempt=run.attempt, regions=regions).model_dump(mode="json"))
    run.refresh_from_db()


def test_the_worker_is_asked_for_the_slides_of_the_most_frequent_stain(project, slide, model, search):
    second, other = make_slide(project, number=2), make_slide(project, number=3)
    other.stain = "IHC"
    other.save()
    request = SampleRequest.model_validate({**search().request, "attempt": 1})
    assert [each.slide_id for each in request.slides] == [slide.pk, second.pk]
    assert (request.checkpoint, request.method, request.round, request.wanted) == (model.name, model.method, 0, 5)
    assert request.slides[0].slide.path == slide.path


def test_regions_of_the_type_that_are_known_already_are_not_found_again(project, slide, search):
    def make(state, x, object_type="nucleus"):
        Region.objects.create(
            project=project, slide=slide, x=x, y=0, width=10, height=10, object_type=object_type, strategy="hand",
            state=state,
        )  # fmt: skip

    for x, state in enumerate(Region.State):
        make(state, x)
    make("open", 50, "gland")
    [asked] = search().request["slides"]
    assert sorted(box[0] for box in asked["taken"]) == [0, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_the_search_is_sent_under_a_lease_and_its_regions_join_the_queue_in_order(slide, search):
    run = search()
    assert int(get_redis().get(f"{LEASE_KEY_PREFIX}{run.pk}")) == run.attempt == 1
    assert outbox.count_queued_jobs() == 1
    progress = JobProgress(job_id=run.pk, attempt=1, stage="sampling", done=3, total=40, lines=("Half of it.",))
    inbox.receive(progress.model_dump(mode="json"))
    run.refresh_from_db()
    assert (run.state, run.stage, run.done, run.total) == (JobState.RUNNING, "sampling", 3, 40)
    finish(run, *found(slide, 1_000, 2_000))
    assert run.state == JobState.DONE
    regions = Region.objects.filter(sampling_id=run.pk)
    assert [(region.x, region.strategy, region.object_type) for region in regions] == [
        (1_000, "combined", "nucleus"), (2_000, "combined", "nucleus"),
    ]  # fmt: skip
    finish(run, *found(slide, 3_000))
    assert regions.count() == 2, "a second answer is ignored"


def test_each_search_of_a_type_is_a_further_round(slide, search):
    finish(search(), *found(slide, 1_000))
    run = search()
    assert (run.request["round"], run.request["seed"]) == (1, 2)


def test_a_failed_search_adds_nothing_and_says_why(search):
    run = search()
    failed = JobFailed(job_id=run.pk, attempt=1, code="no_tissue", message="There is no tissue on these slides.")
    inbox.receive(failed.model_dump(mode="json"))
    run.refresh_from_db()
    assert (run.state, run.failure) == (JobState.FAILED, "There is no tissue on these slides.")
    assert not Region.objects.exists()
    assert search().state == JobState.QUEUED, "another one may begin"


def test_one_search_at_a_time(search):
    search()
    with pytest.raises(InvalidInput, match="under way"):
        search()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"object_type": "gland", "strategy": "disagreement"}, "choose the strategy random or entropy"),
        ({"object_type": "gland", "strategy": "random"}, "No model for glands"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_in_words(search, changes, words):
    with pytest.raises(InvalidInput, match=words):
        search(**changes)
    assert not SamplingRun.objects.exists()


def test_a_project_without_slides_has_nothing_to_look_for(people, project, model):
    with pytest.raises(InvalidInput, match="import slides first"):
        request_sampling(project=project, by=people.admin, **WISH)


def test_admins_search_and_cancel_and_everybody_sees_it(call, project, slide, model):
    address = f"projects/{project.pk}/regions/sampling"
    assert call("annotator", "POST", address, WISH)[0] == 403
    assert call("stranger", "POST", address, WISH)[0] == 404
    assert call("stranger", "GET", address)[0] == 404
    status, run = call("admin", "POST", address, WISH)
    assert (status, run["state"], run["by"], run["model"], run["found"]) == (201, "queued", "admin", model.name, 0)
    UUID(run["id"])
    status, runs = call("viewer", "GET", address)
    assert (status, [row["id"] for row in runs]) == (200, [run["id"]])
    cancel = f"regions/sampling/{run['id']}/cancel"
    assert call("annotator", "POST", cancel)[0] == 403
    assert call("stranger", "POST", cancel)[0] == 404
    assert call("admin", "POST", f"regions/sampling/{uuid4()}/cancel")[0] == 404
    status, run = call("admin", "POST", cancel)
    assert (status, run["state"]) == (200, "cancelled")


def test_the_list_counts_what_each_search_found(call, project, slide, search):
    run = search()
    finish(run, *found(slide, 1_000, 2_000, 3_000))
    [row] = call("viewer", "GET", f"projects/{project.pk}/regions/sampling")[1]
    assert (row["state"], row["found"]) == ("done", 3)


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "best"},
        {"wanted": 0},
        {"wanted": 501},
        {"region_um": 5_001},
        {"region_um": "nan"},
        {"wanted": None},
    ],
)
def test_a_wish_out_of_bounds_is_refused(call, project, slide, model, change):
    status, answer = call("admin", "POST", f"projects/{project.pk}/regions/sampling", WISH | change)
    assert (status, answer["code"]) == (400, "invalid")
    assert not SamplingRun.objects.exists()


def test_what_a_project_spent_is_seen_by_its_people_alone(call, project):
    assert call("viewer", "GET", f"projects/{project.pk}/effort") == (200, {"rows": [], "over_time": []})
    assert call("stranger", "GET", f"projects/{project.pk}/effort")[0] == 404
