"""Activation: which version answers in a project from when on, who decided it, and why. Rows are only ever added."""

from django.conf import settings
from django.db import models

from annotator.learning.models.model_version import ModelVersion
from annotator.projects.models import ObjectType, Project


class Activation(models.Model):
    """The newest row of (project, object type, stain) holds; without one, the shipped weights answer."""

    class Reason(models.TextChoices):
        MEASURED = "measured", "measured better"
        PROMOTED = "promoted", "promoted by an admin"
        ROLLED_BACK = "rolled_back", "rolled back by an admin"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="activations")
    object_type = models.CharField(max_length=16, choices=ObjectType.choices)
    stain = models.CharField(max_length=40, blank=True)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="activations")
    before = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    """What answered until then: a rollback goes back to it."""
    reason = models.CharField(max_length=16, choices=Reason.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """Null where the rule decided."""
    note = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "object_type", "stain", "-id"], name="newest_activation")]

    def __str__(self) -> str:
        return f"{self.project}: {self.version} ({self.get_reason_display()})"
