"""Job: work of minutes to hours on the training queue. Postgres says whose it is and how far it came, not the broker."""

import uuid

from django.conf import settings
from django.db import models

from annotator.projects.models import Project


class JobState(models.TextChoices):
    """queued → running → done, failed or cancelled; a run whose heartbeat stops is lost, and queued again."""

    QUEUED = "queued"
    RUNNING = "running"
    LOST = "lost"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = [JobState.QUEUED, JobState.RUNNING, JobState.LOST]


class Job(models.Model):
    """The lease: `attempt` counts the workers that were given the job. Only the last one's replies are heard, and a
    worker that sees another number behind LEASE_KEY_PREFIX stops within a step."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)
    """How many workers went away in the middle of it without a word."""
    request = models.JSONField(default=dict)
    """The TrainRequest or SampleRequest, but for the attempt."""
    stage = models.CharField(max_length=16, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    """Of the stage: steps, objects or tiles."""
    failure = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """Who asked for it; null where a schedule did."""
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    """When a worker last said that it works on it."""
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class JobLine(models.Model):
    """One line of a job's log, as its page shows it."""

    job_id = models.UUIDField()
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job_id", "id"], name="lines_of_a_job")]
