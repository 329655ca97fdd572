"""No accepted object stands beside one of its type that it covers: it is offered in its place, whatever the way to it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import shapely
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from annotator.annotations import services
from annotator.annotations.coverage import find_covered, measure_iou
from annotator.annotations.models import Annotation
from annotator.annotations.selectors import count_by_label, to_view
from annotator.annotations.views import AcceptRef, ObjectState
from tests.annotator.factories import actions, answer, make_slide, next_target, ref, square, target
from tests.annotator.threads import close_connections

ACCEPTED, PROPOSED, DELETED = ObjectState.ACCEPTED, ObjectState.PROPOSED, ObjectState.DELETED


@pytest.fixture
def gland(slide):
    return slide.project.labels.get(object_type="gland")


def propose(life, polygon=None):
    [asked] = life.ask(target())
    [proposed] = life.reply(answer(asked.pk, polygon=polygon))
    return proposed


def accept_one(life, polygon=None):
    [accepted] = life.accept(propose(life, polygon))
    assert accepted.state == ACCEPTED
    return accepted


def replace(life, annotation):
    """Accept it as its view offers it."""
    view = to_view(annotation)
    accept = AcceptRef(object_id=view.object_id, base_version=view.version, turn=view.turn, replaces=view.covers)
    return services.accept(user=life.user, slide=annotation.slide, refs=[accept], how="key", elapsed_ms=None)


def stand(*annotations):
    return [Annotation.objects.get(pk=annotation.pk).state for annotation in annotations]


# --- what covers what ---------------------------------------------------------------------------------------------


def test_iou_of_masks():
    box = shapely.box(0, 0, 10, 10)
    assert measure_iou(box, box) == 1
    assert measure_iou(box, shapely.box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert measure_iou(box, shapely.box(20, 0, 30, 10)) == 0


def test_an_answer_over_an_accepted_object_names_it(life):
    accepted = accept_one(life)
    proposed = propose(life, square(x=92))
    assert (proposed.state, to_view(proposed).covers) == (PROPOSED, (ref(accepted),))


@pytest.mark.parametrize("polygon", [square(x=100), square(side=9), square(side=90), square(x=500)])
def test_a_neighbour_and_what_lies_inside_are_stored(life, polygon):
    """Half a side away, a nested small one, one around it, and one far off."""
    first = accept_one(life)
    second = accept_one(life, polygon)
    assert stand(first, second) == [ACCEPTED, ACCEPTED]


def test_another_type_and_another_slide_are_no_matter(life, slide, gland):
    accept_one(life)
    life.label = gland
    assert not propose(life).covers
    other = make_slide(slide.project, number=2)
    moved = propose(life)
    Annotation.objects.filter(pk=moved.pk).update(slide=other, label=slide.project.labels.first())
    assert find_covered(Annotation.objects.get(pk=moved.pk)) == []


def test_only_what_lies_there_is_read(life):
    for x in (0, 1000, 2000, 3000):
        accept_one(life, square(x=x))
    proposed = propose(life, square(x=1001))
    with CaptureQueriesContext(connection) as queries:
        assert len(find_covered(proposed)) == 1
    assert len(queries) == 1
    assert "&&" in queries[0]["sql"]


# --- accepting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["key", "next_click", "batch", "sweep"])
def test_what_covers_is_not_stored_beside_it_unseen(life, how):
    accepted = accept_one(life)
    proposed = propose(life, square(x=92))
    [offered] = life.accept(proposed, how=how)
    assert stand(accepted, offered) == [ACCEPTED, PROPOSED]
    assert offered.version == proposed.version + 1, "browsers hear of it"
    assert count_by_label(accepted.slide) == {life.label.pk: 1}


def test_accepting_it_as_offered_takes_the_place_and_keeps_both_histories(life):
    accepted = accept_one(life)
    proposed = propose(life, square(x=92))
    after, gone = replace(life, proposed)
    assert (after.pk, after.state, to_view(after).covers) == (proposed.pk, ACCEPTED, ())
    assert (gone.pk, gone.state) == (accepted.pk, DELETED)
    assert actions(gone) == ["asked", "answered", "accepted", "deleted"]
    assert gone.revisions.last().replaced_by == after
    assert gone.prompts == accepted.prompts
    assert actions(after) == ["asked", "answered", "accepted"]


def test_an_acceptance_that_waited_is_offered_too(life):
    """Clicked and left, perhaps offline; meanwhile somebody accepted the same nucleus."""
    [asked] = life.ask(target())
    [waiting] = life.accept(asked, how="next_click")
    accepted = accept_one(life)
    [offered] = life.reply(answer(waiting.pk, polygon=square(x=92)))
    assert (offered.state, offered.accepting) == (PROPOSED, None)
    assert to_view(offered).covers == (ref(accepted),)


def test_of_two_proposals_the_second_is_offered_in_place_of_the_first(life):
    first, second = propose(life), propose(life, square(x=92))
    assert not second.covers, "nothing is accepted yet"
    life.accept(first)
    [offered] = life.accept(second)
    assert to_view(offered).covers[0].object_id == first.pk
    assert stand(first, second) == [ACCEPTED, PROPOSED]


def test_of_many_accepted_at_once_those_that_cover_the_first_stay_proposals(life):
    ones = [propose(life, square(x=x)) for x in (90, 91, 300, 92)]
    life.accept(*ones, how="batch")
    assert stand(*ones) == [ACCEPTED, PROPOSED, ACCEPTED, PROPOSED]


def test_what_changed_since_the_person_saw_it_is_offered_anew(life, slide):
    accepted = accept_one(life)
    proposed = propose(life, square(x=92))
    services.relabel(user=life.user, slide=slide, refs=[ref(accepted)], label=slide.project.labels.all()[1])
    [offered] = replace(life, proposed)
    assert stand(accepted, offered) == [ACCEPTED, PROPOSED]
    after, _ = replace(life, offered)
    assert stand(accepted, after) == [DELETED, ACCEPTED]


def test_what_is_gone_since_is_in_nobodys_way(life, slide):
    accepted = accept_one(life)
    proposed = propose(life, square(x=92))
    services.delete(user=life.user, slide=slide, refs=[ref(accepted)])
    [after] = replace(life, proposed)
    assert after.state == ACCEPTED
    assert Annotation.objects.get(pk=accepted.pk).revisions.last().replaced_by is None


def test_doubles_of_an_older_release_go_together(life):
    doubles = [accept_one(life, square(x=x)) for x in (90, 300)]
    Annotation.objects.filter(pk=doubles[1].pk).update(geometry=doubles[0].geometry, place=doubles[0].place)
    proposed = propose(life, square(x=92))
    assert len(proposed.covers) == 2
    replace(life, proposed)
    assert stand(*doubles, proposed) == [DELETED, DELETED, ACCEPTED]


# --- corrections --------------------------------------------------------------------------------------------------


def test_a_correction_does_not_cover_itself(life):
    accepted = accept_one(life)
    life.ask(next_target(accepted, start="mask"))
    [proposed] = life.reply(answer(accepted.pk, turn=2, polygon=square(x=91)))
    assert proposed.covers == []
    assert life.accept(proposed)[0].state == ACCEPTED


def test_a_correction_that_grows_over_a_neighbour_is_offered(life):
    accepted, neighbour = accept_one(life), accept_one(life, square(x=150))
    life.ask(next_target(accepted, start="mask"))
    [proposed] = life.reply(answer(accepted.pk, turn=2, polygon=square(x=149)))
    [offered] = life.accept(proposed)
    assert (offered.state, to_view(offered).covers, to_view(offered).correcting) == (PROPOSED, (ref(neighbour),), True)
    [back] = life.reject(offered)
    assert (back.state, to_view(back).covers) == (ACCEPTED, ())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_mask_that_waits_behind_a_correction_is_covered_as_well(life, elsewhere):
    """Its place is the correction's by then; giving the correction up must not bring a double back."""
    accepted = accept_one(life)
    life.ask(next_target(accepted))
    if elsewhere:
        life.reply(answer(accepted.pk, turn=2, polygon=square(x=2000)))
    proposed = propose(life, square(x=92))
    assert to_view(proposed).covers[0].object_id == accepted.pk
    [offered] = life.accept(proposed)
    assert offered.state == PROPOSED
    after, gone = replace(life, offered)
    assert (after.state, gone.state, gone.state_before, gone.accepted_before) == (ACCEPTED, DELETED, ACCEPTED, None)
    assert shapely.from_wkb(bytes(gone.geometry)).bounds == (90, 90, 110, 110), "what was accepted"


def test_what_gives_way_is_not_accepted_by_the_same_command(life):
    """All proposals at once: a new one, and the correction whose accepted mask it takes the place of."""
    accepted = accept_one(life)
    life.ask(next_target(accepted, start="mask"))
    [correction] = life.reply(answer(accepted.pk, turn=2, polygon=square(x=91)))
    new = propose(life, square(x=92))
    offered = to_view(new).covers
    refs = [
        AcceptRef(object_id=one.pk, base_version=one.version, turn=one.turn, replaces=offered if one == new else ())
        for one in (new, correction)
    ]
    services.accept(user=life.user, slide=new.slide, refs=refs, how="key", elapsed_ms=None)
    assert stand(new, correction) == [ACCEPTED, DELETED]


def test_the_masks_behind_corrections_of_another_type_are_no_matter(life, gland):
    accepted = accept_one(life)
    life.ask(next_target(accepted))
    life.label = gland
    assert propose(life).covers == []


# --- other ways to stand beside ------------------------------------------------------------------------------------


def test_restoring_over_a_new_object_offers_what_was_there(life, slide):
    accepted = accept_one(life)
    [deleted] = services.delete(user=life.user, slide=slide, refs=[ref(accepted)])
    new = accept_one(life, square(x=92))
    [restored] = services.restore(user=life.user, slide=slide, refs=[ref(deleted)])
    assert (restored.state, to_view(restored).covers) == (PROPOSED, (ref(new),))
    replace(life, restored)
    assert stand(restored, new) == [ACCEPTED, DELETED]


def test_what_was_replaced_comes_back_by_the_same_way(life, slide):
    accepted = accept_one(life)
    new, gone = replace(life, propose(life, square(x=92)))
    [restored] = services.restore(user=life.user, slide=slide, refs=[ref(gone)])
    replace(life, restored)
    assert stand(accepted, new) == [ACCEPTED, DELETED]


def test_restoring_doubles_at_once_brings_one_back_and_offers_the_other(life, slide):
    one = accept_one(life)
    [one] = services.delete(user=life.user, slide=slide, refs=[ref(one)])
    other = accept_one(life, square(x=92))
    [other] = services.delete(user=life.user, slide=slide, refs=[ref(other)])
    services.restore(user=life.user, slide=slide, refs=[ref(one), ref(other)])
    assert sorted(stand(one, other)) == [ACCEPTED, PROPOSED]


def test_a_label_of_a_type_that_is_there_already_is_offered_as_a_correction(life, slide, gland):
    nucleus = accept_one(life)
    life.label = gland
    other = accept_one(life, square(x=92))
    [offered] = services.relabel(user=life.user, slide=slide, refs=[ref(nucleus)], label=gland)
    view = to_view(offered)
    assert (view.state, view.covers, view.correcting, view.label_id) == (PROPOSED, (ref(other),), True, gland.pk)
    [back] = life.reject(offered)
    assert (back.state, back.label.object_type) == (ACCEPTED, "nucleus")
    assert stand(other) == [ACCEPTED]


def test_a_label_of_the_same_type_changes_nothing_else(life, slide):
    first, _neighbour = accept_one(life), accept_one(life, square(x=150))
    [after] = services.relabel(user=life.user, slide=slide, refs=[ref(first)], label=slide.project.labels.all()[1])
    assert (after.state, after.covers) == (ACCEPTED, [])


# --- two people at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_two_people_who_accept_the_same_nucleus_at_once_store_one(life, attempt):
    with transaction.atomic():
        ones = [propose(life), propose(life, square(x=92))]
    together = Barrier(2)

    def accept(annotation):
        together.wait(timeout=10)
        with transaction.atomic():
            life.accept(annotation)

    with ThreadPoolExecutor(2) as people:
        list(people.map(accept, ones))
        close_connections(people)
    assert sorted(stand(*ones)) == [ACCEPTED, PROPOSED]
