"""Prompts that correct a mask, and accepted objects that are corrected: what is kept, and what comes back."""

import pytest
import shapely
from django.db import transaction

from annotator.annotations import services
from annotator.annotations.models import Annotation
from annotator.annotations.packing import to_polygons
from annotator.annotations.selectors import count_accepted, count_by_label, to_view
from annotator.annotations.views import ObjectState
from annotator.core.errors import InvalidInput
from annotator.slides.models import Slide
from inference.protocol import Click, Squiggle
from tests.annotator.factories import actions, answer, next_target, ref, square, target

AWAY = (Click(x=95, y=95, positive=False),)
LIFE_FIELDS = (
    "state",
    "label_id",
    "model_version_id",
    "prompts",
    "score",
    "area_px",
    "centroid_x",
    "centroid_y",
    "place",
)


def accepted_fields(annotation):
    """All that must be as before when a correction is given up."""
    stored = Annotation.objects.get(pk=annotation.pk)
    masks = {name: value and bytes(value) for name in ("geometry", "start") for value in [getattr(stored, name)]}
    return {name: getattr(stored, name) for name in LIFE_FIELDS} | masks | {"accepted_before": stored.accepted_before}


def draw(life, *, polygon=None):
    """An accepted object that no prompt made, as an import or a drawing by hand would leave it."""
    [accepted] = life.accept(life.propose())
    Annotation.objects.filter(pk=accepted.pk).update(
        prompts=[], model_version=None, score=None, geometry=shapely.to_wkb(polygon) if polygon else accepted.geometry
    )
    accepted.refresh_from_db()
    return accepted


# --- what prompts begin with --------------------------------------------------------------------------------------


def test_only_negative_prompts_correct_the_mask_that_is_there(life):
    proposal = life.propose()
    [asked] = life.ask(next_target(proposal, prompts=AWAY, start="mask"))
    assert to_polygons(asked.start) == (square(),)
    assert to_view(asked).start == "mask"
    assert to_polygons(asked.revisions.last().start) == (square(),)


def test_the_start_stays_what_it_was_over_the_turns(life):
    annotation = life.propose()
    for turn in (2, 3, 4):
        [annotation] = life.ask(next_target(annotation, prompts=AWAY * (turn - 1), start="mask"))
        assert to_polygons(annotation.start) == (square(),)
        [annotation] = life.reply(answer(annotation.pk, turn=turn, polygon=square(side=20 - turn)))


def test_beginning_with_nothing_drops_the_kept_start(life):
    [asked] = life.ask(next_target(life.propose(), prompts=AWAY, start="mask"))
    [proposal] = life.reply(answer(asked.pk, turn=2, polygon=square(side=10)))
    with pytest.raises(InvalidInput, match="inside the object"):
        life.ask(next_target(proposal, prompts=AWAY))
    [asked] = life.ask(next_target(proposal))
    assert (asked.start, to_view(asked).start) == (None, "nothing")
    [corrected] = life.ask(next_target(asked, prompts=AWAY, start="mask"))
    assert to_polygons(corrected.start) == (square(side=10),)


def test_a_mask_that_nobody_clicked_can_be_corrected(life):
    [asked] = life.ask(next_target(draw(life), prompts=AWAY, start="mask"))
    assert to_polygons(asked.start) == (square(),)


def test_there_must_be_a_mask_to_correct(life):
    with pytest.raises(InvalidInput, match="no mask yet"):
        life.ask(target(prompts=AWAY, start="mask"))
    [asked] = life.ask(target())
    [failed] = life.reply(answer(asked.pk, failure="Nothing there."))
    with pytest.raises(InvalidInput, match="no mask yet"):
        life.ask(next_target(failed, start="mask"))
    with pytest.raises(InvalidInput, match="inside the object"):
        life.ask(target(prompts=AWAY, start="kept"))


def test_a_mask_of_too_many_parts_is_refused_in_words(life):
    parts = shapely.MultiPolygon([shapely.box(n * 10, 0, n * 10 + 5, 5) for n in range(65)])
    with pytest.raises(InvalidInput, match="65 separate parts, and at most 64"):
        life.ask(next_target(draw(life, polygon=parts), prompts=AWAY, start="mask"))


def test_an_accepted_correction_is_asked_again_with_a_moved_prompt(life):
    [asked] = life.ask(next_target(life.propose(), prompts=AWAY, start="mask"))
    [proposal] = life.reply(answer(asked.pk, turn=2, polygon=square(side=10)))
    [accepted] = life.accept(proposal)
    assert to_view(accepted).start == "mask"
    [moved] = life.ask(next_target(accepted, prompts=(Click(x=97, y=97, positive=False),), start="kept"))
    assert to_polygons(moved.start) == (square(),), "what the prompt corrected before"
    [back] = life.reject(moved)
    [anew] = life.ask(next_target(back, prompts=AWAY, start="mask"))
    assert to_polygons(anew.start) == (square(side=10),), "a new correction begins with the accepted mask"


def test_the_place_of_a_new_object_covers_all_its_prompts(life, slide):
    line = Squiggle(points=((100, 200), (150, 250), (120, 300)))
    [asked] = life.ask(target(prompts=(line, Click(x=90, y=260))))
    assert asked.place == (90, 200 + slide.number * 2**22, 150, 300 + slide.number * 2**22)
    assert to_view(Annotation.objects.get()).prompts == (line, Click(x=90, y=260))


# --- accepted objects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["nothing", "mask"])
def test_rejecting_a_correction_brings_everything_back(life, slide, start):
    [accepted] = life.accept(life.propose())
    before = accepted_fields(accepted)
    life.label = slide.project.labels.last()
    [asked] = life.ask(next_target(accepted, at=(300, 300), start=start))
    assert (to_view(asked).correcting, asked.state) == (True, ObjectState.ASKED)
    assert to_view(asked).polygons == (square(),), "the accepted mask is shown until another comes"
    [proposal] = life.reply(answer(asked.pk, turn=2, polygon=square(x=300, y=300)))
    assert (to_view(proposal).correcting, proposal.state) == (True, ObjectState.PROPOSED)
    [back] = life.reject(proposal)
    assert not to_view(back).correcting
    assert accepted_fields(accepted) == before
    assert actions(back) == ["asked", "answered", "accepted", "asked", "answered", "rejected", "restored"]
    rejected, restored = list(back.revisions.all())[-2:]
    assert to_polygons(rejected.geometry) == (square(x=300, y=300),)
    assert (to_polygons(restored.geometry), restored.author) == ((square(),), life.user)
    assert restored.version == back.version


def test_accepting_a_correction_replaces_the_mask(life, slide):
    [accepted] = life.accept(life.propose())
    [asked] = life.ask(next_target(accepted, start="mask"))
    [proposal] = life.reply(answer(asked.pk, turn=2, polygon=square(x=300)))
    [after] = life.accept(proposal)
    assert (after.state, after.accepted_before, to_view(after).correcting) == (ObjectState.ACCEPTED, None, False)
    [deleted] = services.delete(user=life.user, slide=slide, refs=[ref(after)])
    [restored] = services.restore(user=life.user, slide=slide, refs=[ref(deleted)])
    assert (restored.state, to_view(restored).polygons) == (ObjectState.ACCEPTED, (square(x=300),))


def test_a_correction_given_up_before_its_answer_brings_everything_back(life):
    [accepted] = life.accept(life.propose())
    before = accepted_fields(accepted)
    [asked] = life.ask(next_target(accepted))
    [back] = life.reject(asked)
    assert accepted_fields(accepted) == before
    assert list(back.revisions.all())[-2].geometry is None, "no proposal was there to turn down"
    assert life.reply(answer(asked.pk, turn=2, polygon=square(x=300))) == []
    assert accepted_fields(accepted) == before


@pytest.mark.parametrize("waiting", [False, True])
def test_a_failed_correction_leaves_the_object_accepted_and_says_why(life, slide, waiting):
    [accepted] = life.accept(life.propose())
    before = accepted_fields(accepted)
    [asked] = life.ask(next_target(accepted, start="mask"))
    if waiting:
        life.accept(asked)
    [after] = life.reply(answer(asked.pk, turn=2, failure="Nothing left."))
    assert (accepted_fields(accepted), to_view(after).failure) == (before, "Nothing left.")
    assert actions(after)[-2:] == ["failed", "restored"]
    [asked] = life.ask(next_target(after))
    [after] = services.record_failure(slide=slide, object_turns={asked.pk: asked.turn}, failure="The worker died.")
    assert (accepted_fields(accepted), after.accepting) == (before, None)


def test_a_later_failure_leaves_the_proposal_and_the_accepted_mask_behind_it(life):
    [accepted] = life.accept(life.propose())
    before = accepted_fields(accepted)
    [asked] = life.ask(next_target(accepted, start="mask"))
    [proposal] = life.reply(answer(asked.pk, turn=2, polygon=square(x=300)))
    [asked] = life.ask(next_target(proposal, start="mask"))
    [after] = life.reply(answer(asked.pk, turn=3, failure="Nothing left."))
    assert (after.state, to_view(after).polygons) == (ObjectState.PROPOSED, (square(x=300),))
    life.reject(after)
    assert accepted_fields(accepted) == before


def test_an_acceptance_that_waits_replaces_the_mask_when_the_answer_comes(life):
    [accepted] = life.accept(life.propose())
    [asked] = life.ask(next_target(accepted))
    life.accept(asked)
    [after] = life.reply(answer(asked.pk, turn=2, polygon=square(x=300)))
    assert (after.state, after.accepted_before, to_view(after).polygons) == ("accepted", None, (square(x=300),))


def test_an_object_under_correction_still_counts_as_accepted(life, slide):
    [accepted] = life.accept(life.propose())
    one = {accepted.label_id: 1}
    [asked] = life.ask(next_target(accepted))
    assert (count_by_label(slide), count_accepted(Slide.objects.all())[slide.pk]) == (one, 1)
    [proposal] = life.reply(answer(asked.pk, turn=2))
    assert count_by_label(slide) == one
    life.accept(proposal)
    assert count_by_label(slide) == one


@pytest.mark.django_db(transaction=True)
def test_an_accepted_object_that_changed_meanwhile_is_not_corrected(life):
    with transaction.atomic():
        [accepted] = life.accept(life.propose())
        stale = next_target(accepted)
        services.relabel(user=life.user, slide=accepted.slide, refs=[ref(accepted)], label=life.label)
    with pytest.raises(services.Changed), transaction.atomic():
        life.ask(stale)
    assert Annotation.objects.get().state == ObjectState.ACCEPTED


def test_any_annotator_may_correct_what_another_accepted(life, people):
    [accepted] = life.accept(life.propose())
    life.user = people.admin
    [asked] = life.ask(next_target(accepted, start="mask"))
    assert (asked.author, asked.revisions.last().author) == (people.annotator, people.admin)


@pytest.mark.parametrize("how", ["reject", "delete"])
def test_what_is_gone_is_not_asked_for_again(life, slide, how):
    proposal = life.propose()
    if how == "reject":
        [gone] = life.reject(proposal)
    else:
        [accepted] = life.accept(proposal)
        [gone] = services.delete(user=life.user, slide=slide, refs=[ref(accepted)])
    with pytest.raises(services.Changed):
        life.ask(next_target(gone, start="mask"))
