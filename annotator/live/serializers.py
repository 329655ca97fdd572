"""REST shapes of the pages: home, project, workspace."""

from rest_framework import serializers

from annotator.learning.models import ModelVersion
from annotator.projects.models import Role
from annotator.projects.serializers import LabelSerializer, ProjectRowSerializer
from annotator.slides.serializers import SlideSerializer


class ModelSerializer(serializers.ModelSerializer):
    class Meta:
        model = ModelVersion
        fields = ["id", "name", "method", "object_type", "stain", "mpp", "licence", "metrics", "active"]


class SlideRowSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    mpp = serializers.FloatField()
    thumbnail_url = serializers.CharField()
    object_count = serializers.IntegerField()


class ProjectSerializer(ProjectRowSerializer):
    labels = LabelSerializer(many=True)
    slides = SlideRowSerializer(many=True)


class ProjectReferenceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class WorkspaceSerializer(SlideSerializer):
    project = ProjectReferenceSerializer()
    role = serializers.ChoiceField(choices=Role.choices)
    labels = LabelSerializer(many=True)
    models = ModelSerializer(many=True)
    object_count = serializers.IntegerField()

    class Meta(SlideSerializer.Meta):
        fields = [*SlideSerializer.Meta.fields, "project", "role", "labels", "models", "object_count"]
