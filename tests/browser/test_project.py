"""The project page: its slides, and whose tissue they are."""

import pytest

from tests.system.conftest import make_slide

PROJECT = "Patients"


@pytest.fixture(scope="module")
def project(system, tmp_path_factory):
    """A project of its own with two slides of which nobody has said whose they are."""
    members = [word for name in ("ada:admin", "ann:annotator") for word in ("--member", name)]
    system.manage("create_project", PROJECT, "--team", "Pathology", *members, "--label", "Nucleus")
    for _ in range(2):
        slide = make_slide(tmp_path_factory.mktemp("slides"))
        system.manage("import_slides", str(slide), "--project", PROJECT, "--mpp", "0.25")


def open_project(desk) -> int:
    project_id = next(each["id"] for each in desk.get("/api/projects") if each["name"] == PROJECT)
    desk.go(f"/projects/{project_id}")
    desk.page.get_by_placeholder("Search slides").wait_for()
    return project_id


def test_an_admin_names_the_patient_of_a_slide(sit_down, project):
    ada = sit_down("ada")
    project_id = open_project(ada)
    ada.page.get_by_text("never trained on and measured on at once").wait_for()
    ada.page.get_by_role("button", name="Patient of").first.click()
    field = ada.page.get_by_role("textbox", name="Patient of")
    field.fill("x" * 121)
    field.press("Enter")
    ada.page.get_by_text("patient: Ensure this field has no more than 120 characters").wait_for()
    field.fill("P-17")
    field.press("Enter")
    ada.page.get_by_role("button", name="Patient of").get_by_text("P-17").wait_for()
    assert [slide["patient"] for slide in ada.get(f"/api/projects/{project_id}")["slides"]] == ["P-17", ""]
    ada.page.get_by_role("button", name="Patient of").first.click()
    field.fill("P-18")
    field.press("Escape")
    ada.page.reload()
    ada.page.get_by_role("button", name="Patient of").get_by_text("P-17").wait_for()


def test_an_annotator_sees_no_patient(sit_down, project):
    ann = sit_down("ann")
    open_project(ann)
    assert ann.page.get_by_role("button", name="Patient of").count() == 0
    assert ann.page.get_by_text("never trained on and measured on").count() == 0
