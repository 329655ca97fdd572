"""`make fuzz`: 100,000 odd messages and some thousand odd requests to a whole running system, once.

Ends with 1 on any finding: a 5xx, an answer that says "try again" without a cause, a socket that closes or falls silent, a
web process that grows, a click that is not answered afterwards.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.bench.numbers import print_table
from tests.fuzz.report import Report
from tests.fuzz.requests import send_requests
from tests.fuzz.sockets import Writer
from tests.stack import Stack, running_stack
from tests.system.client import Person
from tests.system.conftest import REPOSITORY, make_slide, populate, write_manifests

SOCKETS = ("ada", "ann", "bob", "ann", "bob", "vic")
MAX_GROWTH_MIB = 64
"""Of the web process, from the middle of the run to its end."""
CALM_S = 5


def main() -> int:
    options = read_options()
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        weights, slides = Path(folder) / "weights", Path(folder) / "slides"
        weights.mkdir()
        slides.mkdir()
        write_manifests(weights)
        environment = {
            "SQUIGGLE_WEIGHTS": str(weights),
            "PYTHONPATH": f"{REPOSITORY / 'tests' / 'system' / 'methods'}:{REPOSITORY}",
            "SQUIGGLE_COMMANDS_PER_SECOND": "1000000",
        }
        with running_stack(demo=False, environment=environment) as stack:
            populate(stack, make_slide(slides))
            stack.wait_healthy()
            began = time.monotonic()
            asyncio.run(fuzz(stack, options, report))
            report.seconds = time.monotonic() - began
            click_afterwards(stack, report)
    show(report)
    return 1 if report.findings else 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="over the sockets, of all people together")
    parser.add_argument("--requests", type=int, default=5_000, help="to pages and REST")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


async def fuzz(stack: Stack, options: argparse.Namespace, report: Report) -> None:
    people = {name: await asyncio.to_thread(Person, stack.base_url, name) for name in set(SOCKETS)}
    slide_id = await asyncio.to_thread(people["ada"].first_slide)
    workspace = await asyncio.to_thread(people["ada"].get, f"/api/slides/{slide_id}")
    for half in ("first", "second"):
        share = options.messages // 2 // len(SOCKETS) + 1
        writers = [
            Writer(people[name], workspace, Random(f"{options.seed} {half} {n}"), report)
            for n, name in enumerate(SOCKETS)
        ]
        requests = send_requests(stack, people, Random(f"{options.seed} {half}"), options.requests // 2, report)
        await asyncio.gather(requests, *(writer.send(share) for writer in writers))
        await asyncio.sleep(CALM_S)
        report.web_mib.append(resident_mib(stack.pids()["web"]))
    growth = report.web_mib[1] - report.web_mib[0]
    if growth > MAX_GROWTH_MIB:
        report.find(f"the web process grew by {growth:.0f} MiB in the second half")


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def click_afterwards(stack: Stack, report: Report) -> None:
    """A person who comes now clicks, is answered, and accepts."""
    try:
        stack.wait_healthy(timeout_s=120)
        person = Person(stack.base_url, "ann")
        desk = person.open(person.first_slide())
        object_id = desk.click(500, 500, model_id=desk.model("disk"))
        desk.wait_state(object_id, "proposed", timeout_s=120)
        if desk.decide("accept", object_id)["kind"] != "ack":
            report.find("the mask of a normal click could not be accepted afterwards")
        desk.close()
    except (AssertionError, OSError) as error:
        report.find(f"a normal click afterwards was not answered: {str(error)[:500]}")


def show(report: Report) -> None:
    print_table("Messages, by what answered them", [(name, f"{n:,}", "") for name, n in report.answers.most_common()])
    print_table("Requests, by status", [(name, f"{n:,}", "") for name, n in sorted(report.statuses.items())])
    first, last = report.web_mib
    rows = [
        ("messages sent", f"{report.sent:,}", ""),
        ("a second", f"{report.sent / report.seconds:.0f}", ""),
        ("reconnects", f"{report.reconnects:,}", ""),
        ("web process, middle → end", f"{first:.0f} → {last:.0f} MiB", f"≤ {MAX_GROWTH_MIB} MiB more"),
        ("findings", f"{len(report.findings)}", "0"),
    ]
    print_table("The run", rows)
    for finding in report.findings[:50]:
        print(f"  FOUND: {finding}")


if __name__ == "__main__":
    sys.exit(main())
