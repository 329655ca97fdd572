"""Tiles of a real slide over HTTP, 8 connections: passed through, and decoded and encoded; beside the raw libraries.

`python -m tests.bench.tiles` starts a system of its own. Decoded tiles are those of the same file: a second row names it
with its colour profile on, which is the way of every slide whose tiles cannot be passed through. No decoded tile is asked
for twice, and stored ones are read anew each time: none comes from the server's memory.
"""

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import large_image
import numpy as np
import openslide
import simplejpeg

from tests.bench.load import CONNECTIONS, Load, load
from tests.bench.numbers import Row, median_of, percentile, print_table
from tests.stack import Stack, running_stack

SLIDE = "crohn_biopsy_HE4.tif"
RUNS = 3
SECONDS = 2
"""Of each run: a third of the slide's 18,683 full tiles lasts at 3,000/s, which decoding does not reach."""
RAW_TILES = 400
WATCH_INTERVAL_S = 0.01

PREPARE = """
import json
from django.contrib.auth import get_user_model
from annotator.projects.models import Project, Team
from annotator.slides.models import Slide
from annotator.slides.services import import_slide
from annotator.slides.tile_pass import make_pass, pass_cookie_name
from annotator.projects.models import Role
from annotator.projects.services import set_membership
from django.test import Client
from annotator.slides.serializers import SlideSerializer

team, _ = Team.objects.get_or_create(name="Benchmark")
person, _ = get_user_model().objects.get_or_create(username="benchmark")
set_membership(team=team, user=person, role=Role.VIEWER)
client = Client()
client.force_login(person)
key = client.session.session_key
projects = [Project.objects.get_or_create(team=team, name=name)[0] for name in ("tiles stored", "tiles decoded")]
stored = Slide.objects.filter(project=projects[0]).first() or import_slide(project=projects[0], path={path!r})
decoded = Slide.objects.filter(project=projects[1]).first()
if decoded is None:
    decoded = Slide.objects.get(pk=stored.pk)
    decoded.pk, decoded.project, decoded.number, decoded.style = None, projects[1], stored.number + 1, {{"icc": True}}
    decoded.save()
print(json.dumps([
    {{
        **SlideSerializer(slide).data,
        "cookie": f"sessionid={{key}}; {{pass_cookie_name(slide.pk)}}={{make_pass(slide.pk, person.pk, key)}}",
    }}
    for slide in (stored, decoded)
]))
"""


def run(stack: Stack) -> dict[str, Any]:
    """Medians over RUNS runs; {"skipped": why} without the slide."""
    data = os.environ.get("SQUIGGLE_DATA")
    path = Path(data or "") / "slides" / SLIDE
    if not data or not path.is_file():
        return {"skipped": f"SQUIGGLE_DATA does not name a folder with slides/{SLIDE}"}
    stored, decoded = json.loads(stack.manage("shell", "-c", PREPARE.format(path=str(path))).splitlines()[-1])
    return {
        "connections": CONNECTIONS,
        "passed_through": measure(stack, stored),
        "decoded": measure(stack, decoded),
        "raw_tiles_per_second": measure_raw(str(path), stored["tiles"]),
    }


def measure(stack: Stack, slide: dict[str, Any]) -> dict[str, Any]:
    paths, base_url, server = list_paths(slide), stack.base_url, stack.pids()["web"]
    load(base_url, paths[:50], cookie=slide["cookie"], seconds=1)  # opens the file
    runs, delays, costs = [], [], []
    for share in range(RUNS):
        part = paths[share * len(paths) // RUNS : (share + 1) * len(paths) // RUNS]
        with watching(base_url) as seen:
            before = processor_s(server)
            runs.append(load(base_url, part, cookie=slide["cookie"], seconds=SECONDS))
            costs.append((processor_s(server) - before) / (runs[-1].per_second * SECONDS) * 1e3)
        delays.append(percentile(seen, 95))
    return {**summarise(runs), "loop_delay_p95_ms": median_of(delays), "server_cpu_ms_per_tile": median_of(costs)}


def processor_s(pid: int) -> float:
    """Processor time that the process has used: the one figure that a busy machine leaves alone."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def list_paths(slide: dict[str, Any]) -> list[str]:
    """All tiles of the full level, in an order that repeats from run to run."""
    tiles = slide["tiles"]
    columns, rows = -(-slide["width"] // tiles["tile_width"]), -(-slide["height"] // tiles["tile_height"])
    places = [(x, y) for y in range(rows) for x in range(columns)]
    random.Random(1).shuffle(places)
    return [tiles["url"].format(z=tiles["levels"] - 1, x=x, y=y) for x, y in places]


def summarise(runs: list[Load]) -> dict[str, Any]:
    numbers = {name: median_of(getattr(one, name) for one in runs) for name in ("per_second", "p50_ms", "p95_ms")}
    return {
        **numbers,
        "failed": sum(one.failed for one in runs),
        "tool": runs[0].tool,
        "runs": [asdict(one) for one in runs],
    }


@contextmanager
def watching(base_url: str) -> Iterator[list[float]]:
    """How long the server's event loop takes to answer, in ms, what needs no thread and no file: a tile of no slide.

    A socket's heartbeat waits no less and no longer than this.
    """
    address, stop, seen = urlsplit(base_url), threading.Event(), [0.0]

    def watch() -> None:
        connection = http.client.HTTPConnection(str(address.hostname), address.port)
        while not stop.wait(WATCH_INTERVAL_S):
            started = time.perf_counter()
            connection.request("GET", "/tiles/none")
            connection.getresponse().read()
            seen.append((time.perf_counter() - started) * 1e3)
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


# --- the libraries alone, one thread, the same file -------------------------------------------------------------


def measure_raw(path: str, tiles: dict[str, int]) -> dict[str, float]:
    stored = large_image.open(path, style={"icc": False})
    default = large_image.open(path, noCache=True)
    slide = openslide.OpenSlide(path)
    top, width, height = tiles["levels"] - 1, tiles["tile_width"], tiles["tile_height"]

    def read_openslide(x: int, y: int) -> None:
        region = slide.read_region((x * width, y * height), 0, (width, height)).convert("RGB")
        simplejpeg.encode_jpeg(np.asarray(region), quality=85)

    return {
        "large_image passed through": rate(lambda x, y: stored.getTile(x, y, top), stored, seed=1),
        "large_image default": rate(lambda x, y: default.getTile(x, y, top), stored, seed=2),
        "openslide + simplejpeg": rate(read_openslide, stored, seed=3),
    }


def rate(read: Callable[[int, int], Any], source: Any, *, seed: int) -> float:
    """Tiles per second over RAW_TILES places of the full level; median of RUNS, no place twice."""
    chance = random.Random(seed)
    columns, rows = source.sizeX // source.tileWidth, source.sizeY // source.tileHeight
    places = chance.sample([(x, y) for x in range(columns) for y in range(rows)], RAW_TILES * RUNS)
    rates = []
    for share in range(RUNS):
        started = time.perf_counter()
        for x, y in places[share * RAW_TILES : (share + 1) * RAW_TILES]:
            read(x, y)
        rates.append(RAW_TILES / (time.perf_counter() - started))
    return median_of(rates)


def rows(result: dict[str, Any]) -> list[Row]:
    if "skipped" in result:
        return [("tiles", "not measured", result["skipped"])]
    table: list[Row] = []
    for name, target in (("passed_through", "≥ 2,500/s (goal 5,000)"), ("decoded", "≥ 800/s")):
        part, words = result[name], name.replace("_", " ")
        table += [
            (f"tiles {words}", f"{part['per_second']:,.0f}/s", target),
            (f"tiles {words}, p50", f"{part['p50_ms']:.2f} ms", ""),
            (f"tiles {words}, p95", f"{part['p95_ms']:.2f} ms", "≤ 20 ms"),
            (f"tiles {words}, the server's processor time", f"{part['server_cpu_ms_per_tile']:.3f} ms", ""),
            (f"event loop beside them, p95 ({part['tool']})", f"{part['loop_delay_p95_ms']:.2f} ms", ""),
        ]
    raw = result["raw_tiles_per_second"]
    return table + [(f"{name}, in process, one thread", f"{value:,.0f}/s", "") for name, value in raw.items()]


if __name__ == "__main__":
    with running_stack(demo=False) as system:
        measured = run(system)
    print_table("Tiles", rows(measured))
    print(json.dumps(measured, indent=1))
