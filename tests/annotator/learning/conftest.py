"""A project with work enough for a training, folders of its own for weights, and a training worker played by hand."""

import base64
import hashlib
import json
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest

from annotator.annotations import services
from annotator.core.redis import get_redis
from annotator.learning import inbox, jobs
from annotator.learning.kinds import Kind
from annotator.learning.models import DatasetSnapshot, ModelVersion, TrainingRun, Trigger
from annotator.learning.services import request_segmentation
from annotator.learning.training import request_training
from annotator.learning.versions import weights_path
from inference.protocol import TRAINING_WORKERS_KEY, JobReply, Trained, TrainRequest
from tests import heartbeats
from tests.annotator.factories import accept_ref, answer, square, target
from tests.annotator.learning.work import Hands, make_filed_slide

NUCLEI = Kind("nucleus", "H&E")
MEASURED = {
    "candidate": "new", "rival": "disk-test", "n_slides": 6, "n_groups": 6, "n_objects": 240,
    "scores": {"candidate": {"aji": 0.7}, "rival": {"aji": 0.65}},
    "difference": {
        "score": "iou_at_1", "mean": 0.021, "low90": 0.008, "high90": 0.034, "resamples": 1000, "clustered_by": "slide",
    },
    "per_label": [
        {"label_id": 1, "label": "Tumour", "n_objects": 240, "candidate": 0.8, "rival": 0.779, "difference": 0.021}
    ],
    "per_slide": [], "real_prompts": None, "pictures": [], "command": "by hand",
}  # fmt: skip


@pytest.fixture
def folders(settings, tmp_path) -> SimpleNamespace:
    """Those of shipped weights and of a project's learning, empty."""
    settings.WEIGHTS_FOLDER = tmp_path / "weights"
    settings.LEARNING_FOLDER = tmp_path / "learning"
    settings.WEIGHTS_FOLDER.mkdir()
    (settings.LEARNING_FOLDER / "weights").mkdir(parents=True)
    return SimpleNamespace(shipped=settings.WEIGHTS_FOLDER, learning=settings.LEARNING_FOLDER)


@pytest.fixture
def install(folders, db):
    """Makes versions with their files: shipped ones, and with `project=` a project's own."""

    def make(name="disk-test", *, active=True, **fields) -> ModelVersion:
        weights = f"the weights of {name}".encode()
        version = ModelVersion.objects.create(
            **{
                "name": name, "method": "disk", "object_type": "nucleus", "stain": "H&E", "mpp": 0.25, "patch_px": 128,
                "sha256": hashlib.sha256(weights).hexdigest(), "licence": "CC0", "active": active, **fields,
            }
        )  # fmt: skip

        weights_path(version).write_bytes(weights)
        return version

    return make


@pytest.fixture
def model(install) -> ModelVersion:
    """The one that answers at first."""
    return install(stain="")


@pytest.fixture
def slides(project, tmp_path):
    """Three, each with a file."""
    return [make_filed_slide(project, tmp_path, number) for number in (1, 2, 3)]


@pytest.fixture
def hands(people, model, slides):
    """The annotator's, one for each slide."""
    return [Hands(people.annotator, model, slide) for slide in slides]


@pytest.fixture
def work(people, project, model, tmp_path) -> list[Hands]:
    """20 accepted nuclei on each of two slides: one is trained on, the other held out."""
    hands = [Hands(people.annotator, model, make_filed_slide(project, tmp_path, number)) for number in (11, 12)]
    for hand in hands:
        draw(hand, 20)
    return hands


def draw(hand: Hands, count: int, *, y: float = 100) -> None:
    """Accepted squares in a row, asked for and accepted at once."""
    places = [(100 + 40 * n, y) for n in range(count)]
    asked = hand.ask(*(target(at=place) for place in places))
    answers = [answer(row.pk, polygon=square(x, y)) for row, (x, y) in zip(asked, places, strict=True)]
    proposed = hand.reply(*answers)
    refs = [accept_ref(row) for row in proposed]
    services.accept(user=hand.user, slide=hand.slide, refs=refs, how="batch", elapsed_ms=900)


@pytest.fixture
def trainer():
    """The heartbeat of a training worker: `trainer(job)` says that it has the job in hand."""

    def beat(job=None) -> None:
        heartbeats.beat(get_redis(), TRAINING_WORKERS_KEY, "t", request_id=job and job.pk, busy_since=time.time())

    beat()
    return beat


@pytest.fixture
def start_run(people, project, model, django_capture_on_commit_callbacks):
    """A run that was sent, of a snapshot without a file: for what needs no work."""

    def start_run(**fields) -> TrainingRun:
        job_id, sha256 = uuid4(), hashlib.sha256(uuid4().bytes).hexdigest()
        kind = {"object_type": NUCLEI.object_type, "stain": NUCLEI.stain}
        request = TrainRequest(
            job_id=job_id, attempt=1, method="disk", **kind, snapshot=sha256, base=model.name, rival=model.name,
            name=f"disk-nucleus-p{project.pk}-{job_id.hex[:12]}", samples=100,
        )  # fmt: skip
        snapshot = DatasetSnapshot.objects.create(project=project, **kind, sha256=sha256, summary={})
        with django_capture_on_commit_callbacks(execute=True):
            run = TrainingRun.objects.create(
                **{
                    "id": job_id, "project": project, **kind, "by": people.admin, "method": "disk",
                    "trigger": Trigger.HAND, "snapshot": snapshot, "base": model, "rival": model,
                    "request": request.model_dump(mode="json", exclude={"attempt"}), **fields,
                }
            )  # fmt: skip
            jobs.start(run)
        return run

    return start_run


@pytest.fixture
def train(people, project, work, trainer, django_capture_on_commit_callbacks):
    """A training, asked for by hand and sent."""

    def train(**fields):
        with django_capture_on_commit_callbacks(execute=True):
            return request_training(
                **{
                    "project": project, "kind": NUCLEI, "start": "active", "trigger": Trigger.HAND, "by": people.admin,
                    **fields,
                }
            )  # fmt: skip

    return train


@pytest.fixture
def say(django_capture_on_commit_callbacks):
    """A reply of the training worker, as it comes over the wire."""

    def say(reply: JobReply) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            inbox.receive(json.loads(json.dumps(reply.model_dump(mode="json"))))

    return say


@pytest.fixture
def finish(folders, say):
    """The end of a run: its weights lie in the folder, and the measurement comes back."""

    def finish(run, *, write=True, **changes) -> None:
        name, weights = run.request["name"], f"the weights of run {run.pk}".encode()
        sha256 = hashlib.sha256(weights).hexdigest()
        if write:
            (folders.learning / "weights" / f"{name}.safetensors").write_bytes(weights)
        manifest = {
            "name": name, "method": run.method, "object_type": run.object_type, "stain": run.stain, "mpp": 0.25,
            "patch_px": 128, "sha256": sha256, "licence": "project data", "metrics": {"aji": 0.7}, "data": [],
        }  # fmt: skip
        told = {
            "name": name, "sha256": sha256, "manifest": manifest, "patches_sha256": "c" * 64, "measurement": MEASURED,
        }  # fmt: skip
        say(Trained(job_id=run.pk, attempt=run.attempt, **told | changes))
        run.refresh_from_db()

    return finish


def sent_jobs() -> list[TrainRequest]:
    """What lies on the training queue, oldest first."""
    messages = [json.loads(raw) for raw in reversed(get_redis().lrange("training:training", 0, -1))]
    return [TrainRequest.model_validate(json.loads(base64.b64decode(m["body"]))[0][0]) for m in messages]


@pytest.fixture
def ask(people, slide, model, django_capture_on_commit_callbacks):
    def ask(*targets, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return request_segmentation(
                **{
                    "user": people.annotator, "slide": slide, "command_id": uuid4(),
                    "label_id": slide.project.labels.first().pk, "model_id": None, "targets": targets,
                    "received_at": time.time(), **fields,
                }
            )  # fmt: skip

    return ask
