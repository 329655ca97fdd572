"""ModelVersion (a checkpoint that can be asked) and SegmentationRequest (the queue of record)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotator.projects.models import ObjectType
from annotator.slides.models import Slide


class ModelVersion(models.Model):
    """A checkpoint with its manifest, as shipped in the weights folder."""

    name = models.CharField(max_length=120, unique=True)
    """The checkpoint's name, as SegmentRequest names it."""
    method = models.CharField(max_length=40)
    object_type = models.CharField(max_length=16, choices=ObjectType.choices)
    stain = models.CharField(max_length=40, blank=True)
    mpp = models.FloatField(null=True)
    patch_px = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    licence = models.TextField()
    metrics = models.JSONField(default=dict)
    manifest = models.JSONField(default=dict)
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class SegmentationRequest(models.Model):
    """A question to a model, complete, until it is answered. Losing Redis loses nothing of it."""

    id = models.UUIDField(primary_key=True)
    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    request = models.JSONField()
    """The SegmentRequest as first sent."""
    received_at = models.FloatField()
    """Unix time at which the command came in."""
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="unanswered", condition=Q(answered_at=None))]
