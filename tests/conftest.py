"""A state folder of this run's own, named before Django loads; and the embedded Postgres and Redis for who needs them."""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest

from annotator.standalone.child import Child, stop_together
from annotator.standalone.home import Home
from annotator.standalone.postgres import Postgres
from annotator.standalone.redis import Redis

# Never the servers of a person's environment: tests create, empty and drop what they find.
HOME = Home(Path(tempfile.mkdtemp(prefix="squiggle-test-", dir="/tmp")))
HOME.make()
atexit.register(shutil.rmtree, HOME.path, ignore_errors=True)
# What a test run loses in a crash nobody misses.
POSTGRES = Postgres(folder=HOME.path / "postgres", sockets=HOME.run, settings={"fsync": "off"})
REDIS = Redis(folder=HOME.path / "redis", sockets=HOME.run)

os.environ.update(
    DJANGO_SETTINGS_MODULE="annotator.config.settings",
    SQUIGGLE_HOME=str(HOME.path),
    SQUIGGLE_SECRET_KEY="only-for-tests-" + "x" * 40,
    DATABASE_URL=POSTGRES.url,
    REDIS_URL=REDIS.url,
)
for _name in ("SQUIGGLE_HOST", "SQUIGGLE_PORT", "SQUIGGLE_DEMO", "SQUIGGLE_DEBUG"):
    os.environ.pop(_name, None)

django.setup()  # here: the conftest files below import models

START_TIMEOUT_S = 60
TESTS = Path(__file__).parent


@pytest.fixture(scope="session")
def servers() -> Iterator[None]:
    """Postgres and Redis, empty, where DATABASE_URL and REDIS_URL say; stopped after the last test."""
    children = [Child(server.service(), logs=HOME.logs) for server in (POSTGRES, REDIS)]
    try:
        for child in children:
            child.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (POSTGRES.is_ready() and REDIS.is_ready()):
            ended = [f"{child.name}: {child.log_tail()}" for child in children if child.has_ended()]
            assert not ended, ended
            assert time.monotonic() < deadline, "the embedded servers did not start in time"
            time.sleep(0.02)
        yield
    finally:
        stop_together(children)


@pytest.fixture(scope="session", autouse=True)
def servers_where_needed(request: pytest.FixtureRequest) -> None:
    """The inference half is tested with no server at all."""
    if any(TESTS / "inference" not in item.path.parents for item in request.session.items):
        request.getfixturevalue("servers")


@pytest.fixture(scope="session")
def django_db_setup(servers: None, django_db_setup: None) -> None:
    """pytest-django's own, with a server to make its database on."""


@pytest.fixture(scope="session")
def slides_folder() -> Path:
    """The real whole-slide images below SQUIGGLE_DATA; without them the test is skipped."""
    return _real_data() / "slides"


@pytest.fixture(scope="session")
def labelled_images_folder() -> Path:
    """The labelled training images below SQUIGGLE_DATA; without them the test is skipped."""
    return _real_data() / "data"


def _real_data() -> Path:
    named = os.environ.get("SQUIGGLE_DATA")
    if not named:
        pytest.skip("SQUIGGLE_DATA is not set: it names the folder of real slides and labelled images")
    return Path(named)


WHOLE_SYSTEMS = ("tests/browser", "tests/system", "tests/annotator/standalone")
"""Tests that start whole systems: they take longest, so they begin first, and those of one folder share what they start."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {folder: place for place, folder in enumerate(WHOLE_SYSTEMS)}
    items.sort(key=lambda item: places.get(_kept_together(item.nodeid), len(places)))


def _kept_together(nodeid: str) -> str:
    """What one process runs alone: a folder of tests that share a whole system, else a file."""
    return next((folder for folder in WHOLE_SYSTEMS if nodeid.startswith(f"{folder}/")), nodeid.split("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each process names its own servers: it must not find the settings' name before it has."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _kept_together(nodeid)

    return Scheduling(config, log)
