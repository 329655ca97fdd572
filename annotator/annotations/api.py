"""REST: the objects of a viewport, the trash, and one object's history. All writing goes over the socket."""

import math
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.annotations.selectors import (
    get_annotation,
    get_packed_objects,
    list_revisions,
    list_trash,
    to_view,
)
from annotator.annotations.serializers import HistorySerializer, RevisionSerializer, TrashSerializer
from annotator.core.errors import InvalidInput, NotFound
from annotator.projects.access import visible_projects
from annotator.slides.selectors import get_slide
from inference.protocol import MAX_COORDINATE_PX

MAX_LIMIT = 100_000
DEFAULT_LIMIT = 20_000


class ObjectsView(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("box", str, required=True, description="x0,y0,x1,y1 in level-0 px."),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
        ],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slide_id: int) -> HttpResponse:
        slide = get_slide(user=request.user, slide_id=slide_id)
        box = _read_box(request.query_params.get("box", ""))
        limit = _read_limit(request.query_params.get("limit"))
        packed = get_packed_objects(slide=slide, box=box, limit=limit)
        return HttpResponse(packed, content_type="application/octet-stream", headers={"Cache-Control": "no-store"})


class TrashView(APIView):
    @extend_schema(responses=TrashSerializer, operation_id="trash_list")
    def get(self, request: Request, slide_id: int) -> Response:
        slide = get_slide(user=request.user, slide_id=slide_id)
        return Response({"objects": [to_view(row).model_dump(mode="json") for row in list_trash(slide)]})


class HistoryView(APIView):
    @extend_schema(responses=HistorySerializer)
    def get(self, request: Request, object_id: UUID) -> Response:
        annotation = get_annotation(object_id)
        if annotation is None or not visible_projects(request.user).filter(pk=annotation.slide.project_id).exists():
            raise NotFound()
        revisions = RevisionSerializer(list_revisions(annotation), many=True).data
        return Response({"object": to_view(annotation).model_dump(mode="json"), "revisions": revisions})


def _read_box(text: str) -> tuple[float, float, float, float]:
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput("box takes four numbers, x0,y0,x1,y1, in level-0 pixels.") from None
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or x1 < x0 or y1 < y0:
        raise InvalidInput("box takes x0,y0,x1,y1 with x0 ≤ x1 and y0 ≤ y1, all finite.")
    return _bounded(x0), _bounded(y0), _bounded(x1), _bounded(y1)


def _bounded(coordinate: float) -> float:
    """Nothing lies beyond MAX_COORDINATE_PX, and a view that is far out may look there."""
    return min(max(coordinate, -MAX_COORDINATE_PX), MAX_COORDINATE_PX)


def _read_limit(text: str | None) -> int:
    try:
        limit = int(text) if text else DEFAULT_LIMIT
    except ValueError:
        raise InvalidInput("limit takes a whole number.") from None
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit takes 1 to {MAX_LIMIT}.")
    return limit
