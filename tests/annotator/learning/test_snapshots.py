"""What is frozen: every accepted object with all that was said about it, once, unalterably, and always the same bytes."""

import hashlib
import json
import stat
from pathlib import Path
from uuid import uuid4

import pytest
import shapely
from django.db import DatabaseError, transaction

from annotator.annotations.models import Annotation
from annotator.core.errors import InvalidInput
from annotator.learning.manifests import ManifestDamaged
from annotator.learning.models import DatasetSnapshot, Part, SlidePart
from annotator.learning.snapshots import freeze_dataset, open_manifest
from annotator.learning.splits import LeakingSplit
from annotator.regions.models import Region
from inference.data.snapshot import open_snapshot
from inference.protocol import Click
from tests.annotator.factories import answer, square
from tests.annotator.learning.work import Hands, make_filed_slide

AWAY = (Click(x=95, y=95, positive=False),)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.LEARNING_FOLDER = tmp_path / "learning"
    return settings.LEARNING_FOLDER / "snapshots"


@pytest.fixture
def freeze(project):
    def freeze(**fields):
        return freeze_dataset(
            **{"project": project, "object_type": "nucleus", "stain": "H&E", "mpp": 0.25, "by": None, **fields}
        )

    return freeze


def as_json(*polygons):
    return [polygon.model_dump(mode="json") for polygon in polygons]


def prompts_of(annotation):
    return Annotation.objects.get(pk=annotation.pk).prompts


# --- the same work, the same snapshot -----------------------------------------------------------------------------


def test_the_same_work_makes_the_same_snapshot(freeze, hands, people):
    for hand in hands:
        hand.draw(2)
    first, second = freeze(), freeze(by=people.admin)
    assert first == second
    assert DatasetSnapshot.objects.count() == 1


def test_another_object_makes_another_snapshot_and_leaves_the_old_one(freeze, hands, folder):
    hands[0].draw(2)
    old = freeze()
    path = folder / old.sha256 / "manifest.json"
    before = path.read_bytes(), path.stat().st_mtime_ns
    hands[0].draw(1, first=2)
    new = freeze()
    assert new.sha256 != old.sha256
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert {path.name for path in folder.iterdir()} == {old.sha256, new.sha256}


def test_work_that_is_not_accepted_changes_nothing(freeze, hands):
    hands[0].draw(2)
    before = freeze()
    hands[0].propose(500, 500)
    hands[1].propose()
    assert freeze() == before


def test_another_scale_makes_another_snapshot(freeze, hands):
    hands[0].draw()
    assert freeze(mpp=1) != freeze(mpp=0.5)
    assert freeze(mpp=1) == freeze(mpp=1.0)


def test_the_file_is_canonical_and_named_by_its_hash(freeze, hands, folder):
    hands[0].draw(2)
    snapshot = freeze()
    path = folder / snapshot.sha256 / "manifest.json"
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == snapshot.sha256
    canonical = json.dumps(json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content == canonical.encode()
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


def test_the_training_side_opens_what_was_frozen(freeze, hands, folder):
    for hand in hands:
        hand.draw(2)
    hands[0].reject(hands[0].propose(600, 600))
    hands[0].accept(
        hands[0].ask_again(hands[0].propose(700, 700), prompts=AWAY, start="mask", polygon=square(700, 700))
    )
    manifest = open_snapshot(freeze().sha256, folder).manifest
    assert (len(manifest.objects), len(manifest.rejected), len(manifest.slides)) == (7, 1, 3)
    assert {slide.part for slide in manifest.slides} == {"training", "held_out"}


# --- what is in it ------------------------------------------------------------------------------------------------


def test_everything_about_an_object_is_told(freeze, hands, slides, project, model):
    [accepted] = hands[0].draw()
    snapshot = freeze()
    manifest = open_manifest(snapshot)
    [entry] = manifest["objects"]
    prompts, tumour, stroma = prompts_of(accepted), *project.labels.filter(object_type="nucleus")
    assert entry == {
        "id": str(accepted.pk), "slide": slides[0].pk, "label": tumour.pk, "how": "key", "version": model.name,
        "polygons": as_json(square()), "prompts": prompts, "start": [],
        "turns": [{"prompts": prompts, "start": [], "answer": as_json(square()), "version": model.name}],
    }  # fmt: skip
    [slide] = manifest["slides"]
    assert slide["ref"] == {
        "path": slides[0].path, "mpp": 0.5, "width": 10_000, "height": 8_000, "style": {"icc": False}, "reader": "",
    }  # fmt: skip
    assert slide | {"ref": None} == {
        "id": slides[0].pk, "name": "slide 1", "group": f"slide:{slides[0].pk}", "part": "training",
        "version": slides[0].version, "ref": None,
    }  # fmt: skip
    assert manifest["labels"] == {str(tumour.pk): "Tumour", str(stroma.pk): "Stroma"}
    assert (manifest["format"], manifest["object_type"], manifest["stain"]) == (1, "nucleus", "H&E")
    assert (manifest["mpp"], manifest["rejected"], manifest["complete_regions"]) == (0.25, [], [])


def test_each_turn_is_told_with_what_it_began_with(freeze, hands):
    hand = hands[0]
    first = hand.propose()
    second = hand.ask_again(first, prompts=AWAY, start="mask", polygon=square(side=15))
    third = hand.ask_again(second, prompts=AWAY * 2, start="mask", polygon=square(side=12))
    hand.accept(third, how="sweep")
    [entry] = open_manifest(freeze())["objects"]
    assert entry["how"] == "sweep"
    assert [len(turn["prompts"]) for turn in entry["turns"]] == [1, 1, 2]
    assert [turn["start"] for turn in entry["turns"]] == [[], as_json(square()), as_json(square())]
    assert [turn["answer"] for turn in entry["turns"]] == [as_json(square(side=side)) for side in (20, 15, 12)]
    assert (entry["polygons"], entry["start"]) == (as_json(square(side=12)), as_json(square()))
    assert entry["prompts"] == entry["turns"][-1]["prompts"]


def test_answers_that_nobody_saw_are_left_out(freeze, hands):
    hand = hands[0]
    first = hand.propose()
    waiting = hand.ask_again(first)
    hand.ask_again(waiting)
    hand.reply(answer(waiting.pk, turn=2, polygon=square(side=5)))  # overtaken by turn 3
    [third] = hand.reply(answer(waiting.pk, turn=3, polygon=square(side=30)))
    hand.accept(third)
    [entry] = open_manifest(freeze())["objects"]
    assert [turn["answer"] for turn in entry["turns"]] == [as_json(square()), as_json(square(side=30))]


@pytest.mark.parametrize("answered", [False, True])
def test_an_object_under_correction_counts_as_it_was_accepted(freeze, hands, project, answered):
    hand = hands[0]
    [accepted] = hand.draw()
    before = freeze()
    hand.label = project.labels.last()  # a gland, while it is corrected
    hand.ask_again(accepted, start="mask", polygon=square(x=300) if answered else None)
    assert freeze() == before
    assert before.summary["labels"] == {"Tumour": 1}


def test_a_correction_that_was_turned_down_leaves_no_trace(freeze, hands):
    hand = hands[0]
    [accepted] = hand.draw()
    before = freeze()
    back = hand.reject(hand.ask_again(accepted, start="mask", polygon=square(x=300)))
    assert freeze() == before
    hand.accept(hand.ask_again(back, start="mask", polygon=square(side=18)))
    [entry] = open_manifest(freeze())["objects"]
    assert [turn["answer"] for turn in entry["turns"]] == [as_json(square()), as_json(square(side=18))]


def test_a_correction_that_failed_leaves_no_trace(freeze, hands):
    hand = hands[0]
    [accepted] = hand.draw()
    before = freeze()
    asked = hand.ask_again(accepted, start="mask")
    hand.reply(answer(asked.pk, turn=2, failure="Nothing there."))
    assert freeze() == before


def test_deleted_objects_go_and_restored_ones_come_back(freeze, hands):
    accepted = hands[0].draw(2)
    before = freeze()
    deleted = hands[0].delete(accepted[0])
    assert freeze().summary["objects"] == {"training": 1, "held_out": 0}
    hands[0].restore(deleted)
    assert freeze() == before


def test_a_relabelled_object_counts_under_its_new_label(freeze, hands, project):
    [accepted] = hands[0].draw()
    hands[0].relabel(accepted, project.labels.get(name="Stroma"))
    assert freeze().summary["labels"] == {"Stroma": 1}


def test_an_object_that_nobody_clicked_is_told_without_turns(freeze, slides, people, project):
    Annotation.objects.create(
        id=uuid4(), slide=slides[0], label=project.labels.first(), author=people.annotator, state="accepted", version=1,
        geometry=shapely.to_wkb(shapely.MultiPolygon([shapely.box(90, 90, 110, 110)])),
    )  # fmt: skip
    snapshot = freeze()
    [entry] = open_manifest(snapshot)["objects"]
    assert (entry["prompts"], entry["turns"], entry["how"], entry["version"]) == ([], [], None, None)
    assert len(entry["polygons"]) == 1
    assert snapshot.summary["accepted_by"] == {"import": 1}


def test_what_was_turned_down_is_told_as_the_person_saw_it(freeze, hands, project):
    hand = hands[0]
    hand.draw()
    proposal = hand.propose(600, 600)
    seen = prompts_of(proposal)
    hand.reject(hand.ask_again(proposal))  # the answer to a second question is still under way
    [entry] = open_manifest(freeze())["rejected"]
    assert entry == {
        "slide": hand.slide.pk, "label": hand.label.pk, "prompts": seen, "polygons": as_json(square(590, 590)),
    }  # fmt: skip


def test_what_was_turned_down_for_what_it_covers_is_not_told(freeze, hands):
    hands[0].draw()
    hands[0].reject(hands[0].propose(101, 100))
    assert open_manifest(freeze())["rejected"] == []


def test_what_covered_it_counts_as_it_was_when_it_was_turned_down(freeze, hands):
    """Not as the answer found it, nor as it is now."""
    hand = hands[0]
    hand.draw(count=1, first=5)
    [gone_before] = hand.draw()
    was_covering = hand.propose(101, 100)
    hand.delete(gone_before)
    hand.reject(was_covering)
    [gone_after] = hand.draw(first=2)
    covering = hand.propose(181, 100)
    hand.reject(hand.ask_again(covering))  # the answer that the person saw covers, though another is under way
    hand.delete(gone_after)
    [entry] = open_manifest(freeze())["rejected"]
    assert entry["polygons"] == as_json(square(91, 90))


def test_what_never_had_a_mask_was_not_turned_down(freeze, hands):
    hands[0].draw()
    asked = hands[0].propose(600, 600)
    Annotation.objects.filter(pk=asked.pk).update(geometry=None)
    hands[0].reject(Annotation.objects.get(pk=asked.pk))
    assert open_manifest(freeze())["rejected"] == []


def test_only_complete_regions_of_the_type_are_told(freeze, hands, slides, project):
    hands[0].draw()
    boxes = {"complete": 100, "open": 200, "skipped": 300}
    for state, x in boxes.items():
        Region.objects.create(
            project=project, slide=slides[0], x=x, y=5, width=50, height=60, object_type="nucleus", strategy="hand",
            state=state,
        )  # fmt: skip
    Region.objects.create(
        project=project,
        slide=slides[0],
        x=1,
        y=1,
        width=9,
        height=9,
        object_type="gland",
        strategy="hand",
        state="complete",
    )
    assert open_manifest(freeze())["complete_regions"] == [{"slide": slides[0].pk, "box": [100.0, 5.0, 50.0, 60.0]}]


def test_other_types_stains_and_projects_stay_out(freeze, hands, slides, project, people, model, tmp_path):
    hands[0].draw(2)
    Hands(people.annotator, model, slides[0], project.labels.get(name="Gland")).draw(3)
    ihc = make_filed_slide(project, tmp_path, 4, stain="IHC")
    Hands(people.annotator, model, ihc).draw(4)
    manifest = open_manifest(freeze())
    assert (len(manifest["objects"]), [slide["id"] for slide in manifest["slides"]]) == (2, [slides[0].pk])
    assert len(open_manifest(freeze(stain="IHC"))["objects"]) == 4
    assert len(open_manifest(freeze(object_type="gland"))["objects"]) == 3


def test_the_counts_are_right(freeze, hands, slides, project):
    for hand, count in zip(hands, (3, 2, 1), strict=True):
        hand.draw(count)
    hands[0].label = project.labels.get(name="Stroma")
    hands[0].accept(hands[0].propose(800, 800), how="batch")
    hands[1].reject(hands[1].propose(900, 900))
    snapshot = freeze()
    held_out = SlidePart.objects.get(part=Part.HELD_OUT).slide
    counts = {slides[0].pk: 4, slides[1].pk: 2, slides[2].pk: 1}
    assert snapshot.summary == {
        "slides": {"training": 2, "held_out": 1},
        "objects": {"training": 7 - counts[held_out.pk], "held_out": counts[held_out.pk]},
        "labels": {"Tumour": 6, "Stroma": 1},
        "accepted_by": {"key": 6, "batch": 1},
        "rejected": 1, "complete_regions": 0, "prompts": 7,
    }  # fmt: skip
    ids = [entry["id"] for entry in open_manifest(snapshot)["objects"]]
    assert ids == sorted(ids)


def test_the_number_of_questions_to_the_database_does_not_grow(freeze, hands, django_assert_max_num_queries):
    hands[0].draw(2)
    freeze()
    hands[0].draw(10, first=2)
    with django_assert_max_num_queries(25):
        freeze()


# --- what is refused ----------------------------------------------------------------------------------------------


def test_nothing_accepted_is_nothing_to_freeze(freeze, hands, folder):
    hands[0].propose()
    with pytest.raises(InvalidInput, match="No nuclei are accepted on slides of the stain H&E in Colon yet"):
        freeze()
    assert not folder.exists()
    assert not SlidePart.objects.exists()


def test_a_leaking_split_is_refused_and_leaves_nothing(freeze, hands, slides, folder):
    for hand in hands[:2]:
        hand.draw()
    freeze()
    for slide in slides[:2]:
        slide.patient = "P-7"
        slide.save()
    hands[0].draw(1, first=5)
    with pytest.raises(LeakingSplit):
        freeze()
    assert DatasetSnapshot.objects.count() == len(list(folder.iterdir())) == 1


@pytest.mark.django_db(transaction=True)
def test_freezing_inside_a_transaction_is_a_mistake(freeze, hands):
    hands[0].draw()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        freeze()


@pytest.mark.django_db(transaction=True)
def test_all_is_read_at_one_moment(freeze, hands, monkeypatch):
    """What is accepted while the first objects are being read belongs to the next snapshot."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from annotator.learning import snapshots

    hands[0].draw(2)
    read = snapshots.read_story

    def draw_elsewhere():
        try:
            with transaction.atomic():
                hands[0].draw(1, first=7)
                hands[0].reject(hands[0].propose(900, 900))
        finally:
            connections.close_all()

    def read_slowly(*told):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(draw_elsewhere).result()
        monkeypatch.setattr(snapshots, "read_story", read)
        return read(*told)

    monkeypatch.setattr(snapshots, "read_story", read_slowly)
    for count, rejected in ((2, 0), (3, 1)):
        summary = freeze().summary
        assert (summary["objects"]["training"], summary["rejected"]) == (count, rejected)


@pytest.mark.parametrize(
    "tamper", [lambda text: text.replace(b"Tumour", b"Tumor!"), lambda text: text + b" ", lambda _: b""]
)
def test_a_manifest_that_was_altered_is_refused(freeze, hands, folder, tamper):
    hands[0].draw()
    snapshot = freeze()
    path = folder / snapshot.sha256 / "manifest.json"
    path.chmod(0o644)
    path.write_bytes(tamper(path.read_bytes()))
    with pytest.raises(ManifestDamaged, match=rf"{snapshot.sha256[:12]} was altered after it was frozen"):
        open_manifest(snapshot)
    assert freeze() == snapshot, "the same work is whole again once it is frozen again"
    assert open_manifest(snapshot)["format"] == 1


def test_a_manifest_that_is_gone_is_refused_in_words(freeze, hands, folder):
    hands[0].draw()
    snapshot = freeze()
    (folder / snapshot.sha256 / "manifest.json").unlink()
    with pytest.raises(ManifestDamaged, match="cannot be read"):
        open_manifest(snapshot)


def test_a_frozen_row_stays_but_learns_once_what_its_patches_hash_to(freeze, hands):
    hands[0].draw()
    rows = DatasetSnapshot.objects.filter(pk=freeze().pk)
    for change in ({"summary": {}}, {"object_type": "gland"}, {"sha256": "0" * 64}):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        rows.delete()
    rows.update(patches_sha256="a" * 64)
    rows.update(patches_sha256="a" * 64)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        rows.update(patches_sha256="b" * 64)
