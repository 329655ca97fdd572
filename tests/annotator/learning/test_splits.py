"""The split: by patient, in the groups' own order, never changed, and refused where it leaks."""

import shutil

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from annotator.learning.models import Activation, Part, SlidePart
from annotator.learning.splits import (
    ONE_IN,
    LeakingSplit,
    SlideFileChanged,
    assign_parts,
    decide_parts,
    plan_parts,
    read_contents,
)
from tests.annotator.factories import make_slide
from tests.annotator.learning.work import make_filed_slide

# --- the rule -----------------------------------------------------------------------------------------------------

NAMES = st.text("abcdef0123", min_size=1, max_size=4)


@given(st.lists(st.sets(NAMES, max_size=6), max_size=8))
def test_no_part_ever_changes_and_one_in_five_is_held_out(batches):
    known: dict[str, Part] = {}
    for batch in batches:
        before = dict(known)
        known |= decide_parts(known.keys() | batch, known)
        assert known.items() >= before.items()
        parts = list(known.values())
        if len(parts) >= 2:
            assert Part.TRAINING in parts
            assert parts.count(Part.HELD_OUT) * ONE_IN >= len(parts)


@given(st.sets(NAMES, max_size=12), st.randoms())
def test_the_order_in_which_groups_come_does_not_matter_when_they_come_together(names, random):
    shuffled = sorted(names)
    random.shuffle(shuffled)
    assert decide_parts(shuffled, {}) == decide_parts(names, {})


def test_the_first_group_trains_and_the_second_is_held_out():
    first = decide_parts(["a"], {})
    assert first == {"a": Part.TRAINING}
    assert decide_parts(["a", "b"], first)["b"] == Part.HELD_OUT


def test_a_new_group_is_held_out_only_where_too_few_are():
    known = {"a": Part.TRAINING, "b": Part.HELD_OUT}
    for name in "cde":
        known |= decide_parts({*known, name}, known)
        assert known[name] == Part.TRAINING
    assert decide_parts({*known, "f"}, known)["f"] == Part.HELD_OUT


def test_what_other_kinds_decided_holds_but_is_not_counted():
    known = {"a": Part.TRAINING, "b": Part.TRAINING, "z": Part.HELD_OUT}
    parts = decide_parts(["a", "b", "new"], known)
    assert parts == {"a": Part.TRAINING, "b": Part.TRAINING, "new": Part.HELD_OUT}


# --- slides -------------------------------------------------------------------------------------------------------


@pytest.fixture
def make(project, tmp_path):
    return lambda number, **fields: make_filed_slide(project, tmp_path, number, **fields)


def test_a_plan_decides_nothing(make):
    slides = [make(1), make(2)]
    parts = plan_parts(slides=slides)
    assert set(parts.values()) == set(Part)
    assert not SlidePart.objects.exists()
    assert assign_parts(slides=slides) == parts


def test_slides_of_one_patient_stand_on_one_side(make):
    slides = [make(number, patient=f"P{number % 3}") for number in range(1, 10)]
    parts = assign_parts(slides=slides)
    for patient in ("P0", "P1", "P2"):
        assert len({parts[slide.pk] for slide in slides if slide.patient == patient}) == 1
    assert set(parts.values()) == set(Part)


def test_a_new_slide_of_a_known_patient_joins_its_side(make):
    old = [make(number, patient=f"P{number}") for number in (1, 2)]
    before = assign_parts(slides=old)
    new = [make(number, patient=f"P{number - 10}") for number in (11, 12)]
    after = assign_parts(slides=old + new)
    assert after.items() >= before.items()
    assert [after[slide.pk] for slide in new] == [before[slide.pk] for slide in old]


def test_a_patient_who_is_named_later_takes_new_slides_along(make):
    slides = [make(1), make(2)]
    before = assign_parts(slides=slides)
    held_out = next(slide for slide in slides if before[slide.pk] == Part.HELD_OUT)
    held_out.patient = "P"
    held_out.save()
    another = make(3, patient="P")
    assert assign_parts(slides=[*slides, another]) == before | {another.pk: Part.HELD_OUT}


def test_slides_that_come_one_by_one_never_change_sides(make):
    slides, known = [], {}
    for number in range(1, 8):
        slides.append(make(number))
        parts = assign_parts(slides=slides)
        assert parts.items() >= known.items()
        known = parts
    assert list(known.values()).count(Part.HELD_OUT) == 2
    assert {row.slide_id: row.part for row in SlidePart.objects.all()} == known


def test_a_patient_of_another_project_has_nothing_to_do_with_it(make, people, tmp_path):
    from annotator.projects.services import create_project

    assign_parts(slides=[make(1, patient="A"), make(2, patient="B")])
    elsewhere = create_project(team=people.team, name="Breast", labels=[])
    folder = tmp_path / "breast"
    folder.mkdir()
    for patient in ("A", "B"):
        alone = make_filed_slide(elsewhere, folder, 10 + ord(patient), patient=patient)
        assert plan_parts(slides=[alone]) == {alone.pk: Part.TRAINING}


# --- leaks --------------------------------------------------------------------------------------------------------


def test_a_patient_on_both_sides_is_refused(make):
    slides = [make(1), make(2)]
    assign_parts(slides=slides)
    for slide in slides:
        slide.patient = "P-7"
        slide.save()
    with pytest.raises(
        LeakingSplit, match=r"patient P-7 .*slide 1 \(.*slide 2 \(.*Correct the patient's code"
    ) as refusal:
        assign_parts(slides=[*slides, make(3)])
    assert "held out" in refusal.value.message
    assert SlidePart.objects.count() == 2, "a refusal decides nothing"


def test_a_copy_of_an_image_on_the_other_side_is_refused(make):
    slides = [make(1, content="one image"), make(2, content="one image")]
    assert slides[0].version != slides[1].version
    with pytest.raises(LeakingSplit, match=r"same image stands on both sides.*slide 1 .*slide 2"):
        assign_parts(slides=slides)


def test_a_copy_on_the_same_side_is_none_of_its_business(make):
    slides = [make(number, content="one image", patient="P") for number in (1, 2)]
    assert set(assign_parts(slides=[*slides, make(3)]).values()) == set(Part)


def test_a_file_that_was_replaced_is_refused(make, tmp_path):
    slides = [make(1), make(2)]
    (tmp_path / "slide-2.svs").write_text("other pixels")
    with pytest.raises(SlideFileChanged, match=r"have changed since they were imported: slide 2\."):
        assign_parts(slides=slides)
    assert not SlidePart.objects.exists()


def test_a_file_that_is_gone_is_refused(make, project, tmp_path):
    with pytest.raises(SlideFileChanged, match=r"cannot be read: slide 9\. Put them back"):
        read_contents(slides=[make(1), make_slide(project, number=9)])


def test_many_slides_are_not_all_named(make, tmp_path):
    slides = [make(number) for number in range(1, 9)]
    shutil.rmtree(tmp_path)
    with pytest.raises(SlideFileChanged, match=r"slide 5 and 3 more"):
        read_contents(slides=slides)


# --- the database itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_the_split(make, change):
    assign_parts(slides=[make(1)])
    rows = SlidePart.objects.all()
    with pytest.raises(DatabaseError, match="learning_slidepart is never changed"), transaction.atomic():
        rows.update(part=Part.HELD_OUT) if change == "update" else rows.delete()
    assert rows.get().part == Part.TRAINING


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_what_answered_when(project, model, change):
    Activation.objects.create(project=project, object_type="nucleus", stain="H&E", version=model, reason="promoted")
    rows = Activation.objects.all()
    with pytest.raises(DatabaseError, match="learning_activation is never changed"), transaction.atomic():
        rows.update(note="rewritten") if change == "update" else rows.delete()
    assert rows.get().note == ""
