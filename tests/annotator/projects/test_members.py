"""Who is in a team: over REST, by its admins."""

import threading

import pytest
from django.db import connection, transaction
from django.test import Client

from annotator.core.errors import InvalidInput
from annotator.projects.models import Membership, Role
from annotator.projects.services import change_member, remove_member, set_membership
from tests.annotator.waiting import wait_until_somebody_waits


@pytest.fixture
def as_user(people):
    def sign_in(name):
        client = Client()
        client.force_login(getattr(people, name))
        return client

    return sign_in


def test_an_admin_adds_changes_and_removes_people(as_user, project):
    admin, address = as_user("admin"), f"/api/projects/{project.pk}/members"
    member = {"username": "stranger", "role": "viewer"}
    rows = admin.put(address, member | {"was": None}, content_type="application/json").json()
    assert member in rows
    assert as_user("stranger").get(f"/api/projects/{project.pk}").json()["role"] == "viewer"
    assert admin.delete(f"{address}/stranger").status_code == 204
    assert as_user("stranger").get(f"/api/projects/{project.pk}").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("annotator", 403), ("viewer", 403), ("stranger", 404)])
def test_nobody_else_may_change_members(as_user, project, name, status):
    client, address = as_user(name), f"/api/projects/{project.pk}/members"
    change = {"username": name, "role": "admin", "was": name if name != "stranger" else None}
    assert client.put(address, change, content_type="application/json").status_code == status
    assert client.delete(f"{address}/admin").status_code == status


def test_the_last_admin_stays(as_user, project):
    admin, address = as_user("admin"), f"/api/projects/{project.pk}/members"
    change = {"username": "admin", "role": "viewer", "was": "admin"}
    response = admin.put(address, change, content_type="application/json")
    assert response.status_code == 400
    assert "last admin" in response.json()["message"]
    assert admin.delete(f"{address}/admin").status_code == 400


def test_an_admin_who_is_switched_off_is_nobody_to_leave_the_team_to(as_user, people, project):
    set_membership(team=people.team, user=people.stranger, role=Role.ADMIN)
    people.stranger.is_active = False
    people.stranger.save()
    assert as_user("admin").delete(f"/api/projects/{project.pk}/members/admin").status_code == 400


def test_what_another_admin_did_meanwhile_is_not_overwritten(as_user, people, project):
    admin, address = as_user("admin"), f"/api/projects/{project.pk}/members"
    set_membership(team=people.team, user=people.viewer, role=Role.ADMIN)
    for was, seen in (("viewer", "admin in the team by now"), (None, "admin in the team by now")):
        change = {"username": "viewer", "role": "annotator", "was": was}
        response = admin.put(address, change, content_type="application/json")
        assert (response.status_code, seen in response.json()["message"]) == (409, True)
    change = {"username": "stranger", "role": "annotator", "was": "viewer"}
    response = admin.put(address, change, content_type="application/json")
    assert (response.status_code, "not in the team" in response.json()["message"]) == (409, True)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_leave_one(people):
    set_membership(team=people.team, user=people.viewer, role=Role.ADMIN)
    start = threading.Barrier(2)
    refused = []

    def leave(user):
        start.wait()
        try:
            remove_member(team=people.team, user=user)
        except InvalidInput as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(user,)) for user in (people.admin, people.viewer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Membership.objects.filter(team=people.team, role=Role.ADMIN).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("method", "address", "fields"),
    [
        ("put", "guidelines", {"text": "Mine.", "version": 0}),
        ("put", "members", {"username": "stranger", "role": "admin", "was": None}),
        ("delete", "members/annotator", {}),
        ("post", "labels", {"name": "Mitosis", "colour": "#ff00aa", "object_type": "nucleus"}),
        ("post", "labels/{label}/delete", {"version": 1, "objects": "none"}),
    ],
)
def test_who_was_demoted_while_their_request_waited_changes_nothing(as_user, people, project, method, address, fields):
    set_membership(team=people.team, user=people.viewer, role=Role.ADMIN)
    client, answers = as_user("admin"), []
    address = address.format(label=project.labels.first().pk)

    def ask():
        answer = getattr(client, method)(
            f"/api/projects/{project.pk}/{address}", fields, content_type="application/json"
        )
        answers.append(answer)
        connection.close()

    asking = threading.Thread(target=ask)
    with transaction.atomic():
        change_member(team=people.team, user=people.admin, role=Role.VIEWER, was=Role.ADMIN)
        asking.start()
        wait_until_somebody_waits()
    asking.join()
    assert (answers[0].status_code, "takes the role admin" in answers[0].json()["message"]) == (403, True)
    project.refresh_from_db()
    assert (project.guidelines, project.labels.in_use().count()) == ("", 3)
    assert set(people.team.memberships.values_list("user__username", flat=True)) == {"admin", "annotator", "viewer"}


def test_an_unknown_name_is_said_in_words(as_user, project):
    change = {"username": "nobody", "role": "viewer", "was": None}
    response = as_user("admin").put(f"/api/projects/{project.pk}/members", change, content_type="application/json")
    assert response.status_code == 404
    assert "'nobody'" in response.json()["message"]
