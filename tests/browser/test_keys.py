"""The keys on other keyboards: real key events, with what such a keyboard types and the place where the key lies."""

import pytest

SLIDE = "crohn_biopsy_HE4.tif"
ALT_GR = 1 | 2
"""Windows tells it as Alt and Ctrl at once."""
SHIFT = 8


class Keyboard:
    """What Chromium hears from a keyboard of another country."""

    def __init__(self, desk):
        self.cdp = desk.context.new_cdp_session(desk.page)

    def down(self, key: str, code: str, modifiers: int = 0) -> None:
        self._dispatch("keyDown", key, code, modifiers, text=key)

    def up(self, key: str, code: str, modifiers: int = 0) -> None:
        self._dispatch("keyUp", key, code, modifiers)

    def press(self, key: str, code: str, modifiers: int = 0) -> None:
        self.down(key, code, modifiers)
        self.up(key, code, modifiers)

    def _dispatch(self, kind: str, key: str, code: str, modifiers: int, **more) -> None:
        fields = {"type": kind, "key": key, "code": code, "modifiers": modifiers, **more}
        self.cdp.send("Input.dispatchKeyEvent", fields)


def tool(desk) -> str:
    return desk.page.locator("[data-tool]").get_attribute("data-tool")


def chosen_label(desk) -> str:
    return desk.page.get_by_label("Labels").locator("button[aria-pressed=true]").first.inner_text()


def scale(desk) -> float:
    (x1, _), (x2, _) = desk.screen(0, 0), desk.screen(100, 0)
    return (x2 - x1) / 100


def settled_scale(desk) -> float:
    """Once the zoom stands: what is read on its way there says nothing of the next one."""
    read = [scale(desk)]

    def stands() -> bool:
        desk.page.wait_for_timeout(150)
        read.append(scale(desk))
        return read[-1] == read[-2]

    desk.wait(stands, "the zoom to stand")
    return read[-1]


@pytest.fixture
def desk(sit_down, real_slides):
    desk = sit_down("ann")
    desk.open_slide(SLIDE)
    desk.look_at(30640, 23790)
    return desk


@pytest.mark.parametrize(("letter_v", "letter_c", "letter_f"), [("м", "с", "а"), ("ω", "ψ", "φ")])
def test_letters_on_cyrillic_and_greek_keyboards(desk, letter_v, letter_c, letter_f):
    keys = Keyboard(desk)
    keys.press(letter_v, "KeyV")
    assert tool(desk) == "move"
    keys.press(letter_c, "KeyC")
    assert tool(desk) == "click"
    before = scale(desk)
    keys.press(letter_f, "KeyF")
    desk.wait(lambda: scale(desk) < before / 2, "the whole slide to be shown")


def test_a_proposal_is_rejected_and_hidden_by_cyrillic_letters(desk):
    keys = Keyboard(desk)
    x, y = 30645, 23930
    desk.look_at(x, y)
    desk.press("c")
    desk.click(x, y, "Shift")  # a new object, whatever another test has accepted there
    desk.wait_near(x, y, "proposed")
    keys.press("ч", "KeyX")
    desk.wait(lambda: not desk.near(x, y, "proposed"), "the rejected proposal to go")
    desk.wait_saved()


def test_labels_and_zoom_on_a_french_keyboard(desk):
    keys = Keyboard(desk)
    labels = desk.page.get_by_label("Labels").locator("button[aria-pressed]")
    names = [labels.nth(n).inner_text() for n in range(labels.count())]
    assert len(names) > 1
    keys.press("é", "Digit2")
    assert chosen_label(desk) == names[1], "the key of 2 types é without Shift"
    keys.press("&", "Digit1")
    assert chosen_label(desk) == names[0]
    keys.press("2", "Digit2", SHIFT)
    assert chosen_label(desk) == names[1]
    keys.press("1", "Digit1", SHIFT)
    assert chosen_label(desk) == names[0]
    before = settled_scale(desk)
    keys.press("+", "Equal", SHIFT)
    desk.wait(lambda: scale(desk) > before * 1.2, "the plus to zoom in")
    before = settled_scale(desk)
    keys.press("-", "Digit6")  # no label has the 6 here
    desk.wait(lambda: scale(desk) < before / 1.2, "the minus to zoom out")
    keys.press("?", "KeyM", SHIFT)
    desk.page.get_by_text("Keys and gestures").wait_for()
    keys.press("?", "KeyM", SHIFT)
    desk.page.get_by_text("Keys and gestures").wait_for(state="hidden")


def test_letters_go_by_what_is_printed_on_latin_keyboards(desk):
    keys = Keyboard(desk)
    keys.press("v", "KeyV")
    keys.press("q", "KeyA")  # AZERTY: where an English keyboard has the A
    assert tool(desk) == "move", "Q is no key of the workspace"
    keys.press("a", "KeyQ")
    assert tool(desk) == "area"
    keys.press("v", "KeyV")


def test_alt_gr_is_no_shortcut_and_types_signs(desk):
    keys = Keyboard(desk)
    panel = desk.page.get_by_label("Labels, objects and model")
    panel.wait_for()
    # As Windows has it: Ctrl and Alt at once, with the state AltGraph, which no protocol of Chromium's can set.
    alt_gr = """([key, code]) => document.body.dispatchEvent(new KeyboardEvent("keydown", {
        key, code, bubbles: true, cancelable: true, ctrlKey: true, altKey: true, modifierAltGraph: true}))"""
    desk.page.evaluate(alt_gr, ["]", "Digit9"])
    panel.wait_for(state="hidden")
    desk.page.evaluate(alt_gr, ["]", "Digit9"])
    panel.wait_for()
    keys.press("v", "KeyV")
    desk.page.evaluate(alt_gr, ["c", "KeyC"])
    keys.press("c", "KeyC", ALT_GR)
    assert tool(desk) == "move", "neither AltGr nor Ctrl and Alt with a letter is the letter"
