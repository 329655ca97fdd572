"""REST: a project's model versions and which of them answer, its learning settings, and its training runs."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotator.learning.jobs import cancel
from annotator.learning.kinds import Kind, check_kind
from annotator.learning.models import Activation, Trigger
from annotator.learning.overview import (
    get_run,
    get_version,
    is_trainer_there,
    list_answering,
    list_learning,
    list_runs,
    list_versions,
    view_preferences,
)
from annotator.learning.pictures import find_picture
from annotator.learning.preferences import set_preferences
from annotator.learning.promotion import activate, roll_back
from annotator.learning.serializers import (
    ActivateSerializer,
    KindSerializer,
    LearningSerializer,
    ModelsSerializer,
    PreferencesOfKindSerializer,
    RunDetailSerializer,
    RunRequestSerializer,
    StoredPreferencesSerializer,
    TrainingRunSerializer,
)
from annotator.learning.training import request_training
from annotator.learning.versions import pack_version
from annotator.projects.access import Right, require
from annotator.projects.models import Project
from annotator.projects.selectors import get_project

# --- models -------------------------------------------------------------------------------------------------------


class ModelsView(APIView):
    @extend_schema(responses=ModelsSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        return Response(_models(get_project(user=request.user, project_id=project_id)))


class ActivateView(APIView):
    @extend_schema(request=ActivateSerializer, responses=ModelsSerializer)
    def post(self, request: Request, project_id: int, version_id: int) -> Response:
        """From the next click on this version answers for its object type and stain."""
        project = _get_own_project(request, project_id)
        fields = _read(ActivateSerializer, request)
        version = get_version(project=project, version_id=version_id)
        activate(
            project=project, kind=Kind(version.object_type, version.stain), version=version,
            reason=Activation.Reason.PROMOTED, by=request.user, note=fields["note"],
        )  # fmt: skip
        return Response(_models(project))


class RollBackView(APIView):
    @extend_schema(request=KindSerializer, responses=ModelsSerializer)
    def post(self, request: Request, project_id: int) -> Response:
        """Back to the version that answered before."""
        project = _get_own_project(request, project_id)
        roll_back(project=project, kind=_read_kind(project, _read(KindSerializer, request)), by=request.user)
        return Response(_models(project))


class ExportView(APIView):
    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, project_id: int, version_id: int) -> HttpResponseBase:
        """The weights (safetensors) with their manifest."""
        project = _get_own_project(request, project_id)
        version = get_version(project=project, version_id=version_id)
        return FileResponse(
            pack_version(version), as_attachment=True, filename=f"{version.name}.zip", content_type="application/zip"
        )


def _models(project: Project) -> dict[str, Any]:
    return dict(ModelsSerializer({"versions": list_versions(project), "kinds": list_answering(project)}).data)


# --- learning -----------------------------------------------------------------------------------------------------


class LearningView(APIView):
    @extend_schema(responses=LearningSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        shown = {
            "kinds": list_learning(project),
            "runs": list_runs(project),
            "trainer": "ready" if is_trainer_there() else "missing",
        }
        return Response(LearningSerializer(shown).data)


class LearningSettingsView(APIView):
    @extend_schema(request=PreferencesOfKindSerializer, responses=StoredPreferencesSerializer)
    def put(self, request: Request, project_id: int) -> Response:
        project = _get_own_project(request, project_id)
        fields = _read(PreferencesOfKindSerializer, request)
        kind = _read_kind(project, fields)
        chosen = {name: fields[name] for name in ("schedule", "new_objects", "promotes", "samples")}
        return Response(
            StoredPreferencesSerializer(view_preferences(set_preferences(project=project, kind=kind, **chosen))).data
        )


class RunsView(APIView):
    @extend_schema(request=RunRequestSerializer, responses={201: TrainingRunSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        """Train now."""
        project = _get_own_project(request, project_id)
        fields = _read(RunRequestSerializer, request)
        kind = _read_kind(project, fields)
        run = request_training(project=project, kind=kind, start=fields["start"], trigger=Trigger.HAND, by=request.user)
        return Response(TrainingRunSerializer(run).data, status=201)


# --- one run ------------------------------------------------------------------------------------------------------


class RunView(APIView):
    @extend_schema(responses=RunDetailSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(RunDetailSerializer(get_run(user=request.user, run_id=run_id)).data)


class CancelRunView(APIView):
    @extend_schema(request=None, responses=RunDetailSerializer)
    def post(self, request: Request, run_id: UUID) -> Response:
        run = get_run(user=request.user, run_id=run_id, right=Right.ADMIN)
        cancel(job=run, by=request.user)
        return Response(RunDetailSerializer(get_run(user=request.user, run_id=run_id)).data)


class PictureView(APIView):
    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY})
    def get(self, request: Request, run_id: UUID, number: int) -> HttpResponseBase:
        run = get_run(user=request.user, run_id=run_id)
        response = FileResponse(find_picture(run=run, number=number).open("rb"), content_type="image/png")
        response["Cache-Control"] = "private, max-age=86400"  # a run that has ended never changes
        return response


def _get_own_project(request: Request, project_id: int) -> Project:
    """For its admins."""
    project = get_project(user=request.user, project_id=project_id)
    require(request.user, project, Right.ADMIN)
    return project


def _read(shape: type[Serializer], request: Request) -> dict[str, Any]:
    fields = shape(data=request.data)
    fields.is_valid(raise_exception=True)
    return fields.validated_data


def _read_kind(project: Project, fields: dict[str, Any]) -> Kind:
    return check_kind(project=project, object_type=fields["object_type"], stain=fields["stain"])
