import pytest
from django.test import Client


@pytest.fixture
def as_user(people):
    def sign_in(name):
        client = Client()
        client.force_login(getattr(people, name))
        return client

    return sign_in


def test_an_admin_adds_changes_and_removes_people(as_user, project):
    admin, address = as_user("admin"), f"/api/projects/{project.pk}/members"
    change = {"username": "stranger", "role": "viewer"}
    rows = admin.put(address, change, content_type="application/json").json()
    assert change in rows
    assert as_user("stranger").get(f"/api/projects/{project.pk}").json()["role"] == "viewer"
    assert admin.delete(f"{address}/stranger").status_code == 204
    assert as_user("stranger").get(f"/api/projects/{project.pk}").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("annotator", 403), ("viewer", 403), ("stranger", 404)])
def test_nobody_else_may_change_members(as_user, project, name, status):
    client, address = as_user(name), f"/api/projects/{project.pk}/members"
    change = {"username": name, "role": "admin"}
    assert client.put(address, change, content_type="application/json").status_code == status
    assert client.delete(f"{address}/admin").status_code == status


def test_the_last_admin_stays(as_user, project):
    admin, address = as_user("admin"), f"/api/projects/{project.pk}/members"
    response = admin.put(address, {"username": "admin", "role": "viewer"}, content_type="application/json")
    assert response.status_code == 400
    assert "last admin" in response.json()["message"]
    assert admin.delete(f"{address}/admin").status_code == 400


def test_an_unknown_name_is_said_in_words(as_user, project):
    change = {"username": "nobody", "role": "viewer"}
    response = as_user("admin").put(f"/api/projects/{project.pk}/members", change, content_type="application/json")
    assert response.status_code == 404
    assert "'nobody'" in response.json()["message"]
