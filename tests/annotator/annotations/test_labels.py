"""What becomes of objects when their label is deleted: they are moved or deleted by steps that their history tells."""

from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection, transaction

from annotator.annotations import labels, services
from annotator.annotations.labels import Held, count_objects, delete_label
from annotator.annotations.ledger import record_event
from annotator.annotations.models import Annotation, SlideEvent
from annotator.annotations.selectors import get_seq
from annotator.annotations.views import ObjectState
from annotator.core.errors import Clash, InvalidInput, NotFound
from annotator.projects.labels import bring_back, share_label
from annotator.projects.models import Label
from tests.annotator.factories import TIMES, accept_ref, actions, answer, make_slide, next_target, ref, square, target
from tests.annotator.waiting import wait_until_somebody_waits


@pytest.fixture
def tumour(project):
    return project.labels.get(name="Tumour")


@pytest.fixture
def stroma(project):
    return project.labels.get(name="Stroma")


@pytest.fixture
def make(people, slide, model, tumour):
    """An object with the label, as far as the state says."""

    def make(state=ObjectState.ACCEPTED, *, label=tumour, on=slide, x=90) -> Annotation:
        asked = {"user": people.annotator, "slide": on, "label": label, "model_id": model.pk}
        [annotation] = services.ask(**asked, targets=[target()])
        if state == ObjectState.ASKED:
            return annotation
        reply(on, model, annotation, x)
        mine = {"user": people.annotator, "slide": on}
        if state == ObjectState.REJECTED:
            services.reject(**mine, refs=[ref(fresh(annotation))], elapsed_ms=None)
        if state == ObjectState.ACCEPTED:
            services.accept(**mine, refs=[accept_ref(fresh(annotation))], how="key", elapsed_ms=None)
        return fresh(annotation)

    return make


def reply(slide, model, annotation, x=90):
    said = [answer(annotation.pk, turn=annotation.turn, polygon=square(x))]
    services.record_segmentation(slide=slide, model_id=model.pk, objects=said, times=TIMES)


def fresh(annotation) -> Annotation:
    return Annotation.objects.get(pk=annotation.pk)


def delete(people, label, objects, to=None):
    return delete_label(
        user=people.admin, project=label.project, label_id=label.pk, version=label.version, objects=objects,
        to_id=to and to.pk,
    )  # fmt: skip


def test_a_label_with_objects_is_not_deleted_without_a_word_about_them(people, tumour, make):
    make()
    make(ObjectState.PROPOSED)
    with pytest.raises(Clash, match="2 nuclei bear the label Tumour: say whether"):
        delete(people, tumour, "none")
    assert not Label.objects.exclude(deleted_at=None).exists()


def test_one_without_is(people, tumour, make):
    make(ObjectState.REJECTED)
    assert delete(people, tumour, "none") == (0, 0)
    assert Label.objects.get(pk=tumour.pk).deleted_at is not None
    with pytest.raises(NotFound, match="no such label any more"):
        delete(people, tumour, "none")


def test_objects_move_to_another_label_those_that_are_gone_too(people, tumour, stroma, make, project):
    made = [make(state) for state in ("accepted", "asked", "proposed", "rejected")]
    elsewhere = make(on=make_slide(project, number=2))
    assert delete(people, tumour, "move", stroma) == (5, 0)
    for before in (*made, elsewhere):
        after = fresh(before)
        assert (after.label_id, after.state, after.version) == (stroma.pk, before.state, before.version + 1)
        last = after.revisions.last()
        assert (last.action, last.author, last.label_id) == ("relabelled", people.admin, stroma.pk)
    assert SlideEvent.objects.filter(slide=elsewhere.slide).count() == 1, "and each slide's browsers were told"
    services.restore(user=people.annotator, slide=made[3].slide, refs=[ref(fresh(made[3]))])


def test_or_are_deleted_and_come_back_once_the_label_is_back(people, tumour, make, slide):
    accepted, proposed, asked = make(), make(ObjectState.PROPOSED), make(ObjectState.ASKED)
    assert delete(people, tumour, "delete") == (3, 0)
    assert {fresh(one).state for one in (accepted, proposed, asked)} == {ObjectState.DELETED}
    assert actions(accepted)[-1] == "deleted"
    mine = {"user": people.annotator, "slide": slide}
    with pytest.raises(InvalidInput, match="The label Tumour was deleted, and its objects with it"):
        services.restore(**mine, refs=[ref(fresh(accepted))])
    bring_back(project=tumour.project, label_id=tumour.pk)
    services.restore(**mine, refs=[ref(fresh(one)) for one in (accepted, proposed, asked)])
    assert [fresh(one).state for one in (accepted, proposed, asked)] == ["accepted", "proposed", "failed"]


def test_nothing_is_rejected_which_would_say_that_the_model_was_wrong(people, tumour, make):
    proposed = make(ObjectState.PROPOSED)
    delete(people, tumour, "delete")
    assert "rejected" not in actions(proposed)


@pytest.mark.parametrize(("objects", "state"), [("move", ObjectState.PROPOSED), ("delete", ObjectState.DELETED)])
def test_what_waits_behind_a_correction_goes_with_it(people, tumour, stroma, make, slide, model, objects, state):
    accepted = make()
    asked = {"user": people.annotator, "slide": slide, "label": tumour, "model_id": model.pk}
    services.ask(**asked, targets=[next_target(accepted)])
    reply(slide, model, fresh(accepted))
    delete(people, tumour, objects, stroma)
    after = fresh(accepted)
    assert after.state == state
    if objects == "move":
        services.reject(user=people.annotator, slide=slide, refs=[ref(after)], elapsed_ms=None)
        assert (fresh(after).state, fresh(after).label_id) == (ObjectState.ACCEPTED, stroma.pk)


def test_a_correction_that_only_asks_under_the_label_leaves_the_accepted_object(
    people, tumour, stroma, make, slide, model
):
    accepted = make(label=stroma)
    asked = {"user": people.annotator, "slide": slide, "label": tumour, "model_id": model.pk}
    services.ask(**asked, targets=[next_target(accepted)])
    assert count_objects(tumour.project) == {tumour.pk: Held(undecided=1), stroma.pk: Held(accepted=1)}
    delete(people, tumour, "delete")
    after = fresh(accepted)
    assert (after.state, after.label_id, after.accepted_before) == (ObjectState.ACCEPTED, stroma.pk, None)


@pytest.mark.parametrize("to", ["itself", "gland", "foreign", None])
def test_objects_only_take_a_label_of_their_own_type_and_project(people, project, tumour, make, to):
    made = make()
    labels_to = {"itself": tumour, "gland": project.labels.get(name="Gland"), None: None}
    labels_to["foreign"] = Label(pk=tumour.pk + 10_000)
    with pytest.raises(InvalidInput, match="another label for nuclei of this project"):
        delete(people, tumour, "move", labels_to[to])
    assert fresh(made).label_id == tumour.pk


def test_many_objects_go_in_several_calls_and_the_label_with_the_last(monkeypatch, people, tumour, stroma, make, slide):
    monkeypatch.setattr(labels, "AT_ONCE", 2)
    monkeypatch.setattr(labels, "IN_ONE_CALL", 4)
    for n in range(7):
        make(x=30 * n)
    assert delete(people, tumour, "move", stroma) == (4, 3)
    assert count_objects(tumour.project) == {tumour.pk: Held(accepted=3), stroma.pk: Held(accepted=4)}
    assert Label.objects.get(pk=tumour.pk).deleted_at is None
    assert delete(people, tumour, "move", stroma) == (3, 0)
    assert get_seq(slide.pk) == 4, "each change of at most two objects is an event of its own"


def test_the_type_of_a_label_that_marked_something_stays(people, project, tumour, make):
    made = make()
    change = {"project": project, "label_id": tumour.pk, "version": tumour.version}
    with pytest.raises(InvalidInput, match="Tumour has marked nuclei, and their history says so"):
        labels.change_label(**change, changes={"object_type": "gland"})
    delete_label(user=people.admin, **change, objects="delete")
    bring_back(project=project, label_id=tumour.pk)
    change["version"] = Label.objects.get(pk=tumour.pk).version
    with pytest.raises(InvalidInput, match="history says so"):
        labels.change_label(**change, changes={"object_type": "gland"})
    unused = project.labels.get(name="Stroma")
    change = {"project": project, "label_id": unused.pk, "version": unused.version}
    assert labels.change_label(**change, changes={"object_type": "gland"}).object_type == "gland"
    assert fresh(made).label_id == tumour.pk


@pytest.mark.django_db(transaction=True)
def test_who_clicks_while_the_label_is_deleted_waits_and_is_refused(people, project, slide, model, tumour):
    """Else an object would bear a label that is gone."""
    seen = []

    def click():
        with transaction.atomic():
            seen.append(share_label(project_id=project.pk, label_id=tumour.pk))
        connection.close()

    with transaction.atomic():
        delete(people, tumour, "none")
        clicking = Thread(target=click)
        clicking.start()
        clicking.join(0.3)
        assert seen == [], "it waits"
    clicking.join()
    assert seen == [None]


@pytest.mark.django_db(transaction=True)
def test_who_works_on_objects_that_came_at_the_end_and_the_deletion_wait_for_each_other_in_turn(
    monkeypatch, people, slide, tumour, stroma, make
):
    """Whoever changes objects locks them and then the slide's clock. A deletion that locked more of them after the clock
    would wait for the person, and the person for it: Postgres would break off one of them."""
    monkeypatch.setattr(labels, "AT_ONCE", 1)
    are_held, failures, made = Event(), [], []

    def work():
        try:
            with transaction.atomic():
                made.extend(make(ObjectState.PROPOSED, x=30 * n) for n in range(2))
            with transaction.atomic():
                Annotation.objects.select_for_update().get(pk=max(one.pk for one in made))  # the second to be moved
                are_held.set()
                wait_until_somebody_waits()
                record_event(slide_id=slide.pk, annotations=[])
        except (DatabaseError, AssertionError) as error:
            failures.append(error)
        finally:
            are_held.set()
            connection.close()

    person = Thread(target=work)
    lock = labels.labels.lock_label

    def lock_label(**named):
        """The first time: two objects come between the deletion's last step and its look whether any are left."""
        if not are_held.is_set():
            person.start()
            assert are_held.wait(30)
        return lock(**named)

    monkeypatch.setattr(labels.labels, "lock_label", lock_label)
    assert delete(people, tumour, "move", stroma) == (2, 0)
    person.join(30)
    assert failures == []
    assert [fresh(one).label_id for one in made] == [stroma.pk, stroma.pk]
    assert Label.objects.get(pk=tumour.pk).deleted_at is not None
