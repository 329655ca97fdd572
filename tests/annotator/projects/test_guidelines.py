"""Guidelines over REST: read by all, written by admins, bounded, and never overwritten unseen."""

import pytest
from django.test import Client


@pytest.fixture
def as_user(people):
    def sign_in(name):
        client = Client()
        client.force_login(getattr(people, name))
        return client

    return sign_in


def write(client, project, text, version):
    fields = {"text": text, "version": version}
    return client.put(f"/api/projects/{project.pk}/guidelines", fields, content_type="application/json")


def test_an_admin_writes_them_and_all_read_them(as_user, project, slide):
    viewer = as_user("viewer")
    assert viewer.get(f"/api/slides/{slide.pk}").json()["project"]["has_guidelines"] is False
    assert write(as_user("admin"), project, "# Nuclei\n\nOnly whole ones.  \n", 0).status_code == 200
    read = viewer.get(f"/api/projects/{project.pk}/guidelines").json()
    assert (read["text"], read["version"], read["by"]) == ("# Nuclei\n\nOnly whole ones.  \n", 1, "admin")
    seen = viewer.get(f"/api/slides/{slide.pk}").json()["project"]
    assert (seen["has_guidelines"], seen["version"]) == (True, project.version + 4), "labels were counted too"


def test_what_another_admin_wrote_meanwhile_stays(as_user, project):
    admin = as_user("admin")
    write(admin, project, "one", 0)
    refused = write(admin, project, "two", 0)
    assert (refused.status_code, "admin changed the guidelines meanwhile" in refused.json()["message"]) == (409, True)
    assert admin.get(f"/api/projects/{project.pk}/guidelines").json()["text"] == "one"


def test_they_are_bounded_in_bytes(as_user, project):
    admin = as_user("admin")
    assert write(admin, project, "µ" * 32 * 1024, 0).status_code == 200
    refused = write(admin, project, "µ" * 32 * 1024 + "x", 1)
    assert (refused.status_code, "65,537 bytes" in refused.json()["message"]) == (400, True)
