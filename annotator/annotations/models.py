"""Annotation (as it stands), Revision (how it came to be), and the clock, events and receipts behind the socket."""

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models

from annotator.annotations.fields import BoxField
from annotator.annotations.views import ObjectState
from annotator.projects.models import Label
from annotator.slides.models import Slide

STATES = [(state.value, state.value) for state in ObjectState]


class Annotation(models.Model):
    """One object on a slide. Geometry: WKB MultiPolygon in level-0 pixels."""

    id = models.UUIDField(primary_key=True)
    slide = models.ForeignKey(Slide, on_delete=models.PROTECT, related_name="annotations")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="annotations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations")
    state = models.CharField(max_length=16, choices=STATES, default=ObjectState.ASKED)
    state_before = models.CharField(max_length=16, choices=STATES, default="", blank=True)
    """Of a rejected or deleted object: the state that restore brings back."""
    version = models.PositiveIntegerField(default=0)
    turn = models.PositiveIntegerField(default=0)
    prompts = models.JSONField(default=list)
    start = models.BinaryField(null=True)
    """The mask that the prompts correct, as it was before the first of them; null where they began with nothing."""
    accepted_before = models.JSONField(null=True, blank=True)
    """Of an accepted object that is being corrected: all that rejecting the correction brings back."""
    accepting = models.JSONField(null=True, blank=True)
    """An acceptance that waits for the answer: {user_id, how, elapsed_ms}."""
    covers = models.JSONField(default=list, blank=True)
    """Of a proposal: the accepted objects of its type that it covers (ObjectRefs), as far as it has been looked for."""
    failure = models.TextField(default="", blank=True)
    geometry = models.BinaryField(null=True)
    area_px = models.FloatField(default=0)
    centroid_x = models.FloatField(null=True)
    centroid_y = models.FloatField(null=True)
    score = models.FloatField(null=True)
    place = BoxField(null=True)
    model_version = models.ForeignKey(
        "learning.ModelVersion", null=True, on_delete=models.PROTECT, related_name="annotations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            GistIndex(fields=["place"], name="annotation_place"),
            models.Index(fields=["slide", "state", "label"], name="annotation_counts"),
            models.Index(
                fields=["slide", "label"],
                name="annotation_corrections",
                condition=models.Q(accepted_before__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"


class Action(models.TextChoices):
    ASKED = "asked"
    ANSWERED = "answered"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RELABELLED = "relabelled"
    DELETED = "deleted"
    RESTORED = "restored"


BECAUSE_IT_COVERS = "covers"
"""How a proposal was turned down that covered an accepted object of its type: that is no word about its mask."""


class Revision(models.Model):
    """One step of an object's life: who did what, when, how, with which prompts and which model. Never changed."""

    annotation = models.ForeignKey(Annotation, on_delete=models.PROTECT, related_name="revisions")
    version = models.PositiveIntegerField()
    """The annotation's version after this step."""
    action = models.CharField(max_length=16, choices=Action.choices)
    turn = models.PositiveIntegerField()
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """Null where a model's answer made the step."""
    model_version = models.ForeignKey("learning.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+")
    prompts = models.JSONField(default=list)
    start = models.BinaryField(null=True)
    """Of a question: the mask that its prompts correct."""
    geometry = models.BinaryField(null=True)
    score = models.FloatField(null=True)
    how = models.CharField(max_length=16, default="", blank=True)
    """Of an acceptance: key, next_click, batch or sweep. Of a rejection: BECAUSE_IT_COVERS, or nothing."""
    replaced_by = models.ForeignKey(Annotation, null=True, on_delete=models.PROTECT, related_name="+")
    """Of a deletion: the object that was accepted in this one's place, if one was."""
    elapsed_ms = models.FloatField(null=True)
    """How long the person took, by their own clock."""
    times = models.JSONField(null=True)
    """How long each step of a model's answer took, in milliseconds (StepTimes)."""
    failure = models.TextField(default="", blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.annotation_id} v{self.version} {self.action}"


class SlideClock(models.Model):
    """The number of the slide's last event. Its row lock is held until commit, so numbers have no gaps."""

    slide = models.OneToOneField(Slide, primary_key=True, on_delete=models.CASCADE, related_name="clock")
    seq = models.BigIntegerField(default=0)


class SlideEvent(models.Model):
    """What every browser on the slide is told, kept for those that were away."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    command_id = models.UUIDField(null=True)
    """The command that caused it, if one did: its number is that command's answer."""
    payload = models.JSONField()
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slide", "seq"], name="one_event_of_a_number")]
        indexes = [models.Index(fields=["command_id"], name="event_of_a_command")]


class CommandReceipt(models.Model):
    """A command that was carried out: sending it again changes nothing, and its event's number is the answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    command_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["command_id"], name="one_receipt_of_a_command")]
