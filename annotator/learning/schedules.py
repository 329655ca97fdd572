"""Trainings that nobody asks for: those whose hour has come, and those for which enough was accepted."""

import logging

from annotator.core.errors import SquiggleError
from annotator.learning.kinds import Kind, count_accepted_since
from annotator.learning.models import DatasetSnapshot, LearningSettings, TrainingRun, Trigger
from annotator.learning.models.job import OPEN_STATES
from annotator.learning.preferences import record_refusal
from annotator.learning.training import request_training

logger = logging.getLogger(__name__)


def train_by_schedule(settings_id: int) -> TrainingRun | None:
    """Called by beat at the hour that the settings name."""
    row = LearningSettings.objects.select_related("project").filter(pk=settings_id).first()
    if row is None:
        logger.warning("a training is scheduled for settings %s, which are gone", settings_id)
        return None
    return _train(row, Trigger.SCHEDULE)


def train_by_count() -> None:
    """Called each minute: a training for each kind of which enough objects were accepted since its last snapshot."""
    for row in LearningSettings.objects.select_related("project").filter(new_objects__isnull=False):
        if not _is_under_way(row) and count_new_objects(row) >= (row.new_objects or 0):
            _train(row, Trigger.THRESHOLD)


def count_new_objects(row: LearningSettings) -> int:
    """Accepted since the last snapshot of the kind."""
    kind = Kind(row.object_type, row.stain)
    last = DatasetSnapshot.objects.filter(
        project=row.project, object_type=row.object_type, stain=row.stain
    ).first()  # fmt: skip
    return count_accepted_since(project=row.project, kind=kind, since=last.created_at if last else None)


def _train(row: LearningSettings, trigger: Trigger) -> TrainingRun | None:
    kind = Kind(row.object_type, row.stain)
    try:
        return request_training(project=row.project, kind=kind, start="active", trigger=trigger, by=None)
    except SquiggleError as error:
        logger.info("no training of %s in project %s: %s", kind, row.project_id, error.message)
        record_refusal(project=row.project, kind=kind, words=error.message)
        return None


def _is_under_way(row: LearningSettings) -> bool:
    return TrainingRun.objects.filter(
        project=row.project, object_type=row.object_type, stain=row.stain, state__in=OPEN_STATES
    ).exists()
