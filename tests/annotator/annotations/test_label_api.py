"""Labels over REST: what is stored, and how what is not valid is refused."""

import pytest
from django.test import Client

from annotator.annotations import services
from annotator.projects.services import create_project
from tests.annotator.factories import target


@pytest.fixture
def admin(people):
    client = Client()
    client.force_login(people.admin)
    return client


@pytest.fixture
def address(project):
    return f"/api/projects/{project.pk}/labels"


def send(client, method, address, **fields):
    answer = getattr(client, method)(address, fields, content_type="application/json")
    return answer.status_code, answer.json()


NEW = {"name": "Mitosis", "colour": "#ff00aa", "object_type": "nucleus"}


def test_labels_are_made_changed_ordered_deleted_and_brought_back(admin, address):
    status, made = send(admin, "post", address, **NEW)
    assert (status, [label["name"] for label in made["labels"]]) == (201, ["Tumour", "Stroma", "Gland", "Mitosis"])
    mitosis = made["labels"][-1]
    assert (mitosis["key"], mitosis["held"]) == ("4", {"accepted": 0, "undecided": 0, "gone": 0})
    assert mitosis["is_used"] is False
    one = f"{address}/{mitosis['id']}"
    status, changed = send(admin, "patch", one, version=1, name="Mitotic figure", key=None)
    assert (status, changed["labels"][-1]) == (200, mitosis | {"name": "Mitotic figure", "key": None, "version": 2})
    before = [label["id"] for label in changed["labels"]]
    status, ordered = send(admin, "put", f"{address}/order", before=before, ids=before[::-1])
    assert (status, [label["id"] for label in ordered["labels"]]) == (200, before[::-1])
    assert send(admin, "post", f"{one}/delete", version=2, objects="none") == (200, {"done": 0, "left": 0})
    rows = admin.get(address).json()
    assert [label["id"] for label in rows["deleted"]] == [mitosis["id"]]
    status, back = send(admin, "post", f"{one}/bring-back")
    assert (status, back["labels"][-1]["name"], back["deleted"]) == (200, "Mitotic figure", [])


def test_a_deleted_label_is_shown_nowhere_else(admin, address, project, slide):
    tumour = project.labels.first()
    send(admin, "post", f"{address}/{tumour.pk}/delete", version=1, objects="none")
    for shown in (f"/api/projects/{project.pk}", f"/api/slides/{slide.pk}"):
        assert [label["name"] for label in admin.get(shown).json()["labels"]] == ["Stroma", "Gland"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "name: This field may not be blank"),
        ({"name": "x" * 81}, "name: Ensure this field has no more than 80"),
        ({"name": "a\nb"}, "name: Give it in one line"),
        ({"colour": "red"}, "colour: Give the colour as #rrggbb"),
        ({"colour": "#FF00AA"}, "lower case"),
        ({"object_type": "cat"}, 'object_type: "cat" is not a valid choice'),
        ({"key": "ab"}, "key: A hotkey is one letter"),
        ({"key": "s"}, "key: The key 's' is taken in the workspace, by the Squiggle tool"),
        ({"key": "1"}, "The key '1' chooses the label Tumour already"),
        ({"name": "Tumour"}, "has a label named Tumour already"),
    ],
)
def test_what_is_not_valid_is_refused_in_words(admin, address, project, fields, words):
    stroma = project.labels.get(name="Stroma")
    for method, where, more in (("post", address, NEW), ("patch", f"{address}/{stroma.pk}", {"version": 1})):
        status, answer = send(admin, method, where, **more | fields)
        assert (status, words in answer["message"]) == (400, True), answer


def test_a_label_of_another_project_is_not_there(admin, address, people):
    other = create_project(team=people.team, name="Other", labels=[{**NEW}])
    foreign = f"{address}/{other.labels.get().pk}"
    assert send(admin, "patch", foreign, version=1, name="Mine")[0] == 404
    assert send(admin, "post", f"{foreign}/delete", version=1, objects="none")[0] == 404
    assert send(admin, "post", f"{foreign}/bring-back")[0] == 404


def test_a_label_that_marked_something_says_so_even_when_nothing_bears_it_any_more(
    admin, address, people, slide, model
):
    tumour, stroma, _ = slide.project.labels.in_use()
    asked = {"user": people.annotator, "slide": slide, "label": tumour, "model_id": model.pk, "targets": [target()]}
    services.ask(**asked)
    send(admin, "post", f"{address}/{tumour.pk}/delete", version=1, objects="move", to_id=stroma.pk)
    rows = send(admin, "post", f"{address}/{tumour.pk}/bring-back")[1]["labels"]
    assert {row["name"]: row["is_used"] for row in rows} == {"Stroma": True, "Gland": False, "Tumour": True}
