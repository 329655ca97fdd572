"""Correcting what is there: a moved click, an accepted mask that is corrected and brought back, or replaced."""

import pytest

SLIDE = "crohn_biopsy_HE4.tif"


@pytest.fixture
def desk(sit_down, real_slides):
    desk = sit_down("bob")
    desk.open_slide(SLIDE)
    return desk


def accept_nucleus(desk, x: float, y: float) -> dict:
    desk.look_at(x, y, 4)
    desk.press("c")
    desk.click(x, y)
    desk.wait_near(x, y, "proposed")
    desk.press("Enter")
    accepted = desk.wait_near(x, y, "accepted")
    desk.wait_saved()
    return accepted


def test_a_moved_click_asks_for_the_same_object_anew(desk):
    x, y = 22994, 9393
    desk.look_at(x, y, 4)
    desk.click(x, y)
    first = desk.wait_near(x, y, "proposed")
    desk.draw([(x, y), (x + 4, y + 3)])
    moved = desk.wait_turn(first["id"], 2, "proposed", "failed")
    assert len(moved["prompts"]) == 1
    assert moved["prompts"][0]["x"] == pytest.approx(x + 4, abs=0.5)
    desk.press("x")
    desk.wait_saved()


def test_an_accepted_mask_is_corrected_and_brought_back(desk):
    x, y = 22188, 9857
    accepted = accept_nucleus(desk, x, y)
    desk.click(x, y, "Control")
    desk.click(x + 2, y + 1)
    correction = desk.wait_turn(accepted["id"], 2, "proposed")
    assert correction["correcting"]
    assert len(correction["prompts"]) == 1, "the prompts are those of the correction"
    desk.page.get_by_label("Objects", exact=True).get_by_text("correcting an accepted mask").first.wait_for()
    desk.press("x")
    back = desk.wait_state(accepted["id"], "accepted")
    assert back["area_px"] == pytest.approx(accepted["area_px"], rel=1e-3)
    desk.wait_saved()
    desk.page.reload()
    desk.wait_for_slide()
    kept = desk.wait_state(accepted["id"], "accepted")
    assert kept["area_px"] == pytest.approx(accepted["area_px"], rel=1e-3)


def test_an_accepted_mask_is_replaced_by_its_correction(desk):
    x, y = 22299, 9453
    accepted = accept_nucleus(desk, x, y)
    desk.click(x, y, "Control")
    desk.click(x + 3, y, "Alt")
    desk.wait_state(accepted["id"], "proposed")
    desk.press("Enter")
    desk.wait_state(accepted["id"], "accepted")
    desk.wait_saved()
    history = desk.get(f"/api/objects/{accepted['id']}/history")
    assert history["object"]["prompts"][0]["positive"] is False
    assert not history["object"]["correcting"]


def test_the_prompts_of_an_accepted_object_are_fetched_and_can_be_moved(desk):
    x, y = 22765, 10363
    accepted = accept_nucleus(desk, x, y)
    desk.page.reload()
    desk.wait_for_slide()
    desk.look_at(x, y, 4)
    desk.press("v")
    desk.click(x, y)
    desk.wait(lambda: desk.find(accepted["id"])["prompts"], "the prompts of the selected object")
    desk.draw([(x, y), (x + 3, y + 2)])
    moved = desk.wait_turn(accepted["id"], 2, "proposed")
    assert moved["correcting"]
    desk.press("x")
    desk.wait_state(accepted["id"], "accepted")
    desk.wait_saved()
