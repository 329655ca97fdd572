"""DatasetSnapshot: accepted work, frozen. SlidePart: on which side of the split a slide stands, once and for good."""

from django.conf import settings
from django.db import models

from annotator.projects.models import ObjectType, Project
from annotator.slides.models import Slide


class Part(models.TextChoices):
    TRAINING = "training"
    HELD_OUT = "held_out"


class SlidePart(models.Model):
    """Never changed: what a version was once measured on, none is ever trained on."""

    slide = models.OneToOneField(Slide, primary_key=True, on_delete=models.PROTECT, related_name="part")
    group = models.CharField(max_length=200)
    """The patient, else the slide itself: all slides of a group stand on one side."""
    part = models.CharField(max_length=16, choices=Part.choices)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["group"], name="slides_of_a_group")]


class DatasetSnapshot(models.Model):
    """The manifest lies in LEARNING_FOLDER/snapshots/<sha256>/manifest.json; the training worker cuts its patches beside it."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="snapshots")
    object_type = models.CharField(max_length=16, choices=ObjectType.choices)
    stain = models.CharField(max_length=40, blank=True)
    sha256 = models.CharField(max_length=64, unique=True)
    """Of the manifest's content: the same work always makes the same snapshot."""
    patches_sha256 = models.CharField(max_length=64, blank=True)
    """Of all patches, once they were cut; patches that differ later are refused."""
    summary = models.JSONField(default=dict)
    """Counts for people: {slides: {training, held_out}, objects: {training, held_out}, labels: {name: n}, rejected,
    complete_regions, prompts, accepted_by: {how: n}}."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.sha256[:12]
