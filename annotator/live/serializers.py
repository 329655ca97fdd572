"""REST shapes of the pages: home, project, workspace."""

from rest_framework import serializers

from annotator.learning.fit import warn
from annotator.learning.models import ModelVersion
from annotator.projects.models import ObjectType, Role
from annotator.projects.serializers import LabelSerializer, ProjectRowSerializer
from annotator.slides.serializers import SlideSerializer


class ModelSerializer(serializers.ModelSerializer):
    """Takes the open slide as `context["slide"]`."""

    warning = serializers.SerializerMethodField(
        help_text="In words where the slide is not what the model was made for; else empty."
    )

    class Meta:
        model = ModelVersion
        fields = ["id", "name", "method", "object_type", "stain", "mpp", "licence", "metrics", "active", "warning"]

    def get_warning(self, model: ModelVersion) -> str:
        return warn(model, self.context["slide"])


class SlideRowSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    mpp = serializers.FloatField()
    patient = serializers.CharField(allow_blank=True, help_text="Whose tissue it is, in any code; empty: not known.")
    thumbnail_url = serializers.CharField()
    object_count = serializers.IntegerField()


class ProjectSerializer(ProjectRowSerializer):
    labels = LabelSerializer(many=True)
    slides = SlideRowSerializer(many=True)


class ProjectReferenceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(help_text="Counts the changes of its labels and guidelines.")
    has_guidelines = serializers.BooleanField()


class ChoiceSerializer(serializers.Serializer):
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    model_id = serializers.IntegerField(allow_null=True, help_text="Null where no model of the type is installed.")
    reason = serializers.CharField(allow_blank=True, help_text="In words, unless the model is for this very stain.")
    fitting_id = serializers.IntegerField(
        allow_null=True, help_text="A model that was made for such slides, to be offered; null where there is none."
    )


class WorkspaceSerializer(SlideSerializer):
    project = ProjectReferenceSerializer()
    role = serializers.ChoiceField(choices=Role.choices)
    labels = LabelSerializer(many=True)
    models = ModelSerializer(many=True)
    choices = ChoiceSerializer(many=True, help_text="The model that answers for each object type of the labels.")
    object_count = serializers.IntegerField()

    class Meta(SlideSerializer.Meta):
        fields = [*SlideSerializer.Meta.fields, "project", "role", "labels", "models", "choices", "object_count"]
