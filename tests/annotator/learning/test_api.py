"""The pages' addresses: what each role sees and may do, and that no file leaves but those that rows name."""

import io
import json
import zipfile
from uuid import uuid4

import pytest
from django.test import Client

from annotator.learning.jobs import add_lines
from annotator.learning.models import Activation, JobState, LearningSettings, TrainingRun
from annotator.learning.promotion import activate
from annotator.projects.models import Project, Role, Team
from annotator.projects.services import set_membership
from tests.annotator.learning.conftest import MEASURED, NUCLEI, sent_jobs

KIND = {"object_type": "nucleus", "stain": "H&E"}
SETTINGS = {
    **KIND, "schedule": {"enabled": True, "minute": 0, "hour": 3, "day_of_week": "*"}, "new_objects": 200,
    "promotes": False, "samples": 4000,
}  # fmt: skip


@pytest.fixture
def call(people, project, slide, model, django_capture_on_commit_callbacks):
    def call(name, method, path, body=None):
        client = Client()
        client.force_login(getattr(people, name))
        data = "" if body is None else json.dumps(body)
        with django_capture_on_commit_callbacks(execute=True):
            return client.generic(method, f"/api/{path}", data=data, content_type="application/json")

    return call


@pytest.fixture
def own(install, project):
    return install("own", project=project, active=False, manifest={"name": "own"})


@pytest.fixture
def done(start_run, finish) -> TrainingRun:
    run = start_run()
    add_lines(run, ["Cut 3 slides."])
    finish(run, measurement={**MEASURED, "pictures": [{"file": "0.png", "slide": "a", "label": "b"}]})
    return run


WRITES = [
    ("POST", "projects/{project}/models/{version}/activate", {"note": "better"}, 200),
    ("POST", "projects/{project}/models/roll-back", KIND, 400),
    ("PUT", "projects/{project}/learning/settings", SETTINGS, 200),
    ("POST", "projects/{project}/learning/runs", {**KIND, "start": "active"}, 409),
    ("POST", "learning/runs/{run}/cancel", None, 200),
    ("GET", "projects/{project}/models/{version}/export", None, 200),
]
READS = ["projects/{project}/models", "projects/{project}/learning", "learning/runs/{run}"]


@pytest.mark.parametrize(("method", "path", "body", "done"), WRITES)
@pytest.mark.parametrize("name", ["admin", "annotator", "viewer", "stranger"])
def test_only_admins_change_or_take_away_what_is_learnt(call, project, own, start_run, name, method, path, body, done):
    path = path.format(project=project.pk, version=own.pk, run=start_run().pk)
    expected = {"admin": done, "annotator": 403, "viewer": 403, "stranger": 404}[name]
    assert call(name, method, path, body).status_code == expected
    if name != "admin":
        assert not Activation.objects.exists()
        assert not LearningSettings.objects.exists()
        assert TrainingRun.objects.get().state == JobState.QUEUED


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(("name", "status"), [("viewer", 200), ("stranger", 404)])
def test_everybody_in_the_team_sees_what_was_learnt(call, project, own, start_run, name, status, path):
    path = path.format(project=project.pk, version=own.pk, run=start_run().pk)
    assert call(name, "GET", path).status_code == status


def test_another_projects_versions_and_runs_are_as_if_they_were_not(call, people, project, own, start_run):
    team = Team.objects.create(name="Elsewhere")
    set_membership(team=team, user=people.stranger, role=Role.ADMIN)
    theirs = Project.objects.create(team=team, name="Theirs")
    run = start_run()
    for method, path in [("POST", "activate"), ("GET", "export")]:
        answer = call("stranger", method, f"projects/{theirs.pk}/models/{own.pk}/{path}", {})
        assert answer.status_code == 404
    assert call("stranger", "GET", f"learning/runs/{run.pk}").status_code == 404
    assert call("stranger", "GET", f"projects/{theirs.pk}/models").json()["kinds"] == []
    assert "own" not in {v["name"] for v in call("stranger", "GET", f"projects/{theirs.pk}/models").json()["versions"]}


def test_the_models_page_tells_how_each_version_was_made(call, project, model, done):
    page = call("viewer", "GET", f"projects/{project.pk}/models").json()
    new, old = page["versions"]
    assert (new["shipped"], new["active"], new["verdict"]) == (False, True, "promoted")
    assert new["parent"] == {"id": model.pk, "name": model.name}
    assert (new["run_id"], new["snapshot"]["sha256"]) == (str(done.pk), done.snapshot.sha256)
    assert new["measurement"]["difference"]["mean"] == 0.021
    [activation] = new["activations"]
    assert (activation["by"], activation["reason"], activation["note"]) == (None, "measured", done.reason)
    assert (old["shipped"], old["active"], old["run_id"], old["measurement"]) == (True, False, None, None)
    nucleus = page["kinds"][0]
    assert nucleus == {**KIND, "active_id": new["id"], "reason": "", "can_roll_back": True}


def test_an_admin_activates_and_rolls_back(call, project, model, own):
    answer = call("admin", "POST", f"projects/{project.pk}/models/{own.pk}/activate", {"note": "looks better"})
    assert answer.json()["kinds"][0]["active_id"] == own.pk
    answer = call("admin", "POST", f"projects/{project.pk}/models/roll-back", KIND)
    assert answer.json()["kinds"][0] == {**KIND, "active_id": model.pk, "reason": "", "can_roll_back": False}
    shown = next(v for v in answer.json()["versions"] if v["id"] == own.pk)
    assert [(a["by"], a["note"]) for a in shown["activations"]] == [("admin", "looks better")]


def test_the_learning_page_tells_settings_checks_and_runs(call, project, done):
    stored = call("admin", "PUT", f"projects/{project.pk}/learning/settings", SETTINGS).json()
    assert stored["schedule"] == {**SETTINGS["schedule"], "timezone": "UTC"}
    page = call("viewer", "GET", f"projects/{project.pk}/learning").json()
    assert page["trainer"] == "missing"
    nucleus = page["kinds"][0]
    assert nucleus["settings"] == stored
    assert (nucleus["settings"]["new_objects"], nucleus["settings"]["promotes"]) == (200, False)
    assert {"ok": False, "words": "No training worker is running: ask whoever runs this server to start one."} in (
        nucleus["preflight"]
    )
    assert not nucleus["ready"]
    [run] = page["runs"]
    assert (run["id"], run["state"], run["version_id"]) == (str(done.pk), "done", done.version.pk)


def test_a_run_tells_who_promoted_its_version_since(call, project, start_run, finish):
    waiting = start_run()
    finish(waiting, measurement={**MEASURED, "n_slides": 2})

    def shown():
        listed = call("viewer", "GET", f"projects/{project.pk}/learning").json()["runs"][-1]
        one = call("viewer", "GET", f"learning/runs/{waiting.pk}").json()
        assert one["activations"] == listed["activations"]
        return listed["verdict"], [(a["reason"], a["by"], a["note"]) for a in listed["activations"]]

    assert shown() == ("admin", [])
    start_run()
    newest = call("viewer", "GET", f"projects/{project.pk}/learning").json()["runs"][0]
    assert (newest["version_id"], newest["activations"]) == (None, [])
    path = f"projects/{project.pk}/models/{waiting.version.pk}/activate"
    assert call("admin", "POST", path, {"note": "looked at it"}).status_code == 200
    assert shown() == ("admin", [("promoted", "admin", "looked at it")])


def test_the_learning_page_counts_what_is_accepted(call, project, work, trainer, train):
    def shown():
        page = call("viewer", "GET", f"projects/{project.pk}/learning").json()
        return page["trainer"], page["kinds"][0]["accepted"], page["kinds"][0]["accepted_since_snapshot"]

    assert shown() == ("ready", 40, 40)
    train()
    assert shown() == ("ready", 40, 0)


def test_an_admin_trains_now_and_cancels(call, project, work, trainer):
    answer = call("admin", "POST", f"projects/{project.pk}/learning/runs", {**KIND, "start": "scratch"})
    assert (answer.status_code, answer.json()["state"], answer.json()["base"]) == (201, "queued", None)
    assert len(sent_jobs()) == 1
    run = call("admin", "POST", f"learning/runs/{answer.json()['id']}/cancel").json()
    assert (run["state"], [line["text"] for line in run["lines"]]) == ("cancelled", ["Cancelled by admin."])


@pytest.mark.parametrize(
    "changes",
    [
        {"object_type": "cell"},
        {"stain": "IHC"},
        {"samples": 0},
        {"new_objects": 0},
        {"schedule": {**SETTINGS["schedule"], "hour": 24}},
        {"schedule": {**SETTINGS["schedule"], "day_of_week": "never"}},
        {"schedule": {**SETTINGS["schedule"], "timezone": "Mars/Olympus"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(call, project, changes):
    answer = call("admin", "PUT", f"projects/{project.pk}/learning/settings", {**SETTINGS, **changes})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not LearningSettings.objects.exists()


def test_one_run_tells_its_curve_and_its_log(call, done):
    run = call("viewer", "GET", f"learning/runs/{done.pk}").json()
    assert [line["text"] for line in run["lines"]] == ["Cut 3 slides.", done.reason]
    assert (run["curve"], run["project_id"], run["verdict"]) == ([], done.project_id, "promoted")
    assert call("viewer", "GET", f"learning/runs/{uuid4()}").status_code == 404


def test_only_pictures_that_the_measurement_names_are_sent(call, done, folders):
    pictures = folders.learning / "runs" / str(done.pk) / "pictures"
    pictures.mkdir(parents=True)
    for name in ("0.png", "1.png"):
        (pictures / name).write_bytes(b"\x89PNG")
    answer = call("viewer", "GET", f"learning/runs/{done.pk}/pictures/0.png")
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (b"\x89PNG", "image/png")
    for name in ("1.png", "2.png", "..%2F0.png"):
        assert call("viewer", "GET", f"learning/runs/{done.pk}/pictures/{name}").status_code == 404
    assert call("stranger", "GET", f"learning/runs/{done.pk}/pictures/0.png").status_code == 404


def test_an_export_is_a_zip_of_weights_and_manifest(call, project, own, folders):
    answer = call("admin", "GET", f"projects/{project.pk}/models/{own.pk}/export")
    assert answer["Content-Disposition"] == 'attachment; filename="own.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert sorted(archive.namelist()) == ["manifest.json", "own.safetensors"]
    (folders.learning / "weights" / "own.safetensors").write_bytes(b"altered")
    answer = call("admin", "GET", f"projects/{project.pk}/models/{own.pk}/export")
    assert (answer.status_code, answer.json()["code"]) == (409, "weights")


def test_an_objects_history_names_version_and_weights(call, people, project, work, own):
    activate(project=project, kind=NUCLEI, version=own, reason=Activation.Reason.PROMOTED, by=people.admin)
    annotation = work[0].slide.annotations.first()
    history = call("viewer", "GET", f"objects/{annotation.pk}/history").json()["revisions"]
    answered = next(step for step in history if step["action"] == "answered")
    version = annotation.model_version
    assert (answered["model"], answered["model_id"], answered["model_sha256"]) == (
        version.name,
        version.pk,
        version.sha256,
    )
