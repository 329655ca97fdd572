"""The life of an object: asked, answered, corrected, accepted, rejected, relabelled, deleted, restored."""

from uuid import uuid4

import pytest
from django.db import transaction

from annotator.annotations import services
from annotator.annotations.models import Annotation
from annotator.annotations.selectors import to_view
from annotator.annotations.views import ObjectRef, ObjectState
from annotator.core.errors import InvalidInput, NotFound
from tests.annotator.factories import accept_ref, actions, answer, make_slide, ref, square, target


def test_ask_stores_the_prompt_before_any_answer(life):
    [annotation] = life.ask(target(at=(120, 130)))
    stored = Annotation.objects.get()
    assert stored.state == ObjectState.ASKED
    assert stored.prompts == [{"kind": "click", "x": 120.0, "y": 130.0, "positive": True}]
    assert stored.place is not None
    assert actions(annotation) == ["asked"]


def test_a_reply_makes_a_proposal_with_geometry_and_history(life, slide, model):
    annotation = life.propose()
    view = to_view(Annotation.objects.get())
    assert view.state == ObjectState.PROPOSED
    assert view.polygons == (square(),)
    assert (view.area_px, view.centroid.x) == (400, 100)
    assert annotation.place[1] == 90 + slide.number * 2**22
    last = annotation.revisions.last()
    assert (last.action, last.model_version, last.times["network_ms"]) == ("answered", model, 1)


def test_accept_keeps_who_how_and_how_long(life, people):
    [annotation] = life.accept(life.propose(), how="next_click")
    assert annotation.state == ObjectState.ACCEPTED
    last = annotation.revisions.last()
    assert (last.author, last.how, last.elapsed_ms) == (people.annotator, "next_click", 1234)
    assert last.prompts
    assert last.geometry is not None


def test_accept_of_an_unanswered_turn_waits_for_it(life):
    [asked] = life.ask(target())
    [waiting] = life.accept(asked)
    assert to_view(waiting).accepting
    assert waiting.state == ObjectState.ASKED
    [accepted] = life.reply(answer(asked.pk))
    assert accepted.state == ObjectState.ACCEPTED
    assert actions(accepted) == ["asked", "answered", "accepted"]


def test_accept_names_the_turn_it_accepts(life):
    first = life.propose()
    seen = accept_ref(first)
    [second] = life.ask(target(object_id=first.pk, turn=2, base_version=first.version))
    with pytest.raises(services.Changed):
        services.accept(user=life.user, slide=second.slide, refs=[seen], how="key", elapsed_ms=None)


def test_a_late_answer_is_kept_but_not_shown(life):
    first = life.propose()
    [second] = life.ask(target(object_id=first.pk, turn=2, base_version=first.version))
    assert life.reply(answer(first.pk, turn=1, polygon=square(x=500))) == []
    second.refresh_from_db()
    assert second.state == ObjectState.ASKED
    assert actions(second)[-1] == "superseded"
    [answered] = life.reply(answer(first.pk, turn=2))
    assert answered.state == ObjectState.PROPOSED


def test_an_answer_after_the_decision_changes_nothing(life):
    [asked] = life.ask(target())
    services.reject(user=life.user, slide=asked.slide, refs=[ref(asked)], elapsed_ms=None)
    assert life.reply(answer(asked.pk)) == []
    asked.refresh_from_db()
    assert asked.state == ObjectState.REJECTED


def test_a_failed_answer_says_why_and_can_be_asked_again(life):
    [asked] = life.ask(target())
    [failed] = life.reply(answer(asked.pk, failure="No nucleus there."))
    assert (failed.state, to_view(failed).failure) == (ObjectState.FAILED, "No nucleus there.")
    with pytest.raises(InvalidInput, match="no mask"):
        life.accept(failed)
    [again] = life.ask(target(object_id=asked.pk, turn=2, base_version=failed.version))
    assert again.failure == ""


def test_a_failed_correction_leaves_the_mask_that_was_there(life):
    first = life.propose()
    life.ask(target(object_id=first.pk, turn=2, base_version=first.version))
    [after] = life.reply(answer(first.pk, turn=2, failure="Nothing left."))
    assert after.state == ObjectState.PROPOSED
    assert to_view(after).polygons == (square(),)


def test_an_answer_without_area_is_a_failure_in_words(life):
    from inference.protocol import Polygon

    [asked] = life.ask(target())
    [after] = life.reply(answer(asked.pk, polygon=Polygon(exterior=((0, 0), (5, 5), (10, 10)))))
    assert after.state == ObjectState.FAILED
    assert "no area" in after.failure


def test_nothing_is_overwritten_when_the_version_is_old(life, slide):
    proposal = life.propose()
    old = ref(proposal)
    life.accept(proposal)
    for change in (
        lambda: services.reject(user=life.user, slide=slide, refs=[old], elapsed_ms=None),
        lambda: services.relabel(user=life.user, slide=slide, refs=[old], label=life.label),
        lambda: services.delete(user=life.user, slide=slide, refs=[old]),
    ):
        with pytest.raises(services.Changed) as raised:
            change()
        assert raised.value.object_ids == [proposal.pk]


def test_delete_and_restore_bring_the_accepted_object_back(life, slide):
    [accepted] = life.accept(life.propose())
    [deleted] = services.delete(user=life.user, slide=slide, refs=[ref(accepted)])
    assert deleted.state == ObjectState.DELETED
    [restored] = services.restore(user=life.user, slide=slide, refs=[ref(deleted)])
    assert restored.state == ObjectState.ACCEPTED
    assert actions(restored) == ["asked", "answered", "accepted", "deleted", "restored"]


def test_reject_and_restore_bring_the_proposal_back(life, slide):
    [rejected] = services.reject(user=life.user, slide=slide, refs=[ref(life.propose())], elapsed_ms=9)
    [restored] = services.restore(user=life.user, slide=slide, refs=[ref(rejected)])
    assert restored.state == ObjectState.PROPOSED


def test_relabel_keeps_everything_else(life, slide):
    [accepted] = life.accept(life.propose())
    other = slide.project.labels.last()
    [relabelled] = services.relabel(user=life.user, slide=slide, refs=[ref(accepted)], label=other)
    assert (relabelled.label, relabelled.state) == (other, ObjectState.ACCEPTED)


def test_objects_of_another_slide_are_not_found(life, slide):
    proposal = life.propose()
    other = make_slide(slide.project, number=2)
    with pytest.raises(NotFound):
        services.delete(user=life.user, slide=other, refs=[ref(proposal)])
    with pytest.raises(NotFound):
        services.delete(user=life.user, slide=slide, refs=[ObjectRef(object_id=uuid4(), base_version=1)])


@pytest.mark.django_db(transaction=True)
def test_an_object_that_is_there_already_is_not_made_anew(life):
    with transaction.atomic():
        first = life.propose()
    with pytest.raises(services.Changed) as raised, transaction.atomic():
        life.ask(target(object_id=first.pk, turn=1, base_version=0))
    assert raised.value.object_ids == [first.pk]
    assert Annotation.objects.get().state == ObjectState.PROPOSED
