"""REST shapes of looks for regions that are worth labelling next."""

from rest_framework import serializers

from annotator.learning.models import JobState, SamplingRun, Strategy
from annotator.projects.models import ObjectType
from inference.protocol import MAX_REGION_UM, MAX_REGIONS


class SamplingRequestSerializer(serializers.Serializer):
    strategy = serializers.ChoiceField(choices=Strategy.choices)
    wanted = serializers.IntegerField(min_value=1, max_value=MAX_REGIONS, help_text="How many regions.")
    region_um = serializers.FloatField(min_value=1, max_value=MAX_REGION_UM, help_text="Their side.")
    object_type = serializers.ChoiceField(choices=ObjectType.choices)


class SamplingRunSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(choices=JobState.choices)
    strategy = serializers.ChoiceField(choices=Strategy.choices)
    object_type = serializers.ChoiceField(source="model_version.object_type", choices=ObjectType.choices)
    model = serializers.CharField(source="model_version.name", help_text="The version that was asked.")
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    found = serializers.IntegerField(help_text="How many regions it put into the queue.")

    class Meta:
        model = SamplingRun
        fields = [
            "id", "state", "stage", "done", "total", "strategy", "object_type", "wanted", "region_um", "model", "by",
            "found", "failure", "created_at", "started_at", "ended_at",
        ]  # fmt: skip
