"""Each command once, each change numbered without gaps, whoever writes at the same time."""

import json
import threading
from uuid import uuid4

import pytest
from django.db import connection

from annotator.annotations import services
from annotator.annotations.ledger import forget_old_events, run_once
from annotator.annotations.models import Annotation, CommandReceipt, Revision, SlideEvent
from annotator.annotations.selectors import get_seq, list_events
from annotator.core.errors import InvalidInput
from annotator.live.messages import Segment
from annotator.projects.models import Label
from tests.annotator.factories import make_slide, target


def ask(user, slide, model, *targets, command=None):
    label = Label.objects.filter(project=slide.project).first()
    command = command or Segment(command_id=uuid4(), label_id=label.pk, targets=targets)
    return run_once(
        user=user, slide_id=slide.pk, command=command,
        change=lambda: services.ask(user=user, slide=slide, label=label, model_id=model.pk, targets=command.targets),
    )  # fmt: skip


def test_a_command_sent_twice_is_done_once(people, slide, model):
    label = slide.project.labels.first()
    command = Segment(command_id=uuid4(), label_id=label.pk, targets=(target(),))
    first = ask(people.annotator, slide, model, command=command)
    again = ask(people.annotator, slide, model, command=command)
    assert (first, again) == (1, 1)
    assert Annotation.objects.count() == Revision.objects.count() == SlideEvent.objects.count() == 1


def test_the_same_command_id_with_another_content_is_refused(people, slide, model):
    label = slide.project.labels.first()
    command = Segment(command_id=uuid4(), label_id=label.pk, targets=(target(),))
    ask(people.annotator, slide, model, command=command)
    with pytest.raises(InvalidInput, match="used before"):
        ask(people.annotator, slide, model, command=command.model_copy(update={"targets": (target(),)}))
    assert Annotation.objects.count() == 1


def test_a_command_that_fails_leaves_nothing(people, slide, model):
    same = uuid4()
    with pytest.raises(InvalidInput, match="twice"):
        ask(people.annotator, slide, model, target(object_id=same), target(object_id=same))
    assert not Annotation.objects.exists()
    assert not CommandReceipt.objects.exists()
    assert get_seq(slide.pk) == 0


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_no_gap(people, slide, model):
    failures = []

    def write():
        try:
            for _ in range(10):
                ask(people.annotator, slide, model, target())
        except Exception as error:  # noqa: BLE001 (a thread's failure is reported below)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    events = [(seq, json.loads(payload)) for seq, payload in list_events(slide_id=slide.pk, since=0)]
    assert [seq for seq, _ in events] == list(range(1, 81))
    assert len({payload["objects"][0]["object_id"] for _, payload in events}) == 80


@pytest.mark.django_db(transaction=True)
def test_the_same_command_from_two_writers_at_once_is_done_once(people, slide, model):
    label = slide.project.labels.first()
    command = Segment(command_id=uuid4(), label_id=label.pk, targets=(target(),))
    answers = []

    def write():
        try:
            answers.append(ask(people.annotator, slide, model, command=command))
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1, 1, 1, 1]
    assert Annotation.objects.count() == 1


def test_an_id_belongs_to_who_used_it_first_and_to_that_slide(people, project, slide, model):
    label = slide.project.labels.first()
    command = Segment(command_id=uuid4(), label_id=label.pk, targets=(target(),))
    assert ask(people.annotator, slide, model, command=command) == 1
    other = Segment(command_id=command.command_id, label_id=label.pk, targets=(target(),))
    for user, on, sent in (
        (people.admin, slide, other),
        (people.admin, slide, command),
        (people.annotator, make_slide(project, number=77), command),
    ):
        with pytest.raises(InvalidInput, match="used before"):
            ask(user, on, model, command=sent)
    assert ask(people.annotator, slide, model, command=command) == 1, "the first still hears their own answer"


def test_events_since_a_forgotten_number_are_none(people, slide, model, settings):
    for _ in range(3):
        ask(people.annotator, slide, model, target())
    assert [seq for seq, _ in list_events(slide_id=slide.pk, since=1)] == [2, 3]
    assert list_events(slide_id=slide.pk, since=3) == []
    assert list_events(slide_id=slide.pk, since=9) is None
    settings.EVENTS_KEPT_DAYS = -1
    assert forget_old_events() == 3
    assert list_events(slide_id=slide.pk, since=1) is None
    assert list_events(slide_id=slide.pk, since=3) == []


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_to_change_a_revision(people, slide, model):
    from django.db import DatabaseError

    ask(people.annotator, slide, model, target())
    with pytest.raises(DatabaseError, match="never changed"):
        Revision.objects.update(how="key")
    with pytest.raises(DatabaseError, match="never changed"):
        Revision.objects.all()._raw_delete("default")
