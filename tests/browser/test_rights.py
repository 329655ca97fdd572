"""What people see who may not, or may only look."""


def test_signed_out_leads_to_the_sign_in_page(sit_down, system):
    desk = sit_down(None)
    desk.go("/slides/1")
    desk.page.get_by_role("button", name="Sign in").wait_for()


def test_a_wrong_password_is_said_in_words(sit_down):
    desk = sit_down(None)
    desk.go("/")
    desk.page.get_by_label("Name").fill("ann")
    desk.page.locator("input[name=password]").fill("wrong")
    desk.page.get_by_role("button", name="Sign in").click()
    desk.page.get_by_text("The name or the password is wrong.").wait_for()


def test_a_stranger_sees_no_slide(sit_down, real_slides):
    slide = sit_down("ann").find_slide("crohn_biopsy_HE4.tif")
    eve = sit_down("eve")
    eve.go(f"/slides/{slide}")
    eve.page.get_by_text("or you may not see it").first.wait_for()
    assert "crohn" not in eve.page.inner_text("body")


def test_a_viewer_looks_but_cannot_click(sit_down, real_slides):
    vic = sit_down("vic")
    vic.open_slide("crohn_biopsy_HE4.tif")
    assert vic.page.get_by_label("Click (C)").count() == 0
    x, y = 30640, 23790
    vic.look_at(x, y)
    before = vic.objects("asked", "failed", "proposed")  # accepted ones come with the view, in their own time
    vic.click(x, y)
    vic.page.wait_for_timeout(500)
    assert vic.objects("asked", "failed", "proposed") == before
