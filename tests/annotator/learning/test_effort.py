"""What labelling cost, from real events: clicks, seconds, accept rate and edit distance."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotator.annotations import services
from annotator.learning.effort import get_effort
from annotator.learning.models import ModelVersion
from tests.annotator.factories import TIMES, accept_ref, answer, make_slide, next_target, ref, square, target


@pytest.fixture
def other(db):
    return ModelVersion.objects.create(
        name="disk-later", method="disk", object_type="nucleus", mpp=0.25, patch_px=128, sha256="1" * 64, licence="CC0"
    )


@pytest.fixture
def work(people, slide, model):
    """One annotator's decisions about answers of a model."""

    class Work:
        user = people.annotator
        count = 0

        def label(self, name):
            return slide.project.labels.get(name=name)

        def ask(self, *, by=model, label="Tumour", on=slide, **fields):
            [row] = services.ask(
                user=self.user, slide=on, label=self.label(label), model_id=by.pk, targets=[target(**fields)]
            )
            return row

        def answer(self, row, *, by=model, **fields):
            services.record_segmentation(
                slide=row.slide, model_id=by.pk, objects=[answer(row.pk, turn=row.turn, **fields)], times=TIMES
            )
            row.refresh_from_db()
            return row

        def again(self, row, *, by=model, **fields):
            [row] = services.ask(
                user=self.user, slide=row.slide, label=row.label, model_id=by.pk, targets=[next_target(row, **fields)]
            )
            return row

        def propose(self, *, by=model, polygon=None, **fields):
            self.count += 1  # each at a place of its own: no object covers another
            polygon = polygon or square(x=90 + 100 * self.count)
            return self.answer(self.ask(by=by, **fields), by=by, polygon=polygon)

        def accept(self, *rows, seconds=2.0, how="key"):
            refs = [accept_ref(row) for row in rows]
            elapsed = None if seconds is None else seconds * 1000
            services.accept(user=self.user, slide=rows[0].slide, refs=refs, how=how, elapsed_ms=elapsed)
            for row in rows:
                row.refresh_from_db()
            return rows[0]

        def reject(self, row):
            services.reject(user=self.user, slide=row.slide, refs=[ref(row)], elapsed_ms=500)

    return Work()


def rows_of(project) -> dict:
    return {(row["version"], row["label"]): row for row in get_effort(project)["rows"]}


def test_a_project_without_work_has_no_effort(project):
    assert get_effort(project) == {"rows": [], "over_time": []}


def test_clicks_seconds_and_accept_rate_of_each_version_and_label(project, work, model, other):
    for seconds in (1, 2, 3, 4, 5):
        work.accept(work.propose(), seconds=seconds)
    work.reject(work.propose())
    work.accept(work.propose(label="Stroma"), seconds=7)
    work.accept(work.propose(by=other), seconds=None)
    rows = rows_of(project)
    assert next(iter(rows)) == ("disk-test", "Tumour"), "the most used first"
    first = rows["disk-test", "Tumour"]
    assert (first["objects"], first["accepted"], first["rejected"]) == (5, 5, 1)
    assert first["accept_rate"] == pytest.approx(5 / 6)
    assert first["clicks_per_object"] == 1
    assert [first[f"seconds_per_object_{name}"] for name in ("low", "median", "high")] == [2, 3, 4]
    assert rows["disk-test", "Stroma"]["seconds_per_object_median"] == 7
    later = rows["disk-later", "Tumour"]
    assert (later["version_id"], later["objects"], later["seconds_per_object_median"]) == (other.pk, 1, None)


def test_a_version_that_was_only_turned_down_has_no_object(project, work):
    work.reject(work.propose())
    [row] = get_effort(project)["rows"]
    assert (row["objects"], row["rejected"], row["accept_rate"]) == (0, 1, 0)
    assert row["clicks_per_object"] is row["seconds_per_object_median"] is row["edit_distance"] is None


def test_a_failure_that_was_turned_down_counts_against_the_model(project, work):
    work.reject(work.answer(work.ask(), failure="Nothing there."))
    assert rows_of(project)["disk-test", "Tumour"]["rejected"] == 1


def test_what_was_there_already_and_was_turned_down_for_that_says_nothing_of_the_model(project, work):
    work.accept(work.propose(polygon=square(90)))
    work.reject(work.propose(polygon=square(91)))
    row = rows_of(project)["disk-test", "Tumour"]
    assert (row["accepted"], row["rejected"], row["accept_rate"]) == (1, 0, 1)


def test_it_says_nothing_of_the_model_whatever_becomes_of_the_object_later(project, work, slide):
    work.accept(work.propose(polygon=square(90)))
    turned_down = work.propose(polygon=square(91))
    work.reject(turned_down)
    turned_down.refresh_from_db()
    services.restore(user=work.user, slide=slide, refs=[ref(turned_down)])
    turned_down.refresh_from_db()
    work.again(turned_down)
    assert rows_of(project)["disk-test", "Tumour"]["rejected"] == 0


def test_a_correction_that_was_turned_down_for_what_it_covers_says_nothing_of_the_model(project, work):
    first = work.accept(work.propose(polygon=square(90)))
    other = work.accept(work.propose(polygon=square(300)))
    work.reject(work.answer(work.again(other), polygon=square(91)))
    assert rows_of(project)["disk-test", "Tumour"]["rejected"] == 0
    other.refresh_from_db()
    work.reject(work.answer(work.again(other), polygon=square(600)))
    assert rows_of(project)["disk-test", "Tumour"]["rejected"] == 1
    assert first.revisions.filter(how="covers").count() == 0


def test_what_covers_nothing_any_more_when_it_is_turned_down_counts_against_the_model(project, work, slide):
    first = work.accept(work.propose(polygon=square(90)))
    second = work.propose(polygon=square(91))
    services.delete(user=work.user, slide=slide, refs=[ref(first)])
    work.reject(second)
    assert rows_of(project)["disk-test", "Tumour"]["rejected"] == 1


def test_the_decision_belongs_to_the_version_that_answered_last(project, work, other):
    row = work.propose()
    row = work.answer(work.again(row, by=other), by=other)
    work.accept(row)
    assert list(rows_of(project)) == [("disk-later", "Tumour")]


def test_the_edit_distance_is_between_the_first_answer_and_the_accepted_mask(project, work):
    work.accept(work.propose())  # accepted as it came
    edited = work.propose(polygon=square(90, 90, 20))
    edited = work.answer(work.again(edited), polygon=square(100, 90, 20))  # shifted by half its width
    work.accept(edited)
    row = rows_of(project)["disk-test", "Tumour"]
    assert row["edit_distance"] == pytest.approx((0 + (1 - 1 / 3)) / 2)
    assert row["compared"] == 2
    assert row["corrected_share"] == 0.5


def test_a_correction_of_an_accepted_mask_is_one_more_decision_about_the_same_object(project, work):
    row = work.accept(work.propose(polygon=square(90, 90, 20)))
    row = work.answer(work.again(row, start="mask"), polygon=square(90, 90, 40))
    work.accept(row, seconds=9)
    effort = rows_of(project)["disk-test", "Tumour"]
    assert (effort["objects"], effort["accepted"], effort["corrected_share"]) == (1, 2, 1)
    assert effort["seconds_per_object_median"] == 2, "the first acceptance's"
    assert effort["edit_distance"] == pytest.approx(1 - 400 / 1600)


def test_a_batch_shares_its_one_time(project, work):
    work.accept(*[work.propose() for _ in range(4)], seconds=8, how="batch")
    assert rows_of(project)["disk-test", "Tumour"]["seconds_per_object_median"] == 2


def test_each_day_has_its_own_median(project, work, other, monkeypatch):
    yesterday = timezone.now() - timedelta(days=1)
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: yesterday)
        for seconds in (1, 3):
            work.accept(work.propose(), seconds=seconds)
    work.accept(work.propose(by=other), seconds=5)
    days = get_effort(project)["over_time"]
    assert [(day["day"], day["version"], day["objects"], day["seconds_median"]) for day in days] == [
        (yesterday.date(), "disk-test", 2, 2),
        (timezone.now().date(), "disk-later", 1, 5),
    ]
    assert days[0]["seconds_total"] == 4


def test_other_projects_do_not_count(people, project, work):
    elsewhere = make_slide(type(project).objects.create(team=people.team, name="Other"), number=2)
    work.accept(work.propose(on=elsewhere))
    assert get_effort(project)["rows"] == []


def test_few_queries_whatever_the_work(project, work, django_assert_num_queries):
    for _ in range(3):
        work.accept(work.propose())
    with django_assert_num_queries(5):
        get_effort(project)
