"""REST shapes of people, teams, projects and labels."""

from typing import Any

from rest_framework import serializers

from annotator.projects.first_labels import CHOICES
from annotator.projects.models import Label, Role
from annotator.projects.names import NameField
from inference.protocol import MAX_ID

MAX_PASSWORD = 1024
MAX_GUIDELINES_BYTES = 64 * 1024


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)


class NewPasswordSerializer(serializers.Serializer):
    old_password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)
    new_password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)


class UserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    is_demo = serializers.BooleanField()
    has_password = serializers.BooleanField(help_text="Whether there is one to change.")


class SessionSerializer(serializers.Serializer):
    user = UserSerializer()


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Label
        fields = ["id", "name", "colour", "object_type", "key"]
        extra_kwargs = {"object_type": {"required": True}, "key": {"required": True}}


class ProjectRowSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    team = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    slide_count = serializers.IntegerField()
    object_count = serializers.IntegerField()


class MemberSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Role.choices)


class MemberChangeSerializer(MemberSerializer):
    was = serializers.ChoiceField(
        choices=Role.choices, allow_null=True, help_text="The role that you saw; null: not in the team."
    )


class TeamSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class TeamsSerializer(serializers.Serializer):
    """Where the person may make projects."""

    teams = TeamSerializer(many=True, help_text="Those that the person administers.")
    may_found = serializers.BooleanField(help_text="Whether the person may found a new team: operators may.")


class NewProjectSerializer(serializers.Serializer):
    """A project in a team that the person administers, or in a new one: one of both is named."""

    name = NameField(max_length=120)
    team_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    new_team = NameField(max_length=120, required=False)
    labels = serializers.ChoiceField(choices=CHOICES, help_text="Which labels it begins with.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("team_id" in attrs) == ("new_team" in attrs):
            raise serializers.ValidationError("Name the team: one that you administer, or a new one.")
        return attrs


class GuidelinesSerializer(serializers.Serializer):
    text = serializers.CharField(allow_blank=True, help_text="Markdown.")
    version = serializers.IntegerField(help_text="0 before anybody wrote any.")
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)


class GuidelinesChangeSerializer(serializers.Serializer):
    text = serializers.CharField(
        allow_blank=True, trim_whitespace=False, max_length=MAX_GUIDELINES_BYTES,
        help_text=f"Markdown, at most {MAX_GUIDELINES_BYTES // 1024} KiB in UTF-8.",
    )  # fmt: skip
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="Of the text that you saw.")

    def validate_text(self, text: str) -> str:
        size = len(text.encode())
        if size > MAX_GUIDELINES_BYTES:
            raise serializers.ValidationError(
                f"The guidelines have {size:,} bytes, and {MAX_GUIDELINES_BYTES:,} are the most: shorten them, or link to more."
            )
        return text
