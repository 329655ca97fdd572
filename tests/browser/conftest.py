"""The whole system with the demo and the real slides, and people with browsers of their own in one real Chromium."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.desk import Desk
from tests.stack import REPOSITORY, Stack, running_stack
from tests.system.conftest import make_slide, populate

REAL_SLIDES = ["CMU-1-Small-Region.svs", "crohn_biopsy_HE4.tif"]
PROJECT_WITH_A_PAST = "Teaching"
OTHER_MODELS = {"disk-nucleus": "nucleus", "disk-gland": "gland"}
"""Models beside the shipped ones, so that there is something to choose: no network, a disk around each prompt."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # WebGL by software where there is no GPU
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if os.environ.get("SQUIGGLE_NO_BROWSER") == "1":
                item.add_marker(pytest.mark.skip(reason="SQUIGGLE_NO_BROWSER=1"))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    weights = tmp_path_factory.mktemp("weights")
    write_weights(weights)
    with running_stack(demo=True, environment={"SQUIGGLE_WEIGHTS": str(weights)}) as stack:
        populate(stack)
        folder = real_slides_folder()
        if folder is not None:
            stack.manage("import_slides", *(str(folder / name) for name in REAL_SLIDES), "--project", "Colon")
        yield stack


@pytest.fixture(scope="session")
def past(system: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A project of its own with two slides, and its past."""
    name = PROJECT_WITH_A_PAST
    roles = ("ada:admin", "ann:annotator", "bob:annotator", "vic:viewer")
    members = [word for role in roles for word in ("--member", role)]
    labels = [word for label in ("Nucleus", "Lymphocyte", "Gland:gland") for word in ("--label", label)]
    system.manage("create_project", name, "--team", "Pathology", *members, *labels)
    for _ in range(2):
        slide = make_slide(tmp_path_factory.mktemp("slides"))
        system.manage("import_slides", str(slide), "--project", name, "--mpp", "0.25")
    system.manage("shell", "-c", f"from tests.browser.past_learning import write; write({name!r})")


def write_weights(folder: Path) -> None:
    for path in (REPOSITORY / "inference" / "weights").glob("*.*"):
        (folder / path.name).symlink_to(path)
    for name, object_type in OTHER_MODELS.items():
        manifest = {
            "name": name, "method": "disk", "object_type": object_type, "stain": "other", "mpp": 0.25,
            "patch_px": 128, "sha256": "0" * 64, "licence": "CC0", "recipe": {}, "data": [], "metrics": {},
        }  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(manifest))


def real_slides_folder() -> Path | None:
    data = os.environ.get("SQUIGGLE_DATA")
    return Path(data) / "slides" if data else None


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Gone with its module: while Playwright is there its event loop runs, and Django's database refuses to be used."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
        yield browser
        browser.close()


def find_chromium() -> str:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "Chromium is not installed: `make test` says how, SQUIGGLE_NO_BROWSER=1 leaves these tests out"
    return path


@pytest.fixture
def sit_down(system: Stack, chromium: Browser) -> Iterator:
    """sit_down("ann"): a browser of her own, signed in through the page; sit_down(None): nobody yet."""
    desks: list[Desk] = []

    def sit_down(name: str | None, **screen: Any) -> Desk:
        desk = Desk(chromium, system.base_url, **screen)
        desks.append(desk)
        if name:
            desk.sign_in(name)
        return desk

    system.wait_healthy()
    yield sit_down
    for desk in desks:
        desk.leave()


@pytest.fixture(scope="session")
def real_slides(slides_folder: Path) -> list[str]:
    """What `system` has imported of the real slides."""
    return REAL_SLIDES
