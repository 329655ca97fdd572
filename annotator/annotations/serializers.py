"""REST shape of an object's history."""

from rest_framework import serializers

from annotator.annotations.models import Action, Revision


class RevisionSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.username", default=None, allow_null=True)
    model = serializers.CharField(source="model_version.name", default=None, allow_null=True)
    action = serializers.ChoiceField(choices=Action.choices)

    class Meta:
        model = Revision
        fields = [
            "version", "action", "turn", "label_id", "author", "model", "prompts", "score", "how", "elapsed_ms",
            "times", "failure", "at",
        ]  # fmt: skip


class HistorySerializer(serializers.Serializer):
    object = serializers.DictField(help_text="An ObjectView.")
    revisions = RevisionSerializer(many=True)


class TrashSerializer(serializers.Serializer):
    objects = serializers.ListField(child=serializers.DictField(help_text="An ObjectView."))
