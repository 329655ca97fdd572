"""REST: the members of a project's team, for its admins."""

from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.core.errors import InvalidInput, NotFound
from annotator.projects.access import Right, require
from annotator.projects.models import Membership, Role
from annotator.projects.selectors import get_project
from annotator.projects.serializers import MemberSerializer
from annotator.projects.services import remove_membership, set_membership


class MembersView(APIView):
    """Everybody in the team sees who is in it; its admins change it."""

    @extend_schema(responses=MemberSerializer(many=True), operation_id="members_list")
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        return Response(_members(project.team_id))

    @extend_schema(request=MemberSerializer, responses=MemberSerializer(many=True), operation_id="members_set")
    def put(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ADMIN)
        fields = MemberSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        user = _get_user(fields.validated_data["username"])
        role = Role(fields.validated_data["role"])
        if role != Role.ADMIN:
            _refuse_last_admin(project.team_id, user)
        set_membership(team=project.team, user=user, role=role)
        return Response(_members(project.team_id))


class MemberView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, project_id: int, username: str) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        require(request.user, project, Right.ADMIN)
        user = get_user_model().objects.filter(username=username, memberships__team=project.team_id).first()
        if user is None:
            raise NotFound(f"Nobody named '{username}' is in the team.")
        _refuse_last_admin(project.team_id, user)
        remove_membership(team=project.team, user=user)
        return Response(status=204)


def _get_user(username: str) -> Any:
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound(f"There is no account named '{username}': it is made in the administration first.")
    return user


def _refuse_last_admin(team_id: int, user: Any) -> None:
    if not Membership.objects.filter(team=team_id, role=Role.ADMIN).exclude(user=user).exists():
        raise InvalidInput("This is the team's last admin: make somebody else an admin first.")


def _members(team_id: int) -> list[dict[str, str]]:
    rows = Membership.objects.filter(team=team_id).select_related("user").order_by("user__username")
    return [{"username": row.user.get_username(), "role": row.role} for row in rows]
