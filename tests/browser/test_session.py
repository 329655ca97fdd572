"""Signed out, in again, and as somebody else, in another tab: the page says so in place and goes on by itself."""

import pytest

SLIDE = "crohn_biopsy_HE4.tif"
PLACES = iter([(30640, 23790), (30668, 23702), (30700, 23880), (30590, 23900), (30730, 23760), (30660, 23960)])


@pytest.fixture
def desk(sit_down, real_slides):
    """Signed in by a session of its own, which may end: others of the tests share theirs."""
    desk = sit_down(None)
    enter(desk, "ann")
    desk.open_slide(SLIDE)
    return desk


def enter(desk, name, page=None):
    page = page or desk.page
    page.goto(desk.base_url + "/sign-in")
    page.get_by_label("Name").fill(name)
    page.locator("input[name=password]").fill(f"{name}-pass-77")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label(f"Account of {name}").wait_for()


def proof(desk) -> dict[str, str]:
    """That it is sent by a page of ours."""
    token = next(cookie["value"] for cookie in desk.context.cookies() if cookie["name"] == "csrftoken")
    return {"X-CSRFToken": token, "Referer": desk.base_url}


def sign_out(desk):
    assert desk.context.request.delete(desk.base_url + "/api/session", headers=proof(desk)).ok


def dialog(desk):
    return desk.page.get_by_role("dialog", name="You are signed out")


def status(desk) -> str:
    return desk.page.get_by_label("Saving", exact=True).inner_text()


def click_offline(desk):
    """A click that waits, before a browser that has no network."""
    x, y = next(PLACES)
    desk.look_at(x, y)
    desk.page.wait_for_load_state("networkidle")
    desk.context.set_offline(True)
    desk.page.evaluate("() => window.dispatchEvent(new Event('offline'))")
    desk.click(x, y)
    desk.wait(lambda: desk.state()["unsent"] == 1, "the click to wait")
    return x, y


def sign_in_here(desk, name="ann", password=None):
    desk.page.locator("input[name=password]").fill(password or f"{name}-pass-77")
    desk.page.get_by_role("button", name=f"Sign in as {name}").click()


def test_signed_out_elsewhere_a_form_in_place_and_on_it_goes(desk):
    sign_out(desk)
    dialog(desk).wait_for()
    assert desk.page.get_by_label("Name").input_value() == "ann"
    desk.wait(lambda: status(desk) == "Signed out", "the status bar to say it, and that alone")
    sign_in_here(desk, password="wrong")
    desk.page.get_by_text("The name or the password is wrong.").wait_for()
    sign_in_here(desk)
    dialog(desk).wait_for(state="hidden")
    desk.wait(lambda: status(desk) == "Saved", "the line to be open again")
    x, y = next(PLACES)
    desk.look_at(x, y)
    desk.click(x, y)
    desk.wait_near(x, y, "proposed")
    desk.press("x")
    desk.wait_saved()


def test_what_was_unsent_at_the_sign_out_goes_by_any_tabs_sign_in(desk):
    x, y = click_offline(desk)
    sign_out(desk)
    desk.context.set_offline(False)
    dialog(desk).wait_for()
    desk.wait(lambda: status(desk) == "Signed out, 1 unsent", "the status bar to say it")
    other = desk.context.new_page()
    enter(desk, "ann", other)
    dialog(desk).wait_for(state="hidden")
    desk.wait_near(x, y, "proposed")
    desk.wait_saved()
    desk.press("n")
    desk.press("x")
    desk.wait_saved()


def test_a_sign_in_that_no_page_of_ours_tells_is_noticed(desk):
    sign_out(desk)
    dialog(desk).wait_for()
    person = {"username": "ann", "password": "ann-pass-77"}
    address = desk.base_url + "/api/session"
    assert desk.context.request.post(address, data=person, headers=proof(desk)).ok
    dialog(desk).wait_for(state="hidden")
    desk.wait(lambda: status(desk) == "Saved", "the line to be open again")


def test_somebody_else_signed_in_gets_nothing_of_it(desk, sit_down):
    other = desk.context.new_page()
    x, y = click_offline(desk)
    sign_out(desk)
    desk.context.set_offline(False)
    enter(desk, "bob", other)
    said = desk.page.get_by_role("dialog", name="This page is ann's, and bob is signed in")
    said.wait_for()
    desk.wait(lambda: status(desk) == "Signed in as bob, 1 unsent", "the status bar to say whose it is")
    desk.page.wait_for_timeout(3_000)  # long enough for the line to be tried again
    watcher = sit_down("bob")
    watcher.open_slide(SLIDE)
    watcher.look_at(x, y)
    assert not watcher.near(x, y, "asked", "proposed"), "ann's click was not done as bob"
    sign_in_here(desk)
    said.wait_for(state="hidden")
    desk.wait_saved()
    desk.wait_near(x, y, "proposed")
    objects = desk.get(f"/api/objects/{desk.near(x, y, 'proposed')['id']}/history")
    assert objects["object"]["author"] == "ann"
    desk.press("n")
    desk.press("x")
    desk.wait_saved()
    # bob's page says in its turn that it is bob's
    other.get_by_role("dialog", name="This page is bob's, and ann is signed in").wait_for()
    other.get_by_role("button", name="Open the page as ann").click()
    other.get_by_label("Account of ann").wait_for()


def test_the_own_password_changed_in_another_tab_asks_nobody(sit_down, system, real_slides):
    system.environment["DJANGO_SUPERUSER_PASSWORD"] = "pat-pass-77"
    system.manage("createsuperuser", "--noinput", "--username", "pat", "--email", "")
    ada = sit_down("ada")
    colon = next(project["id"] for project in ada.get("/api/projects") if project["name"] == "Colon")
    members = f"{ada.base_url}/api/projects/{colon}/members"
    pats = {"username": "pat", "role": "annotator", "was": None}
    assert ada.context.request.put(members, data=pats, headers=proof(ada)).ok
    pat = sit_down(None)
    enter(pat, "pat")
    pat.open_slide(SLIDE)
    lines = []
    pat.page.on("websocket", lambda line: lines.append(line))
    other = pat.context.new_page()
    other.goto(pat.base_url + "/account/password")
    other.get_by_label("Old password").fill("pat-pass-77")
    for field in ("New password", "New password, once more"):
        other.get_by_label(field, exact=True).fill("Another-pass-77")
    other.get_by_role("button", name="Change password").click()
    other.get_by_text("You stay signed in here").wait_for()
    pat.wait(lambda: lines, "a new line under the new session")
    pat.wait(lambda: status(pat) == "Saved", "the line to stand")
    assert pat.page.get_by_role("dialog").count() == 0
    assert ada.context.request.delete(f"{members}/pat", headers=proof(ada)).ok
    pat.wait(lambda: status(pat) == "You no longer have a right to this slide", "the right to be gone")


def test_a_server_that_is_down_asks_nobody_to_sign_in(desk, system):
    desk.page.wait_for_load_state("networkidle")
    old = system.kill("web")
    desk.wait(lambda: status(desk).startswith("Offline"), "the line to be down")
    desk.page.wait_for_timeout(1_000)
    assert desk.page.get_by_role("dialog").count() == 0
    system.wait_replaced("web", old)
    system.wait_healthy()
    desk.wait(lambda: status(desk) == "Saved", "the line to be back")
    assert desk.page.get_by_role("dialog").count() == 0


def test_pages_without_a_line_wait_for_the_sign_in_too(desk):
    project = next(each for each in desk.get("/api/projects") if each["name"] == "Colon")
    desk.go(f"/projects/{project['id']}")
    desk.page.get_by_role("link", name="Models").wait_for()
    sign_out(desk)
    desk.page.get_by_role("link", name="Learning").click()
    dialog(desk).wait_for()
    sign_in_here(desk)
    dialog(desk).wait_for(state="hidden")
    desk.page.get_by_text("What a training needs").or_(desk.page.get_by_text("Regions")).first.wait_for()
    assert desk.page.get_by_text("could not be loaded").count() == 0


def test_the_sign_in_page_of_another_tab_goes_on_too(desk):
    sign_out(desk)
    waiting = desk.context.new_page()
    waiting.goto(f"{desk.base_url}/slides/{desk.page.url.rsplit('/', 1)[1]}")
    waiting.get_by_role("button", name="Sign in").wait_for()
    sign_in_here(desk)
    waiting.get_by_label("Account of ann").wait_for()
    assert "/slides/" in waiting.url
