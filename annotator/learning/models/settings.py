"""LearningSettings: when a project trains, and whether a better candidate takes over by itself."""

from django.db import models
from django_celery_beat.models import PeriodicTask

from annotator.projects.models import ObjectType, Project


class LearningSettings(models.Model):
    """One row for each object type and stain that a project learns; the schedule itself is django-celery-beat's."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="learning_settings")
    object_type = models.CharField(max_length=16, choices=ObjectType.choices)
    stain = models.CharField(max_length=40, blank=True)
    schedule = models.OneToOneField(PeriodicTask, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    new_objects = models.PositiveIntegerField(null=True, blank=True)
    """Train once this many objects were accepted since the last snapshot; null: not by count."""
    promotes = models.BooleanField(default=True)
    """Whether a candidate that passes the rule takes over by itself; else an admin decides."""
    samples = models.PositiveIntegerField(default=8_000)
    """Patches that a run is shown."""
    refusal = models.TextField(blank=True)
    """Why the last run that was due did not begin, in words; empty once one began."""
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "object_type", "stain"], name="one_settings_of_a_kind")
        ]
