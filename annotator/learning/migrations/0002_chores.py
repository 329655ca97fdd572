"""The periodic chores, in django-celery-beat's own tables."""

from typing import Any

from django.db import migrations

EACH_SECOND = "annotator.learning.resend_lost"
EACH_DAY = "annotator.learning.forget_old"


def schedule(apps: Any, schema_editor: Any) -> None:
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    second, _ = interval.objects.get_or_create(every=1, period="seconds")
    day, _ = interval.objects.get_or_create(every=1, period="days")
    task.objects.get_or_create(name="Send lost requests again", defaults={"task": EACH_SECOND, "interval": second})
    task.objects.get_or_create(name="Forget old events", defaults={"task": EACH_DAY, "interval": day})


def unschedule(apps: Any, schema_editor: Any) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task__in=[EACH_SECOND, EACH_DAY]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("learning", "0001_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(schedule, unschedule)]
