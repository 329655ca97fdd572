"""When a project trains, and whether a better candidate takes over by itself. The schedule is django-celery-beat's row."""

import json
from typing import NotRequired, TypedDict

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from annotator.core.errors import InvalidInput
from annotator.learning.kinds import Kind
from annotator.learning.models import LearningSettings
from annotator.projects.models import Project
from annotator.projects.words import PLURALS

SCHEDULED_TASK = "annotator.learning.train_by_schedule"


class Schedule(TypedDict):
    """At this minute of this hour on these days of the week, in cron's words (* for all, 0 for Sunday, 1-5, 1,3)."""

    enabled: bool
    minute: int
    hour: int
    day_of_week: str
    timezone: NotRequired[str]


def get_preferences(*, project: Project, kind: Kind) -> LearningSettings:
    """The stored ones, else those that hold where nobody has set any (then without a primary key)."""
    chosen = {"project": project, "object_type": kind.object_type, "stain": kind.stain}
    row = LearningSettings.objects.select_related("schedule__crontab").filter(**chosen).first()
    return row or LearningSettings(**chosen)


def get_schedule(preferences: LearningSettings) -> Schedule | None:
    task = preferences.schedule
    if task is None or task.crontab is None:
        return None
    return Schedule(
        enabled=task.enabled,
        minute=int(task.crontab.minute),
        hour=int(task.crontab.hour),
        day_of_week=task.crontab.day_of_week,
        timezone=str(task.crontab.timezone),
    )


@transaction.atomic
def set_preferences(
    *, project: Project, kind: Kind, schedule: Schedule | None, new_objects: int | None, promotes: bool, samples: int
) -> LearningSettings:
    """Raises InvalidInput for days or a time zone that there are not."""
    row, _ = LearningSettings.objects.select_for_update(of=("self",)).update_or_create(
        project=project,
        object_type=kind.object_type,
        stain=kind.stain,
        defaults={"new_objects": new_objects, "promotes": promotes, "samples": samples},
    )
    before = row.schedule
    row.schedule = None if schedule is None else _write_task(row, schedule)
    row.save(update_fields=["schedule"])
    if before is not None and row.schedule is None:
        before.delete()
    return row


def _write_task(row: LearningSettings, schedule: Schedule) -> PeriodicTask:
    crontab = _find_crontab(schedule)
    fields = {
        "task": SCHEDULED_TASK, "crontab": crontab, "args": json.dumps([row.pk]), "enabled": schedule["enabled"],
    }  # fmt: skip
    if row.schedule is None:
        name = f"Train {PLURALS[row.object_type]}, {row.stain or 'any stain'}, project {row.project_id} ({row.pk})"
        return PeriodicTask.objects.create(name=name, **fields)
    for key, value in fields.items():
        setattr(row.schedule, key, value)
    row.schedule.save()
    return row.schedule


def _find_crontab(schedule: Schedule) -> CrontabSchedule:
    fields = {
        "minute": str(schedule["minute"]),
        "hour": str(schedule["hour"]),
        "day_of_week": schedule["day_of_week"],
        "day_of_month": "*",
        "month_of_year": "*",
        "timezone": schedule.get("timezone") or settings.TIME_ZONE,
    }
    try:
        crontab = CrontabSchedule(**fields)
        crontab.full_clean()
    except ValidationError as error:
        raise InvalidInput(f"This schedule cannot be used: {' '.join(error.messages)}") from None
    known = CrontabSchedule.objects.filter(**fields).first()
    if known is None:
        crontab.save()
    return known or crontab


def record_refusal(*, project: Project, kind: Kind, words: str) -> None:
    """Why a training that was due did not begin: the learning page shows it until one begins."""
    LearningSettings.objects.filter(project=project, object_type=kind.object_type, stain=kind.stain).update(
        refusal=words, refused_at=timezone.now()
    )


def forget_refusal(*, project: Project, kind: Kind) -> None:
    LearningSettings.objects.filter(project=project, object_type=kind.object_type, stain=kind.stain).update(
        refusal="", refused_at=None
    )
