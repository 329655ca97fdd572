"""Why a due training did not begin; how many workers a job lost; and the chores that look after trainings."""

from typing import Any

from django.db import migrations, models

CHORES = [
    ("Find lost jobs", "annotator.learning.find_lost_jobs", 5, "seconds"),
    ("Train where enough was accepted", "annotator.learning.train_by_count", 1, "minutes"),
]


def schedule(apps: Any, schema_editor: Any) -> None:
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, path, every, period in CHORES:
        each, _ = interval.objects.get_or_create(every=every, period=period)
        task.objects.get_or_create(name=name, defaults={"task": path, "interval": each})


def unschedule(apps: Any, schema_editor: Any) -> None:
    paths = [path for _, path, _, _ in CHORES]
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task__in=paths).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("learning", "0003_learning_loop"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [
        migrations.AddField("learningsettings", "refusal", models.TextField(blank=True)),
        migrations.AddField("learningsettings", "refused_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("samplingrun", "losses", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("trainingrun", "losses", models.PositiveSmallIntegerField(default=0)),
        migrations.RunPython(schedule, unschedule),
    ]
