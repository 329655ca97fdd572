"""The queue of regions: who gets which, for how long, and who may close it."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from annotator.annotations import services as annotations
from annotator.core.errors import InvalidInput
from annotator.projects.models import Role
from annotator.projects.services import set_membership
from annotator.regions import services
from annotator.regions.errors import NotFinished, NothingAccepted, NotYours, QueueEmpty
from annotator.regions.models import Region
from annotator.regions.selectors import count_by_state, count_objects, get_region
from inference.protocol import ScoredRegion
from tests.annotator.factories import make_slide, next_target, ref


@pytest.fixture
def bob(people):
    bob = get_user_model().objects.create_user(username="bob")
    set_membership(team=people.team, user=bob, role=Role.ANNOTATOR)
    return bob


def expire(region: Region) -> None:
    Region.objects.filter(pk=region.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def declare(user, slide, **changes) -> Region:
    box = {"x": 0, "y": 0, "width": 100, "height": 100, "object_type": "nucleus"} | changes
    return services.declare_complete(user=user, project=slide.project, slide_id=slide.pk, **box)


# --- taking -------------------------------------------------------------------------------------------------------


def test_regions_are_handed_out_by_rank_and_to_one_person_each(people, bob, project, queue):
    first, second = queue(2)
    assert services.lease_next(user=people.annotator, project=project) == first
    assert services.lease_next(user=bob, project=project) == second
    with pytest.raises(QueueEmpty, match=r"Every open region \(2\) is with somebody else"):
        services.lease_next(user=people.admin, project=project)


def test_who_asks_again_gets_the_region_in_hand_with_a_new_lease(people, project, queue):
    queue(2)
    first = services.lease_next(user=people.annotator, project=project)
    Region.objects.filter(pk=first.pk).update(leased_until=timezone.now() + timedelta(seconds=10))
    again = services.lease_next(user=people.annotator, project=project)
    assert again == first
    assert again.leased_until > timezone.now() + timedelta(minutes=14)


def test_a_region_is_free_again_when_its_lease_ran_out(people, bob, project, queue):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    expire(region)
    assert services.lease_next(user=bob, project=project) == region
    with pytest.raises(NotYours, match="bob has this region now"):
        services.renew(user=people.annotator, region=region)


def test_a_lease_that_ran_out_is_renewed_while_nobody_took_the_region(people, project, queue):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    expire(region)
    assert services.renew(user=people.annotator, region=region).leased_until > timezone.now()


def test_a_region_that_was_given_back_goes_to_the_next_person(people, bob, project, queue):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    services.release(user=people.annotator, region=region)
    assert services.lease_next(user=bob, project=project) == region


def test_an_empty_queue_says_who_fills_it(people, project):
    with pytest.raises(QueueEmpty, match="a project admin finds some"):
        services.lease_next(user=people.annotator, project=project)


@pytest.mark.django_db(transaction=True)
def test_no_two_people_get_the_same_region_when_all_ask_at_once(people, project, queue):
    queue(6)
    users = [get_user_model().objects.create_user(username=f"person{i}") for i in range(8)]
    taken, empty = run_together([lambda user=user: services.lease_next(user=user, project=project) for user in users])
    assert len(taken) == 6
    assert len({region.pk for region in taken}) == 6
    assert len(empty) == 2


@pytest.mark.django_db(transaction=True)
def test_one_person_in_several_tabs_gets_one_region(people, project, queue):
    queue(4)
    taken, _ = run_together([lambda: services.lease_next(user=people.annotator, project=project)] * 4)
    assert len(taken) == 4
    assert len({region.pk for region in taken}) == 1


def run_together(calls) -> tuple[list[Region], list[QueueEmpty]]:
    """Each call in a thread with a database connection of its own, all at the same moment."""
    start = threading.Barrier(len(calls))
    taken: list[Region] = []
    empty: list[QueueEmpty] = []

    def run(call):
        try:
            start.wait(timeout=10)
            taken.append(call())
        except QueueEmpty as error:
            empty.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return taken, empty


# --- closing ------------------------------------------------------------------------------------------------------


def test_completing_closes_the_region_for_good(people, project, queue, accept):
    [region] = queue()
    accept(40, 40)
    services.lease_next(user=people.annotator, project=project)
    done = services.complete(user=people.annotator, region=region)
    assert (done.state, done.closed_by, done.leased_by) == ("complete", people.annotator, None)
    assert done.closed_at is not None
    with pytest.raises(NotYours, match="annotator has closed this region already"):
        services.skip(user=people.annotator, region=region)
    assert count_by_state(project) == {"open": 0, "leased": 0, "complete": 1, "skipped": 0}


@pytest.mark.parametrize("step", [services.complete, services.skip, services.release])
def test_only_who_holds_the_region_decides_about_it_or_an_admin(people, bob, project, queue, accept, step):
    [region] = queue()
    accept(40, 40)
    services.lease_next(user=people.annotator, project=project)
    with pytest.raises(NotYours):
        step(user=bob, region=region)
    assert step(user=people.admin, region=region).leased_by is None


def test_a_region_with_undecided_objects_is_not_completed(people, project, queue, propose):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    waiting = propose(40, 40)
    with pytest.raises(NotFinished, match="1 nucleus in this region waits for a decision"):
        services.complete(user=people.annotator, region=region)
    annotations.reject(user=people.annotator, slide=region.slide, refs=[ref(waiting)], elapsed_ms=1)
    assert services.complete(user=people.annotator, region=region, empty=True).state == "complete"


def test_a_region_without_anything_is_completed_only_where_that_is_meant(people, project, queue, propose, accept):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    with pytest.raises(NothingAccepted, match=r"^No nuclei are accepted in these \d+ × \d+ µm\. Complete means"):
        services.complete(user=people.annotator, region=region)
    rejected = propose(40, 40)
    annotations.reject(user=people.annotator, slide=region.slide, refs=[ref(rejected)], elapsed_ms=1)
    accept(40, 40, "Gland")
    accept(300, 300)
    with pytest.raises(NothingAccepted, match=r"\(1 nucleus rejected or deleted, 1 accepted of other types\)"):
        services.complete(user=people.annotator, region=region)
    region.refresh_from_db()
    assert region.state == "open"
    assert services.complete(user=people.annotator, region=region, empty=True).state == "complete"


def test_what_is_meant_to_be_empty_may_still_not_be_undecided(people, project, queue, propose):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    propose(40, 40)
    with pytest.raises(NotFinished):
        services.complete(user=people.annotator, region=region, empty=True)


def test_undecided_objects_elsewhere_or_of_another_type_do_not_matter(people, project, queue, propose):
    [region] = queue()
    services.lease_next(user=people.annotator, project=project)
    propose(300, 300)
    propose(40, 40, "Gland")
    assert services.complete(user=people.annotator, region=region, empty=True).state == "complete"


def test_objects_of_the_type_are_counted_by_their_centroid(people, slide, model, queue, accept):
    [region] = queue()
    inside = accept(40, 40)
    accept(85, 40)  # its centroid lies at 95
    accept(95, 40)  # and this one's beyond
    accept(40, 40, "Gland")
    assert count_objects(region) == 2
    label = inside.label
    inside.refresh_from_db()
    annotations.ask(user=people.annotator, slide=slide, label=label, model_id=model.pk, targets=[next_target(inside)])
    assert count_objects(region) == 2, "a mask under correction still counts"


def test_an_admin_opens_a_region_again_where_it_was_in_the_queue(people, project, queue):
    first, second = queue(2)
    services.lease_next(user=people.annotator, project=project)
    services.skip(user=people.annotator, region=first)
    assert services.reopen(user=people.admin, region=first).state == "open"
    assert services.lease_next(user=people.annotator, project=project) == first
    with pytest.raises(InvalidInput, match="open already"):
        services.reopen(user=people.admin, region=second)


# --- by hand ------------------------------------------------------------------------------------------------------


def test_a_box_is_declared_complete_by_hand(people, slide, accept):
    accept(40, 40)
    region = declare(people.annotator, slide)
    assert (region.state, region.strategy, region.closed_by) == ("complete", "hand", people.annotator)
    assert count_objects(region) == 1


def test_an_empty_box_is_declared_complete_only_where_that_is_meant(people, slide):
    with pytest.raises(NothingAccepted):
        declare(people.annotator, slide)
    assert not Region.objects.exists()
    assert declare(people.annotator, slide, empty=True).state == "complete"


def test_a_box_with_undecided_objects_is_not_declared_complete(people, slide, propose):
    propose(40, 40)
    with pytest.raises(NotFinished):
        declare(people.annotator, slide)
    assert not Region.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": -1}, "beyond the slide"),
        ({"x": 9_950}, "beyond the slide"),
        ({"y": 7_901}, "beyond the slide"),
        ({"width": 0}, "above 0"),
        ({"height": float("nan")}, "finite"),
        ({"x": float("inf")}, "finite"),
        ({"width": 10_000}, "at most 5,000 µm|declare it in parts"),
        ({"object_type": "cell"}, "No label of this project marks cells"),
    ],
)
def test_a_box_that_cannot_be_is_refused_in_words(people, slide, changes, words):
    if changes.get("width"):
        slide.mpp = 1
        slide.save()
    with pytest.raises(InvalidInput, match=words):
        declare(people.annotator, slide, **changes)


def test_a_slide_of_another_project_is_refused(people, project, slide):
    other = make_slide(project, number=2)
    other.project = type(project).objects.create(team=people.team, name="Other")
    other.save()
    with pytest.raises(InvalidInput, match="not one of the project's"):
        services.declare_complete(
            user=people.annotator, project=project, slide_id=other.pk, x=0, y=0, width=9, height=9, object_type="nucleus"
        )  # fmt: skip


# --- what sampling found ------------------------------------------------------------------------------------------


def test_found_regions_join_the_queue_at_its_end_cut_at_the_slides_border(project, slide, queue):
    queue(2)
    sampling_id = uuid4()

    def found(x, score):
        return ScoredRegion(slide_id=slide.pk, x=x, y=-10, width=100, height=100, score=score)

    regions = services.queue_regions(
        project=project, regions=[found(9_950, 0.9), found(500, 0.8), found(10_000, 0.7)], object_type="nucleus",
        strategy="entropy", sampling_id=sampling_id,
    )  # fmt: skip
    first, second = Region.objects.filter(sampling_id=sampling_id)
    assert regions == [first, second], "one that is not on the slide is left out"
    assert (first.x, first.y, first.width, first.height) == (9_950, 0, 50, 90)
    assert [region.rank for region in (first, second)] == [2, 3]
    assert (second.score, second.strategy, second.state) == (0.8, "entropy", "open")


def test_a_strangers_region_answers_like_none(people, queue):
    [region] = queue()
    assert get_region(user=people.viewer, region_id=region.pk) == region
    for number in (region.pk, 10**6):
        with pytest.raises(Exception, match="or you may not see it"):
            get_region(user=people.stranger, region_id=number)
