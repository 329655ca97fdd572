"""The rule clause by clause, and what activations and rollbacks leave behind."""

import math
import re
import threading

import pytest
from django.db import connection

from annotator.core.errors import InvalidInput
from annotator.learning.kinds import Kind
from annotator.learning.models import Activation, Verdict
from annotator.learning.promotion import Measured, activate, find_rollback, judge, roll_back
from annotator.learning.selectors import choose_model
from annotator.learning.versions import WeightsTrouble
from annotator.projects.models import Project
from tests.annotator.learning.conftest import MEASURED, NUCLEI

PROMOTED = Activation.Reason.PROMOTED


def measured(*, n_slides=6, difference=(), labels=None) -> Measured:
    changed = {**MEASURED, "n_slides": n_slides, "difference": {**MEASURED["difference"], **dict(difference)}}
    if labels is not None:
        changed["per_label"] = [
            {"label": name, "n_objects": count, "difference": value} for name, count, value in labels
        ]
    return Measured.model_validate(changed)


@pytest.mark.parametrize(
    ("measurement", "changes", "verdict", "words"),
    [
        (measured(), {}, Verdict.PROMOTED, r"\+0\.021 \(90 % interval \+0\.008 to \+0\.034\) on 240 objects of 6 held-out"),
        (measured(difference={"low90": -0.004}), {}, Verdict.PROMOTED, "It takes over"),
        (measured(difference={"low90": -0.005}), {}, Verdict.REFUSED, r"may be worse by more than 0\.005"),
        (measured(difference={"mean": 0.0}), {}, Verdict.REFUSED, "not better on average"),
        (measured(difference={"mean": -0.1, "low90": -0.2}), {}, Verdict.REFUSED, "not better.*; it may be worse"),
        (measured(difference={"mean": math.nan}), {}, Verdict.REFUSED, "not better on average"),
        (measured(labels=[("Tumour", 10, -0.011)]), {}, Verdict.REFUSED, r"the label Tumour loses 0\.011"),
        (measured(labels=[("Tumour", 10, -0.01)]), {}, Verdict.PROMOTED, "It takes over"),
        (measured(labels=[("Tumour", 9, -0.5)]), {}, Verdict.PROMOTED, "Too few .* Tumour"),
        (measured(labels=[("Tumour", 0, None)]), {}, Verdict.PROMOTED, "Too few .* Tumour"),
        (measured(n_slides=5), {}, Verdict.PROMOTED, "It takes over"),
        (measured(n_slides=4), {}, Verdict.ADMIN, "fewer than 5 held-out slides"),
        (measured(n_slides=4, difference={"mean": -0.1}), {}, Verdict.REFUSED, "not better on average"),
        (measured(n_slides=1), {}, Verdict.ADMIN, "of 1 held-out slide\\."),
        (measured(), {"promotes": False}, Verdict.ADMIN, "settings leave it to an admin"),
        (measured(), {"rival_still_answers": False}, Verdict.ADMIN, "another version took over"),
        (Measured(n_slides=9, n_objects=99, difference=None), {}, Verdict.ADMIN, "no version to compare"),
    ],
)  # fmt: skip
def test_the_rule(measurement, changes, verdict, words):
    found, reason = judge(measurement, **{"promotes": True, **changes})
    assert found == verdict
    assert re.search(words, reason), reason


@pytest.fixture
def own(project, install):
    return [install(f"own-{n}", project=project, active=False) for n in (1, 2)]


@pytest.fixture
def promote(project, people):
    def promote(version, kind=NUCLEI):
        return activate(project=project, kind=kind, version=version, reason=PROMOTED, by=people.admin, note="better")

    return promote


def answering(project, stain="H&E"):
    return choose_model(project=project, object_type="nucleus", stain=stain).model


def test_an_activation_says_what_who_why_and_what_was_before(project, people, model, own, promote):
    promote(own[0])
    row = promote(own[1])
    assert answering(project) == own[1]
    assert (row.version, row.before, row.reason, row.by, row.note) == (own[1], own[0], PROMOTED, people.admin, "better")
    assert project.activations.last().before == model


def test_what_cannot_answer_is_not_activated(project, people, model, own, promote, install, folders):
    promote(own[0])
    with pytest.raises(InvalidInput, match="answers already"):
        promote(own[0])
    with pytest.raises(InvalidInput, match="not a version for this"):
        promote(install("gland", object_type="gland"))
    theirs = Project.objects.create(team=people.team, name="Lung")
    with pytest.raises(InvalidInput, match="not a version for this"):
        promote(install("theirs", project=theirs, active=False))
    (folders.learning / "weights" / "own-2.safetensors").write_bytes(b"altered")
    with pytest.raises(WeightsTrouble):
        promote(own[1])
    assert answering(project) == own[0]


def test_rolling_back_goes_further_back_each_time(project, people, model, own, promote):
    assert find_rollback(project=project, kind=NUCLEI) is None
    promote(own[0])
    promote(own[1])
    for expected in (own[0], model):
        row = roll_back(project=project, kind=NUCLEI, by=people.admin)
        assert answering(project) == expected
        assert (row.reason, row.by) == (Activation.Reason.ROLLED_BACK, people.admin)
    with pytest.raises(InvalidInput, match="no earlier version"):
        roll_back(project=project, kind=NUCLEI, by=people.admin)
    assert project.activations.count() == 4


def test_rolling_back_to_another_stains_model(project, people, model, own, promote):
    """Before the first version of its own, the one for H&E stood in."""
    ihc = Kind("nucleus", "IHC")
    own[0].stain = "IHC"
    own[0].save()
    promote(own[0], ihc)
    assert answering(project, "IHC") == own[0]
    roll_back(project=project, kind=ihc, by=people.admin)
    assert answering(project, "IHC") == model


def test_nothing_is_rolled_back_to_what_was_replaced(project, people, model, own, promote):
    promote(own[0])
    model.replaced, model.active = True, False
    model.save()
    assert find_rollback(project=project, kind=NUCLEI) is None


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_activate_one_after_the_other(project, model, own, promote):
    """Each row tells truly what answered before it."""
    errors = []

    def work(version):
        try:
            promote(version)
        except InvalidInput as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(version,)) for version in own]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second, first = project.activations.all()
    assert not errors
    assert (first.before, second.before) == (model, first.version)
