"""REST: a project's labels, for its admins. (Everybody else reads them with the project and with each slide.)"""

from typing import Any

from django.db.models import Exists, OuterRef
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotator.annotations.label_serializers import (
    LabelChangeSerializer,
    LabelDeletedSerializer,
    LabelDeletionSerializer,
    LabelOrderSerializer,
    LabelsSerializer,
    NewLabelSerializer,
)
from annotator.annotations.labels import Held, change_label, count_objects, delete_label
from annotator.annotations.models import Revision
from annotator.projects.access import Right, require
from annotator.projects.labels import MAX_LABELS, add_label, bring_back, order_labels
from annotator.projects.models import Project
from annotator.projects.selectors import get_project
from annotator.projects.services import as_admin


class LabelsView(APIView):
    @extend_schema(responses=LabelsSerializer, operation_id="labels_list")
    def get(self, request: Request, project_id: int) -> Response:
        return _answer(_get_own(request, project_id))

    @extend_schema(request=NewLabelSerializer, responses={201: LabelsSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        project = _get_own(request, project_id)
        fields = _read(NewLabelSerializer, request)
        with as_admin(user=request.user, project=project):
            add_label(project=project, fields=fields)
        return _answer(project, status=201)


class LabelOrderView(APIView):
    @extend_schema(request=LabelOrderSerializer, responses=LabelsSerializer)
    def put(self, request: Request, project_id: int) -> Response:
        project = _get_own(request, project_id)
        order = _read(LabelOrderSerializer, request)
        with as_admin(user=request.user, project=project):
            order_labels(project=project, **order)
        return _answer(project)


class LabelView(APIView):
    @extend_schema(request=LabelChangeSerializer, responses=LabelsSerializer)
    def patch(self, request: Request, project_id: int, label_id: int) -> Response:
        project = _get_own(request, project_id)
        changes = _read(LabelChangeSerializer, request)
        with as_admin(user=request.user, project=project):
            change_label(project=project, label_id=label_id, version=changes.pop("version"), changes=changes)
        return _answer(project)


class DeleteLabelView(APIView):
    @extend_schema(request=LabelDeletionSerializer, responses=LabelDeletedSerializer)
    def post(self, request: Request, project_id: int, label_id: int) -> Response:
        project = _get_own(request, project_id)
        fields = _read(LabelDeletionSerializer, request)
        done, left = delete_label(user=request.user, project=project, label_id=label_id, **fields)
        return Response({"done": done, "left": left})


class BringBackLabelView(APIView):
    @extend_schema(request=None, responses=LabelsSerializer)
    def post(self, request: Request, project_id: int, label_id: int) -> Response:
        project = _get_own(request, project_id)
        with as_admin(user=request.user, project=project):
            bring_back(project=project, label_id=label_id)
        return _answer(project)


def _get_own(request: Request, project_id: int) -> Project:
    project = get_project(user=request.user, project_id=project_id)
    require(request.user, project, Right.ADMIN)
    return project


def _read(serializer: type[Serializer], request: Request) -> Any:
    fields = serializer(data=request.data)
    fields.is_valid(raise_exception=True)
    return fields.validated_data


def _answer(project: Project, status: int = 200) -> Response:
    held = count_objects(project)
    all_labels = project.labels.annotate(is_used=Exists(Revision.objects.filter(label=OuterRef("pk"))))
    labels = [_row(label, held) for label in all_labels.filter(deleted_at=None)]
    gone = all_labels.exclude(deleted_at=None).order_by("-deleted_at")[:MAX_LABELS]
    rows = {"labels": labels, "deleted": [_row(label, held) for label in gone]}
    return Response(LabelsSerializer(rows).data, status=status)


def _row(label: Any, held: dict[int, Held]) -> Any:
    label.held = held.get(label.pk, Held())
    return label
