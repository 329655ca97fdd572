"""Regions of the queue: taken, framed, labelled, completed, and never by two people at once; and areas marked by hand."""

import pytest

from tests.browser.conftest import REAL_SLIDES, real_slides_folder

SMALL, BIOPSY = REAL_SLIDES
NUCLEUS = (22188, 9857)
BOXES = [(BIOPSY, 22060, 9730, 256), (SMALL, 1200, 1400, 256), (BIOPSY, 22870, 9260, 256)]
"""slide, x, y and side of the regions in the queue, level-0 px"""

QUEUE = """
from annotator.projects.models import Project
from annotator.regions.models import Region
project = Project.objects.get(name="Queue")
Region.objects.filter(project=project).delete()
for rank, (name, x, y, side) in enumerate({boxes}):
    Region.objects.create(project=project, slide=project.slides.get(name=name), x=x, y=y, width=side, height=side,
                          object_type="nucleus", strategy="random", rank=rank)
"""


@pytest.fixture(scope="module")
def project(system, real_slides):
    """A project of its own, so that no other test's objects lie in the regions."""
    folder = real_slides_folder()
    members = [word for name in ("ada:admin", "ann:annotator", "bob:annotator") for word in ("--member", name)]
    labels = [word for name in ("Gland:gland", "Nucleus") for word in ("--label", name)]
    system.manage("create_project", "Queue", "--team", "Pathology", *members, *labels)
    system.manage("import_slides", *(str(folder / name) for name in real_slides), "--project", "Queue")


@pytest.fixture
def queue(system, project) -> None:
    system.manage("shell", "-c", QUEUE.format(boxes=BOXES))


def open_queue_slide(desk, name: str) -> dict:
    """The slide of that name in this test's project."""
    [found] = [each for each in desk.get("/api/projects") if each["name"] == "Queue"]
    project = desk.get(f"/api/projects/{found['id']}")
    slide = next(slide for slide in project["slides"] if slide["name"] == name)
    desk.go(f"/slides/{slide['id']}")
    desk.wait_for_slide()
    return found


def bar(desk) -> str:
    return desk.page.get_by_label("Region", exact=True).inner_text()


def press(desk, name: str) -> None:
    desk.page.get_by_label("Region", exact=True).get_by_role("button", name=name, exact=True).click()


def test_a_region_is_taken_labelled_and_completed(sit_down, queue):
    ann = sit_down("ann")
    project = open_queue_slide(ann, BIOPSY)
    press(ann, "Label next region")
    ann.wait(lambda: "0 nuclei" in bar(ann) and "lease 15 min" in bar(ann), "the region in hand")
    (left, top), (right, bottom) = ann.screen(22060, 9730), ann.screen(22316, 9986)
    assert right - left == pytest.approx(bottom - top, abs=1)
    assert bottom - top > 400, "the region fills the view"
    assert framed_pixels(ann) > 1000
    chosen = ann.page.get_by_label("Labels").get_by_role("button", name="Nucleus").first
    assert chosen.get_attribute("aria-pressed") == "true", "not the first label: regions say what is to be labelled"
    ann.page.wait_for_timeout(600)
    ann.click(*NUCLEUS)
    ann.wait_near(*NUCLEUS, "proposed")
    ann.wait_saved()
    press(ann, "Complete")
    ann.page.locator("[aria-live=polite]").get_by_text("waits for a decision").wait_for()
    ann.press("Enter")
    ann.wait(lambda: "1 nucleus" in bar(ann), "the accepted nucleus to be counted")
    ann.page.reload()
    ann.wait_for_slide()
    ann.wait(lambda: "1 nucleus" in bar(ann), "the region in hand after a reload")
    press(ann, "Complete")
    ann.wait(lambda: "Label next region" in bar(ann), "the region to be closed")
    assert framed_pixels(ann) == 0
    answer = ann.get(f"/api/projects/{project['id']}/regions")
    assert answer["counts"] == {"open": 2, "leased": 0, "complete": 1, "skipped": 0}


def test_a_region_with_nothing_in_it_is_asked_about_once_more(sit_down, queue):
    ann = sit_down("ann")
    project = open_queue_slide(ann, SMALL)
    for _ in range(2):  # the second in the queue lies on this slide
        press(ann, "Label next region")
        ann.wait(lambda: "lease" in bar(ann), "a region in hand")
        if ann.page.get_by_label(f"Slide {SMALL}").count():
            break
        press(ann, "Skip")
        ann.wait(lambda: "Label next region" in bar(ann), "the region to be skipped")
    press(ann, "Complete")
    question = ann.page.get_by_role("dialog")
    question.get_by_text("No nuclei are accepted in these 128 × 128 µm").wait_for()
    ann.press("x")  # the workspace's keys are not meant here
    question.get_by_role("button", name="Go on labelling").click()
    ann.wait(lambda: question.count() == 0, "the question to go")
    assert "lease" in bar(ann)
    press(ann, "Complete")
    question.get_by_role("button", name="Complete: there are none").click()
    ann.wait(lambda: "Label next region" in bar(ann), "the region to be closed")
    assert ann.get(f"/api/projects/{project['id']}/regions")["counts"]["complete"] == 1


def test_two_people_get_two_regions_and_each_is_led_to_its_slide(sit_down, queue):
    ann, bob = sit_down("ann"), sit_down("bob")
    for desk in (ann, bob):
        open_queue_slide(desk, BIOPSY)
    press(ann, "Label next region")
    ann.wait(lambda: "lease" in bar(ann), "the first region")
    press(bob, "Label next region")
    bob.page.get_by_label(f"Slide {SMALL}").wait_for()
    bob.wait_for_slide()
    bob.wait(lambda: "lease" in bar(bob), "the second region on the other slide")
    assert "?" not in bob.page.url, "a reload stays where the person looks by then"
    left, top = bob.screen(1200, 1400)
    assert 0 < left < 1280
    assert 0 < top < 720
    press(bob, "Release")
    bob.wait(lambda: "Label next region" in bar(bob), "the region to be given back")
    press(ann, "Skip")
    ann.wait(lambda: "Label next region" in bar(ann), "the region to be skipped")
    press(ann, "Label next region")
    ann.page.get_by_label(f"Slide {SMALL}").wait_for()


def test_a_colleagues_region_is_looked_at_and_an_empty_queue_says_so(sit_down, queue):
    ann, ada = sit_down("ann"), sit_down("ada")
    project = open_queue_slide(ann, BIOPSY)
    press(ann, "Label next region")
    ann.wait(lambda: "lease" in bar(ann), "the region")
    first = ann.get(f"/api/projects/{project['id']}/regions/mine")["region"]
    ada.go(f"/slides/{first['slide_id']}?region={first['id']}")
    ada.wait_for_slide()
    ada.wait(lambda: "with ann" in bar(ada), "whose region it is")
    assert framed_pixels(ada) > 1000
    press(ada, "Look at this region no more")
    ada.wait(lambda: framed_pixels(ada) == 0, "the frame to go")
    for slide in (SMALL, BIOPSY):
        press(ann, "Skip")
        ann.wait(lambda: "lease" not in bar(ann), "the region to go")
        press(ann, "Label next region")
        ann.page.get_by_label(f"Slide {slide}").wait_for()
        ann.wait_for_slide()
        ann.wait(lambda: "lease" in bar(ann), "the next region")
    press(ann, "Skip")
    ann.wait(lambda: "lease" not in bar(ann), "the last region to go")
    press(ann, "Label next region")
    ann.page.locator("[aria-live=polite]").get_by_text("No region waits").wait_for()


def test_an_area_is_marked_as_complete_by_hand(sit_down, queue):
    ann = sit_down("ann")
    project = open_queue_slide(ann, BIOPSY)
    ann.look_at(24100, 9900, scale=1)
    ann.press("a")
    area = ann.page.get_by_label("Area", exact=True)
    area.get_by_text("Drag a rectangle").wait_for()
    ann.draw([(24000, 9800), (24080, 9870)])
    area.get_by_role("button", name="Mark as complete").wait_for()
    assert framed_pixels(ann) > 1000
    ann.press("Escape")
    assert framed_pixels(ann) == 0
    ann.draw([(24200, 10000), (24000, 9800)])
    area.get_by_text("in these 53 × 53 µm").wait_for()
    area.get_by_label("What is complete in the area").select_option("nuclei")
    area.get_by_role("button", name="Mark as complete").click()
    question = ann.page.get_by_role("dialog")
    question.get_by_text("No nuclei are accepted in these 53 × 53 µm").wait_for()
    question.get_by_role("button", name="Complete: there are none").click()
    ann.wait(lambda: "0 nuclei" in bar(ann) and "complete by ann" in bar(ann), "the area to be looked at as a region")
    assert area.count() == 0, "the tool before goes on"
    assert framed_pixels(ann) > 1000
    answer = ann.get(f"/api/projects/{project['id']}/regions")
    assert answer["counts"] == {"open": 3, "leased": 0, "complete": 1, "skipped": 0}
    [declared] = [region for region in answer["regions"] if region["strategy"] == "hand"]
    place = [declared[key] for key in ("x", "y", "width", "height")]
    assert place == pytest.approx([24000, 9800, 200, 200], abs=2)
    assert declared["object_type"] == "nucleus"
    ann.press("a")
    ann.draw([(22000, 9000), (24080, 9870)])
    ann.press("Escape")
    ann.press("Escape")
    assert area.count() == 0


def test_an_area_with_something_undecided_is_refused(sit_down, queue):
    ann = sit_down("ann")
    open_queue_slide(ann, BIOPSY)
    ann.choose_label("Nucleus")
    ann.look_at(24100, 9900)
    ann.click(24100, 9900)
    ann.wait_near(24100, 9900, "proposed")
    ann.wait_saved()
    ann.page.get_by_role("button", name="Mark an area as complete").click()
    ann.draw([(24050, 9850), (24150, 9950)])
    ann.page.get_by_role("button", name="Mark as complete").click()
    ann.page.locator("[aria-live=polite]").get_by_text("1 nucleus in this region waits for a decision").wait_for()
    assert framed_pixels(ann) > 1000, "the area stands, to be marked once that is decided"


def framed_pixels(desk) -> int:
    """Painted pixels of the frame's canvas, the one under the live objects."""
    return desk.page.evaluate(
        """() => {
            const canvas = [...document.querySelectorAll(".overlay-canvas")].at(-3);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let painted = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted += 1;
            return painted;
        }"""
    )
