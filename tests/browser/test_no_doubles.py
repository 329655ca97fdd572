"""One nucleus, one object: double-clicks, clicks on what is accepted or at a rim, and two people at one nucleus."""

import math

import pytest

SLIDE = "crohn_biopsy_HE4.tif"


@pytest.fixture
def desk(sit_down, real_slides):
    desk = sit_down("ann")
    desk.open_slide(SLIDE)
    return desk


def around(desk, x: float, y: float, *states: str) -> list[dict]:
    """Objects whose centroids lie within 15 px of the point, and those that are just asked for there."""

    def place(thing):
        return thing["centroid"] or {"x": thing["prompts"][0]["x"], "y": thing["prompts"][0]["y"]}

    return [thing for thing in desk.objects(*states) if math.hypot(place(thing)["x"] - x, place(thing)["y"] - y) < 15]


def wait_for_one(desk, x: float, y: float, *states: str) -> dict:
    desk.wait(lambda: around(desk, x, y, *states), f"an object {states} at {x}, {y}")
    return around(desk, x, y, *states)[0]


def accept(desk, x: float, y: float) -> dict:
    desk.look_at(x, y, 4)
    desk.click(x, y)
    wait_for_one(desk, x, y, "proposed")
    desk.press("Enter")
    accepted = wait_for_one(desk, x, y, "accepted")
    desk.wait_saved()
    return accepted


def strip(desk, words: str):
    return desk.page.get_by_text(words, exact=False).first


def what_a_click_does(desk) -> str:
    return desk.page.locator("[data-tool]").get_attribute("data-next")


def touch_twice(desk, x: float, y: float) -> None:
    line = desk.context.new_cdp_session(desk.page)
    screen_x, screen_y = desk.screen(x, y)
    for _ in range(2):
        line.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": screen_x, "y": screen_y}]})
        line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("hand", ["mouse", "finger"])
def test_a_double_click_makes_one_object(desk, hand):
    x, y = (23113, 10128) if hand == "mouse" else (23446, 10039)
    desk.look_at(x, y, 4)
    if hand == "mouse":
        desk.page.mouse.dblclick(*desk.screen(x, y), delay=20)
    else:
        touch_twice(desk, x, y)
    wait_for_one(desk, x, y, "proposed")
    desk.wait_saved()
    [proposal] = around(desk, x, y)
    assert (proposal["state"], proposal["turn"]) == ("proposed", 1)
    desk.press("Enter")
    desk.wait_state(proposal["id"], "accepted")
    desk.wait_saved()
    assert [thing["id"] for thing in around(desk, x, y)] == [proposal["id"]]


def test_two_nuclei_clicked_in_one_breath_are_two(desk):
    places = [(23004, 9869), (22968, 9894)]
    desk.look_at(*places[0], 2)
    for place in places:
        desk.click(*place)
    found = [wait_for_one(desk, *place, "proposed", "accepted") for place in places]
    assert found[0]["id"] != found[1]["id"]
    desk.press("x")
    desk.wait_saved()


def test_a_click_on_an_accepted_nucleus_selects_it_and_the_next_corrects_it(desk):
    x, y = 23114, 10089
    accepted = accept(desk, x, y)
    desk.page.mouse.move(*desk.screen(x + 2, y))
    desk.wait(lambda: what_a_click_does(desk) == "select", "the pointer to say so")
    desk.page.get_by_text("click: select it").wait_for()
    desk.click(x + 2, y)
    strip(desk, "Accepted, and selected: click inside to correct it").wait_for()
    assert around(desk, x, y, "asked", "proposed") == []
    desk.page.wait_for_timeout(550)  # no double-click
    desk.click(x + 3, y + 1)
    correction = desk.wait_turn(accepted["id"], 2, "proposed")
    assert correction["correcting"]
    desk.press("x")
    desk.wait_state(accepted["id"], "accepted")
    desk.wait_saved()


def test_a_click_at_the_rim_extends_the_object_in_hand(desk):
    x, y = 23118, 9903
    desk.look_at(x, y, 3)
    desk.click(x, y)
    proposal = wait_for_one(desk, x, y, "proposed")
    found = None
    for step in range(60):
        desk.page.mouse.move(*desk.screen(x + step / 2, y))
        desk.page.wait_for_timeout(40)
        if what_a_click_does(desk) == "extend":
            found = x + step / 2
            break
    assert found, "the pointer says nowhere that a click extends it"
    desk.click(found, y)
    extended = desk.wait_turn(proposal["id"], 2, "proposed", "failed")
    assert len(extended["prompts"]) == 2
    desk.page.mouse.move(*desk.screen(x + 45, y))
    desk.wait(lambda: what_a_click_does(desk) == "new", "the pointer to say that a click asks for a new one")
    desk.press("x")
    desk.wait_saved()


def test_what_covers_an_accepted_nucleus_replaces_it_or_is_discarded(desk):
    x, y = 23086, 10002
    accepted = accept(desk, x, y)
    for decision in ("x", "Enter"):
        desk.click(x + 1, y + 1, "Shift")
        new = wait_for_one(desk, x, y, "proposed")
        strip(desk, "This covers an accepted nucleus").wait_for()
        desk.press(decision)
        desk.wait_saved()
        desk.wait(lambda: not around(desk, x, y, "proposed"), "the decision")
        kept = new if decision == "Enter" else accepted
        assert [thing["id"] for thing in around(desk, x, y, "accepted")] == [kept["id"]]
        desk.page.wait_for_timeout(550)  # no double-click
    # What gave way lies in the trash, and comes back in the same way.
    desk.page.get_by_text("Trash").first.click()
    gone = desk.page.get_by_label("List of objects").locator("[aria-current]").filter(has_text="deleted")
    gone.first.get_by_label("Restore this object").click()
    desk.wait_state(accepted["id"], "proposed")
    desk.page.get_by_role("button", name="Replace (Enter)").click()
    desk.wait_state(accepted["id"], "accepted")
    desk.wait_saved()
    assert [thing["id"] for thing in around(desk, x, y, "accepted")] == [accepted["id"]]


def test_two_people_at_one_nucleus_store_one(desk, sit_down):
    """Ann clicks and accepts while she is offline; Bob has accepted the same nucleus before her outbox is sent."""
    x, y = 23151, 9928
    desk.look_at(x, y, 4)
    desk.context.set_offline(True)
    desk.page.evaluate("() => window.dispatchEvent(new Event('offline'))")
    desk.click(x, y)
    desk.press("Enter")
    [hers] = around(desk, x, y, "asked")
    bob = sit_down("bob")
    bob.open_slide(SLIDE)
    his = accept(bob, x + 1, y)
    desk.context.set_offline(False)
    desk.page.evaluate("() => window.dispatchEvent(new Event('online'))")
    desk.page.get_by_text("is not stored beside it").first.wait_for()
    desk.wait_saved()
    assert [thing["id"] for thing in around(desk, x, y, "accepted")] == [his["id"]]
    assert bob.find(hers["id"])["state"] == "proposed"
    strip(desk, "This covers an accepted nucleus").wait_for()
    desk.press("Enter")
    for person in (desk, bob):
        person.wait_state(hers["id"], "accepted")
        assert [thing["id"] for thing in around(person, x, y, "accepted")] == [hers["id"]]
