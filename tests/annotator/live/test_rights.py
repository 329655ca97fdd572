"""Who may do what over REST: one table, tried at every address with every method by everybody there is.

An address that the table lacks fails. What may not be seen answers byte for byte like what is not there.
"""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from annotator.annotations import services
from annotator.core.errors import NotFound
from annotator.learning.models import DatasetSnapshot, ModelVersion, SamplingRun, TrainingRun
from annotator.projects.models import Role, Team
from annotator.projects.services import create_project, set_membership
from annotator.regions.models import Region
from inference.protocol import MAX_ID
from tests.annotator.factories import make_slide, target

METHODS = ["get", "post", "put", "patch", "delete"]
ANYBODY, SIGNED_IN, VIEWER, ANNOTATOR, ADMIN = range(5)

# As README.md and docs/running.md say: viewers look, annotators annotate, admins manage people and what is learnt.
NEEDS = {
    "api/session": {"get": ANYBODY, "post": ANYBODY, "delete": ANYBODY},
    "api/schema": {"get": SIGNED_IN},
    "api/session/password": {"post": SIGNED_IN},
    "api/teams": {"get": SIGNED_IN},
    "api/projects": {"get": SIGNED_IN, "post": SIGNED_IN},
    "api/projects/<id:project_id>": {"get": VIEWER},
    "api/projects/<id:project_id>/members": {"get": VIEWER, "put": ADMIN},
    "api/projects/<id:project_id>/members/<username:username>": {"delete": ADMIN},
    "api/projects/<id:project_id>/guidelines": {"get": VIEWER, "put": ADMIN},
    "api/projects/<id:project_id>/labels": {"get": ADMIN, "post": ADMIN},
    "api/projects/<id:project_id>/labels/order": {"put": ADMIN},
    "api/projects/<id:project_id>/labels/<id:label_id>": {"patch": ADMIN},
    "api/projects/<id:project_id>/labels/<id:label_id>/delete": {"post": ADMIN},
    "api/projects/<id:project_id>/labels/<id:label_id>/bring-back": {"post": ADMIN},
    "api/slides/<id:slide_id>": {"get": VIEWER, "patch": ADMIN},
    "api/slides/<id:slide_id>/thumbnail": {"get": VIEWER},
    "api/slides/<id:slide_id>/pass": {"post": VIEWER},
    "api/slides/<id:slide_id>/objects": {"get": VIEWER},
    "api/slides/<id:slide_id>/trash": {"get": VIEWER},
    "api/objects/<uuid:object_id>/history": {"get": VIEWER},
    "api/projects/<id:project_id>/regions": {"get": VIEWER, "post": ANNOTATOR},
    "api/projects/<id:project_id>/regions/next": {"post": ANNOTATOR},
    "api/projects/<id:project_id>/regions/mine": {"get": VIEWER},
    "api/regions/<id:region_id>": {"get": VIEWER},
    "api/regions/<id:region_id>/renew": {"post": ANNOTATOR},
    "api/regions/<id:region_id>/release": {"post": ANNOTATOR},
    "api/regions/<id:region_id>/skip": {"post": ANNOTATOR},
    "api/regions/<id:region_id>/complete": {"post": ANNOTATOR},
    "api/regions/<id:region_id>/reopen": {"post": ADMIN},
    "api/projects/<id:project_id>/regions/sampling": {"get": VIEWER, "post": ADMIN},
    "api/regions/sampling/<uuid:job_id>/cancel": {"post": ADMIN},
    "api/projects/<id:project_id>/models": {"get": VIEWER},
    "api/projects/<id:project_id>/models/roll-back": {"post": ADMIN},
    "api/projects/<id:project_id>/models/<id:version_id>/activate": {"post": ADMIN},
    "api/projects/<id:project_id>/models/<id:version_id>/export": {"get": ADMIN},
    "api/projects/<id:project_id>/learning": {"get": VIEWER},
    "api/projects/<id:project_id>/learning/split": {"get": VIEWER},
    "api/projects/<id:project_id>/learning/settings": {"put": ADMIN},
    "api/projects/<id:project_id>/learning/runs": {"post": ADMIN},
    "api/learning/runs/<uuid:run_id>": {"get": VIEWER},
    "api/learning/runs/<uuid:run_id>/cancel": {"post": ADMIN},
    "api/learning/runs/<uuid:run_id>/pictures/<int:number>.png": {"get": VIEWER},
    "api/projects/<id:project_id>/effort": {"get": VIEWER},
}
INSIDERS = {"viewer": VIEWER, "annotator": ANNOTATOR, "admin": ADMIN}
OUTSIDERS = ["stranger", "other_admin", "superuser"]
"""A superuser's power is the admin's: without a membership a project is as hidden as from anybody."""


def list_api_routes(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from list_api_routes(entry, route)
        elif isinstance(entry, URLPattern) and route.startswith("api/"):
            yield route


def test_the_table_names_every_address_there_is():
    assert set(list_api_routes()) == set(NEEDS)


def make_things(project, annotator, number) -> dict:
    """One of each kind that an address names, in the project."""
    slide = make_slide(project, number=number)
    kind = {"project": project, "object_type": "nucleus"}
    version = ModelVersion.objects.create(
        project=project, name=f"own-{number}", method="disk", object_type="nucleus", mpp=0.25, patch_px=128,
        sha256=f"{number}" * 64, licence="CC0",
    )  # fmt: skip
    label = project.labels.first()
    [annotation] = services.ask(user=annotator, slide=slide, label=label, model_id=version.pk, targets=[target()])
    region = Region.objects.create(**kind, slide=slide, x=0, y=0, width=9, height=9, strategy="hand")
    snapshot = DatasetSnapshot.objects.create(**kind, sha256=f"{number}" * 64)
    run = TrainingRun.objects.create(**kind, snapshot=snapshot, measurement={"pictures": [{"file": "0.png"}]})
    search = SamplingRun.objects.create(
        project=project, strategy="random", model_version=version, wanted=1, region_um=256
    )
    return {
        "<id:project_id>": project.pk, "<id:slide_id>": slide.pk, "<uuid:object_id>": annotation.pk,
        "<username:username>": "viewer", "<id:region_id>": region.pk, "<id:version_id>": version.pk,
        "<uuid:run_id>": run.pk, "<uuid:job_id>": search.pk, "<int:number>": 0, "<id:label_id>": label.pk,
    }  # fmt: skip


@pytest.fixture
def things(people, project) -> SimpleNamespace:
    """`ours`: what the project has; `theirs`: the same of another team's project."""
    make = get_user_model().objects
    people.other_admin = make.create_user(username="other_admin")
    people.superuser = make.create_superuser(username="superuser")
    elsewhere = Team.objects.create(name="Elsewhere")
    set_membership(team=elsewhere, user=people.other_admin, role=Role.ADMIN)
    label = {"name": "Tumour", "colour": "#ffd400", "object_type": "nucleus"}
    other = create_project(team=elsewhere, name=project.name, labels=[label])
    return SimpleNamespace(
        ours=make_things(project, people.annotator, 1), theirs=make_things(other, people.other_admin, 2)
    )


NOWHERE = {
    "<id:project_id>": 999_999, "<id:slide_id>": 999_999, "<uuid:object_id>": uuid4(), "<username:username>": "nobody",
    "<id:region_id>": 999_999, "<id:version_id>": 999_999, "<uuid:run_id>": uuid4(), "<uuid:job_id>": uuid4(),
    "<int:number>": 0, "<id:label_id>": 999_999,
}  # fmt: skip
BEYOND = {place: MAX_ID if place.startswith("<id") else value for place, value in NOWHERE.items()}


def fill(route, values) -> str:
    for place, value in values.items():
        route = route.replace(place, str(value))
    assert "<" not in route, f"say in make_things and NOWHERE what to put into {route}"
    return "/" + route


@pytest.fixture
def ask(people, things):
    """The answer to an empty body by the person of that name, or by nobody; what it changed is changed back."""
    clients = {None: Client()}
    for name in (*OUTSIDERS, *INSIDERS):
        clients[name] = Client()
        clients[name].force_login(getattr(people, name))

    def ask(name, method, path):
        with transaction.atomic():
            body = None if method == "get" else "{}"
            answer = getattr(clients[name], method)(path, body, content_type="application/json")
            transaction.set_rollback(True)
        return answer

    return ask


def content(answer) -> bytes:
    return answer.getvalue()


@pytest.mark.parametrize("route", NEEDS)
def test_everybody_may_do_what_the_table_says_and_nothing_else(ask, things, route):
    path = fill(route, things.ours)
    for method in METHODS:
        need = NEEDS[route].get(method)
        for name in (None, *OUTSIDERS, *INSIDERS):
            answer = ask(name, method, path)
            where = f"{method} {route} by {name}: {answer.status_code} {content(answer)[:200]}"
            if need is None and (name or NEEDS[route].get("post") == ANYBODY):
                assert answer.status_code == 405, where
            elif need is None or (name is None and need > ANYBODY):
                assert (answer.status_code, b"not_authenticated" in content(answer)) == (403, True), where
            elif need <= SIGNED_IN:
                assert answer.status_code < 500, where
            elif name in OUTSIDERS:
                assert (answer.status_code, answer.json()["message"]) == (404, NotFound().message), where
            elif INSIDERS[name] < need:
                assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), where
            else:
                assert answer.status_code not in {401, 403, 405}, where
                assert answer.status_code < 500, where
                assert NotFound().message.encode() not in content(answer), where


@pytest.mark.parametrize("route", [route for route in NEEDS if "<" in route])
def test_what_may_not_be_seen_answers_like_what_is_not_there(ask, things, route):
    """With every method: one that the address does not know must not tell either."""
    for name in OUTSIDERS:
        for method in METHODS:
            hidden, nowhere, beyond = (
                ask(name, method, fill(route, values)) for values in (things.ours, NOWHERE, BEYOND)
            )
            where = f"{method} {route} by {name}"
            assert (hidden.status_code, content(hidden)) == (nowhere.status_code, content(nowhere)), where
            assert (beyond.status_code, content(beyond)) == (nowhere.status_code, content(nowhere)), where
            assert hidden.headers == nowhere.headers, where


@pytest.mark.parametrize("route", [route for route in NEEDS if "<id:project_id>" in route and route.count("<") > 1])
def test_nor_does_an_admin_find_through_the_own_project_what_others_have(ask, things, route):
    """Another team's version, or an account that is not in the team, at an address of one's own project."""
    own = {"<id:project_id>": things.ours["<id:project_id>"]}
    for method in METHODS:
        others = ask("admin", method, fill(route, things.theirs | own | {"<username:username>": "stranger"}))
        nowhere = ask("admin", method, fill(route, NOWHERE | own))
        assert others.status_code == nowhere.status_code
        assert content(others).replace(b"stranger", b"nobody") == content(nowhere)


@pytest.mark.parametrize("route", ["api/projects", "api/schema"])
def test_a_stranger_is_told_of_no_project(ask, things, project, route):
    for name in ("stranger", "superuser"):
        assert project.name.encode() not in content(ask(name, "get", fill(route, things.ours)))
    assert content(ask("other_admin", "get", "/api/projects")).count(b'"id"') == 1


@pytest.fixture
def address(things):
    return lambda route: fill(route, things.ours)


@pytest.mark.parametrize("query", ["", "box=1,2,3", "box=a,b,c,d", "box=nan,0,1,1", "box=5,0,1,1", "box=0,0,inf,1",
                                   "box=0,0,1,1&limit=0", "box=0,0,1,1&limit=x", "box=0,0,1,1&limit=1000001"])  # fmt: skip
def test_a_malformed_viewport_is_refused_in_words(address, people, query):
    client = Client()
    client.force_login(people.viewer)
    response = client.get(address("api/slides/<id:slide_id>/objects") + "?" + query)
    assert response.status_code == 400
    assert "takes" in response.json()["message"]
