"""What everybody else waits beside clients that dawdle, flood or ask again and again, against a calm system.

`python -m tests.bench.stalls` starts a system of its own.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from annotator.live.messages import MAX_FRAME_BYTES
from tests.bench.numbers import Row, percentile, print_table
from tests.dawdlers import dawdlers
from tests.stack import running_stack
from tests.system.client import OpenSlide, Person
from tests.system.conftest import make_slide, populate

REQUESTS, CLICKS = 100, 30
DAWDLERS, ASKING = 50, 30
ASK_EACH_S = 0.02
FRAME = json.dumps({"kind": "delete", "objects": [[]] * (MAX_FRAME_BYTES // 5)})


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, running_stack(demo=False) as stack:
        populate(stack, make_slide(Path(folder)))
        ann, vic = Person(stack.base_url, "ann"), Person(stack.base_url, "vic")
        measure(ann)  # warms up
        return {
            "calm": measure(ann),
            "dawdlers": beside(ann, lambda: dawdlers(stack.base_url, writers=DAWDLERS, readers=DAWDLERS)),
            "flood": beside(ann, lambda: flooding(vic)),
            "catch_up": beside(ann, lambda: asking(vic)),
        }


def beside(person: Person, trouble: Callable[[], Any]) -> dict[str, Any]:
    with trouble() as told:
        return {**measure(person), **(told or {})}


def measure(person: Person) -> dict[str, Any]:
    """Milliseconds of requests and of clicks, one after another."""
    requests, clicks = [], []
    for number in range(REQUESTS):
        path = ("/healthz", "/", "/api/projects", "/api/session")[number % 4]
        requests.append(timed(lambda path=path: person.http.get(path).raise_for_status()))
    slide = person.open(person.first_slide())
    for number in range(CLICKS):
        x, y = 80 + 120 * (number % 8), 80 + 120 * (number // 8)
        clicks.append(timed(lambda x=x, y=y: _click(slide, x, y)))
    slide.close()
    return {
        name: {"p50_ms": percentile(values, 50), "p95_ms": percentile(values, 95), "worst_ms": max(values)}
        for name, values in (("request", requests), ("click", clicks))
    }


def _click(slide: OpenSlide, x: float, y: float) -> None:
    object_id = slide.click(x, y)
    slide.wait_for(lambda _: slide.objects.get(object_id, {}).get("state") in ("proposed", "failed"))


def timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e3


@contextmanager
def flooding(person: Person) -> Iterator[None]:
    """One socket that sends the largest frames it may, as fast as they are taken."""
    slide, ended = person.open(person.first_slide()), threading.Event()

    def flood() -> None:
        try:
            while not ended.is_set():
                slide.socket.send(FRAME)
        except ConnectionClosed:
            return

    with _threads([flood], ended, [slide]):
        time.sleep(1)
        yield


@contextmanager
def asking(person: Person) -> Iterator[dict[str, int]]:
    """Sockets that ask for all events fifty times a second each; counts what they are sent."""
    slides, ended = [person.open(person.first_slide()) for _ in range(ASKING)], threading.Event()
    told = {"events_sent": 0, "asked": 0}

    def listen(slide: OpenSlide) -> Callable[[], None]:
        def receive() -> None:
            try:
                while not ended.is_set():
                    slide.catch_up(0)
                    told["asked"] += 1
                    deadline = time.monotonic() + ASK_EACH_S
                    while (left := deadline - time.monotonic()) > 0:
                        told["events_sent"] += slide.receive(left)["kind"] == "objects.upserted"
            except (ConnectionClosed, TimeoutError):
                return

        def keep() -> None:
            while not ended.is_set():
                receive()

        return keep

    with _threads([listen(slide) for slide in slides], ended, slides):
        yield told


@contextmanager
def _threads(tasks: list[Callable[[], None]], ended: threading.Event, slides: list[OpenSlide]) -> Iterator[None]:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    with ExitStack() as stack:
        for thread in threads:
            stack.callback(thread.join)
        for slide in slides:
            stack.callback(slide.close)
        stack.callback(ended.set)
        yield


TITLES = {
    "dawdlers": f"beside {DAWDLERS} slow writers and {DAWDLERS} slow readers",
    "flood": "beside a socket that floods with the largest frames",
    "catch_up": f"beside {ASKING} sockets that ask for all events without end",
}


def rows(result: dict[str, Any]) -> list[Row]:
    table: list[Row] = []
    for kind in ("request", "click"):
        calm = result["calm"][kind]
        table.append((f"{kind}, calm, p50 / p95", f"{calm['p50_ms']:.1f} / {calm['p95_ms']:.1f} ms", ""))
        for name, title in TITLES.items():
            loaded = result[name][kind]
            words = f"{loaded['p50_ms'] / calm['p50_ms']:.2f} × p50, worst {loaded['worst_ms']:.0f} ms"
            table.append((f"{kind}, {title}", words, "worst ≤ 2,000 ms"))
    told = result["catch_up"]
    return [*table, ("events sent to them, for so many questions", f"{told['events_sent']:,} / {told['asked']:,}", "")]


if __name__ == "__main__":
    measured = run()
    print_table("Nobody stalls everybody", rows(measured))
    print(json.dumps(measured, indent=1))
