"""The side panel and what it says at the object: a model outside what it was made for, tools and labels that fit, hints, the
list of objects."""

import re

import pytest

from tests.browser.conftest import REAL_SLIDES, real_slides_folder

SMALL, _ = REAL_SLIDES
CHANNELS = "vectra.qptiff"
NUCLEI = [(1134, 2028), (1154, 2031), (1130, 1997)]
LISTED = [(1153, 1978), (1302, 2251), (972, 2133)]
"""Others, as a click on an accepted one selects it."""
WARNING = "Made for H&E; this slide is IHC."


@pytest.fixture(scope="module")
def project(system, real_slides) -> None:
    """A project of its own, on slides that no model was made for."""
    folder = real_slides_folder()
    members = [word for name in ("ada:admin", "ann:annotator", "vic:viewer") for word in ("--member", name)]
    names = ("Tumour:region", "Nucleus", "Lymphocyte", "Gland:gland")
    labels = [word for name in names for word in ("--label", name)]
    system.manage("create_project", "Panel", "--team", "Pathology", *members, *labels)
    system.manage("import_slides", str(folder / SMALL), "--project", "Panel", "--stain", "IHC")
    system.manage("import_slides", str(folder / CHANNELS), "--project", "Panel")


@pytest.fixture
def desk(sit_down, project):
    desk = sit_down("ann")
    open_slide(desk, SMALL)
    yield desk
    desk.press("Escape")
    for _ in desk.objects("proposed", "asked"):
        desk.press("n")
        desk.press("x")
    desk.wait_saved()


def open_slide(desk, name: str) -> None:
    [found] = [each for each in desk.get("/api/projects") if each["name"] == "Panel"]
    slides = desk.get(f"/api/projects/{found['id']}")["slides"]
    desk.go(f"/slides/{next(slide['id'] for slide in slides if slide['name'] == name)}")
    desk.wait_for_slide()


def model_section(desk):
    return desk.page.get_by_label("Model", exact=True)


def chip(desk):
    return desk.page.get_by_label("Not made for this slide")


def status(desk) -> str:
    return desk.page.get_by_label("Status").inner_text()


def is_pressed(desk, name: str) -> bool:
    button = desk.page.get_by_role("button", name=re.compile(f"^{name}")).first
    return button.get_attribute("aria-pressed") == "true"


def ask(desk, x: float, y: float) -> dict:
    desk.look_at(x, y)
    desk.click(x, y)
    return desk.wait_near(x, y, "proposed")


# --- a model outside what it was made for -------------------------------------------------------------------------


def test_a_model_outside_what_it_was_made_for_is_said_at_the_object(desk):
    assert WARNING in model_section(desk).inner_text()
    assert "No installed model for nuclei was made for such slides." in model_section(desk).inner_text()
    assert chip(desk).count() == 0, "nothing is in hand yet"
    x, y = NUCLEI[0]
    ask(desk, x, y)
    chip(desk).get_by_text(WARNING).wait_for()
    chip(desk).get_by_text("No installed model").wait_for()
    assert chip_gap(desk, x, y) < 80, "beside the object, not somewhere"
    desk.look_at(x + 120, y - 60)
    assert chip_gap(desk, x, y) < 80, "it goes along with the object"
    left, top = desk.screen(x, y)
    desk.page.mouse.move(left, top)
    desk.press("Enter")
    desk.wait_near(x, y, "accepted")
    desk.wait(lambda: chip(desk).count() == 0, "the chip to go with the decision")
    assert WARNING in status(desk)


def chip_gap(desk, x: float, y: float) -> float:
    """Screen px from the object's middle to the chip."""
    middle_x, middle_y = desk.screen(x, y)
    box = chip(desk).bounding_box()
    across = max(box["x"] - middle_x, middle_x - box["x"] - box["width"], 0)
    down = max(box["y"] - middle_y, middle_y - box["y"] - box["height"], 0)
    return (across**2 + down**2) ** 0.5


def test_what_was_read_is_not_repeated_beside_the_next_object_but_stays_in_the_panel(desk):
    ask(desk, *NUCLEI[1])
    chip(desk).get_by_role("button", name="Do not repeat").click()
    assert chip(desk).count() == 0
    ask(desk, *NUCLEI[2])
    desk.page.wait_for_timeout(200)
    assert chip(desk).count() == 0
    assert WARNING in model_section(desk).inner_text()
    assert WARNING in status(desk)
    desk.page.reload()
    desk.wait_for_slide()
    desk.wait_near(*NUCLEI[2], "proposed")
    desk.press("n")
    desk.page.wait_for_timeout(200)
    assert chip(desk).count() == 0, "nor after a reload"


def test_the_model_that_fits_is_offered_at_the_object_and_asked_at_once(sit_down, project):
    desk = sit_down("ann")
    desk.open_slide(SMALL)
    models = {model["name"]: model["id"] for model in desk.get(f"/api/slides/{desk.find_slide(SMALL)}")["models"]}
    assert "this slide is" not in model_section(desk).inner_text(), "0.499 µm/px is within what it was measured on"
    assert chip(desk).count() == 0
    desk.page.get_by_label("Model for nuclei").select_option(label="nuclick-nucleus-fluorescence")
    asked = ask(desk, 947, 2393)
    assert asked["model_id"] == models["nuclick-nucleus-fluorescence"]
    chip(desk).get_by_text("Made for fluorescence; this slide is H&E.").wait_for()
    model_section(desk).get_by_role("button", name="Use nuclick-nucleus-he").wait_for()
    chip(desk).get_by_role("button", name="Use nuclick-nucleus-he").click()
    again = desk.wait_turn(asked["id"], 2, "proposed")
    assert again["model_id"] == models["nuclick-nucleus-he"]
    assert len(again["prompts"]) == 1
    desk.wait(lambda: chip(desk).count() == 0, "the warning to go")
    assert desk.page.get_by_label("Model for nuclei").input_value() == "", "it is the automatic one"
    desk.press("x")
    desk.wait_saved()


def test_channels_that_a_model_never_saw_are_said(sit_down, project):
    desk = sit_down("vic")
    open_slide(desk, CHANNELS)
    words = model_section(desk).inner_text()
    assert re.search(r"Made for a single grey channel; this slide shows \d channels in one picture\.", words)


# --- tools and labels ---------------------------------------------------------------------------------------------


def test_a_tool_brings_the_last_label_that_fits_and_a_label_its_tool(desk):
    assert is_pressed(desk, "Nucleus"), "not the first label, which nothing outlines"
    desk.choose_label("Lymphocyte")
    desk.press("s")
    assert is_pressed(desk, "Squiggle")
    assert is_pressed(desk, "Gland")
    desk.page.locator("[aria-live=polite]").get_by_text("the next object is labelled Gland").wait_for()
    desk.press("c")
    assert is_pressed(desk, "Click")
    assert is_pressed(desk, "Lymphocyte"), "the last that fits"
    desk.press("v")
    assert is_pressed(desk, "Lymphocyte"), "the Move tool fits every label"
    desk.choose_label("Gland")
    assert is_pressed(desk, "Squiggle")


def test_who_selects_and_labels_with_the_move_tool_goes_on_with_it(desk):
    x, y = 1317, 2227
    asked = ask(desk, x, y)
    desk.press("Enter")
    desk.wait_state(asked["id"], "accepted")
    desk.press("v")
    desk.click(x, y)
    slide = desk.get(f"/api/slides/{desk.page.url.rsplit('/', 1)[1]}")
    names = {label["id"]: label["name"] for label in slide["labels"]}
    desk.choose_label("Lymphocyte")
    desk.wait(lambda: names[desk.find(asked["id"])["label_id"]] == "Lymphocyte", "the other label")
    assert is_pressed(desk, "Move and select")
    desk.press("Delete")
    desk.wait_state(asked["id"], "deleted")


def test_a_label_that_no_tool_outlines_leads_nowhere_so_it_is_not_shown(desk):
    labels = desk.page.get_by_label("Labels", exact=True)
    assert labels.get_by_role("button").all_inner_texts()[0].startswith("Nucleus")
    assert labels.get_by_text("Tumour").count() == 0
    desk.press("1")  # its key
    assert is_pressed(desk, "Nucleus")
    desk.press("a")
    desk.look_at(*NUCLEI[0])
    desk.draw([(1000, 1950), (1200, 2100)])
    choices = desk.page.get_by_label("What is complete in the area").get_by_role("option").all_inner_texts()
    assert choices == ["nuclei", "glands"]
    desk.press("Escape")
    desk.press("Escape")


# --- hints --------------------------------------------------------------------------------------------------------


def hint(desk) -> str:
    notes = desk.page.locator("[role=note]").filter(has=desk.page.get_by_label("No more hints"))
    return notes.inner_text() if notes.count() else ""


def test_hints_come_when_a_tool_is_first_used_and_return_with_the_help(desk):
    desk.look_at(*NUCLEI[0])
    assert "Click a nucleus" in hint(desk)
    desk.page.get_by_label("No more hints").click()
    assert hint(desk) == ""
    desk.press("s")
    assert "Draw a line inside a gland" in hint(desk), "this tool was not used yet"
    desk.page.get_by_label("No more hints").click()
    desk.press("v")
    assert "click an object to select it" in hint(desk)
    desk.press("c")
    assert hint(desk) == ""
    desk.press("?")
    desk.page.get_by_role("dialog").wait_for()
    desk.press("Escape")
    desk.wait(lambda: "Click a nucleus" in hint(desk), "the hint to return")


# --- the list of objects ------------------------------------------------------------------------------------------


def rows(desk) -> list[str]:
    return desk.page.get_by_label("Objects", exact=True).locator("[aria-current]").all_inner_texts()


def test_the_list_is_ordered_and_narrowed_down_and_keeps_both_for_the_person(desk):
    desk.press("c")
    made = []
    for (x, y), label in zip(LISTED, ("Nucleus", "Lymphocyte", "Nucleus"), strict=True):
        desk.choose_label(label)
        made.append(ask(desk, x, y))
    desk.press("Enter")
    desk.wait_saved()
    desk.page.get_by_label("Objects", exact=True).get_by_text("Accepted", exact=True).click()
    desk.wait(lambda: len(rows(desk)) >= 3, "the accepted objects")
    order = desk.page.get_by_label("Order of the objects")
    order.select_option("Largest first")
    desk.wait(lambda: areas(desk) == sorted(areas(desk), reverse=True), "the largest first")
    order.select_option("Least sure first")
    desk.wait(lambda: len(sure(desk)) == len(rows(desk)) and sure(desk) == sorted(sure(desk)), "the least sure first")
    order.select_option("By label")
    desk.wait(lambda: rows(desk)[0].startswith("Lymphocyte"), "the labels in order")
    desk.page.get_by_role("button", name="Filter the objects").click()
    desk.page.get_by_label("Words").fill("lymph ann")
    desk.wait(lambda: rows(desk) and all(row.startswith("Lymphocyte") for row in rows(desk)), "the words to be found")
    desk.page.get_by_label("Words").fill("")
    desk.page.get_by_label("Label", exact=True).select_option("Nucleus")
    makers = desk.page.get_by_label("Made by").get_by_role("option").all_inner_texts()
    assert {"ann", "nuclick-nucleus-he"} <= set(makers)
    desk.page.keyboard.press("Escape")
    desk.wait(lambda: rows(desk) and all(row.startswith("Nucleus") for row in rows(desk)), "one label alone")
    shown = desk.page.get_by_label("Objects", exact=True).get_by_role("status")
    assert re.fullmatch(r"\d+ of \d+\s+Show all", shown.inner_text())
    desk.page.reload()
    desk.wait_for_slide()
    desk.look_at(*LISTED[1])
    desk.wait(
        lambda: rows(desk) and all(row.startswith("Nucleus") for row in rows(desk)), "the same list after a reload"
    )
    assert desk.page.get_by_label("Order of the objects").input_value() == "label"
    shown.get_by_role("button", name="Show all").click()
    desk.wait(lambda: rows(desk)[0].startswith("Lymphocyte"), "all of them")


def areas(desk) -> list[int]:
    return [int(re.search(r"([\d,]+) µm²", row)[1].replace(",", "")) for row in rows(desk)]


def sure(desk) -> list[int]:
    found = [re.search(r"(\d+) % sure", row) for row in rows(desk)]
    return [int(match[1]) for match in found if match]


def test_only_what_is_listed_is_accepted_from_a_narrowed_list(sit_down, project):
    desk = sit_down("ann")
    open_slide(desk, SMALL)
    desk.page.get_by_label("Accept as I go").click()
    places = [(1125, 2071), (1110, 2230), (1336, 2129)]
    for place, label in zip(places, ("Lymphocyte", "Nucleus", "Nucleus"), strict=True):
        desk.choose_label(label)
        ask(desk, *place)
    desk.page.get_by_role("button", name="Accept all 3").wait_for()
    desk.page.get_by_role("button", name="Filter the objects").click()
    desk.page.get_by_label("Label", exact=True).select_option("Nucleus")
    desk.page.keyboard.press("Escape")
    desk.page.get_by_role("button", name="Accept these 2").click()
    desk.wait(lambda: len(desk.objects("proposed")) == 1, "the listed ones to be accepted")
    assert desk.near(*places[0], "proposed"), "the other waits"
    desk.press("Escape")
    desk.press("n")
    desk.press("x")
    desk.wait_saved()
