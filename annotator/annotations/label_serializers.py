"""REST shapes of labels, as project admins see and change them."""

from typing import Any

from rest_framework import serializers

from annotator.annotations.labels import IN_ONE_CALL
from annotator.core.errors import InvalidInput
from annotator.projects.hotkeys import read_hotkey
from annotator.projects.labels import MAX_LABELS
from annotator.projects.models import Label
from annotator.projects.names import NameField
from annotator.projects.serializers import LabelSerializer
from inference.protocol import MAX_ID

MAX_VERSION = 2**31 - 1


def id_field(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MAX_ID, **options)


def version_field() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MAX_VERSION, help_text="Of the label as you saw it.")


class HeldSerializer(serializers.Serializer):
    accepted = serializers.IntegerField()
    undecided = serializers.IntegerField()
    gone = serializers.IntegerField(help_text="Rejected or deleted: they can be restored.")


class LabelRowSerializer(LabelSerializer):
    held = HeldSerializer(help_text="How many objects bear it.")
    is_used = serializers.BooleanField(help_text="Whether any object ever bore it: then its object type stays.")

    class Meta(LabelSerializer.Meta):
        fields = [*LabelSerializer.Meta.fields, "version", "held", "is_used"]
        extra_kwargs = {**LabelSerializer.Meta.extra_kwargs, "version": {"required": True}}


class LabelsSerializer(serializers.Serializer):
    labels = LabelRowSerializer(many=True, help_text="In their order.")
    deleted = LabelRowSerializer(many=True, help_text="Those that can be brought back, the last deleted first.")


class NewLabelSerializer(serializers.ModelSerializer):
    name = NameField(max_length=Label._meta.get_field("name").max_length)
    key = serializers.CharField(
        max_length=8, allow_null=True, allow_blank=True, required=False,
        help_text="One letter, digit or sign that the workspace does not use itself; null: none. Left out: a free digit.",
    )  # fmt: skip

    class Meta:
        model = Label
        fields = ["name", "colour", "object_type", "key"]
        extra_kwargs = {"object_type": {"required": True}}

    def validate_key(self, key: str | None) -> str | None:
        try:
            return read_hotkey(key)
        except InvalidInput as error:
            raise serializers.ValidationError(error.message) from None


class LabelChangeSerializer(NewLabelSerializer):
    """What is named is changed, and nothing else."""

    name = NameField(max_length=Label._meta.get_field("name").max_length, required=False)
    version = version_field()

    class Meta(NewLabelSerializer.Meta):
        fields = [*NewLabelSerializer.Meta.fields, "version"]
        extra_kwargs = {name: {"required": False} for name in ("colour", "object_type")}


class LabelOrderSerializer(serializers.Serializer):
    before = serializers.ListField(child=id_field(), max_length=MAX_LABELS, help_text="The order that you saw.")
    ids = serializers.ListField(child=id_field(), max_length=MAX_LABELS, help_text="The order that is to be.")


class LabelDeletionSerializer(serializers.Serializer):
    version = version_field()
    objects = serializers.ChoiceField(
        choices=["none", "move", "delete"],
        help_text="none: refuse where the label has any; move: they take the label to_id; delete: they can be restored.",
    )
    to_id = id_field(required=False, help_text="Of move: a label of the same object type.")


class LabelDeletedSerializer(serializers.Serializer):
    done = serializers.IntegerField(
        help_text=f"Objects that were moved or deleted, at most some {IN_ONE_CALL:,} in a call."
    )
    left = serializers.IntegerField(help_text="Objects that are left: ask again until 0, when the label is deleted.")
