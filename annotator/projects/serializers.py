"""REST shapes of people, projects and labels."""

from rest_framework import serializers

from annotator.projects.models import Label, Role


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class UserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    is_demo = serializers.BooleanField()


class SessionSerializer(serializers.Serializer):
    user = UserSerializer()


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Label
        fields = ["id", "name", "colour", "object_type", "key"]


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
