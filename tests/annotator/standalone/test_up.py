"""`up` as a person runs it: the real supervisor with all its real processes."""

import signal
import stat
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import numpy as np
import psycopg2
import pytest

from inference.data.pyramid import write_pyramid
from tests.annotator.standalone.conftest import is_alive, processes_mentioning, wait_for
from tests.conftest import POSTGRES, REDIS
from tests.stack import Stack, running_stack

OURS = {"postgres", "redis", "model-worker", "training-worker", "web", "replies-worker", "beat"}


@pytest.fixture(scope="module")
def stack():
    with running_stack(demo=False) as started:
        yield started


def ends_in_words(stack):
    """Runs it to its end; returns what it said. Nothing may be left running."""
    assert stack.launch().wait(timeout=60) == 1
    assert processes_mentioning(str(stack.home)) == []
    return stack.output()


def environment_of(pid):
    return dict(entry.split("=", 1) for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in entry)


def test_all_parts_run_and_are_healthy(stack):
    assert set(stack.pids()) == OURS
    assert stack.is_healthy()


@pytest.mark.parametrize("name", ["model-worker", "training-worker"])
def test_workers_see_neither_django_nor_the_database(stack, name):
    seen = environment_of(stack.pids()[name])
    assert not {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "SQUIGGLE_SECRET_KEY"} & set(seen)
    assert seen["REDIS_URL"] == environment_of(stack.pids()["web"])["REDIS_URL"]


def test_all_that_it_writes_is_its_owners_alone(stack, tmp_path):
    path = tmp_path / "slide.tif"
    white = np.full((1024, 1024, 3), 255, np.uint8)
    white[100:900, 100:900] = np.random.default_rng(1).integers(0, 255, (800, 800, 1))
    write_pyramid(
        path, lambda x, y, w, h: white[y : y + h, x : x + w], width=1024, height=1024, mpp=0.25, description=""
    )
    stack.manage("create_project", "Colon", "--team", "Pathology")
    stack.manage("import_slides", str(path), "--project", "Pathology/Colon")
    written = [stack.home, *(path for path in stack.home.rglob("*") if not path.is_symlink())]
    assert {"thumbnails", "logs", "run", "redis", "postgres", "web.log"} <= {path.name for path in written}
    assert any(path.suffix == ".jpg" for path in written), "a thumbnail"
    assert [str(path) for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_command_beside_it_finds_its_database(stack):
    assert "[X] 0001_initial" in stack.manage("showmigrations", "learning")


def test_a_second_one_on_the_same_folder_is_refused(stack):
    second = Stack(home=stack.home, demo=False)
    second._output = stack.home.with_name("second.out")
    assert second.launch().wait(timeout=60) == 1
    assert "already runs" in second.output()
    assert stack.base_url in second.output()
    assert stack.is_healthy()


def test_a_taken_port_is_said_and_nothing_is_left(stack, folder):
    other = Stack(home=folder / "home", demo=False, environment={"SQUIGGLE_PORT": str(stack.port)})
    assert "Address already in use" in ends_in_words(other)


@pytest.mark.parametrize("name", ["redis", "postgres", "model-worker", "web", "training-worker"])
def test_all_is_healthy_again_when_a_part_was_killed(stack, name):
    old = stack.kill(name)
    stack.wait_replaced(name, old)
    stack.wait_healthy()
    assert f"{name} was killed by SIGKILL; starting it again" in stack.output()


def test_nothing_is_left_when_the_supervisor_is_killed_and_it_starts_again(stack):
    pids = stack.pids().values()
    stack.stop(signal.SIGKILL)
    wait_for(lambda: not any(is_alive(pid) for pid in pids))
    wait_for(lambda: processes_mentioning(str(stack.home)) == [])
    stack.start()
    assert stack.is_healthy()


def test_nothing_is_left_when_it_is_asked_to_stop(stack):
    assert stack.stop(signal.SIGTERM) == 0
    assert processes_mentioning(str(stack.home)) == []
    assert "Stopped." in stack.output()


def test_nothing_is_left_when_it_is_asked_to_stop_while_it_starts(folder):
    stack = Stack(home=folder / "home", demo=False)
    stack.launch()
    wait_for(lambda: "web" in stack.pids(), timeout_s=60)
    assert stack.stop(signal.SIGINT) == 0
    assert processes_mentioning(str(stack.home)) == []


def test_servers_that_are_given_are_used_and_left_alone(servers):
    name = f"given_{uuid4().hex}"
    with closing(psycopg2.connect(POSTGRES.url.replace("/squiggle?", "/postgres?"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    given = {
        "DATABASE_URL": POSTGRES.url.replace("/squiggle?", f"/{name}?"),
        "REDIS_URL": REDIS.url.replace("db=0", "db=5"),
    }
    with running_stack(demo=False, environment=given) as stack:
        assert set(stack.pids()) == OURS - {"postgres", "redis"}
        assert stack.stop(signal.SIGINT) == 0
    assert POSTGRES.is_ready()
    assert REDIS.is_ready()


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "correct DATABASE_URL"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "correct REDIS_URL"),
        ({"SQUIGGLE_HOST": "0.0.0.0"}, "SQUIGGLE_DEMO=0"),
        ({"SQUIGGLE_PORT": "none"}, "SQUIGGLE_PORT=none"),
        ({"SQUIGGLE_TRUSTED_PROXIES": "*"}, "no address and no network"),
        ({"SQUIGGLE_DEBUG": "perhaps"}, "SQUIGGLE_DEBUG"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_left(folder, given, remedy):
    assert remedy in ends_in_words(Stack(home=folder / "home", environment=given))
