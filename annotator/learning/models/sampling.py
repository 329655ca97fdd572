"""SamplingRun: a look over whole slides for the regions that are worth labelling next."""

from django.db import models

from annotator.learning.models.job import Job
from annotator.learning.models.model_version import ModelVersion


class Strategy(models.TextChoices):
    RANDOM = "random", "Random, from every slide alike"
    ENTROPY = "entropy", "Where the model is least sure"
    DISAGREEMENT = "disagreement", "Where two models disagree"
    COMBINED = "combined", "Unsure and varied"


class SamplingRun(Job):
    strategy = models.CharField(max_length=16, choices=Strategy.choices)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    wanted = models.PositiveIntegerField()
    """How many regions."""
    region_um = models.FloatField()
    """Their side."""

    class Meta:
        ordering = ["-created_at"]
