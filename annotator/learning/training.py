"""Training runs: asking for one by hand, schedule or count, and what becomes of the weights that it made."""

from typing import Any, Literal
from uuid import uuid4

from django.db import IntegrityError, transaction
from pydantic import ValidationError

from annotator.core.errors import InvalidInput, SquiggleError
from annotator.learning import jobs
from annotator.learning.kinds import Kind
from annotator.learning.models import (
    Activation,
    DatasetSnapshot,
    JobState,
    ModelVersion,
    TrainingRun,
    Trigger,
    Verdict,
)
from annotator.learning.numbers import without_nan
from annotator.learning.preferences import forget_refusal, get_preferences
from annotator.learning.preflight import check_ready
from annotator.learning.promotion import Measured, activate, judge
from annotator.learning.selectors import choose_model
from annotator.learning.snapshots import freeze_dataset
from annotator.learning.versions import add_trained_version
from annotator.projects.models import Project
from inference.protocol import Trained, TrainRequest

Start = Literal["active", "scratch"]


class NotReady(SquiggleError):
    """Something has to be done before a training makes sense; the message says what."""

    code = "not_ready"
    status = 409


# --- asking -------------------------------------------------------------------------------------------------------


def request_training(*, project: Project, kind: Kind, start: Start, trigger: Trigger, by: Any) -> TrainingRun:
    """Freeze the accepted work and give it to the training workers.

    start: begin with the version that answers now, or with random weights. by: None where no person asked. Raises NotReady
    in words, before any compute is taken. Call outside a transaction: freezing reads in one of its own.
    """
    checks = check_ready(project=project, object_type=kind.object_type, stain=kind.stain)
    if faults := [words for ok, words in checks if not ok]:
        raise NotReady(" ".join(faults))
    choice = choose_model(project=project, object_type=kind.object_type, stain=kind.stain)
    if choice.model is None or choice.model.mpp is None:
        raise NotReady(
            choice.reason or "The version that answers now names no scale: ask for another one to be installed."
        )
    snapshot = freeze_dataset(
        project=project, object_type=kind.object_type, stain=kind.stain, mpp=choice.model.mpp, by=by
    )
    if trigger != Trigger.HAND and _was_trained_on(snapshot):
        raise NotReady("Nothing was accepted or changed since the last training.")
    return _start_run(project, kind, snapshot, rival=choice.model, start=start, trigger=trigger, by=by)


def _was_trained_on(snapshot: DatasetSnapshot) -> bool:
    """Whether the last training that came to its end used this very snapshot."""
    ended = TrainingRun.objects.filter(
        project=snapshot.project_id, object_type=snapshot.object_type, stain=snapshot.stain, state=JobState.DONE
    )
    last = ended.first()
    return last is not None and last.snapshot_id == snapshot.pk


def _start_run(
    project: Project,
    kind: Kind,
    snapshot: DatasetSnapshot,
    *,
    rival: ModelVersion,
    start: Start,
    trigger: Trigger,
    by: Any,
) -> TrainingRun:
    base = rival if start == "active" else None
    job_id = uuid4()
    request = TrainRequest(
        job_id=job_id,
        attempt=1,
        method=rival.method,
        object_type=kind.object_type,
        stain=kind.stain,
        snapshot=snapshot.sha256,
        base=base.name if base else None,
        rival=rival.name,
        name=f"{rival.method}-{kind.object_type}-p{project.pk}-{job_id.hex[:12]}",
        samples=get_preferences(project=project, kind=kind).samples,
    )
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                id=job_id, project=project, by=by, method=rival.method, object_type=kind.object_type, stain=kind.stain,
                trigger=trigger, snapshot=snapshot, base=base, rival=rival,
                request=request.model_dump(mode="json", exclude={"attempt"}),
            )  # fmt: skip
            forget_refusal(project=project, kind=kind)
            jobs.start(run)
    except IntegrityError:
        raise NotReady("A training of this kind is under way already: wait for its end, or cancel it.") from None
    return run


# --- the answer ---------------------------------------------------------------------------------------------------


def record_trained(*, run: TrainingRun, reply: Trained) -> None:
    """Store the new version and its measurement, judge it, and let it take over where the rule says so.

    The run is locked. Raises InvalidInput or WeightsTrouble for weights or a measurement that cannot be used.
    """
    if reply.name != run.request["name"]:
        raise InvalidInput(
            f"The training worker made weights called {reply.name}, and was asked for {run.request['name']}."
        )
    version = add_trained_version(run=run, manifest=without_nan(reply.manifest), name=reply.name, sha256=reply.sha256)
    _keep_patches_hash(run.snapshot, reply.patches_sha256)
    kind = Kind(run.object_type, run.stain)
    answering = choose_model(project=run.project, object_type=kind.object_type, stain=kind.stain).model
    run.measurement = without_nan(reply.measurement)
    run.verdict, run.reason = judge(
        _read_measurement(run),
        promotes=get_preferences(project=run.project, kind=kind).promotes,
        rival_still_answers=answering == run.rival,
    )
    run.save(update_fields=["measurement", "verdict", "reason"])
    if run.verdict == Verdict.PROMOTED:
        activate(
            project=run.project, kind=kind, version=version, reason=Activation.Reason.MEASURED, by=None, note=run.reason
        )


def _read_measurement(run: TrainingRun) -> Measured:
    try:
        return Measured.model_validate(run.measurement)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise InvalidInput(
            f"The measurement of {run.request['name']} cannot be read: {where}: {problem['msg']}."
        ) from None


def _keep_patches_hash(snapshot: DatasetSnapshot, patches_sha256: str) -> None:
    """What was cut first holds: later trainings on the snapshot refuse other patches."""
    if not snapshot.patches_sha256:
        snapshot.patches_sha256 = patches_sha256
        snapshot.save(update_fields=["patches_sha256"])
    elif snapshot.patches_sha256 != patches_sha256:
        raise InvalidInput(
            "The patches that it was trained on are not those that were cut first from this snapshot: "
            "were slides replaced, or files in the learning folder changed? Restore them, then train again."
        )
