"""One person before one browser: signs in, opens slides, clicks real pixels with a real mouse."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser

WAIT_S = 30


class Desk:
    signed_in: ClassVar[dict[tuple[str, str], Any]] = {}
    """Cookies by address and name: nobody signs in anew for each test."""

    def __init__(
        self, browser: Browser, base_url: str, size: tuple[int, int] = (1280, 720), *, by_touch: bool = False
    ) -> None:
        """by_touch: a phone or tablet, with fingers and no mouse."""
        self.base_url = base_url
        width, height = size
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=by_touch, is_mobile=by_touch
        )
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def leave(self) -> None:
        self.context.close()
        assert self.problems == [], self.problems

    # --- places ---------------------------------------------------------------------------------------------------

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.base_url + path)

    def sign_in(self, name: str) -> None:
        cookies = self.signed_in.get((self.base_url, name))
        if cookies:
            self.context.add_cookies(cookies)
        self.go("/")
        if not cookies:
            self._fill_in_sign_in(name)
        self.page.get_by_label(f"Account of {name}").wait_for()
        self.signed_in[self.base_url, name] = self.context.cookies()

    def _fill_in_sign_in(self, name: str) -> None:
        self.page.get_by_label("Name").fill(name)
        self.page.locator("input[name=password]").fill(f"{name}-pass-77")
        self.page.get_by_role("button", name="Sign in").click()

    def get(self, path: str) -> Any:
        response = self.context.request.get(self.base_url + path)
        assert response.ok, f"{path}: {response.status} {response.text()}"
        return response.json()

    def find_slide(self, name: str) -> int:
        for project in self.get("/api/projects"):
            for slide in self.get(f"/api/projects/{project['id']}")["slides"]:
                if slide["name"] == name:
                    return slide["id"]
        raise AssertionError(f"no slide named {name}")

    def open_slide(self, name: str) -> None:
        self.go(f"/slides/{self.find_slide(name)}")
        self.wait_for_slide()

    def wait_for_slide(self) -> None:
        self.wait(lambda: self.page.evaluate("() => window.squiggle?.state().saved") == "saved", "the slide")

    def look_at(self, x: float, y: float, scale: float = 2) -> None:
        """Centre of the view in level-0 px; scale in screen px per level-0 px. Ready when the tiles are there."""
        self.page.evaluate("([x, y, scale]) => window.squiggle.viewer.goTo(x, y, scale)", [x, y, scale])
        self.page.wait_for_timeout(600)

    # --- gestures -------------------------------------------------------------------------------------------------

    def screen(self, x: float, y: float) -> tuple[float, float]:
        point = self.page.evaluate("([x, y]) => window.squiggle.viewer.toScreen(x, y)", [x, y])
        return point["x"], point["y"]

    def click(self, x: float, y: float, *modifiers: str) -> None:
        for key in modifiers:
            self.page.keyboard.down(key)
        self.page.mouse.click(*self.screen(x, y))
        for key in reversed(modifiers):
            self.page.keyboard.up(key)

    def draw(self, points: Sequence[tuple[float, float]], *modifiers: str, let_go: bool = True) -> None:
        """Press at the first level-0 point, go through the others, and let go at the last."""
        for key in modifiers:
            self.page.keyboard.down(key)
        self.page.mouse.move(*self.screen(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.screen(*point), steps=4)
        if let_go:
            self.page.mouse.up()
        for key in reversed(modifiers):
            self.page.keyboard.up(key)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """A real touch event: touchStart, touchMove or touchEnd, with where each finger is on the slide (level-0 px)."""
        if not hasattr(self, "_fingers"):
            self._fingers = self.context.new_cdp_session(self.page)
        fingers = [dict(zip("xy", self.screen(*p), strict=True), id=i) for i, p in enumerate(points)]
        self._fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    def choose_label(self, name: str) -> None:
        self.page.get_by_label("Labels").get_by_role("button", name=name).first.click()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    # --- what is there --------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        return self.page.evaluate("() => window.squiggle.state()")

    def objects(self, *states: str) -> list[dict[str, Any]]:
        return [thing for thing in self.state()["objects"] if not states or thing["state"] in states]

    def near(self, x: float, y: float, *states: str, reach: float = 30) -> dict[str, Any] | None:
        """The object whose centroid is within reach of the point."""
        for thing in self.objects(*states):
            centroid = thing["centroid"]
            if centroid and abs(centroid["x"] - x) < reach and abs(centroid["y"] - y) < reach:
                return thing
        return None

    def find(self, object_id: str) -> dict[str, Any]:
        return next((thing for thing in self.objects() if thing["id"] == object_id), {})

    def wait_turn(self, object_id: str, turn: int, *states: str) -> dict[str, Any]:
        """The object once it is in one of the states at this turn."""

        def has_come() -> bool:
            thing = self.find(object_id)
            return thing.get("turn") == turn and thing["state"] in states

        self.wait(has_come, f"turn {turn} of the object in {states}")
        return self.find(object_id)

    def wait_state(self, object_id: str, state: str) -> dict[str, Any]:
        self.wait(lambda: self.find(object_id).get("state") == state, f"the object to be {state}")
        return self.find(object_id)

    def wait_near(self, x: float, y: float, *states: str) -> dict[str, Any]:
        self.wait(lambda: self.near(x, y, *states), f"an object {states} at {x}, {y}")
        found = self.near(x, y, *states)
        assert found
        return found

    def wait_saved(self) -> None:
        self.wait(lambda: self.state()["saved"] == "saved", "everything to be saved")

    def wait(self, condition: Callable[[], Any], what: str, timeout_s: float = WAIT_S) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {timeout_s} s for {what} in vain; {self.describe()}"
            self.page.wait_for_timeout(50)

    def describe(self) -> str:
        """For a failed test: what the page says, and a picture of it."""
        picture = Path(tempfile.mkdtemp(prefix="squiggle-page-")) / "page.png"
        self.page.screenshot(path=picture)
        return f"picture: {picture}; the page says: {self.page.inner_text('body')[:500]!r}"
