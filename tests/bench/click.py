"""Click → outline painted, in Chromium on loopback, with the time of every step; with few and with 2,000 objects in view."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.bench.grid import nearest_corner
from tests.bench.numbers import median_of, percentile
from tests.browser.desk import Desk
from tests.stack import REPOSITORY, Stack

CENTRE = (4096, 4096)
CROWD = 2_000
CLICKS_A_RUN = 30
RUNS = 3
HANDS_OFF_MS = 250
"""As a hand does, the pointer arrives before it presses. After the click the page is left alone: asking it how far it is
would take the processor from what is measured."""
STEPS = ["command_ms", "queue_ms", "read_ms", "network_ms", "post_ms", "reply_ms", "database_ms"]


def run(stack: Stack, chromium: Browser) -> dict[str, Any]:
    desk = Desk(chromium, stack.base_url)
    desk.go(stack.sign_in_url)
    desk.wait_for_slide()
    slide_id = int(desk.page.url.rsplit("/", 1)[1])
    nuclei = json.loads((stack.home / "demo" / "synthetic-he.json").read_text())["nuclei"]
    landing = desk.get(f"/api/slides/{slide_id}")["landing"]
    places = [
        nearest_corner(landing["x"], landing["y"], CROWD, nucleus)
        for nucleus in nearest(nuclei, landing["x"], landing["y"], CLICKS_A_RUN)
    ]
    desk.look_at(landing["x"], landing["y"], 2)
    renderer = desk.page.evaluate(RENDERER)
    first_tile_ms = median_of(time_first_tile(desk) for _ in range(RUNS))
    desk.look_at(landing["x"], landing["y"], 2)
    few = measure(desk, places)
    crowd(stack, slide_id, landing)
    desk.page.reload()
    desk.wait_for_slide()
    desk.look_at(landing["x"], landing["y"], 2)
    desk.wait(lambda: desk.state()["shown"] >= CROWD, f"{CROWD} objects in view")
    many = measure(desk, places)
    desk.leave()
    return {
        "renderer": renderer,
        "first_tile_ms": first_tile_ms,
        "few": few,
        "crowded": many,
        "ratio_p50": many["p50_ms"] / few["p50_ms"],
    }


def time_first_tile(desk: Desk) -> float:
    """From the address being entered to the first tile of the slide in the browser, whose cache is empty."""
    desk.context.new_cdp_session(desk.page).send("Network.clearBrowserCache")
    desk.page.reload()
    desk.wait_for_slide()
    desk.page.wait_for_timeout(500)
    return desk.page.evaluate(FIRST_TILE)


FIRST_TILE = """() => {
    const tiles = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/tiles/"));
    return Math.min(...tiles.map((entry) => entry.responseEnd));
}"""

RENDERER = """() => {
    const gl = document.createElement("canvas").getContext("webgl2");
    const info = gl && gl.getExtension("WEBGL_debug_renderer_info");
    return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "no WebGL";
}"""


def nearest(nuclei: list[dict], x: float, y: float, count: int) -> list[tuple[float, float]]:
    """Nuclei in a view of 600 × 320 level-0 px, so that each can be clicked without moving."""
    centroids = [tuple(nucleus["centroid"]) for nucleus in nuclei]
    inside = [(cx, cy) for cx, cy in centroids if abs(cx - x) < 280 and abs(cy - y) < 140]
    return sorted(inside, key=lambda point: abs(point[0] - x) + abs(point[1] - y))[:count]


def measure(desk: Desk, places: list[tuple[float, float]]) -> dict[str, Any]:
    """Medians over RUNS runs of each run's percentiles; each click is rejected before the next."""
    runs = [one_run(desk, places) for _ in range(RUNS)]
    totals = [[time["total_ms"] for time in run] for run in runs]
    steps = [step for step in runs[0][0] if step != "total_ms"]
    return {
        "p50_ms": median_of(percentile(run, 50) for run in totals),
        "p95_ms": median_of(percentile(run, 95) for run in totals),
        "clicks": sum(map(len, totals)),
        "split_p50_ms": {step: median_of(percentile([t[step] for t in run], 50) for run in runs) for step in steps},
    }


def one_run(desk: Desk, places: list[tuple[float, float]]) -> list[dict[str, float]]:
    desk.page.evaluate("() => { window.squiggle.clickTimes.length = 0 }")
    for place in places:
        before = desk.page.evaluate(PAINTED)
        desk.page.mouse.move(*desk.screen(*place))
        desk.page.wait_for_timeout(HANDS_OFF_MS)
        desk.page.mouse.down()
        desk.page.mouse.up()
        desk.page.wait_for_timeout(HANDS_OFF_MS)
        desk.wait(lambda before=before: desk.page.evaluate(PAINTED) > before or failed(desk), "the outline", 10)
        desk.press("x")
        desk.wait(lambda: not desk.objects("asked", "proposed", "failed"), "the rejection", 10)
    return [split(time) for time in desk.page.evaluate("() => window.squiggle.clickTimes") if time.get("painted")]


PAINTED = "() => window.squiggle.clickTimes.filter((time) => time.painted).length"


def failed(desk: Desk) -> bool:
    return bool(desk.objects("failed"))


def split(time: dict[str, Any]) -> dict[str, float]:
    """Milliseconds: the worker's and the web side's steps, the way there and back, and the browser's own."""
    steps = {step: time["times"][step] for step in STEPS}
    return {
        "total_ms": time["painted"] - time["pointerUp"],
        "browser_send_ms": time["sent"] - time["pointerUp"],
        **steps,
        "event_ms": time["received"] - time["sent"] - sum(steps.values()),
        "paint_ms": time["painted"] - time["received"],
    }


def crowd(stack: Stack, slide_id: int, landing: dict[str, float]) -> None:
    """Accepted objects all over the view, written by the product's own services."""
    servers = json.loads((stack.home / "run" / "environment.json").read_text())
    environment = {**os.environ, **stack.environment, **servers, "DJANGO_SETTINGS_MODULE": "annotator.config.settings"}
    script = Path(__file__).with_name("crowd.py")
    arguments = [str(slide_id), str(landing["x"]), str(landing["y"]), str(CROWD)]
    subprocess.run(
        [sys.executable, "-m", f"tests.bench.{script.stem}", *arguments], cwd=REPOSITORY, env=environment, check=True
    )
