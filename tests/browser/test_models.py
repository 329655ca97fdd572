"""Saying which model answers, why, and choosing another."""

import pytest

SLIDE = "CMU-1-Small-Region.svs"


def model_section(desk) -> str:
    return desk.page.get_by_label("Model", exact=True).inner_text()


def test_the_model_and_why_are_said_and_another_can_be_chosen(sit_down, real_slides):
    desk = sit_down("ann")
    desk.open_slide(SLIDE)
    assert "nuclick-nucleus-he" in model_section(desk)
    assert "resampled to 0.25" in model_section(desk), "this slide has 0.499 µm/px"
    x, y = 1300, 1500
    desk.look_at(x, y)
    desk.page.get_by_label("Model for nuclei").select_option(label="disk-nucleus")
    assert "You picked it" in model_section(desk)
    desk.click(x, y)
    thing = desk.wait_near(x, y, "proposed")
    models = {model["name"]: model["id"] for model in desk.get(f"/api/slides/{desk.find_slide(SLIDE)}")["models"]}
    assert thing["model_id"] == models["disk-nucleus"]
    assert "disk-nucleus" in desk.page.get_by_label("Status").inner_text()
    desk.press("x")
    desk.wait_saved()
    desk.page.reload()
    desk.wait_for_slide()
    assert "You picked it" in model_section(desk), "the choice is kept for the session"
    desk.page.get_by_label("Model for nuclei").select_option("")
    assert "You picked it" not in model_section(desk)


@pytest.fixture
def no_model_for_cells(system):
    """Its weights were taken away from this system."""
    change = "from annotator.learning.models import ModelVersion; ModelVersion.objects.filter(object_type='cell', {})"
    system.manage("shell", "-c", change.format("active=True") + ".update(active=False)")
    yield
    system.manage("shell", "-c", change.format("replaced=False") + ".update(active=True)")


def test_no_model_for_a_label_is_said_before_the_first_click_and_by_the_click(
    sit_down, real_slides, no_model_for_cells
):
    desk = sit_down("ann")
    desk.open_slide(SLIDE)
    desk.choose_label("Cell")
    reason = model_section(desk)
    assert "No model" in reason
    assert "No model" in desk.page.get_by_role("note").inner_text()
    desk.click(1300, 1500)
    desk.page.locator("[aria-live=polite]").get_by_text("No model").wait_for()
    assert not desk.objects("asked", "proposed", "failed")


def test_an_admin_sets_the_stain_and_another_model_is_chosen(sit_down, real_slides):
    ada, ann = sit_down("ada"), sit_down("ann")
    for desk in (ada, ann):
        desk.open_slide(SLIDE)
    assert ann.page.get_by_label("Stain of this slide").count() == 0
    stain = ada.page.get_by_label("Stain of this slide")
    assert stain.input_value() == "H&E"
    stain.select_option("IHC")
    ada.wait(lambda: "IHC" in model_section(ada) and "is used" in model_section(ada), "the substitute and its reason")
    stain.select_option("H&E")
    ada.wait(lambda: "is used" not in model_section(ada), "the exact model again")
