"""REST: which slides are kept apart for measuring, and how many objects lie on each side."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.learning.accepted import count_accepted_by_slide, list_slides_by_id
from annotator.learning.kinds import Kind, list_kinds
from annotator.learning.models import Part, SlidePart
from annotator.learning.splits import ONE_IN, plan_parts
from annotator.projects.models import ObjectType, Project
from annotator.projects.selectors import get_project


class SplitSlideSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    patient = serializers.CharField(allow_blank=True)
    part = serializers.ChoiceField(choices=Part.choices)
    decided_at = serializers.DateTimeField(
        allow_null=True, help_text="Once and for good; null: not yet, and `part` is what a training now would decide."
    )
    objects = serializers.IntegerField(help_text="Accepted ones of this kind.")


class SplitKindSerializer(serializers.Serializer):
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    stain = serializers.CharField()
    slides = SplitSlideSerializer(many=True)


class SplitSerializer(serializers.Serializer):
    one_in = serializers.IntegerField(help_text="At least one patient (or single slide) in so many is kept apart.")
    kinds = SplitKindSerializer(many=True, help_text="Those with accepted objects.")


class SplitView(APIView):
    @extend_schema(responses=SplitSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        kinds = [kind for kind in (_view(project, kind) for kind in list_kinds(project)) if kind["slides"]]
        return Response(SplitSerializer({"one_in": ONE_IN, "kinds": kinds}).data)


def _view(project: Project, kind: Kind) -> dict[str, Any]:
    counts = count_accepted_by_slide(project=project, object_type=kind.object_type, stain=kind.stain)
    slides = list_slides_by_id(counts)
    parts = plan_parts(slides=slides)
    decided = dict(SlidePart.objects.filter(slide__in=slides).values_list("slide", "decided_at"))
    return {
        "object_type": kind.object_type,
        "stain": kind.stain,
        "slides": [
            {
                "id": slide.pk,
                "name": slide.name,
                "patient": slide.patient,
                "part": parts[slide.pk],
                "decided_at": decided.get(slide.pk),
                "objects": counts[slide.pk],
            }
            for slide in slides
        ],
    }
