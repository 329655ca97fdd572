"""The pages Models and Learning: what they show of a past that is known, and what an admin does there."""

import zipfile

import pytest

from tests.browser.conftest import PROJECT_WITH_A_PAST as PROJECT

TOUCH = """
from annotator.learning.models import TrainingRun
TrainingRun.objects.filter(project__name={project!r}, state="running").update({change})
"""


@pytest.fixture
def open_page(past, sit_down):
    """open_page("ada", "models"): her desk, with that page of the project before her."""

    def open_page(name: str, page: str):
        desk = sit_down(name)
        project_id = find_project(desk)
        desk.go(f"/projects/{project_id}/{page}")
        desk.page.get_by_role("heading", name="Nuclei, H&E").wait_for()
        return desk

    return open_page


def find_project(desk) -> int:
    return next(each["id"] for each in desk.get("/api/projects") if each["name"] == PROJECT)


def answering(desk) -> dict:
    """The version that answers for nuclei."""
    models = desk.get(f"/api/projects/{find_project(desk)}/models")
    [kind] = [kind for kind in models["kinds"] if kind["object_type"] == "nucleus"]
    return next(version for version in models["versions"] if version["id"] == kind["active_id"])


def open_version(desk, words: str):
    """The row of the first version of which these words are said, opened."""
    row = desk.page.get_by_label("Nuclei, H&E", exact=True).locator("details", has_text=words).first
    row.locator("summary").first.click()
    row.get_by_role("heading", name="How it was measured").wait_for()
    return row


# --- models -------------------------------------------------------------------------------------------------------


def test_a_version_tells_how_it_was_made_and_measured(open_page):
    vic = open_page("vic", "models")
    section = vic.page.get_by_label("Nuclei, H&E", exact=True)
    section.get_by_text("it was measured better, and took over by the rule").first.wait_for()
    row = open_version(vic, "answers")
    words = row.inner_text()
    assert "742 objects of 18 slides to train on" in words
    assert "+0.027 on average (90 % interval +0.016 to +0.039)" in words
    for measure in ("AJI", "Dice", "PQ", "NoC 85", "Time per click"):
        assert measure in words
    row.get_by_text("Loss in training").wait_for()
    picture = row.get_by_role("button", name="Enlarge").first
    vic.wait(lambda: picture.locator("img").evaluate("image => image.naturalWidth") == 516, "the picture")
    picture.click()
    vic.page.get_by_text("1 of 6").wait_for()
    vic.press("ArrowRight")
    vic.page.get_by_text("2 of 6").wait_for()
    vic.press("Escape")


def test_a_viewer_and_an_annotator_have_no_buttons(open_page):
    for name in ("vic", "ann"):
        desk = open_page(name, "models")
        open_version(desk, "for an admin to decide")
        for button in ("Promote …", "Roll back …", "Export"):
            assert desk.page.get_by_role("button", name=button).count() == 0
        desk.go(f"/projects/{find_project(desk)}/learning")
        desk.page.get_by_role("heading", name="Find regions").wait_for(state="detached")
        desk.page.get_by_text("each day at 03:00 (Europe/London)").wait_for()
        for button in ("Train now: Nuclei, H&E", "Save", "Find regions", "Reopen"):
            assert desk.page.get_by_role("button", name=button).count() == 0


def test_an_admin_promotes_a_version_and_rolls_back(open_page):
    ada = open_page("ada", "models")
    before = answering(ada)
    row = open_version(ada, "for an admin to decide")
    row.get_by_role("button", name="Promote …").click()
    dialog = ada.page.get_by_role("dialog")
    assert "+0.009" in dialog.inner_text(), "the dialog repeats the measurement"
    dialog.get_by_label("Why").fill("Looked at the pictures.")
    dialog.get_by_role("button", name="Promote").click()
    ada.page.get_by_text("ada promoted it").first.wait_for()
    promoted = answering(ada)
    assert promoted["id"] != before["id"]
    assert promoted["activations"][0]["note"] == "Looked at the pictures."
    ada.page.get_by_role("link", name="Learning").click()
    trainings = ada.page.get_by_label("Trainings", exact=True)
    trainings.get_by_role("row", name="promoted by ada").get_by_role("link").click()
    ada.page.get_by_label("When it took over").get_by_text("ada promoted it · Looked at the pictures.").wait_for()
    ada.page.get_by_role("link", name="Models").click()
    ada.page.get_by_role("button", name="Roll back …").first.click()
    ada.page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    ada.page.get_by_text("ada rolled back to it").first.wait_for()
    assert answering(ada)["id"] == before["id"]


def test_a_version_is_exported_with_its_manifest(open_page, tmp_path):
    ada = open_page("ada", "models")
    row = open_version(ada, "answers")
    with ada.page.expect_download() as download:
        row.get_by_role("button", name="Export").click()
    path = tmp_path / "version.zip"
    download.value.save_as(path)
    name = answering(ada)["name"]
    assert download.value.suggested_filename == f"{name}.zip"
    assert zipfile.ZipFile(path).namelist() == [f"{name}.safetensors", "manifest.json"]


# --- learning -----------------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_before_a_training(open_page):
    ada = open_page("ada", "learning")
    kind = ada.page.get_by_label("Nuclei, H&E", exact=True)
    kind.get_by_text("is under way").first.wait_for()
    assert kind.get_by_role("button", name="Train now: Nuclei, H&E").is_disabled()
    ada.page.get_by_label("Glands, H&E", exact=True).locator("summary").click()
    ada.page.get_by_text("did not begin. 12 glands to train on").wait_for()


def test_settings_are_kept(open_page):
    ada = open_page("ada", "learning")
    kind = ada.page.get_by_label("Nuclei, H&E", exact=True)
    kind.get_by_label("By the clock").select_option("weekly")
    kind.get_by_label("Day of the week").select_option("Saturday")
    kind.get_by_label("Time of day").fill("22:30")
    kind.get_by_label("Newly accepted objects").fill("120")
    kind.get_by_label("A better version takes over by itself").uncheck()
    kind.get_by_role("button", name="Save").click()
    kind.get_by_text("saved").wait_for()
    ada.page.reload()
    kind.get_by_label("Time of day").wait_for()
    [stored] = [
        kind["settings"]
        for kind in ada.get(f"/api/projects/{find_project(ada)}/learning")["kinds"]
        if kind["object_type"] == "nucleus"
    ]
    assert stored["schedule"] == {
        "enabled": True, "minute": 30, "hour": 22, "day_of_week": "6", "timezone": "Europe/London",
    }  # fmt: skip
    assert (stored["new_objects"], stored["promotes"]) == (120, False)
    assert kind.get_by_label("Day of the week").input_value() == "6"


def test_progress_is_shown_while_it_is_made_and_a_training_is_cancelled(open_page, system):
    ada = open_page("ada", "learning")
    table = ada.page.get_by_label("Trainings", exact=True)
    table.get_by_text("Training · 163 of 250").wait_for()
    system.manage("shell", "-c", TOUCH.format(project=PROJECT, change="done=201"))
    table.get_by_text("Training · 201 of 250").wait_for()
    table.get_by_role("button", name="Cancel").click()
    table.get_by_text("Training · 201 of 250").wait_for(state="detached")
    newest = ada.get(f"/api/projects/{find_project(ada)}/learning")["runs"][0]
    assert newest["state"] == "cancelled"
    table.get_by_role("link").first.click()
    ada.page.get_by_text("Cancelled by ada.").wait_for()
    ada.page.get_by_text("IoU at the first click, watched while training").wait_for()


def test_the_queue_says_who_holds_what_and_a_closed_region_is_reopened(open_page):
    ada = open_page("ada", "learning")
    queue = ada.page.get_by_label("What to label next")
    queue.get_by_text("8 free · 1 being labelled · 4 complete · 1 skipped").wait_for()
    queue.get_by_text("with ann").wait_for()
    queue.get_by_role("button", name="Show all 14").click()
    queue.get_by_role("button", name="Reopen").first.click()
    queue.get_by_text("9 free").wait_for()
    queue.get_by_label("Searches").get_by_role("button", name="Cancel").click()
    queue.get_by_label("Searches").get_by_text("cancelled").wait_for()


def test_a_refused_search_says_why(open_page):
    ada = open_page("ada", "learning")
    form = ada.page.get_by_role("form", name="Find regions")
    form.get_by_label("Where two models disagree").check()
    form.get_by_label("To label").select_option("all glands")
    searches = ada.page.get_by_label("What to label next").get_by_label("Searches")
    searches.wait_for()
    if (under_way := searches.get_by_role("button", name="Cancel")).count():
        under_way.click()
    ada.wait(lambda: form.get_by_role("button", name="Find regions").is_enabled(), "no search to be under way")
    form.get_by_role("button", name="Find regions").click()
    form.get_by_role("alert").get_by_text("no detector finds candidates").wait_for()


def test_effort_is_told_by_version_and_label(open_page):
    vic = open_page("vic", "learning")
    effort = vic.page.get_by_label("Effort", exact=True)
    effort.get_by_text("Quality against annotators’ time, nuclei").wait_for()
    rows = effort.get_by_role("row")
    assert rows.count() == 5, "a head, and two versions with two labels each"
    assert "Lymphocyte" in rows.all_inner_texts()[-1] + rows.all_inner_texts()[-2]


def test_a_project_without_work_says_what_to_do(sit_down, system):
    eve = sit_down("eve")
    [project] = eve.get("/api/projects")
    eve.go(f"/projects/{project['id']}")
    eve.page.get_by_role("link", name="Learning").click()
    eve.page.get_by_text("Nothing can be learnt yet").wait_for()
    eve.page.get_by_text("The queue is empty").wait_for()
    eve.page.get_by_role("link", name="Models").click()
    eve.page.get_by_text("No model is asked in this project yet").wait_for()


def test_a_stranger_sees_no_training(open_page, sit_down):
    ada = open_page("ada", "learning")
    project_id = find_project(ada)
    run = ada.get(f"/api/projects/{project_id}/learning")["runs"][0]["id"]
    eve = sit_down("eve")
    for path in ("models", "learning", f"learning/runs/{run}"):
        eve.go(f"/projects/{project_id}/{path}")
        eve.page.get_by_text("or you may not see it").first.wait_for()
