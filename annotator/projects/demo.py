"""The demo's team, account and project: on loopback only, without a password, signed in by a one-time link."""

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from annotator.projects.attempts import count_attempt
from annotator.projects.first_labels import make_first_labels
from annotator.projects.labels import MAX_LABELS, add_label
from annotator.projects.models import ObjectType, Project, Role, Team
from annotator.projects.services import create_project, set_membership

DEMO_USERNAME = "demo"
DEMO_PROJECT = "Demo"
DEMO_LABELS = make_first_labels("nuclei_and_glands")
GLAND = next(label for label in DEMO_LABELS if label["object_type"] == ObjectType.GLAND)


class Backend(ModelBackend):
    """Django's own, but that each look at a password is counted first, and that the demo account, and any session it
    left, is nobody where there is no demo.

    Every sign-in passes here, over REST and in the admin: there is no other place that could forget to count.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """Raises TooMany after too many wrong passwords."""
        name = username if username is not None else kwargs.get(get_user_model().USERNAME_FIELD)
        attempt = count_attempt(request, account=name or "")
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            attempt.succeeded()
        return user

    async def aauthenticate(self, request: HttpRequest | None, *arguments: Any, **named: Any) -> Any:
        """Django's own would look at the password by itself."""
        return await sync_to_async(self.authenticate)(request, *arguments, **named)

    def user_can_authenticate(self, user: Any) -> bool:
        if not settings.DEMO and user is not None and user.get_username() == DEMO_USERNAME:
            return False
        return super().user_can_authenticate(user)


def make_demo_project() -> tuple[Any, Project]:
    """The demo account and its project, made if they are not there yet.

    A demo of before glands could be drawn gets their label; one whose label for them was deleted does not get it back.
    """
    with transaction.atomic():
        user, created = get_user_model().objects.get_or_create(username=DEMO_USERNAME)
        if created:
            user.set_unusable_password()
            user.save()
        team, _ = Team.objects.get_or_create(name="Demo team")
        set_membership(team=team, user=user, role=Role.ADMIN)
        project = team.projects.filter(name=DEMO_PROJECT).first()
        if project is None:
            return user, create_project(team=team, name=DEMO_PROJECT, labels=DEMO_LABELS)
        has_gland = project.labels.filter(Q(object_type=ObjectType.GLAND) | Q(name=GLAND["name"])).exists()
        if not has_gland and project.labels.in_use().count() < MAX_LABELS:
            add_label(project=project, fields=GLAND)
        return user, project
