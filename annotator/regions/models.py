"""Region: a square of a slide to be labelled completely."""

from django.conf import settings
from django.db import models

from annotator.projects.models import Project
from annotator.slides.models import Slide


class Region(models.Model):
    """open → complete or skipped. An open one with a living lease belongs to one person."""

    class State(models.TextChoices):
        OPEN = "open"
        COMPLETE = "complete"
        SKIPPED = "skipped"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="regions")
    slide = models.ForeignKey(Slide, on_delete=models.PROTECT, related_name="regions")
    x = models.FloatField()
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    """Level-0 px; x, y is the upper left corner."""
    object_type = models.CharField(max_length=16)
    """What is to be labelled in it: all objects of this type."""
    strategy = models.CharField(max_length=16)
    """How it was picked (learning's Strategy), or "hand"."""
    score = models.FloatField(null=True)
    sampling_id = models.UUIDField(null=True)
    """The SamplingRun that found it."""
    rank = models.PositiveIntegerField(default=0)
    """The order in which the queue hands them out."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    leased_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    leased_until = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["rank", "id"]
        indexes = [models.Index(fields=["project", "state", "rank", "id"], name="region_queue")]
        constraints = [
            models.CheckConstraint(condition=models.Q(width__gt=0, height__gt=0), name="region_has_an_area"),
        ]
