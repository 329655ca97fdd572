"""The demo project: its labels, and the one that an older demo lacks."""

import pytest
from django.db import transaction

from annotator.projects.demo import make_demo_project
from annotator.projects.labels import retire_label

pytestmark = pytest.mark.django_db


def types(project):
    return {label.name: (label.object_type, label.key) for label in project.labels.all()}


def test_the_demo_has_labels_for_nuclei_and_a_gland():
    _, project = make_demo_project()
    assert types(project) == {
        "Tumour nucleus": ("nucleus", "1"), "Lymphocyte": ("nucleus", "2"), "Other nucleus": ("nucleus", "3"),
        "Gland": ("gland", "4"),
    }  # fmt: skip


def test_an_older_demo_gets_its_gland_once():
    _, project = make_demo_project()
    project.labels.filter(key__in=["2", "4"]).delete()
    make_demo_project()
    make_demo_project()
    assert types(project)["Gland"] == ("gland", "2")


def test_a_demo_with_its_own_gland_or_without_any_by_choice_is_left_alone():
    _, project = make_demo_project()
    project.labels.filter(object_type="gland").update(name="Crypt")
    make_demo_project()
    assert "Gland" not in types(project)
    with transaction.atomic():
        retire_label(project.labels.get(name="Crypt"))
    make_demo_project()
    assert not project.labels.in_use().filter(object_type="gland").exists()
