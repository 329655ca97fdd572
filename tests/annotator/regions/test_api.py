"""Regions over REST: who may read, take, close and open them, and what the page is told."""

import json

import pytest
from django.test import Client

from annotator.regions import services
from annotator.regions.models import Region

BOX = {"x": 0, "y": 0, "width": 100, "height": 100, "object_type": "nucleus", "empty": True}


@pytest.fixture
def call(people, project):
    """call("annotator", "POST", "regions/next") → status and body; addresses below /api/, {project} filled in."""

    def call(name, method, path, body=None):
        client = Client()
        client.force_login(getattr(people, name))
        address = f"/api/{path.format(project=f'projects/{project.pk}')}"
        data = "" if body is None else json.dumps(body)
        answer = client.generic(method, address, data=data, content_type="application/json")
        return answer.status_code, answer.json()

    return call


def test_a_region_is_taken_worked_on_and_completed(call, queue, accept):
    [region] = queue()
    status, taken = call("annotator", "POST", "{project}/regions/next")
    assert (status, taken["id"], taken["mine"], taken["leased_by"]) == (200, region.pk, True, "annotator")
    assert taken["slide"] == "slide 1"
    assert taken["object_count"] == 0
    assert 14 * 60 < taken["lease_left_s"] <= 15 * 60
    accept(40, 40)
    assert call("annotator", "POST", f"regions/{region.pk}/renew")[1]["object_count"] == 1
    assert call("annotator", "GET", "{project}/regions/mine")[1]["region"]["id"] == region.pk
    status, done = call("annotator", "POST", f"regions/{region.pk}/complete")
    assert (status, done["state"], done["closed_by"], done["object_count"]) == (200, "complete", "annotator", 1)
    assert call("annotator", "GET", "{project}/regions/mine")[1]["region"] is None
    status, empty = call("annotator", "POST", "{project}/regions/next")
    assert (status, empty["code"]) == (404, "queue_empty")


def test_the_queue_says_who_holds_what_and_a_dead_lease_is_none(call, people, project, queue):
    queue(2)
    region = services.lease_next(user=people.annotator, project=project)
    status, answer = call("viewer", "GET", "{project}/regions")
    assert (status, answer["counts"]) == (200, {"open": 1, "leased": 1, "complete": 0, "skipped": 0})
    assert [(row["leased_by"], row["mine"]) for row in answer["regions"]] == [("annotator", False), (None, False)]
    Region.objects.filter(pk=region.pk).update(leased_until="2020-01-01T00:00Z")
    answer = call("annotator", "GET", "{project}/regions")[1]
    assert answer["counts"]["open"] == 2
    assert [(row["leased_by"], row["leased_until"], row["mine"]) for row in answer["regions"]] == [
        (None, None, False)
    ] * 2


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("GET", "{project}/regions", "viewer"),
        ("GET", "{project}/regions/mine", "viewer"),
        ("GET", "regions/{region}", "viewer"),
        ("POST", "{project}/regions", "annotator"),
        ("POST", "{project}/regions/next", "annotator"),
        *[("POST", f"regions/{{region}}/{step}", "annotator") for step in ("renew", "release", "skip", "complete")],
        ("POST", "regions/{region}/reopen", "admin"),
    ],
)
def test_each_address_takes_its_right(call, slide, people, project, queue, method, path, least):
    [region] = queue()
    path = path.replace("{region}", str(region.pk))
    names = ["viewer", "annotator", "admin"]
    body = BOX | {"slide_id": slide.pk}
    for name in names[: names.index(least)]:
        assert call(name, method, path, body)[0] == 403
    status, answer = call("stranger", method, path, body)
    assert (status, answer["code"]) == (404, "not_found")
    region.refresh_from_db()
    assert (region.state, region.leased_by) == ("open", None), "nobody without the right changed anything"
    services.lease_next(user=getattr(people, least), project=project)
    if path.endswith("reopen"):
        services.skip(user=people.admin, region=region)
    assert call(least, method, path, body)[0] in {200, 201}


def test_a_box_is_declared_complete_and_a_bad_one_refused(call, slide):
    status, region = call("annotator", "POST", "{project}/regions", BOX | {"slide_id": slide.pk})
    assert (status, region["state"], region["strategy"]) == (201, "complete", "hand")
    status, answer = call("annotator", "POST", "{project}/regions", BOX | {"slide_id": slide.pk, "x": "nan"})
    assert (status, answer["code"]) == (400, "invalid")
    assert call("annotator", "POST", "{project}/regions", {})[0] == 400


def test_an_empty_region_and_an_empty_box_are_asked_about_once_more(call, slide, people, project, queue):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    steps = [
        (f"regions/{region.pk}/complete", {}, 200),
        ("{project}/regions", {**BOX, "slide_id": slide.pk}, 201),
    ]
    for path, body, done in steps:
        status, answer = call("annotator", "POST", path, body | {"empty": False})
        assert (status, answer["code"]) == (409, "nothing_accepted")
        status, answer = call("annotator", "POST", path, body | {"empty": "perhaps"})
        assert (status, answer["code"]) == (400, "invalid")
        status, answer = call("annotator", "POST", path, body | {"empty": True})
        assert (status, answer["state"]) == (done, "complete")


def test_a_region_that_was_lost_answers_409_in_words(call, people, project, queue):
    [region] = queue()
    services.lease_next(user=people.admin, project=project)
    status, answer = call("annotator", "POST", f"regions/{region.pk}/renew")
    assert (status, answer["code"]) == (409, "not_yours")
    assert "admin has this region now" in answer["message"]
