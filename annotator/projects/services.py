"""The only writers of teams, memberships and projects (labels.py: of labels); and the one-time sign-in link of the demo."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotator.core.errors import Clash, InvalidInput, NotFound
from annotator.core.redis import get_redis
from annotator.projects.access import Right, require
from annotator.projects.labels import add_label, lock_project
from annotator.projects.models import Membership, Project, Role, Team
from annotator.projects.signals import tell_project

LINK_LIFE_S = 24 * 3600


def set_membership(*, team: Team, user: Any, role: Role) -> Membership:
    """Give the person this role in the team; their open sockets look at their rights again (signals.py)."""
    membership, _ = Membership.objects.update_or_create(team=team, user=user, defaults={"role": role})
    return membership


@contextmanager
def as_admin(*, user: Any, project: Project) -> Iterator[None]:
    """A transaction that changes a project's settings, or its team, as one of its admins.

    One at a time does so in a team, and the right is looked at once the others are done: one of them may have taken it away.
    Raises NotFound and NotAllowed as access.require.
    """
    with transaction.atomic():
        _lock_team(project.team)
        lock_project(project)
        require(user, project, Right.ADMIN)
        yield


def change_member(*, team: Team, user: Any, role: Role, was: str | None) -> Membership:
    """As set_membership, by an admin of the team who saw the person as `was` (None: not in the team).

    Raises Clash where they are something else by now, and InvalidInput where no admin would be left.
    """
    with transaction.atomic():
        _lock_team(team)
        now = Membership.objects.filter(team=team, user=user).values_list("role", flat=True).first()
        if now != was:
            raise Clash(
                f"{user} is {f'{now} in' if now else 'not in'} the team by now, because somebody else changed it: the "
                "members are shown as they are now."
            )
        if role != Role.ADMIN:
            _refuse_last_admin(team, user)
        return set_membership(team=team, user=user, role=role)


def remove_member(*, team: Team, user: Any) -> None:
    """Take the person out of the team; their open sockets on its slides are closed (signals.py).

    Whatever they are by now: who wants somebody out of the team means the person, not the role. Raises
    InvalidInput where no admin would be left.
    """
    with transaction.atomic():
        _lock_team(team)
        _refuse_last_admin(team, user)
        remove_membership(team=team, user=user)


def remove_membership(*, team: Team, user: Any) -> None:
    """As remove_member, but without its rule: whether the team may be left without an admin is the caller's to know."""
    Membership.objects.filter(team=team, user=user).delete()


def _lock_team(team: Team) -> None:
    """Two admins who demote each other at once would leave none."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def _refuse_last_admin(team: Team, user: Any) -> None:
    """An account that is switched off administers nothing."""
    others = Membership.objects.filter(team=team, role=Role.ADMIN, user__is_active=True).exclude(user=user)
    if not others.exists():
        raise InvalidInput("This is the team's last admin: make somebody else an admin first.")


def found_team(*, name: str, founder: Any) -> Team:
    """A new team with its first admin. Raises InvalidInput where there is one of that name."""
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name)
            set_membership(team=team, user=founder, role=Role.ADMIN)
    except IntegrityError:
        raise InvalidInput(f"There is a team named {name} already: choose another name.") from None
    return team


def set_guidelines(*, project: Project, text: str, version: int, user: Any) -> Project:
    """The project's guidelines, in Markdown. `version`: of the text that the person saw; raises Clash if it is another."""
    with transaction.atomic():
        lock_project(project)
        project.refresh_from_db()
        if project.guidelines_version != version:
            raise Clash(
                f"{project.guidelines_by or 'Somebody'} changed the guidelines meanwhile. Nothing was overwritten: look at "
                "them as they are now, and put yours in by hand."
            )
        Project.objects.filter(pk=project.pk).update(
            guidelines=text, guidelines_version=version + 1, guidelines_by=user, guidelines_at=timezone.now()
        )
        tell_project(project)
    project.refresh_from_db()
    return project


def create_project(*, team: Team, name: str, labels: Sequence[Mapping[str, Any]]) -> Project:
    """A project with its labels (name, colour, object_type), hotkeys 1, 2, 3 … in their order as long as there are any."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                project = Project.objects.create(team=team, name=name)
        except IntegrityError:
            raise InvalidInput(f"The team {team} has a project named '{name}' already: choose another name.") from None
        for fields in labels:
            add_label(project=project, fields=fields)
    return project


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
