"""The page Settings: labels, members, guidelines and the split; new projects; one's own password; the closed administration."""

import re

import pytest

from tests.system.conftest import make_slide

PROJECT = "Settings"
SLIDE = "tissue.tif"


@pytest.fixture(scope="module")
def project(system, tmp_path_factory):
    """A project of its own with one slide."""
    members = [word for name in ("ada:admin", "ann:annotator") for word in ("--member", name)]
    labels = [word for name in ("Tumour", "Stroma", "Gland:gland") for word in ("--label", name)]
    system.manage("create_project", PROJECT, "--team", "Settlers", *members, *labels)
    slide = make_slide(tmp_path_factory.mktemp("slides"))
    system.manage("import_slides", str(slide), "--project", PROJECT, "--mpp", "0.25")
    no_operator = "get_user_model().objects.filter(username='vic').update(is_superuser=False, is_staff=False)"
    system.manage("shell", "-c", f"from django.contrib.auth import get_user_model; {no_operator}")


def find_project(desk):
    return next(each["id"] for each in desk.get("/api/projects") if each["name"] == PROJECT)


def open_settings(desk):
    desk.go(f"/projects/{find_project(desk)}/settings")
    desk.page.get_by_role("heading", name="Labels", exact=True).wait_for()
    return desk.page


def open_slide(desk):
    [slide] = desk.get(f"/api/projects/{find_project(desk)}")["slides"]
    desk.go(f"/slides/{slide['id']}")
    desk.wait_for_slide()


def labels_of(desk):
    return {label["name"]: label for label in desk.get(f"/api/projects/{find_project(desk)}")["labels"]}


def test_a_label_is_changed_and_the_open_slide_shows_it_at_once(sit_down, project):
    ada, ann = sit_down("ada"), sit_down("ann")
    open_slide(ann)
    ann.choose_label("Tumour")
    accept_one(ann, 300, 300)
    before = labels_of(ada)["Tumour"]
    page = open_settings(ada)
    page.get_by_label("Name of Tumour").fill("Carcinoma")
    page.get_by_label("Hotkey of Tumour").fill("s")
    page.get_by_role("button", name="Save Tumour").click()
    page.get_by_text("The key 's' is taken in the workspace, by the Squiggle tool").wait_for()
    page.get_by_label("Hotkey of Tumour").fill("Q")
    page.get_by_label("Colour of Tumour").click()
    page.get_by_role("button", name="#ff5fa2").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save Tumour").click()
    page.get_by_label("Name of Carcinoma").wait_for()
    after = labels_of(ada)["Carcinoma"]
    assert after == before | {"name": "Carcinoma", "key": "q", "colour": "#ff5fa2"}
    listed = ann.page.get_by_label("Labels").get_by_role("button", name="Carcinoma")
    listed.wait_for()
    ann.page.get_by_text("A project admin has changed the labels").wait_for()
    ann.press("2")
    ann.page.get_by_label("Labels").get_by_role("button", name="Stroma", pressed=True).wait_for()
    ann.press("Escape")
    ann.press("q")
    ann.page.get_by_label("Labels").get_by_role("button", name="Carcinoma", pressed=True).wait_for()
    page.reload()
    page.get_by_role("note", name="Object type of Carcinoma: nucleus. It stays").wait_for()


def add_label(page, name):
    form = page.get_by_role("form", name="New label")
    form.get_by_label("New label", exact=True).fill(name)
    form.get_by_role("button", name="Add label").click()
    page.get_by_label(f"Name of {name}").wait_for()


def accept_one(desk, x, y):
    """An object at this place of the open slide, of the label that is chosen."""
    desk.look_at(x, y)
    desk.click(x, y)
    desk.wait(lambda: desk.objects("proposed"), "a proposal")
    [proposed] = desk.objects("proposed")
    desk.press("Enter")
    return desk.wait_state(proposed["id"], "accepted")


def test_more_than_nine_labels_in_an_order_of_ones_own(sit_down, project):
    ada = sit_down("ada")
    page = open_settings(ada)
    for number in range(8):
        add_label(page, f"Kind {number}")
    labels = labels_of(ada)
    keys = [label["key"] for label in labels.values() if label["key"]]
    assert (len(labels) > len(keys) >= 9, len(set(keys))) == (True, len(keys))
    assert labels["Kind 7"]["key"] is None
    page.get_by_role("button", name="Move Kind 7 up").click()
    ada.wait(lambda: list(labels_of(ada))[-2:] == ["Kind 7", "Kind 6"], "the new order")


def test_two_admins_at_once_overwrite_nothing(sit_down, project):
    ada, other = sit_down("ada"), sit_down("ada")
    one, two = open_settings(ada), open_settings(other)
    one.get_by_label("Name of Stroma").fill("Connective")
    one.get_by_role("button", name="Save Stroma").click()
    one.get_by_label("Name of Connective").wait_for()
    two.get_by_label("Name of Stroma").fill("Fat")
    two.get_by_role("button", name="Save Stroma").click()
    two.get_by_text("Somebody else changed the label Connective meanwhile").wait_for()
    two.get_by_label("Name of Connective").wait_for()
    assert "Fat" not in labels_of(ada)


def test_a_label_is_deleted_once_it_is_said_what_becomes_of_its_objects(sit_down, project):
    ada, ann = sit_down("ada"), sit_down("ann")
    page = open_settings(ada)
    for name in ("Doomed", "Heir"):
        add_label(page, name)
    open_slide(ann)
    ann.choose_label("Doomed")
    made = accept_one(ann, 600, 500)
    page.reload()
    page.get_by_role("button", name="Delete Doomed").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("On this project's slides: 1 nucleus").wait_for()
    dialog.get_by_label("The label that they take").select_option(label="Heir")
    dialog.get_by_role("button", name="Delete the label").click()
    dialog.wait_for(state="hidden")
    heir = labels_of(ada)["Heir"]["id"]
    ann.wait(lambda: ann.find(made["id"]).get("label_id") == heir, "the object to take the other label")
    ann.page.get_by_label("Labels").get_by_role("button", name="Doomed").wait_for(state="detached")
    page.get_by_text("Deleted labels (1)").click()
    page.get_by_role("button", name="Bring Doomed back").click()
    page.get_by_label("Name of Doomed").wait_for()
    page.get_by_role("note", name="Object type of Doomed: nucleus. It stays").wait_for()


def test_members_are_added_by_name_and_removed_at_once(sit_down, project):
    ada, eve = sit_down("ada"), sit_down("eve")
    page = open_settings(ada)
    form = page.get_by_role("form", name="New member")
    form.get_by_label("Account").fill("nobody-here")
    form.get_by_role("button", name="Add to the team").click()
    page.get_by_text("There is no account named 'nobody-here'").wait_for()
    form.get_by_label("Account").fill("eve")
    form.get_by_role("button", name="Add to the team").click()
    page.get_by_label("Role of eve").wait_for()
    open_slide(eve)
    eve.page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_role("button", name="Remove eve").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_label("Role of eve").wait_for(state="detached")
    eve.wait(lambda: eve.state()["saved"] == "offline", "her line to end")
    page.get_by_label("Role of ada").select_option("viewer")
    page.get_by_role("dialog").get_by_role("button", name="Become viewer").click()
    page.get_by_text("This is the team's last admin").wait_for()


EVIL = """# Nuclei

Only **whole** ones; see [the paper](https://example.org/paper).

<img src=x onerror="document.title='taken'"> <b>raw</b>

[run](javascript:document.title='taken') ![scan](https://example.org/a.png)

- [x] tumour
- [ ] stroma
"""


def test_guidelines_are_written_with_a_preview_and_read_beside_the_slide(sit_down, project):
    ada, ann = sit_down("ada"), sit_down("ann")
    open_slide(ann)
    assert ann.page.get_by_role("button", name="Guidelines").count() == 0
    asked = []
    ada.page.on("request", lambda request: asked.append(request.url))
    page = open_settings(ada)
    page.get_by_label("Text", exact=True).fill(EVIL)
    preview = page.get_by_role("region", name="Preview")
    preview.get_by_role("heading", name="Nuclei").wait_for()
    page.get_by_label("Guidelines").get_by_role("button", name="Save").click()
    page.get_by_label("Guidelines").get_by_text("saved", exact=True).wait_for()
    ann.page.get_by_role("button", name="Guidelines").click()
    shown = ann.page.get_by_role("complementary", name=f"Guidelines of {PROJECT}")
    link = shown.get_by_role("link", name="the paper")
    link.wait_for()
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer")
    for desk, where in ((ada, preview), (ann, shown)):
        assert where.locator("img").count() == 0
        assert where.get_by_text("<b>raw</b>").count() == 1, "HTML is shown as text"
        assert where.locator("a[href^='javascript']").count() == 0
        assert "taken" not in desk.page.title()
    assert not [url for url in asked if "example.org" in url]
    ann.go(f"/projects/{find_project(ann)}/settings")
    ann.page.get_by_text("The settings of a project are for its admins").wait_for()
    ann.page.get_by_role("heading", name="Nuclei").wait_for()
    assert ann.page.get_by_role("navigation", name="Project").get_by_text("Settings").count() == 0


def test_guidelines_of_two_admins_are_laid_side_by_side(sit_down, project):
    ada, other = sit_down("ada"), sit_down("ada")
    one, two = open_settings(ada), open_settings(other)
    for page, text in ((one, "ours"), (two, "mine")):
        page.get_by_label("Text", exact=True).fill(text)
    one.get_by_label("Guidelines").get_by_role("button", name="Save").click()
    one.get_by_label("Guidelines").get_by_text("saved", exact=True).wait_for()
    two.get_by_label("Guidelines").get_by_role("button", name="Save", exact=True).click()
    two.get_by_text("ada changed the guidelines meanwhile").wait_for()
    two.get_by_role("region", name="As ada wrote them").get_by_text("ours").wait_for()
    two.get_by_role("button", name="Save mine over theirs").click()
    two.get_by_label("Guidelines").get_by_text("saved", exact=True).wait_for()
    assert ada.get(f"/api/projects/{find_project(ada)}/guidelines")["text"] == "mine"


def test_the_split_is_said_in_words(sit_down, project):
    ada = sit_down("ada")
    open_slide(ada)
    accept_one(ada, 400, 700)
    page = open_settings(ada)
    split = page.get_by_label("Slides kept apart")
    split.get_by_text("then stays for good, for admins too").wait_for()
    split.get_by_text("No nuclei lie on a slide that is kept apart").wait_for()


def test_an_admin_makes_a_project_and_a_viewer_is_not_offered_to(sit_down, project):
    ada, vic = sit_down("ada"), sit_down("vic")
    ada.go("/")
    ada.page.get_by_role("button", name="New project").click()
    dialog = ada.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(PROJECT)
    dialog.get_by_label("Team").select_option(label="Settlers")
    dialog.get_by_label("First labels").select_option("cells")
    dialog.get_by_role("button", name="Make the project").click()
    dialog.get_by_text(f"has a project named '{PROJECT}' already").wait_for()
    dialog.get_by_label("Name", exact=True).fill("Smears")
    dialog.get_by_role("button", name="Make the project").click()
    ada.page.get_by_role("heading", name="Smears").wait_for()
    ada.page.get_by_role("link", name="Settings").click()
    ada.page.get_by_label("Name of White blood cell").wait_for()
    with vic.page.expect_response("**/api/teams"):
        vic.go("/")
    vic.page.get_by_role("heading", name="Projects").wait_for()
    assert vic.page.get_by_role("button", name="New project").count() == 0


def test_who_changes_the_password_stays_and_is_signed_out_elsewhere(system, sit_down):
    system.environment["DJANGO_SUPERUSER_PASSWORD"] = "zoe-pass-77"
    system.manage("createsuperuser", "--noinput", "--username", "zoe", "--email", "")
    here, elsewhere = sit_down("zoe"), sit_down(None)
    elsewhere.go("/")
    elsewhere._fill_in_sign_in("zoe")
    elsewhere.page.get_by_label("Account of zoe").wait_for()
    page = here.page
    page.get_by_label("Account of zoe").click()
    page.get_by_role("menuitem", name="Change password").click()
    page.get_by_label("Old password").fill("zoe-pass-77")
    page.get_by_label("New password", exact=True).fill("Sommerwind-78")
    page.get_by_label("New password, once more").fill("Sommerwind-79")
    page.get_by_text("This is another one than above").wait_for()
    page.get_by_label("New password, once more").fill("Sommerwind-78")
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("You stay signed in here").wait_for()
    page.reload()
    page.get_by_label("Account of zoe").wait_for()
    elsewhere.page.reload()
    elsewhere.page.get_by_role("button", name="Sign in").wait_for()


def test_the_administration_tells_others_in_words_whose_it_is(sit_down, project):
    vic = sit_down("vic")
    vic.go("/admin")
    vic.page.get_by_text("for its operators alone, and you are signed in as vic").wait_for()
    assert vic.page.get_by_label(re.compile("Password")).count() == 0
    vic.page.get_by_role("link", name="Squiggle").click()
    vic.page.get_by_role("heading", name="Projects").wait_for()
