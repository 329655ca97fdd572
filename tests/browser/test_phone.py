"""With fingers: a phone held upright and a tablet, by real touch events."""

import pytest

SLIDE = "crohn_biopsy_HE4.tif"
SIZES = {"phone": (390, 844), "tablet": (768, 1024)}
SMALLEST_TARGET_PX = 40
TARGETS = """() => [...document.querySelectorAll("button, a, [role=button], select, label:has(input)")]
    .filter((target) => target.checkVisibility({ visibilityProperty: true }))
    .map((target) => ({ name: target.ariaLabel ?? target.innerText, box: target.getBoundingClientRect() }))
    .map(({ name, box }) => ({ name, width: box.width, height: box.height }))"""


@pytest.fixture(params=SIZES)
def desk(request, sit_down, real_slides):
    desk = sit_down("ann", size=SIZES[request.param], by_touch=True)
    desk.column = {"phone": 31400, "tablet": 29000}[request.param]  # no object of one lies where the other's shall come
    desk.open_slide(SLIDE)
    yield desk
    for thing in desk.objects("proposed", "asked"):
        desk.page.evaluate("() => document.activeElement.blur()")
        desk.press("n")
        desk.press("x")
        desk.wait_state(thing["id"], "rejected")
    desk.wait_saved()


def open_panel(desk) -> None:
    desk.page.get_by_role("button", name="Open").first.tap()
    desk.page.get_by_role("complementary").wait_for()


def close_panel(desk) -> None:
    desk.page.locator("button[aria-expanded=true]").last.tap()
    desk.page.get_by_role("complementary").wait_for(state="detached")


def take_squiggle(desk) -> None:
    """With the gland's model whose answer is known beforehand."""
    open_panel(desk)
    desk.page.get_by_label("Labels", exact=True).get_by_role("button", name="Gland").tap()
    desk.page.get_by_label("Model for glands").select_option(label="disk-gland")
    close_panel(desk)


def draw(desk, *points) -> None:
    """At a hand's pace, which rests at the end: after a flick Chromium takes the next tap for its stop."""
    desk.touch("touchStart", points[0])
    for point in (*points[1:], points[-1]):
        desk.page.wait_for_timeout(60)
        desk.touch("touchMove", point)
    desk.page.wait_for_timeout(60)
    desk.touch("touchEnd")


def count_open(desk) -> int:
    return len(desk.objects("asked", "failed", "proposed"))


def test_the_slide_has_the_screen_until_the_panel_is_asked_for(desk):
    width, height = desk.page.viewport_size["width"], desk.page.viewport_size["height"]
    assert desk.page.get_by_role("complementary").count() == 0
    slide = desk.page.get_by_role("application").bounding_box()
    assert slide["width"] * slide["height"] > 0.75 * width * height
    open_panel(desk)
    panel = desk.page.get_by_role("complementary").bounding_box()
    assert panel["width"] * panel["height"] < 0.65 * width * height
    close_panel(desk)
    assert desk.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_one_finger_draws_with_the_squiggle_tool_and_buttons_decide(desk):
    x, y = desk.column, 23000
    take_squiggle(desk)
    desk.look_at(x, y)
    before = desk.screen(x, y)
    draw(desk, (x - 20, y), (x, y + 4), (x + 20, y))
    first = desk.wait_near(x, y, "proposed")
    assert [prompt["kind"] for prompt in first["prompts"]] == ["squiggle"]
    assert len(first["prompts"][0]["points"]) > 1
    assert desk.screen(x, y) == pytest.approx(before), "the view stays where it is under a finger that draws"
    desk.page.get_by_role("button", name="Reject (X)").tap()
    desk.wait_state(first["id"], "rejected")
    draw(desk, (x - 20, y), (x, y + 4), (x + 20, y))
    second = desk.wait_near(x, y, "proposed")
    desk.page.get_by_role("button", name="Accept (Enter)").tap()
    desk.wait_state(second["id"], "accepted")
    assert desk.page.get_by_role("group", name="Proposal in hand").count() == 0


def test_two_fingers_pan_and_pinch_and_leave_no_line(desk):
    x, y = desk.column, 23400
    take_squiggle(desk)
    desk.look_at(x, y)
    before, objects = desk.screen(x, y), count_open(desk)
    apart = desk.screen(x + 10, y)[0] - before[0]
    one, two = (x - 30, y - 30), (x + 30, y + 30)
    desk.touch("touchStart", one)
    desk.touch("touchMove", (x - 26, y - 30))
    desk.touch("touchStart", one, two)
    for step in range(1, 9):
        desk.touch("touchMove", (one[0] - step, one[1] - step), (two[0] + 2 * step, two[1] + 2 * step))
    desk.touch("touchEnd")
    desk.page.wait_for_timeout(800)
    after = desk.screen(x, y)
    assert desk.screen(x + 10, y)[0] - after[0] > 1.1 * apart, "closer"
    assert count_open(desk) == objects
    assert desk.page.get_by_role("group", name="Proposal in hand").count() == 0


def test_a_tap_is_a_click_also_where_the_finger_rolls(desk):
    x, y = desk.column, 23800
    desk.look_at(x, y)
    before = count_open(desk)
    draw(desk, (x, y), (x + 2, y + 1))
    desk.wait(lambda: count_open(desk) == before + 1, "the question")
    prompts = [prompt for thing in desk.objects("asked", "failed", "proposed") for prompt in thing["prompts"]]
    assert any(
        prompt["kind"] == "click" and abs(prompt["x"] - x) < 4 and abs(prompt["y"] - y) < 4 for prompt in prompts
    )


def test_a_finger_pans_with_the_click_tool(desk):
    x, y = desk.column, 24200
    desk.look_at(x, y)
    before, objects = desk.screen(x, y), count_open(desk)
    draw(desk, (x, y), (x + 10, y + 10), (x + 30, y + 20), (x + 50, y + 30))
    desk.page.wait_for_timeout(600)
    assert desk.screen(x, y)[0] > before[0] + 40
    assert count_open(desk) == objects


def test_all_that_is_to_be_touched_is_large_enough(desk):
    take_squiggle(desk)
    x, y = desk.column, 24600
    desk.look_at(x, y)
    draw(desk, (x - 20, y), (x, y + 4), (x + 20, y))
    desk.wait_near(x, y, "proposed")
    open_panel(desk)
    targets = desk.page.evaluate(TARGETS)
    assert len(targets) > 15
    assert [t for t in targets if min(t["width"], t["height"]) < SMALLEST_TARGET_PX - 0.5] == []
    close_panel(desk)
