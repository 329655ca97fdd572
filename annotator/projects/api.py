"""REST: a project's members and guidelines, and the teams in which a person may make projects."""

from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.core.errors import NotFound
from annotator.projects.access import Right, administered_teams, may_found_teams, require
from annotator.projects.models import Membership, Project, Role
from annotator.projects.selectors import get_project
from annotator.projects.serializers import (
    GuidelinesChangeSerializer,
    GuidelinesSerializer,
    MemberChangeSerializer,
    MemberSerializer,
    TeamsSerializer,
)
from annotator.projects.services import as_admin, change_member, remove_member, set_guidelines


class MembersView(APIView):
    """Everybody in the team sees who is in it; its admins change it."""

    @extend_schema(responses=MemberSerializer(many=True), operation_id="members_list")
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        return Response(_members(project.team_id))

    @extend_schema(request=MemberChangeSerializer, responses=MemberSerializer(many=True), operation_id="members_set")
    def put(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ADMIN)
        fields = MemberChangeSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        change = fields.validated_data
        user = _get_user(change["username"])
        with as_admin(user=request.user, project=project):
            change_member(team=project.team, user=user, role=Role(change["role"]), was=change["was"])
        return Response(_members(project.team_id))


class MemberView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, project_id: int, username: str) -> Response:
        """Take the person out of the team, whatever their role is by now."""
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ADMIN)
        user = get_user_model().objects.filter(username=username, memberships__team=project.team_id).first()
        if user is None:
            raise NotFound(f"Nobody named '{username}' is in the team.")
        with as_admin(user=request.user, project=project):
            remove_member(team=project.team, user=user)
        return Response(status=204)


class GuidelinesView(APIView):
    """Everybody in the project reads them; its admins write them."""

    @extend_schema(responses=GuidelinesSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        return Response(_guidelines(get_project(user=request.user, project_id=project_id)))

    @extend_schema(request=GuidelinesChangeSerializer, responses=GuidelinesSerializer)
    def put(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ADMIN)
        fields = GuidelinesChangeSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        with as_admin(user=request.user, project=project):
            changed = set_guidelines(project=project, user=request.user, **fields.validated_data)
        return Response(_guidelines(changed))


class TeamsView(APIView):
    @extend_schema(responses=TeamsSerializer)
    def get(self, request: Request) -> Response:
        """Where you may make a project."""
        teams = [{"id": team.pk, "name": team.name} for team in administered_teams(request.user)]
        return Response({"teams": teams, "may_found": may_found_teams(request.user)})


def _guidelines(project: Project) -> dict[str, Any]:
    return {
        "text": project.guidelines,
        "version": project.guidelines_version,
        "by": project.guidelines_by and project.guidelines_by.get_username(),
        "at": project.guidelines_at and project.guidelines_at.isoformat(),
    }


def _get_user(username: str) -> Any:
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound(
            f"There is no account named '{username}'. Capital letters count; a new account is made by the operator first."
        )
    return user


def _members(team_id: int) -> list[dict[str, str]]:
    rows = Membership.objects.filter(team=team_id).select_related("user").order_by("user__username")
    return [{"username": row.user.get_username(), "role": row.role} for row in rows]
