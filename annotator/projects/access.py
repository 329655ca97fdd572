"""Rights, decided here and nowhere else: who may not, does not get the row.

REST views, the tile pass and every socket command call these functions. A project that a person may not see answers
exactly like one that does not exist.
"""

from enum import IntEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from annotator.core.errors import NotAllowed, NotFound
from annotator.projects.models import Membership, Project, Role, Team


class Right(IntEnum):
    VIEW = 1
    ANNOTATE = 2
    ADMIN = 3


RIGHT_OF_ROLE = {Role.VIEWER: Right.VIEW, Role.ANNOTATOR: Right.ANNOTATE, Role.ADMIN: Right.ADMIN}
ROLES_WITH = {right: [role for role, held in RIGHT_OF_ROLE.items() if held >= right] for right in Right}

User = AbstractBaseUser | AnonymousUser


def visible_projects(user: User, right: Right = Right.VIEW) -> QuerySet[Project]:
    """The projects in which the person holds at least this right."""
    if not user.is_authenticated or not user.is_active:
        return Project.objects.none()
    return Project.objects.filter(
        Q(team__memberships__user=user.pk) & Q(team__memberships__role__in=ROLES_WITH[right])
    ).distinct()


def get_role(user: User, project: Project) -> Role | None:
    if not user.is_authenticated or not user.is_active:
        return None
    membership = Membership.objects.filter(user=user.pk, user__is_active=True, team=project.team_id).first()
    return Role(membership.role) if membership else None


def require(user: User, project: Project, right: Right) -> Role:
    """The person's role, if it carries the right.

    Raises NotFound when they may not even see the project, NotAllowed when they may see it but not do this.
    """
    role = get_role(user, project)
    if role is None:
        raise NotFound()
    if RIGHT_OF_ROLE[role] < right:
        need = ROLES_WITH[right][0].value
        raise NotAllowed(f"You are {role.value} in this project; this takes the role {need}. Ask a project admin.")
    return role


# --- beyond projects ----------------------------------------------------------------------------------------------


def is_operator(user: User) -> bool:
    """Who runs this server: Django's admin is theirs alone. It gives no right in any project."""
    return bool(user.is_active and getattr(user, "is_staff", False) and getattr(user, "is_superuser", False))


def administered_teams(user: User) -> QuerySet[Team]:
    """The teams in which the person may make projects."""
    if not user.is_authenticated or not user.is_active:
        return Team.objects.none()
    return Team.objects.filter(memberships__user=user.pk, memberships__role=Role.ADMIN).order_by("name")


def require_team_admin(user: User, team_id: int) -> Team:
    """The team, if the person administers it. Raises NotFound where they are not in it, NotAllowed where they are."""
    membership = Membership.objects.select_related("team").filter(user=user.pk, team=team_id).first()
    if membership is None:
        raise NotFound()
    if membership.role != Role.ADMIN:
        raise NotAllowed(
            f"You are {membership.role} in the team {membership.team}; making a project takes the role admin."
        )
    return membership.team


def may_found_teams(user: User) -> bool:
    return is_operator(user)
