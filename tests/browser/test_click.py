"""The main job in a real browser: click a nucleus, see its outline, accept it, find it again."""

import json
import signal

import pytest

NUCLEI = {
    "CMU-1-Small-Region.svs": [(1134, 2028), (1154, 2031), (1130, 1997), (1154, 2071), (1317, 2227)],
    "crohn_biopsy_HE4.tif": [(30674, 23846), (30612, 23649), (30645, 23930), (30899, 23730), (30608, 23788)],
}
"""Nuclei picked by eye, level-0 px."""


@pytest.mark.parametrize("name", NUCLEI)
def test_click_accept_reload_and_a_second_browser(sit_down, real_slides, name):
    ann, bob = sit_down("ann"), sit_down("bob")
    first, *rest = NUCLEI[name]
    for desk in (ann, bob):
        desk.open_slide(name)
        desk.look_at(*first)
    ann.click(*first)
    ann.wait_near(*first, "proposed")
    bob.wait_near(*first, "proposed")
    ann.press("Enter")
    ann.wait_near(*first, "accepted")
    bob.wait_near(*first, "accepted")
    for place in rest:
        ann.look_at(*place)
        ann.click(*place)
        ann.wait_near(*place, "proposed")
    ann.press("Enter")
    ann.wait_near(*rest[-1], "accepted")
    ann.wait_saved()
    kept = {thing["id"] for thing in ann.objects("accepted")}
    assert len(kept) == len(NUCLEI[name]), "the next click accepts the one before"
    ann.page.reload()
    ann.wait_for_slide()
    ann.look_at(*first)
    ann.wait_near(*first, "accepted")
    for place in rest:
        bob.look_at(*place)
        bob.wait_near(*place, "accepted")


def test_the_demo_opens_on_clear_nuclei_with_a_hint(sit_down, system):
    desk = sit_down(None)
    desk.go(system.sign_in_url)
    desk.wait_for_slide()
    assert "Click a nucleus" in desk.page.inner_text("body")
    landing = desk.get("/api/slides/" + desk.page.url.rsplit("/", 1)[1])["landing"]
    x, y = nearest_nucleus(system, landing["x"], landing["y"])
    desk.click(x, y)
    desk.wait_near(x, y, "proposed")
    desk.press("x")
    desk.wait(lambda: not desk.near(x, y, "proposed"), "the rejected proposal to go")
    again = sit_down(None)
    again.go(system.sign_in_url)
    assert "used already" in again.page.inner_text("body")


def nearest_nucleus(system, x: float, y: float) -> tuple[float, float]:
    truth = json.loads((system.home / "demo" / "synthetic-he.json").read_text())
    centroids = [nucleus["centroid"] for nucleus in truth["nuclei"]]
    return min(centroids, key=lambda point: (point[0] - x) ** 2 + (point[1] - y) ** 2)


def test_several_clicks_with_shift_are_one_batch(sit_down, real_slides):
    desk = sit_down("ann")
    name = "CMU-1-Small-Region.svs"
    places = [(1110, 2230), (1336, 2129), (1125, 2071)]
    desk.open_slide(name)
    desk.look_at(1220, 2140, 2)
    desk.page.keyboard.down("Shift")
    for place in places:
        desk.page.mouse.click(*desk.screen(*place))
    desk.page.keyboard.up("Shift")
    found = [desk.wait_near(*place, "proposed") for place in places]
    assert len({thing["id"] for thing in found}) == 3
    for _ in places:
        desk.press("n")
        desk.press("x")
    desk.wait(lambda: not any(desk.near(*place, "proposed") for place in places), "the batch to be rejected")


def test_a_click_inside_corrects_the_same_object(sit_down, real_slides):
    desk = sit_down("ann")
    x, y = 30561, 23739
    desk.open_slide("crohn_biopsy_HE4.tif")
    desk.look_at(x, y)
    desk.click(x, y)
    first = desk.wait_near(x, y, "proposed")
    desk.click(x + 3, y + 2)
    desk.wait(lambda: (desk.near(x, y, "proposed") or {}).get("turn") == 2, "the second turn")
    assert desk.near(x, y, "proposed")["id"] == first["id"]
    desk.press("x")
    desk.wait_saved()


def test_a_person_is_told_when_no_worker_answers_and_the_click_is_kept(sit_down, system, real_slides):
    desk = sit_down("ann")
    x, y = 30724, 23976
    desk.open_slide("crohn_biopsy_HE4.tif")
    desk.look_at(x, y)
    old = system.kill("model-worker", signal.SIGSTOP)
    desk.click(x, y)
    desk.wait(lambda: "No model worker is running" in desk.page.inner_text("body"), "the reason")
    assert "Your click is saved" in desk.page.inner_text("body")
    assert desk.objects("asked")
    system.kill("model-worker")
    system.wait_replaced("model-worker", old)
    desk.wait_near(x, y, "proposed")
    desk.press("x")
    desk.wait_saved()


def test_what_was_clicked_offline_is_sent_later_even_after_a_reload(sit_down, real_slides):
    desk = sit_down("ann")
    x, y = 30544, 23671
    desk.open_slide("crohn_biopsy_HE4.tif")
    desk.look_at(x, y)
    desk.context.set_offline(True)
    desk.page.evaluate("() => window.dispatchEvent(new Event('offline'))")
    desk.click(x, y)
    desk.wait(lambda: desk.state()["unsent"] > 0 and desk.state()["saved"] != "saved", "the click to wait unsent")
    desk.context.set_offline(False)
    desk.page.reload()
    desk.wait(lambda: desk.page.evaluate("() => window.squiggle?.state().saved") == "saved", "the click to be sent")
    desk.look_at(x, y)
    desk.wait_near(x, y, "proposed")
    desk.press("n")
    desk.press("x")
    desk.wait_saved()


def test_delete_and_restore_from_the_trash(sit_down, real_slides):
    desk = sit_down("bob")
    x, y = 1154, 2071
    desk.open_slide("CMU-1-Small-Region.svs")
    desk.look_at(x, y)
    if not desk.near(x, y, "accepted"):
        desk.click(x, y)
        desk.wait_near(x, y, "proposed")
        desk.press("Enter")
    desk.wait_near(x, y, "accepted")
    desk.press("v")
    desk.click(x, y)
    desk.press("Delete")
    desk.wait(lambda: not desk.near(x, y, "accepted"), "the object to go")
    desk.page.get_by_text("Trash").first.click()
    desk.page.get_by_label("Restore this object").first.click()
    desk.wait_near(x, y, "accepted")
    desk.wait_saved()
