"""The split as the page Settings shows it: decided parts for good, others as a training would decide now."""

from django.test import Client

from annotator.learning.models import Part
from annotator.learning.splits import assign_parts, plan_parts
from tests.annotator.learning.work import Hands, make_filed_slide


def read(people, project):
    client = Client()
    client.force_login(people.viewer)
    return client.get(f"/api/projects/{project.pk}/learning/split").json()


def test_nothing_is_said_of_kinds_without_objects(people, project, slides):
    assert read(people, project) == {"one_in": 5, "kinds": []}


def test_each_slide_stands_where_a_training_would_find_it(people, project, slides, model, tmp_path):
    for slide in slides[:2]:
        hands = Hands(people.annotator, model, slide)
        hands.accept(hands.propose())
    [kind] = read(people, project)["kinds"]
    assert (kind["object_type"], [row["id"] for row in kind["slides"]]) == (
        "nucleus",
        [slide.pk for slide in slides[:2]],
    )
    assert [row["decided_at"] for row in kind["slides"]] == [None, None]
    planned = plan_parts(slides=slides[:2])
    assert {row["id"]: row["part"] for row in kind["slides"]} == planned
    assert sorted(planned.values()) == [Part.HELD_OUT, Part.TRAINING]


def test_what_is_decided_says_since_when(people, project, slides, model, tmp_path):
    filed = make_filed_slide(project, tmp_path, 9, patient="P-1")
    hands = Hands(people.annotator, model, filed)
    for x in (100, 200):
        hands.accept(hands.propose(x=x))
    assign_parts(slides=[filed])
    [kind] = read(people, project)["kinds"]
    [row] = kind["slides"]
    assert (row["patient"], row["part"], row["objects"]) == ("P-1", "training", 2)
    assert row["decided_at"] is not None
