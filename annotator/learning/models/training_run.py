"""TrainingRun: one attempt at a better version, from its snapshot to its verdict."""

from django.db import models
from django.db.models import Q

from annotator.learning.models.job import OPEN_STATES, Job
from annotator.learning.models.model_version import ModelVersion
from annotator.learning.models.snapshot import DatasetSnapshot
from annotator.projects.models import ObjectType


class Trigger(models.TextChoices):
    SCHEDULE = "schedule", "by schedule"
    THRESHOLD = "threshold", "enough new objects"
    HAND = "hand", "by hand"


class Verdict(models.TextChoices):
    PROMOTED = "promoted"
    REFUSED = "refused"
    ADMIN = "admin", "for an admin to decide"


class TrainingRun(Job):
    method = models.CharField(max_length=40)
    object_type = models.CharField(max_length=16, choices=ObjectType.choices)
    stain = models.CharField(max_length=40, blank=True)
    trigger = models.CharField(max_length=16, choices=Trigger.choices)
    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, related_name="runs")
    base = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    """Fine-tuned from these weights; null: from random ones."""
    rival = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    """The version that answered when the run began: the candidate is measured against it."""
    curve = models.JSONField(default=list)
    """The training loop's rows: {step, samples, loss, iou_at_1, ms_per_sample}."""
    measurement = models.JSONField(null=True)
    """Candidate and rival on the held-out slides (inference/evaluation/comparison.py writes it)."""
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    reason = models.TextField(blank=True)
    """The verdict in words."""

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "object_type", "stain"],
                condition=Q(state__in=OPEN_STATES),
                name="one_training_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.object_type} {self.created_at:%Y-%m-%d %H:%M}"
