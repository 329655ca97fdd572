"""The demo's team, account and project: on loopback only, without a password, signed in by a one-time link."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import Q

from annotator.projects.models import ObjectType, Project, Role, Team
from annotator.projects.services import LABEL_KEYS, add_label, create_project, set_membership

DEMO_USERNAME = "demo"
DEMO_PROJECT = "Demo"
GLAND = {"name": "Gland", "colour": "#ff7a3d", "object_type": ObjectType.GLAND}
DEMO_LABELS = [
    {"name": "Tumour nucleus", "colour": "#ffd400", "object_type": ObjectType.NUCLEUS},
    {"name": "Lymphocyte", "colour": "#00c2a8", "object_type": ObjectType.NUCLEUS},
    {"name": "Other nucleus", "colour": "#3d9bff", "object_type": ObjectType.NUCLEUS},
    GLAND,
]


class Backend(ModelBackend):
    """Django's own, but that the demo account, and any session it left, is nobody where there is no demo."""

    def user_can_authenticate(self, user: Any) -> bool:
        if not settings.DEMO and user is not None and user.get_username() == DEMO_USERNAME:
            return False
        return super().user_can_authenticate(user)


def make_demo_project() -> tuple[Any, Project]:
    """The demo account and its project, made if they are not there yet.

    A demo of before glands could be drawn gets their label.
    """
    with transaction.atomic():
        user, created = get_user_model().objects.get_or_create(username=DEMO_USERNAME)
        if created:
            user.set_unusable_password()
            user.save()
        team, _ = Team.objects.get_or_create(name="Demo team")
        set_membership(team=team, user=user, role=Role.ADMIN)
        project = Project.objects.filter(name=DEMO_PROJECT).first()
        if project is None:
            return user, create_project(team=team, name=DEMO_PROJECT, labels=DEMO_LABELS)
        has_gland = project.labels.filter(Q(object_type=ObjectType.GLAND) | Q(name=GLAND["name"])).exists()
        if not has_gland and project.labels.count() < len(LABEL_KEYS):
            add_label(project=project, fields=GLAND)
        return user, project
