"""Requests generated from the OpenAPI document: no 500, and each answer is what the document says.

Each is undone before the next, so that a deleted member or a sign-out is not missed by those that follow.
"""

from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from annotator.annotations import services
from annotator.learning.models import DatasetSnapshot, SamplingRun, TrainingRun
from annotator.regions.models import Region
from tests.annotator.factories import target

EXAMPLES = 10
"""Of each operation and kind of data, for each person."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
SCHEMA.app = get_wsgi_application()
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}


@pytest.fixture
def known(people, slide, model):
    """Path parameters of rows that are there."""
    label = slide.project.labels.first()
    [annotation] = services.ask(user=people.annotator, slide=slide, label=label, model_id=model.pk, targets=[target()])
    kind = {"project": slide.project, "object_type": "nucleus"}
    region = Region.objects.create(**kind, slide=slide, x=0, y=0, width=9, height=9, strategy="hand")
    snapshot = DatasetSnapshot.objects.create(**kind, sha256="a" * 64, summary={})
    run = TrainingRun.objects.create(**kind, snapshot=snapshot, trigger="hand")
    search = SamplingRun.objects.create(
        project=slide.project, strategy="random", model_version=model, wanted=1, region_um=256
    )
    return {
        "project_id": slide.project_id, "slide_id": slide.pk, "object_id": str(annotation.pk), "username": "viewer",
        "region_id": region.pk, "version_id": model.pk, "run_id": str(run.pk), "job_id": str(search.pk), "number": 0,
        "label_id": label.pk,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def keep_connection():
    """The test's transaction is on it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def cookies_of(user) -> dict[str, str]:
    token = uuid4().hex
    if user is None:
        return {"csrftoken": token}
    client = Client()
    client.force_login(user)
    return {"csrftoken": token, "sessionid": client.cookies["sessionid"].value}


def test_there_are_operations_to_try():
    assert {"GET /api/projects", "DELETE /api/session", "PUT /api/projects/{project_id}/members"} <= set(OPERATIONS)


@pytest.mark.parametrize("person", ["admin", "annotator", "nobody"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_each_answer_is_what_the_schema_says(people, known, label, person):
    cookies = cookies_of(getattr(people, person, None))
    headers = {"X-CSRFToken": cookies["csrftoken"]}
    operation = OPERATIONS[label]
    strategies = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=st.one_of(strategies), at_known=st.sampled_from([True, True, False]))
    def try_one(case, at_known):
        if at_known:
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        with transaction.atomic():
            response = case.call(cookies=cookies, headers=headers)
            case.validate_response(response, checks=CHECKS)
            if response.status_code >= 400:
                assert {"code", "message"} <= set(response.json())
            transaction.set_rollback(True)

    try_one()
