"""Trainings that nobody asks for: the schedule's rows, the count of new objects, and why one did not begin."""

import json

import pytest
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from annotator.core.errors import InvalidInput
from annotator.learning.models import LearningSettings, TrainingRun, Trigger
from annotator.learning.preferences import SCHEDULED_TASK, get_preferences, get_schedule, set_preferences
from annotator.learning.schedules import train_by_count, train_by_schedule
from tests.annotator.learning.conftest import NUCLEI, draw, sent_jobs

NIGHTLY = {"enabled": True, "minute": 30, "hour": 2, "day_of_week": "1-5", "timezone": "Europe/Berlin"}


@pytest.fixture
def prefer(project):
    def prefer(schedule=None, new_objects=None, promotes=True, samples=500) -> LearningSettings:
        return set_preferences(
            project=project, kind=NUCLEI, schedule=schedule, new_objects=new_objects, promotes=promotes, samples=samples
        )

    return prefer


@pytest.fixture
def sending(django_capture_on_commit_callbacks):
    def sending(call, *args):
        with django_capture_on_commit_callbacks(execute=True):
            return call(*args)

    return sending


def tasks():
    return PeriodicTask.objects.filter(task=SCHEDULED_TASK)


def test_a_schedule_is_a_row_of_beats_own(prefer):
    row = prefer(NIGHTLY)
    task = tasks().get()
    assert (task.enabled, json.loads(task.args)) == (True, [row.pk])
    assert get_schedule(row) == NIGHTLY
    due = ModelEntry(task).schedule
    assert (due.minute, due.hour, due.day_of_week, str(due.tz)) == ({30}, {2}, {1, 2, 3, 4, 5}, "Europe/Berlin")


def test_a_schedule_is_changed_switched_off_and_taken_away(prefer, project):
    prefer(NIGHTLY)
    row = prefer({**NIGHTLY, "hour": 4, "enabled": False})
    task = tasks().get()
    assert (task.enabled, task.crontab.hour, row.schedule) == (False, "4", task)
    prefer(None, new_objects=100)
    assert not tasks().exists()
    stored = get_preferences(project=project, kind=NUCLEI)
    assert (stored.pk, stored.new_objects, get_schedule(stored)) == (row.pk, 100, None)


def test_schedules_of_the_same_hour_share_their_hours_row(prefer, project):
    prefer(NIGHTLY)
    prefer({**NIGHTLY, "hour": 3})
    prefer(NIGHTLY)
    assert CrontabSchedule.objects.filter(minute="30", hour="2").count() == 1


@pytest.mark.parametrize("wrong", [{"day_of_week": "9"}, {"day_of_week": "often"}, {"timezone": "Mars/Olympus"}])
def test_a_schedule_that_there_is_not_is_refused_and_nothing_changes(prefer, project, wrong):
    prefer(NIGHTLY)
    with pytest.raises(InvalidInput, match="schedule cannot be used"):
        prefer({**NIGHTLY, **wrong}, promotes=False)
    stored = get_preferences(project=project, kind=NUCLEI)
    assert (get_schedule(stored), stored.promotes) == (NIGHTLY, True)


def test_a_scheduled_training_is_sent(prefer, work, trainer, sending):
    row = prefer(NIGHTLY)
    run = sending(train_by_schedule, row.pk)
    assert (run.trigger, run.by) == (Trigger.SCHEDULE, None)
    assert [request.samples for request in sent_jobs()] == [500]


def test_why_a_scheduled_training_did_not_begin_is_kept_until_one_does(prefer, work, trainer, sending, finish):
    row = prefer(NIGHTLY)
    finish(sending(train_by_schedule, row.pk))
    assert sending(train_by_schedule, row.pk) is None
    row.refresh_from_db()
    assert row.refusal == "Nothing was accepted or changed since the last training."
    assert row.refused_at is not None
    draw(work[0], 1, y=300)
    assert sending(train_by_schedule, row.pk)
    row.refresh_from_db()
    assert (row.refusal, row.refused_at) == ("", None)


def test_a_schedule_of_settings_that_are_gone_does_nothing(db):
    assert train_by_schedule(10**9) is None


def test_a_training_begins_once_enough_was_accepted(prefer, work, trainer, sending, finish):
    prefer(new_objects=41)
    sending(train_by_count)
    assert not TrainingRun.objects.exists(), "40 were accepted"
    draw(work[0], 1, y=300)
    sending(train_by_count)
    run = TrainingRun.objects.get()
    assert run.trigger == Trigger.THRESHOLD
    sending(train_by_count)
    finish(run)
    sending(train_by_count)
    assert TrainingRun.objects.count() == 1, "nothing was accepted since its snapshot"


def test_a_count_that_is_reached_too_early_says_what_is_missing(prefer, work, sending):
    prefer(new_objects=1)
    sending(train_by_count)
    row = LearningSettings.objects.get()
    assert "No training worker is running" in row.refusal
    assert row.refused_at < timezone.now()
    assert sent_jobs() == []
