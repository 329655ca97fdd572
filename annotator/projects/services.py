"""The only writers of teams, memberships, projects and labels; and the one-time sign-in link of the demo."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from annotator.core.errors import InvalidInput, NotFound
from annotator.core.redis import get_redis
from annotator.projects.models import Label, Membership, Project, Role, Team

LINK_LIFE_S = 24 * 3600
LABEL_KEYS = range(1, 10)


def set_membership(*, team: Team, user: Any, role: Role) -> Membership:
    """Give the person this role in the team; their open sockets look at their rights again (signals.py)."""
    membership, _ = Membership.objects.update_or_create(team=team, user=user, defaults={"role": role})
    return membership


def remove_membership(*, team: Team, user: Any) -> None:
    """Take the person out of the team; their open sockets on its slides are closed (signals.py)."""
    Membership.objects.filter(team=team, user=user).delete()


def create_project(*, team: Team, name: str, labels: list[dict[str, Any]]) -> Project:
    """A project with its labels (name, colour, object_type), keys 1, 2, 3 … in their order."""
    try:
        with transaction.atomic():
            project = Project.objects.create(team=team, name=name)
            for fields in labels:
                add_label(project=project, fields=fields)
    except IntegrityError:
        raise InvalidInput(f"The team {team} has a project named '{name}' already: choose another name.") from None
    return project


def add_label(*, project: Project, fields: dict[str, Any]) -> Label:
    """A label (name, colour, object_type) under the lowest free number key. Raises InvalidInput when none is free."""
    free = set(LABEL_KEYS) - set(project.labels.values_list("key", flat=True))
    if not free:
        raise InvalidInput(f"A project has at most {len(LABEL_KEYS)} labels, one for each number key.")
    label = Label(project=project, key=min(free), **fields)
    label.full_clean()
    label.save()
    return label


def make_sign_in_link(*, user: Any, next_path: str) -> str:
    """A path that signs this person in once, within a day, and leads to next_path."""
    token = secrets.token_urlsafe(32)
    get_redis().set(f"squiggle:sign-in:{token}", f"{user.pk} {next_path}", ex=LINK_LIFE_S)
    return f"/demo/{token}"


def use_sign_in_link(token: str) -> tuple[Any, str]:
    """The person and the path of a link, which is used up by this. Raises NotFound when it is spent or unknown."""
    value = get_redis().getdel(f"squiggle:sign-in:{token}")
    if value is None:
        raise NotFound("This sign-in link was used already, or is too old. Start Squiggle again to get a new one.")
    user_id, next_path = value.split(" ", 1)
    user = get_user_model().objects.filter(pk=int(user_id), is_active=True).first()
    if user is None:
        raise NotFound("The account of this sign-in link is gone.")
    return user, next_path
