"""REST: the queue of regions, taking the next one, and the steps of one region's life."""

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.projects.access import Right, require
from annotator.projects.selectors import get_project
from annotator.regions.models import Region
from annotator.regions.selectors import count_by_state, find_leased, get_region, list_regions
from annotator.regions.serializers import (
    BoxSerializer,
    CompleteSerializer,
    MyRegionSerializer,
    OneRegionSerializer,
    QueueSerializer,
    RegionSerializer,
    view_region,
)
from annotator.regions.services import complete, declare_complete, lease_next, renew

LIST_LIMIT = 500


class QueueView(APIView):
    @extend_schema(responses=QueueSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        rows = list_regions(project)[:LIST_LIMIT]
        regions = RegionSerializer(rows, many=True, context={"user": request.user}).data
        return Response({"counts": count_by_state(project), "regions": regions})

    @extend_schema(request=BoxSerializer, responses={201: OneRegionSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        """Declare a box complete that no queue named."""
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ANNOTATE)
        fields = BoxSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        region = declare_complete(user=request.user, project=project, **fields.validated_data)
        return Response(view_region(region, request.user), status=201)


class NextView(APIView):
    @extend_schema(request=None, responses=OneRegionSerializer)
    def post(self, request: Request, project_id: int) -> Response:
        """The region that you work on already, else the next free one, for 15 minutes from now."""
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ANNOTATE)
        return Response(view_region(lease_next(user=request.user, project=project), request.user))


class MineView(APIView):
    @extend_schema(responses=MyRegionSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        region = find_leased(user=request.user, project=project)
        return Response(
            {"counts": count_by_state(project), "region": view_region(region, request.user) if region else None}
        )


class RegionView(APIView):
    @extend_schema(responses=OneRegionSerializer)
    def get(self, request: Request, region_id: int) -> Response:
        return Response(view_region(get_region(user=request.user, region_id=region_id), request.user))


class StepView(APIView):
    """renew, release, skip and reopen: the address says which (urls.py)."""

    step: Callable[..., Region] = staticmethod(renew)
    right = Right.ANNOTATE

    @extend_schema(request=None, responses=OneRegionSerializer)
    def post(self, request: Request, region_id: int) -> Response:
        region = get_region(user=request.user, region_id=region_id, right=self.right)
        return Response(view_region(self.step(user=request.user, region=region), request.user))


class CompleteView(APIView):
    @extend_schema(request=CompleteSerializer, responses=OneRegionSerializer)
    def post(self, request: Request, region_id: int) -> Response:
        """Close a region in which all is accepted; one in which nothing is, only where that is meant."""
        region = get_region(user=request.user, region_id=region_id, right=Right.ANNOTATE)
        fields = CompleteSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        return Response(view_region(complete(user=request.user, region=region, **fields.validated_data), request.user))
