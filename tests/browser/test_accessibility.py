"""No page breaks a rule of axe-core, in either theme: every page, and what opens on it. A new page is a new row of PAGES."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.browser.conftest import PROJECT_WITH_A_PAST
from tests.browser.desk import Desk
from tests.stack import REPOSITORY

AXE = REPOSITORY / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""
SLIDE = "crohn_biopsy_HE4.tif"
AT = (28600, 24600)
"""Where nobody else works on the slide."""


class Page(NamedTuple):
    who: str | None
    open: Callable[[Desk], object]
    """Brings the person before it, and returns when it is there."""


def project(desk: Desk, path: str = "", heading: str = PROJECT_WITH_A_PAST) -> None:
    [found] = [each["id"] for each in desk.get("/api/projects") if each["name"] == PROJECT_WITH_A_PAST]
    desk.go(f"/projects/{found}{path}")
    desk.page.get_by_role("heading", name=heading).first.wait_for()


def at(path: str, heading: str) -> Callable[[Desk], None]:
    def go(desk: Desk) -> None:
        desk.go(path)
        desk.page.get_by_role("heading", name=heading).first.wait_for()

    return go


def no_such_page(desk: Desk) -> None:
    desk.go("/nowhere")
    desk.page.get_by_text("no page at this address").wait_for()


def patient(desk: Desk) -> None:
    project(desk)
    desk.page.get_by_label("Patient of").first.click()
    desk.page.get_by_label("Save the patient (Enter)").wait_for()


def user_menu(desk: Desk) -> None:
    project(desk)
    desk.page.get_by_label("Account of ada").click()
    desk.page.get_by_role("menuitem").first.wait_for()


def models(desk: Desk) -> None:
    project(desk, "/models", "Nuclei, H&E")


def version(desk: Desk) -> None:
    models(desk)
    desk.page.get_by_label("Nuclei, H&E", exact=True).locator("details", has_text="answers").first.locator(
        "summary"
    ).first.click()
    desk.page.get_by_role("heading", name="How it was measured").wait_for()


def picture(desk: Desk) -> None:
    version(desk)
    desk.page.get_by_role("button", name="Enlarge").first.click()
    desk.page.get_by_role("dialog").wait_for()


def roll_back(desk: Desk) -> None:
    models(desk)
    desk.page.get_by_role("button", name="Roll back …").first.click()
    desk.page.get_by_role("dialog").wait_for()


def promote(desk: Desk) -> None:
    models(desk)
    for fold in desk.page.get_by_label("Nuclei, H&E", exact=True).locator("details").all():
        fold.locator("summary").first.click()
    desk.page.get_by_role("button", name="Promote …").first.click()
    desk.page.get_by_role("dialog").wait_for()


def learning(desk: Desk) -> None:
    project(desk, "/learning", "Nuclei, H&E")
    for fold in desk.page.locator("details:not([open]) > summary").all():
        fold.click()


def run(desk: Desk) -> None:
    project(desk, "/learning", "Nuclei, H&E")
    desk.page.get_by_label("Trainings", exact=True).get_by_role("link").last.click()
    desk.page.get_by_role("heading", level=1).first.wait_for()
    desk.page.wait_for_load_state("networkidle")


def workspace(desk: Desk) -> None:
    desk.open_slide(SLIDE)
    desk.look_at(*AT)


def object_in_hand(desk: Desk) -> None:
    workspace(desk)
    desk.page.get_by_label("Model for nuclei").select_option(label="disk-nucleus")
    desk.click(*AT)
    desk.wait_near(*AT, "proposed")
    desk.page.get_by_role("group", name="Proposal in hand").wait_for()


def keys(desk: Desk) -> None:
    workspace(desk)
    desk.press("?")
    desk.page.get_by_role("dialog").wait_for()


def area(desk: Desk) -> None:
    workspace(desk)
    desk.press("a")
    x, y = AT
    desk.draw([(x, y), (x + 60, y + 40)])
    desk.page.get_by_role("button", name="Mark as complete").wait_for()


def trash(desk: Desk) -> None:
    workspace(desk)
    desk.page.get_by_text("Trash", exact=True).click()


def region(desk: Desk) -> None:
    """Of the queue that the past has left: the first one that is free."""
    desk.go(f"/slides/{desk.find_slide('tissue.tif')}")
    desk.wait_for_slide()


def settings(desk: Desk) -> None:
    project(desk, "/settings", "Labels")
    for heading in ("Members", "Guidelines", "Slides kept apart for measuring"):
        desk.page.get_by_role("heading", name=heading, exact=True).wait_for()


def delete_label(desk: Desk) -> None:
    settings(desk)
    desk.page.get_by_role("button", name="Delete ").first.click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Delete the label").wait_for()


def new_project(desk: Desk) -> None:
    at("/", "Projects")(desk)
    desk.page.get_by_role("button", name="New project").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Make the project").wait_for()


PAGES = {
    "sign in": Page(None, at("/sign-in", "Squiggle")),
    "projects": Page("ann", at("/", "Projects")),
    "no such page": Page("ann", no_such_page),
    "slides": Page("ann", project),
    "slides, a patient": Page("ada", patient),
    "the user's menu": Page("ada", user_menu),
    "models": Page("ada", models),
    "models, a version": Page("ada", version),
    "models, a picture": Page("ada", picture),
    "models, roll back": Page("ada", roll_back),
    "models, promote": Page("ada", promote),
    "learning": Page("ada", learning),
    "learning, seen by a viewer": Page("vic", learning),
    "a run": Page("ada", run),
    "settings": Page("ada", settings),
    "settings, delete a label": Page("ada", delete_label),
    "new project": Page("ada", new_project),
    "change password": Page("ann", at("/account/password", "Change password")),
    "workspace": Page("ann", workspace),
    "workspace, an object in hand": Page("ann", object_in_hand),
    "workspace, keys": Page("ann", keys),
    "workspace, an area": Page("ann", area),
    "workspace, the trash": Page("ann", trash),
    "workspace, seen by a viewer": Page("vic", workspace),
    "workspace, another slide": Page("ada", region),
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_page_breaks_no_rule(name, theme, sit_down, past, real_slides):
    who, open_page = PAGES[name]
    desk = sit_down(who)
    desk.context.add_init_script(f"localStorage.setItem('squiggle.setting.theme', '\"{theme}\"')")
    open_page(desk)
    assert desk.page.evaluate("() => document.documentElement.dataset.mantineColorScheme") == theme
    desk.page.wait_for_timeout(400)  # what comes in slowly is measured when it is there
    desk.page.evaluate(AXE.read_text())
    violations = desk.page.evaluate(VIOLATIONS)
    assert violations == [], "\n\n".join(violations)
