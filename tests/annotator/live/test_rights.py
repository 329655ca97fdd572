"""Every REST address, tried as a stranger, as signed out, and as a viewer. A new address is tried without being named."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from annotator.annotations import services
from annotator.learning.models import DatasetSnapshot, SamplingRun, TrainingRun
from annotator.regions.models import Region
from tests.annotator.factories import target

OPEN_TO_ALL = {"session"}
METHODS = ["get", "post", "put", "patch", "delete"]


def list_api_routes(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from list_api_routes(entry, route)
        elif (
            isinstance(entry, URLPattern) and route.startswith("api/") and route.removeprefix("api/") not in OPEN_TO_ALL
        ):
            yield route


ROUTES = sorted(set(list_api_routes()))


@pytest.fixture
def address(people, slide, model):
    label = slide.project.labels.first()
    [annotation] = services.ask(user=people.annotator, slide=slide, label=label, model_id=model.pk, targets=[target()])
    kind = {"project": slide.project, "object_type": "nucleus"}
    region = Region.objects.create(**kind, slide=slide, x=0, y=0, width=9, height=9, strategy="hand")
    snapshot = DatasetSnapshot.objects.create(**kind, sha256="a" * 64)
    run = TrainingRun.objects.create(**kind, snapshot=snapshot, measurement={"pictures": [{"file": "0.png"}]})
    search = SamplingRun.objects.create(
        project=slide.project, strategy="random", model_version=model, wanted=1, region_um=256
    )
    values = {
        "<id:project_id>": slide.project_id, "<id:slide_id>": slide.pk, "<uuid:object_id>": annotation.pk,
        "<username:username>": "viewer", "<id:region_id>": region.pk, "<id:version_id>": model.pk,
        "<uuid:run_id>": run.pk, "<uuid:job_id>": search.pk, "<int:number>": 0,
    }  # fmt: skip

    def fill(route):
        for place, value in values.items():
            route = route.replace(place, str(value))
        assert "<" not in route, f"say in this test what to put into {route}"
        return "/" + route

    return fill


def test_there_are_addresses_to_try():
    assert {"api/projects", "api/slides/<id:slide_id>", "api/objects/<uuid:object_id>/history"} <= set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_gets_in_without_signing_in(address, route):
    for method in METHODS:
        response = getattr(Client(), method)(address(route))
        assert response.status_code in {403, 404, 405}, f"{method} {route}: {response.status_code}"


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_learns_nothing(address, people, project, route):
    client = Client()
    client.force_login(people.stranger)
    for method in METHODS:
        response = getattr(client, method)(address(route), content_type="application/json")
        if response.status_code == 200:
            assert route in {"api/projects", "api/schema"}
            assert project.name.encode() not in response.content
        else:
            assert response.status_code in {403, 404, 405}, f"{method} {route}: {response.status_code}"


def test_a_stranger_cannot_tell_a_hidden_thing_from_none(address, people):
    client = Client()
    client.force_login(people.stranger)
    hidden = client.get(address("api/objects/<uuid:object_id>/history"))
    absent = client.get(f"/api/objects/{uuid4()}/history")
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())


@pytest.mark.parametrize("query", ["", "box=1,2,3", "box=a,b,c,d", "box=nan,0,1,1", "box=5,0,1,1", "box=0,0,inf,1",
                                   "box=0,0,1,1&limit=0", "box=0,0,1,1&limit=x", "box=0,0,1,1&limit=1000001"])  # fmt: skip
def test_a_malformed_viewport_is_refused_in_words(address, people, query):
    client = Client()
    client.force_login(people.viewer)
    response = client.get(address("api/slides/<id:slide_id>/objects") + "?" + query)
    assert response.status_code == 400
    assert "takes" in response.json()["message"]
