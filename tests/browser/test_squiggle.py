"""The Squiggle tool in a real browser: draw, extend, take a part away, take back, go on to the next."""

import pytest

SLIDE = "crohn_biopsy_HE4.tif"


@pytest.fixture
def desk(sit_down, real_slides):
    desk = sit_down("ann")
    desk.open_slide(SLIDE)
    desk.choose_label("Gland")
    desk.page.get_by_label("Model for glands").select_option(label="disk-gland")  # whose answer is known beforehand
    yield desk
    for _ in desk.objects("proposed", "asked"):
        desk.press("n")
        desk.press("x")
    desk.wait_saved()


def test_a_gland_label_takes_the_squiggle_tool_and_a_nucleus_label_the_click_tool(desk):
    squiggle, click = (desk.page.get_by_label(f"{name}:", exact=False).first for name in ("Squiggle", "Click"))
    assert squiggle.get_attribute("aria-pressed") == "true"
    desk.choose_label("Nucleus")
    assert click.get_attribute("aria-pressed") == "true"
    desk.press("s")
    assert squiggle.get_attribute("aria-pressed") == "true"


def test_draw_extend_take_away_take_back_and_accept(desk):
    x, y = 30000, 23000
    desk.look_at(x, y)
    desk.draw([(x - 20, y), (x, y + 4), (x + 20, y)])
    first = desk.wait_near(x, y, "proposed")
    assert [prompt["kind"] for prompt in first["prompts"]] == ["squiggle"]
    desk.draw([(x + 20, y), (x + 30, y + 20)])
    extended = desk.wait_turn(first["id"], 2, "proposed")
    assert len(extended["prompts"]) == 2
    assert extended["area_px"] > first["area_px"]
    desk.draw([(x - 30, y - 8), (x - 10, y - 8)], "Alt")
    cut = desk.wait_turn(first["id"], 3, "proposed")
    assert [prompt["positive"] for prompt in cut["prompts"]] == [True, True, False]
    assert cut["area_px"] < extended["area_px"]
    desk.press("Backspace")
    assert desk.wait_turn(first["id"], 4, "proposed")["area_px"] == pytest.approx(extended["area_px"])
    desk.draw([(x + 100, y + 100), (x + 140, y + 100)])
    desk.wait_turn(first["id"], 4, "accepted")
    assert len(desk.objects("proposed", "asked")) == 1, "a line elsewhere accepts the one in hand and begins the next"


def test_a_line_in_a_real_gland_gives_its_outline(desk):
    """A crypt of about 330 px across, in a biopsy that no model was trained on."""
    x, y = 25820, 6540
    desk.page.get_by_label("Model for glands").select_option("")
    assert "nuclick-gland-he" in desk.page.get_by_label("Model", exact=True).inner_text()
    desk.look_at(x, y)
    desk.draw([(x - 60, y), (x, y + 10), (x + 60, y)])
    gland = desk.wait_near(x, y, "proposed")
    assert gland["area_px"] == pytest.approx(3.14 * 165**2, rel=0.4)


def test_ink_stands_at_once_and_escape_drops_it(desk):
    x, y = 30300, 23000
    desk.look_at(x, y)
    before = count_open(desk)
    desk.draw([(x - 20, y), (x + 20, y)], let_go=False)
    assert ink_pixels(desk) > 50
    desk.press("Escape")
    assert ink_pixels(desk) == 0
    desk.page.mouse.up()
    desk.page.wait_for_timeout(200)
    assert count_open(desk) == before


def test_a_line_that_leaves_the_slide_ends_at_its_border(desk):
    desk.look_at(10, 10)
    desk.draw([(20, 20), (-60, 30), (30, 40)])
    desk.wait(lambda: desk.objects("proposed", "failed", "asked"), "the object")
    points = desk.objects("proposed", "failed", "asked")[-1]["prompts"][0]["points"]
    assert min(x for x, _ in points) == 0
    desk.press("x")


def test_space_pans_with_the_squiggle_tool(desk):
    x, y = 30000, 23400
    desk.look_at(x, y)
    before, objects = desk.screen(x, y), count_open(desk)
    desk.page.keyboard.down("Space")
    desk.draw([(x, y), (x + 40, y + 20)])
    desk.page.keyboard.up("Space")
    desk.page.wait_for_timeout(600)
    assert desk.screen(x, y)[0] > before[0] + 40
    assert count_open(desk) == objects


def test_a_tap_is_a_line_of_one_point(desk):
    x, y = 30300, 23400
    desk.look_at(x, y)
    desk.click(x, y)
    thing = desk.wait_near(x, y, "proposed")
    assert [len(prompt["points"]) for prompt in thing["prompts"]] == [1]


def test_a_pen_draws_while_fingers_pan(desk):
    x, y = 30000, 23700
    desk.look_at(x, y)
    line = desk.page.context.new_cdp_session(desk.page)
    (left, top), (right, bottom) = desk.screen(x - 20, y), desk.screen(x + 20, y + 10)
    pen = {"button": "left", "pointerType": "pen", "clickCount": 1}
    line.send("Input.dispatchMouseEvent", {"type": "mousePressed", "x": left, "y": top, **pen})
    line.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": right, "y": bottom, "buttons": 1, **pen})
    line.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "x": right, "y": bottom, **pen})
    desk.wait_near(x, y, "proposed")
    objects, before = count_open(desk), desk.screen(x, y)
    for kind, place in (("touchStart", (300, 400)), ("touchMove", (340, 430)), ("touchMove", (400, 460))):
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": place[0], "y": place[1]}]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    desk.wait(lambda: desk.screen(x, y)[0] > before[0] + 40, "the view to move")
    assert count_open(desk) == objects


def count_open(desk) -> int:
    """Accepted objects come and go with the view."""
    return len(desk.objects("asked", "failed", "proposed"))


def ink_pixels(desk) -> int:
    """Painted pixels of the top canvas, which holds the line being drawn alone."""
    return desk.page.evaluate(
        """() => {
            const canvas = [...document.querySelectorAll(".overlay-canvas")].at(-1);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let painted = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted += 1;
            return painted;
        }"""
    )
