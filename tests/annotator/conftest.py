"""A team with one person of each role, a stranger, a slide and a model, as rows in the real Postgres."""

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model

from annotator.core.redis import get_redis
from annotator.learning.models import ModelVersion
from annotator.projects.models import Role, Team
from annotator.projects.services import create_project, set_membership
from annotator.slides.models import Slide
from tests.annotator.factories import make_slide

LABELS = [
    {"name": "Tumour", "colour": "#ffd400", "object_type": "nucleus"},
    {"name": "Stroma", "colour": "#00c2a8", "object_type": "nucleus"},
    {"name": "Gland", "colour": "#3d9bff", "object_type": "gland"},
]


@pytest.fixture(autouse=True)
def empty_redis():
    get_redis().flushdb()


@pytest.fixture(autouse=True)
def quick_password_hashes(settings):
    """The slow hashes that accounts really get would take most of the run."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def people(db) -> SimpleNamespace:
    make = get_user_model().objects.create_user
    people = SimpleNamespace(
        **{
            name: make(username=name, password=f"{name}-pass-77")
            for name in ("admin", "annotator", "viewer", "stranger")
        }
    )
    people.team = Team.objects.create(name="Pathology")
    for name in ("admin", "annotator", "viewer"):
        set_membership(team=people.team, user=getattr(people, name), role=Role(name))
    return people


@pytest.fixture
def project(people):
    return create_project(team=people.team, name="Colon", labels=LABELS)


@pytest.fixture
def slide(project) -> Slide:
    return make_slide(project)


@pytest.fixture
def model(db) -> ModelVersion:
    return ModelVersion.objects.create(
        name="disk-test", method="disk", object_type="nucleus", mpp=0.25, patch_px=128, sha256="0" * 64,
        licence="CC0", active=True,
    )  # fmt: skip
