"""The demo's team, account and project: on loopback only, without a password, signed in by a one-time link."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import transaction

from annotator.projects.models import ObjectType, Project, Role, Team
from annotator.projects.services import create_project, set_membership

DEMO_USERNAME = "demo"
DEMO_PROJECT = "Demo"
DEMO_LABELS = [
    {"name": "Tumour nucleus", "colour": "#ffd400", "object_type": ObjectType.NUCLEUS},
    {"name": "Lymphocyte", "colour": "#00c2a8", "object_type": ObjectType.NUCLEUS},
    {"name": "Other nucleus", "colour": "#3d9bff", "object_type": ObjectType.NUCLEUS},
]


class Backend(ModelBackend):
    """Django's own, but that the demo account, and any session it left, is nobody where there is no demo."""

    def user_can_authenticate(self, user: Any) -> bool:
        if not settings.DEMO and user is not None and user.get_username() == DEMO_USERNAME:
            return False
        return super().user_can_authenticate(user)


def make_demo_project() -> tuple[Any, Project]:
    """The demo account and its project, made if they are not there yet."""
    with transaction.atomic():
        user, created = get_user_model().objects.get_or_create(username=DEMO_USERNAME)
        if created:
            user.set_unusable_password()
            user.save()
        team, _ = Team.objects.get_or_create(name="Demo team")
        set_membership(team=team, user=user, role=Role.ADMIN)
        project = Project.objects.filter(name=DEMO_PROJECT).first()
        return user, project or create_project(team=team, name=DEMO_PROJECT, labels=DEMO_LABELS)
