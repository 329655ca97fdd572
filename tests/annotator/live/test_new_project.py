"""Who may make projects, where, and with which labels."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from annotator.projects.models import Project, Team


@pytest.fixture
def as_user(people):
    people.root = get_user_model().objects.create_superuser("root")

    def sign_in(name):
        client = Client()
        client.force_login(getattr(people, name))
        return client

    return sign_in


def make(client, **fields):
    answer = client.post("/api/projects", {"labels": "nuclei", **fields}, content_type="application/json")
    return answer.status_code, answer.json()


def test_an_admin_of_a_team_makes_projects_there(as_user, people, project):
    admin = as_user("admin")
    offered = {"teams": [{"id": people.team.pk, "name": "Pathology"}], "may_found": False}
    assert admin.get("/api/teams").json() == offered
    status, made = make(admin, name="Kidney", team_id=people.team.pk, labels="nuclei_and_glands")
    assert (status, made["name"], made["role"]) == (201, "Kidney", "admin")
    labels = admin.get(f"/api/projects/{made['id']}").json()["labels"]
    assert [(label["name"], label["key"]) for label in labels] == [
        ("Tumour nucleus", "1"), ("Lymphocyte", "2"), ("Other nucleus", "3"), ("Gland", "4"),
    ]  # fmt: skip


def test_an_operator_founds_a_team_and_becomes_its_admin(as_user, people):
    root = as_user("root")
    assert root.get("/api/teams").json() == {"teams": [], "may_found": True}
    status, made = make(root, name="Blood", new_team="Haematology", labels="cells")
    assert (status, made["team"], made["role"]) == (201, "Haematology", "admin")
    status, refused = make(root, name="More", new_team="Haematology")
    assert (status, "a team named Haematology already" in refused["message"]) == (400, True)


@pytest.mark.parametrize(("name", "status"), [("annotator", 403), ("viewer", 403), ("stranger", 404), ("root", 404)])
def test_nobody_else_makes_one_there(as_user, people, project, name, status):
    client = as_user(name)
    assert make(client, name="Mine", team_id=people.team.pk)[0] == status
    if name != "root":
        assert client.get("/api/teams").json() == {"teams": [], "may_found": False}
        refused, answer = make(client, name="Mine", new_team="Mine")
        assert (refused, "founded by the operator" in answer["message"]) == (403, True)
    assert Project.objects.count() == 1
    assert not Team.objects.filter(name="Mine").exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Colon"}, "has a project named 'Colon' already"),
        ({"name": " "}, "name: This field may not be blank"),
        ({"name": "x" * 121}, "no more than 120"),
        ({"name": "a\tb"}, "in one line"),
        ({"name": "New", "labels": "cats"}, '"cats" is not a valid choice'),
        ({"name": "New", "new_team": "Both"}, "Name the team"),
    ],
)
def test_what_is_not_valid_is_refused_in_words(as_user, people, project, fields, words):
    status, answer = make(as_user("admin"), **{"team_id": people.team.pk} | fields)
    assert (status, words in answer["message"]) == (400, True), answer


def test_a_refused_project_leaves_no_team(as_user):
    assert make(as_user("root"), name="", new_team="Half")[0] == 400
    assert not Team.objects.filter(name="Half").exists()
