"""REST: looks for regions that are worth labelling next, asked for and cancelled by admins."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.learning import jobs
from annotator.learning.sampling import get_sampling, list_samplings, request_sampling
from annotator.learning.sampling_serializers import SamplingRequestSerializer, SamplingRunSerializer
from annotator.projects.access import Right, require
from annotator.projects.models import Project
from annotator.projects.selectors import get_project

LIST_LIMIT = 10


class SamplingsView(APIView):
    @extend_schema(responses=SamplingRunSerializer(many=True), operation_id="samplings_list")
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        return Response(SamplingRunSerializer(list_samplings(project)[:LIST_LIMIT], many=True).data)

    @extend_schema(request=SamplingRequestSerializer, responses={201: SamplingRunSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ADMIN)
        fields = SamplingRequestSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        run = request_sampling(project=project, by=request.user, **fields.validated_data)
        return Response(_view(project, run.pk), status=201)


class CancelSamplingView(APIView):
    @extend_schema(request=None, responses=SamplingRunSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        run = get_sampling(user=request.user, job_id=job_id, right=Right.ADMIN)
        jobs.cancel(job=run, by=request.user)
        return Response(_view(run.project, run.pk))


def _view(project: Project, job_id: UUID) -> dict:
    return SamplingRunSerializer(list_samplings(project).get(pk=job_id)).data
