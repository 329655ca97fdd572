"""What was learnt, in Django's admin: to read, and to say which shipped weights answer where a project chose none."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin

from annotator.learning.models import (
    Activation,
    DatasetSnapshot,
    LearningSettings,
    ModelVersion,
    SamplingRun,
    TrainingRun,
)

PeriodicTaskAdmin.change_form_template = (
    None  # its own runs a script in the page, which core/headers.py forbids: a comfort
)


class ReadOnly(admin.ModelAdmin):
    """Services write these rows; here they are looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ["name", "method", "object_type", "stain", "project", "licence", "active", "replaced"]
    list_filter = ["object_type", "stain", "active", "replaced"]
    readonly_fields = [field.name for field in ModelVersion._meta.fields if field.name != "active"]

    def has_change_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        """A project's own versions are activated on its page, where the measurement stands beside."""
        return obj is None or (obj.project_id is None and not obj.replaced)


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ["created_at", "project", "object_type", "stain", "trigger", "state", "attempt", "verdict"]
    list_filter = ["state", "verdict", "project"]


@admin.register(SamplingRun)
class SamplingRunAdmin(ReadOnly):
    list_display = ["created_at", "project", "strategy", "wanted", "state", "attempt"]
    list_filter = ["state", "project"]


@admin.register(Activation)
class ActivationAdmin(ReadOnly):
    list_display = ["at", "project", "object_type", "stain", "version", "before", "reason", "by"]
    list_filter = ["project"]


@admin.register(DatasetSnapshot)
class DatasetSnapshotAdmin(ReadOnly):
    list_display = ["created_at", "project", "object_type", "stain", "sha256", "by"]
    list_filter = ["project"]


@admin.register(LearningSettings)
class LearningSettingsAdmin(ReadOnly):
    list_display = ["project", "object_type", "stain", "schedule", "new_objects", "promotes", "refusal"]
