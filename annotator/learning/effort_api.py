"""REST: what labelling cost in a project."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.learning.effort import get_effort
from annotator.learning.effort_serializers import EffortSerializer
from annotator.projects.selectors import get_project


class EffortView(APIView):
    @extend_schema(responses=EffortSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        return Response(EffortSerializer(get_effort(project)).data)
