"""Django's admin in a real browser, under its policy: what it does by scripts works, and nothing of it was forbidden."""


def test_an_admin_signs_in_and_makes_a_team_with_a_member(sit_down):
    desk = sit_down(None)
    said: list[str] = []
    desk.page.on("console", lambda message: said.append(message.text))
    desk.go("/admin/")
    desk.page.get_by_label("Username:").fill("ada")
    desk.page.get_by_label("Password:").fill("ada-pass-77")
    desk.page.get_by_role("button", name="Log in").click()
    desk.page.get_by_role("heading", name="Site administration").wait_for()
    desk.go("/admin/projects/team/add/")
    desk.page.get_by_label("Name:").fill("Night shift")
    desk.page.get_by_text("Add another Membership").click()
    desk.page.locator("#id_memberships-1-user").select_option(label="ada")
    with desk.page.expect_popup() as opened:
        desk.page.locator("#add_id_memberships-0-user").click()
    opened.value.get_by_label("Username:").fill("newcomer")
    opened.value.locator("#id_password1").fill("Newcomer-pass-77")
    opened.value.locator("#id_password2").fill("Newcomer-pass-77")
    opened.value.get_by_role("button", name="Save").first.click()
    desk.page.locator("#id_memberships-0-user option:checked", has_text="newcomer").wait_for(state="attached")
    desk.page.get_by_role("button", name="Save", exact=True).click()
    desk.page.get_by_text("was added successfully").wait_for()
    assert [text for text in said if "Content Security Policy" in text or "Refused" in text] == []


def test_too_many_wrong_passwords_are_said_on_the_page(sit_down):
    desk = sit_down(None)
    desk.go("/")
    desk.page.get_by_label("Name").fill("nobody-at-all")
    for _ in range(11):
        desk.page.locator("input[name=password]").fill("wrong")
        with desk.page.expect_response("**/api/session"):
            desk.page.get_by_role("button", name="Sign in").click()
    desk.page.get_by_text("Too many wrong passwords for this account from your address. Try again in").wait_for()
