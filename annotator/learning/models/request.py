"""SegmentationRequest: the queue of record."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotator.learning.models.model_version import ModelVersion
from annotator.slides.models import Slide


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
