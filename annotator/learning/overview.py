"""What the pages Models and Learning show: versions with how they were made, kinds with how far they are, and runs."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from redis.exceptions import RedisError

from annotator.annotations.models import Annotation
from annotator.annotations.views import ObjectState
from annotator.core.errors import NotFound
from annotator.learning.kinds import Kind, count_accepted_since, list_kinds
from annotator.learning.models import Activation, ModelVersion, TrainingRun
from annotator.learning.preferences import get_preferences, get_schedule
from annotator.learning.preflight import check_ready
from annotator.learning.promotion import find_rollback
from annotator.learning.schedules import count_new_objects
from annotator.learning.selectors import choose_model
from annotator.learning.workers import list_trainers
from annotator.projects.access import Right, User, require
from annotator.projects.models import Project

RUNS_SHOWN = 50


# --- models -------------------------------------------------------------------------------------------------------


def list_versions(project: Project) -> QuerySet[Any]:
    """The shipped versions and the project's own, the newest first, those that others replaced among them.

    Each with `answers` (in this project, for some kind), `mask_count` and `history`, its activations here.
    """
    answering = [kind["active_id"] for kind in list_answering(project)]
    masks = Annotation.objects.filter(
        slide__project=project, state=ObjectState.ACCEPTED, model_version=OuterRef("pk")
    ).order_by()  # fmt: skip
    count = masks.values("model_version").annotate(count=Count("pk")).values("count")
    activations = Activation.objects.filter(project=project).select_related("by")
    return (
        ModelVersion.objects.filter(Q(project=None) | Q(project=project))
        .annotate(
            mask_count=Coalesce(Subquery(count), 0), answers=ExpressionWrapper(Q(pk__in=answering), BooleanField())
        )
        .select_related("parent", "run__snapshot")
        .prefetch_related(Prefetch("activations", activations, to_attr="history"))
        .defer("manifest", "parent__manifest", "parent__metrics", "run__request", "run__curve")
        .order_by("-created_at", "-pk")
    )


def list_answering(project: Project) -> list[dict[str, Any]]:
    """For each kind of the project: the version that answers, and why."""
    return [_answering(project, kind) for kind in list_kinds(project)]


def _answering(project: Project, kind: Kind) -> dict[str, Any]:
    choice = choose_model(project=project, object_type=kind.object_type, stain=kind.stain)
    return {
        "object_type": kind.object_type,
        "stain": kind.stain,
        "active_id": choice.model and choice.model.pk,
        "reason": choice.reason,
        "can_roll_back": find_rollback(project=project, kind=kind) is not None,
    }


def get_version(*, project: Project, version_id: int) -> ModelVersion:
    """A shipped version or one of the project's own. Raises NotFound for any other."""
    own = ModelVersion.objects.filter(Q(project=None) | Q(project=project))
    version = own.filter(pk=version_id).first()
    if version is None:
        raise NotFound()
    return version


# --- learning -----------------------------------------------------------------------------------------------------


def list_learning(project: Project) -> list[dict[str, Any]]:
    """For each kind of the project: its settings, the work done on it, and what a training still needs."""
    return [_learning(project, kind) for kind in list_kinds(project)]


def _learning(project: Project, kind: Kind) -> dict[str, Any]:
    preferences = get_preferences(project=project, kind=kind)
    checks = check_ready(project=project, object_type=kind.object_type, stain=kind.stain)
    return {
        "object_type": kind.object_type,
        "stain": kind.stain,
        "settings": view_preferences(preferences),
        "accepted": count_accepted_since(project=project, kind=kind, since=None),
        "accepted_since_snapshot": count_new_objects(preferences),
        "preflight": [{"ok": ok, "words": words} for ok, words in checks],
        "ready": all(ok for ok, _ in checks),
    }


def view_preferences(preferences: Any) -> dict[str, Any]:
    return {
        "schedule": get_schedule(preferences),
        "new_objects": preferences.new_objects,
        "promotes": preferences.promotes,
        "samples": preferences.samples,
        "refusal": preferences.refusal,
        "refused_at": preferences.refused_at,
    }


def is_trainer_there() -> bool:
    try:
        return bool(list_trainers())
    except RedisError:
        return False


# --- runs ---------------------------------------------------------------------------------------------------------


def list_runs(project: Project) -> QuerySet[TrainingRun]:
    """The last ones, the newest first."""
    return _runs().filter(project=project).defer("request", "curve")[:RUNS_SHOWN]


def get_run(*, user: User, run_id: UUID, right: Right = Right.VIEW) -> TrainingRun:
    """Raises NotFound, or NotAllowed where the person may see the run but not do this."""
    run = _runs().select_related("project").filter(pk=run_id).first()
    if run is None:
        raise NotFound()
    require(user, run.project, right)
    return run


def _runs() -> QuerySet[TrainingRun]:
    """Each with `version.history`, the activations of the version that it made: it answers in the run's project alone."""
    activations = Activation.objects.select_related("by")
    return (
        TrainingRun.objects.select_related("by", "snapshot", "base", "version")
        .prefetch_related(Prefetch("version__activations", activations, to_attr="history"))
        .defer("base__manifest", "version__manifest")
    )
