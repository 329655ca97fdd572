"""REST shapes of model versions, training runs and a project's learning."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator.learning.models import (
    Activation,
    DatasetSnapshot,
    JobLine,
    JobState,
    ModelVersion,
    TrainingRun,
    Trigger,
    Verdict,
)
from annotator.projects.models import ObjectType
from inference.protocol import MAX_SAMPLES


class VersionReferenceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class SnapshotSerializer(serializers.ModelSerializer):
    summary = serializers.DictField(help_text="Counts of slides, objects, labels, rejected proposals, regions.")

    class Meta:
        model = DatasetSnapshot
        fields = ["sha256", "created_at", "summary"]


# --- what inference/evaluation/comparison.py measured ---------------------------------------------------------------


class DifferenceSerializer(serializers.Serializer):
    """Candidate minus rival, with the 90 % interval of a paired bootstrap."""

    score = serializers.CharField()
    mean = serializers.FloatField()
    low90 = serializers.FloatField()
    high90 = serializers.FloatField()
    resamples = serializers.IntegerField()
    clustered_by = serializers.CharField()


class ScoresSerializer(serializers.Serializer):
    """aji, dice, pq, iou_at_1, noc_80, noc_85, noc_90, ms_per_click_p50."""

    candidate = serializers.DictField(child=serializers.FloatField(allow_null=True))
    rival = serializers.DictField(child=serializers.FloatField(allow_null=True), allow_null=True)


class MeasuredPartSerializer(serializers.Serializer):
    n_objects = serializers.IntegerField()
    candidate = serializers.FloatField(allow_null=True)
    rival = serializers.FloatField(allow_null=True)
    difference = serializers.FloatField(allow_null=True)


class MeasuredLabelSerializer(MeasuredPartSerializer):
    label_id = serializers.IntegerField()
    label = serializers.CharField()


class MeasuredSlideSerializer(MeasuredPartSerializer):
    slide_id = serializers.IntegerField()
    slide = serializers.CharField()


class RealPromptsSerializer(MeasuredPartSerializer):
    n_rejected = serializers.IntegerField()
    candidate_rejected_iou = serializers.FloatField(allow_null=True)
    rival_rejected_iou = serializers.FloatField(allow_null=True)


class PictureSerializer(serializers.Serializer):
    """One clicked object, before and after side by side, at /api/learning/runs/{id}/pictures/{file}."""

    file = serializers.CharField()
    slide = serializers.CharField()
    label = serializers.CharField()
    object_id = serializers.CharField()
    candidate = serializers.FloatField(allow_null=True)
    rival = serializers.FloatField(allow_null=True)


class MeasurementSerializer(serializers.Serializer):
    """For the schema alone: the measurement is stored and sent as the training worker wrote it."""

    candidate = serializers.CharField()
    rival = serializers.CharField(allow_null=True)
    n_slides = serializers.IntegerField()
    n_groups = serializers.IntegerField()
    n_objects = serializers.IntegerField()
    scores = ScoresSerializer()
    difference = DifferenceSerializer(allow_null=True)
    per_label = MeasuredLabelSerializer(many=True)
    per_slide = MeasuredSlideSerializer(many=True)
    real_prompts = RealPromptsSerializer(allow_null=True)
    pictures = PictureSerializer(many=True)
    command = serializers.CharField()


@extend_schema_field(MeasurementSerializer())
class MeasurementField(serializers.JSONField):
    pass


# --- versions -----------------------------------------------------------------------------------------------------


class ActivationSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="by.username", default=None, allow_null=True, help_text="Null: the rule decided.")
    reason = serializers.ChoiceField(choices=Activation.Reason.choices)

    class Meta:
        model = Activation
        fields = ["at", "by", "reason", "note", "object_type", "stain"]


class ModelVersionSerializer(serializers.ModelSerializer):
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    shipped = serializers.SerializerMethodField(help_text="Came with Squiggle; else the project's own.")
    active = serializers.BooleanField(source="answers", help_text="Answers in this project.")
    parent = VersionReferenceSerializer(allow_null=True)
    snapshot = SnapshotSerializer(source="run.snapshot", default=None, allow_null=True)
    metrics = serializers.DictField()
    measurement = MeasurementField(source="run.measurement", default=None, allow_null=True)
    verdict = serializers.ChoiceField(
        source="run.verdict", choices=Verdict.choices, default="", allow_blank=True, help_text="Empty: not judged."
    )
    reason = serializers.CharField(source="run.reason", default="", allow_blank=True)
    mask_count = serializers.IntegerField(help_text="Accepted masks in the project that it made.")
    activations = ActivationSerializer(source="history", many=True)

    class Meta:
        model = ModelVersion
        fields = [
            "id", "name", "method", "object_type", "stain", "licence", "shipped", "active", "replaced", "sha256", "parent",
            "run_id", "snapshot", "metrics", "measurement", "verdict", "reason", "mask_count", "created_at", "activations",
        ]  # fmt: skip

    def get_shipped(self, version: ModelVersion) -> bool:
        return version.project_id is None


class KindSerializer(serializers.Serializer):
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    stain = serializers.CharField(allow_blank=True, max_length=40)


class AnsweringSerializer(KindSerializer):
    active_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True, help_text="In words, unless the version is for this very stain.")
    can_roll_back = serializers.BooleanField()


class ModelsSerializer(serializers.Serializer):
    versions = ModelVersionSerializer(many=True)
    kinds = AnsweringSerializer(many=True)


class ActivateSerializer(serializers.Serializer):
    note = serializers.CharField(allow_blank=True, max_length=2_000, default="")


# --- runs ---------------------------------------------------------------------------------------------------------


class TrainingRunSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(choices=JobState.choices)
    trigger = serializers.ChoiceField(choices=Trigger.choices)
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_blank=True)
    snapshot = SnapshotSerializer()
    base = VersionReferenceSerializer(allow_null=True, help_text="Null: begun with random weights.")
    version_id = serializers.IntegerField(source="version.pk", default=None, allow_null=True)
    measurement = MeasurementField(allow_null=True)
    activations = serializers.SerializerMethodField(help_text="Of its version, the last one first.")

    class Meta:
        model = TrainingRun
        fields = [
            "id", "state", "stage", "done", "total", "object_type", "stain", "method", "trigger", "by", "created_at",
            "started_at", "ended_at", "attempt", "failure", "verdict", "reason", "snapshot", "base", "version_id",
            "measurement", "activations",
        ]  # fmt: skip

    @extend_schema_field(ActivationSerializer(many=True))
    def get_activations(self, run: TrainingRun) -> Any:
        version = getattr(run, "version", None)
        return ActivationSerializer(version.history if version else [], many=True).data


class JobLineSerializer(serializers.ModelSerializer):
    class Meta:
        model = JobLine
        fields = ["at", "text"]


class RunDetailSerializer(TrainingRunSerializer):
    project_id = serializers.IntegerField()
    curve = serializers.ListField(
        child=serializers.DictField(child=serializers.FloatField(allow_null=True)),
        help_text="Rows of step, samples, loss, iou_at_1, ms_per_sample.",
    )
    lines = serializers.SerializerMethodField()

    class Meta(TrainingRunSerializer.Meta):
        fields = [*TrainingRunSerializer.Meta.fields, "project_id", "curve", "lines"]

    @extend_schema_field(JobLineSerializer(many=True))
    def get_lines(self, run: TrainingRun) -> Any:
        return JobLineSerializer(JobLine.objects.filter(job_id=run.pk), many=True).data


class RunRequestSerializer(KindSerializer):
    start = serializers.ChoiceField(choices=["active", "scratch"])


# --- a project's learning -----------------------------------------------------------------------------------------


class ScheduleSerializer(serializers.Serializer):
    enabled = serializers.BooleanField()
    minute = serializers.IntegerField(min_value=0, max_value=59)
    hour = serializers.IntegerField(min_value=0, max_value=23)
    day_of_week = serializers.CharField(max_length=64, help_text="As cron has it: * for each day, 0 for Sunday, 1-5.")
    timezone = serializers.CharField(max_length=63, default=settings.TIME_ZONE)


class PreferencesSerializer(serializers.Serializer):
    schedule = ScheduleSerializer(allow_null=True)
    new_objects = serializers.IntegerField(
        min_value=1, max_value=1_000_000, allow_null=True, help_text="Train once this many were accepted; null: not."
    )
    promotes = serializers.BooleanField(help_text="Whether a better candidate takes over by itself.")
    samples = serializers.IntegerField(min_value=1, max_value=MAX_SAMPLES, help_text="Patches that a run is shown.")


class PreferencesOfKindSerializer(KindSerializer, PreferencesSerializer):
    pass


class StoredPreferencesSerializer(PreferencesSerializer):
    refusal = serializers.CharField(allow_blank=True, help_text="Why the last training that was due did not begin.")
    refused_at = serializers.DateTimeField(allow_null=True)


class CheckSerializer(serializers.Serializer):
    ok = serializers.BooleanField()
    words = serializers.CharField()


class LearningKindSerializer(KindSerializer):
    settings: Any = StoredPreferencesSerializer()
    accepted = serializers.IntegerField()
    accepted_since_snapshot = serializers.IntegerField()
    preflight = CheckSerializer(many=True)
    ready = serializers.BooleanField()


class LearningSerializer(serializers.Serializer):
    kinds = LearningKindSerializer(many=True)
    runs = TrainingRunSerializer(many=True)
    trainer = serializers.ChoiceField(choices=["ready", "missing"])
