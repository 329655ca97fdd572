"""What must hold before a training begins, each in words that say what to do."""

import shutil
from collections import namedtuple
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisAway

from annotator.core.redis import get_redis
from annotator.learning import preflight
from annotator.learning.models import SlidePart, TrainingRun
from annotator.learning.preflight import check_ready, is_ready
from annotator.learning.snapshots import freeze_dataset
from annotator.learning.splits import assign_parts
from annotator.regions.models import Region
from inference.protocol import TRAINING_WORKERS_KEY, heartbeat_key
from tests import heartbeats

KIND = {"object_type": "nucleus", "stain": "H&E"}


@pytest.fixture(autouse=True)
def few_are_enough(settings, tmp_path, monkeypatch):
    settings.LEARNING_FOLDER = tmp_path / "learning"
    needed = {part: count // 5 for part, count in preflight.NEEDED.items()}
    assert list(needed.values()) == [4, 2]
    monkeypatch.setattr(preflight, "NEEDED", needed)
    preflight._read_unchanged.cache_clear()


@pytest.fixture(autouse=True)
def trainer():
    heartbeats.beat(get_redis(), TRAINING_WORKERS_KEY, "t")
    return heartbeat_key(TRAINING_WORKERS_KEY, "t")


@pytest.fixture
def ready(hands):
    """Enough on every slide, whichever side it comes to stand on."""
    for hand in hands:
        hand.draw(4)


def faults(project, **fields):
    return [check.words for check in check_ready(project=project, **KIND, **fields) if not check.ok]


def fault(project, **fields):
    [words] = faults(project, **fields)
    return words


def test_all_is_well_when_nothing_is_missing(project, ready, slides):
    checks = check_ready(project=project, **KIND)
    assert is_ready(checks)
    words = [check.words for check in checks]
    assert words[:6] == [
        "A training worker is there.",
        "No other training for nuclei is under way.",
        "What is trained is measured against what answers now, disk-test.",
        "Accepted nuclei come from 3 patients or single slides; 1 held out.",
        "8 nuclei to train on (at least 4).",
        "4 nuclei to measure on, on held-out slides (at least 2).",
    ]
    assert "The slides' files are there" in words[6]
    assert not SlidePart.objects.exists(), "looking decides nothing"


def test_a_ready_project_can_be_frozen_as_planned(project, ready):
    assert is_ready(check_ready(project=project, **KIND))
    snapshot = freeze_dataset(project=project, **KIND, mpp=0.5, by=None)
    assert snapshot.summary["objects"] == {"training": 8, "held_out": 4}
    assert is_ready(check_ready(project=project, **KIND))


def test_a_missing_trainer_is_said(project, ready, trainer):
    get_redis().delete(trainer)
    assert fault(project) == "No training worker is running: ask whoever runs this server to start one."


def test_a_queue_that_is_away_is_said(project, ready, monkeypatch):
    def away():
        raise RedisAway("gone")

    monkeypatch.setattr(preflight, "list_trainers", away)
    assert "is being restarted" in fault(project)


@pytest.mark.parametrize(("state", "busy"), [("queued", True), ("running", True), ("lost", True), ("done", False)])
def test_a_training_under_way_is_said(project, ready, state, busy):
    snapshot = freeze_dataset(project=project, **KIND, mpp=0.5, by=None)
    TrainingRun.objects.create(id=uuid4(), project=project, method="disk", snapshot=snapshot, state=state, **KIND)
    assert faults(project) == (["A training for nuclei is under way: wait for it, or cancel it."] if busy else [])


def test_without_a_model_there_is_no_network_to_train_and_nothing_to_beat(project, ready, model):
    model.active = False
    model.save()
    assert "No model for nuclei is installed" in fault(project)


def test_nothing_accepted_is_said(project, slides, model):
    words = faults(project)
    assert words[0].startswith("No nuclei are accepted yet: accept some on slides of two patients at least")
    assert words[1:] == [
        "0 nuclei to train on (at least 4): accept 4 more.",
        "0 nuclei to measure on, on held-out slides (at least 2): accept 2 more.",
    ]


def test_one_patient_alone_is_said(project, hands, slides):
    for slide, hand in zip(slides, hands, strict=True):
        slide.patient = "P-7"
        slide.save()
        hand.draw(3)
    words = faults(project)
    assert words[0].startswith("All accepted nuclei come from one patient or slide: accept some on a slide of another")
    assert words[1].startswith("0 nuclei to measure on")
    assert "on a slide of another patient. The 9 nuclei on slide 1, slide 2, slide 3 do not count here" in words[1]


def test_too_few_objects_are_said_with_the_slides_to_go_to(project, hands, slides):
    parts = assign_parts(slides=slides[:2])
    held_out = slides[list(parts.values()).index("held_out")]
    for hand in hands[:2]:
        hand.draw(1)
    training = slides[1] if held_out == slides[0] else slides[0]
    decided = (
        "Squiggle decides on which side a patient stands, once and for good, when the first training freezes the work; "
        "nobody picks it."
    )
    assert faults(project) == [
        f"1 nucleus to train on (at least 4): accept 3 more on {training.name}. The 1 nucleus on {held_out.name} does not "
        "count here: it lies on tissue kept apart to measure on, and what is measured on is never trained on. "
        + decided,
        f"1 nucleus to measure on, on held-out slides (at least 2): accept 1 more on {held_out.name}. The 1 nucleus on "
        f"{training.name} does not count here: it lies on tissue to train on, and what was trained on measures nothing. "
        + decided,
    ]


def test_plenty_on_the_wrong_side_is_told_why_it_is_no_help(project, hands, slides):
    parts = assign_parts(slides=slides)
    for hand, slide in zip(hands, slides, strict=True):
        hand.draw(9 if parts[slide.pk] == "training" else 1)
    words = fault(project)
    assert words.startswith("1 nucleus to measure on, on held-out slides (at least 2): accept 1 more on ")
    assert "The 18 nuclei on " in words
    assert "what was trained on measures nothing. Squiggle decides" in words


def test_a_missing_side_is_said(project, hands, slides):
    parts = assign_parts(slides=slides)
    for hand, slide in zip(hands, slides, strict=True):
        if parts[slide.pk] == "training":
            hand.draw(3)
    words = faults(project)
    assert words[0].startswith("None of the slides with accepted nuclei is held out: accept some on a slide of another")
    assert len(words) == 2


def test_a_changed_file_is_said(project, ready, tmp_path):
    assert faults(project) == []
    (tmp_path / "slide-2.svs").write_text("something else entirely")
    assert "have changed since they were imported: slide 2." in fault(project)
    (tmp_path / "slide-2.svs").unlink()
    assert "cannot be read: slide 2." in fault(project)


def test_a_file_is_read_once_as_long_as_it_stays_the_same(project, ready, monkeypatch):
    assert faults(project) == []
    monkeypatch.setattr(preflight, "read_content", lambda path: pytest.fail(f"{path} was read again"))
    assert faults(project) == []


def test_a_leaking_split_is_said(project, ready, slides):
    freeze_dataset(project=project, **KIND, mpp=0.5, by=None)
    for slide in slides:
        slide.patient = "P-7"
        slide.save()
    assert fault(project).startswith("Slides of the patient P-7 stand on both sides of the split: slide 1 (")


def test_a_full_disk_is_said(project, ready, monkeypatch, settings):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 99, 2**30))
    assert fault(project) == (
        f"1 GiB of disk are free (at least 2.0): make room where {settings.LEARNING_FOLDER} lies."
    )


def test_complete_regions_are_told_but_not_asked_for(project, ready, slides):
    assert check_ready(project=project, **KIND)[-1].words.startswith("No region is complete")
    for state in ("complete", "open"):
        Region.objects.create(
            project=project, slide=slides[0], x=0, y=0, width=50, height=50, object_type="nucleus", strategy="hand",
            state=state,
        )  # fmt: skip
    assert check_ready(project=project, **KIND)[-1] == (
        True, "1 region is complete: all in there that is not accepted teaches what is background.",
    )  # fmt: skip
