"""REST shape of an object's history."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator.annotations.models import Action, Revision


class RevisionSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.username", default=None, allow_null=True)
    model = serializers.CharField(source="model_version.name", default=None, allow_null=True)
    model_id = serializers.IntegerField(source="model_version_id", allow_null=True)
    model_sha256 = serializers.CharField(
        source="model_version.sha256", default=None, allow_null=True, help_text="Of the weights that made the mask."
    )
    action = serializers.ChoiceField(choices=Action.choices)
    times = serializers.DictField(child=serializers.FloatField(), allow_null=True, help_text="StepTimes, of an answer.")
    replaced_by = serializers.UUIDField(
        source="replaced_by_id", allow_null=True, help_text="Of a deletion: the object that took this one's place."
    )
    start = serializers.SerializerMethodField(help_text="Of a question: whether its prompts correct a mask.")

    class Meta:
        model = Revision
        fields = [
            "version", "action", "turn", "label_id", "author", "model", "model_id", "model_sha256", "prompts", "start",
            "score", "how", "replaced_by", "elapsed_ms", "times", "failure", "at",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=["nothing", "mask"]))
    def get_start(self, revision: Revision) -> str:
        return "nothing" if revision.start is None else "mask"


class HistorySerializer(serializers.Serializer):
    object = serializers.DictField(help_text="An ObjectView.")
    revisions = RevisionSerializer(many=True)


class TrashSerializer(serializers.Serializer):
    objects = serializers.ListField(child=serializers.DictField(help_text="An ObjectView."))
