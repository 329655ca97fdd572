import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from annotator.standalone.child import Child, stop_together
from annotator.standalone.errors import StandaloneError
from annotator.standalone.postgres import Postgres
from tests.annotator.standalone.conftest import is_alive, wait_for

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the account")


@contextmanager
def running(home):
    server = Postgres(folder=home.path / "postgres", sockets=home.run)
    child = Child(server.service(), logs=home.logs)
    child.start()
    try:
        wait_for(lambda: server.is_ready() or child.has_ended())
        assert child.is_running(), child.log_tail()
        yield server, child
    finally:
        stop_together([child])


def ask(server, statement):
    with closing(psycopg2.connect(server.url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()
        return cursor.fetchone()[0] if cursor.description else None


def keeps_rows(home):
    with running(home) as (server, _):
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    with running(home) as (server, _):
        assert ask(server, "SELECT answer FROM kept") == 42


def test_rows_are_kept_when_it_is_stopped_and_started(home):
    keeps_rows(home)


def test_nothing_listens_on_a_port_and_the_socket_is_private(home):
    with running(home) as (server, child):
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW server_version").startswith("18.")
        assert stat.S_IMODE((home.run / ".s.PGSQL.5432").stat().st_mode) == 0o700
        sockets = {os.readlink(link)[8:-1] for link in Path(f"/proc/{child.pid}/fd").iterdir()
                   if os.readlink(link).startswith("socket:[")}  # fmt: skip
        tcp = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        assert sockets
        assert not any(line.split()[9] in sockets for line in tcp.splitlines() if ":" in line)


def test_it_starts_again_when_all_was_killed(home):
    with running(home) as (server, child):
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        child.kill()
        child.start()
        wait_for(lambda: server.is_ready() or child.has_ended())
        assert ask(server, "SELECT answer FROM kept") == 42


def test_it_starts_when_the_number_in_an_old_lock_file_is_another_process_now(home):
    with running(home):
        pass
    lock = home.path / "postgres" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n")
    shutil.chown(lock, lock.parent.stat().st_uid, lock.parent.stat().st_gid)
    with running(home) as (server, _):
        assert ask(server, "SELECT 1") == 1


def test_a_server_that_outlived_its_supervisor_is_ended_first(home):
    with running(home) as (server, old), running(home) as (server, _):
        wait_for(lambda: not is_alive(old.pid))
        assert ask(server, "SELECT 1") == 1


def test_creation_starts_anew_when_it_was_broken_off(home):
    partial = home.path / "postgres" / "data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18")
    with running(home) as (server, _):
        assert ask(server, "SELECT 1") == 1


def test_error_names_both_versions_when_the_data_are_of_another_postgres(home):
    data = home.path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StandaloneError, match=r"Postgres 16.*Postgres 18"):
        Postgres(folder=home.path / "postgres", sockets=home.run).prepare()


@AS_ROOT
def test_rows_are_kept_when_root_may_not_make_namespaces(home, tmp_path, monkeypatch):
    """As in most containers: another account then, on data that a namespace had made, below a folder closed to it."""
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    with running(home) as (server, _):
        ask(server, "CREATE TABLE before AS SELECT 1")
    for name in ("sh", "rm", "setpriv"):
        (tmp_path / name).symlink_to(shutil.which(name))
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        keeps_rows(home)
        assert (home.path / "postgres" / "data").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    with running(home) as (server, _):  # and back
        assert ask(server, "SELECT answer FROM kept") == 42


@AS_ROOT
def test_error_says_what_to_do_when_root_can_neither(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StandaloneError, match=r"ordinary user.*DATABASE_URL"):
        Postgres(folder=home.path / "postgres", sockets=home.run)


@AS_ROOT
def test_it_ends_with_its_supervisor_when_it_runs_under_another_account(home, tmp_path):
    for name in ("sh", "rm", "setpriv"):
        (tmp_path / name).symlink_to(shutil.which(name))
    script = f"""
import pathlib, time
from annotator.standalone.child import Child; from annotator.standalone.postgres import Postgres
server = Postgres(folder=pathlib.Path({str(home.path)!r}) / "postgres", sockets=pathlib.Path({str(home.run)!r}))
child = Child(server.service(), logs=pathlib.Path({str(home.logs)!r})); child.start()
while not server.is_ready(): time.sleep(0.02)
print(child.pid, flush=True); time.sleep(1000)"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env={**os.environ, "PATH": str(tmp_path)}
    )
    pid = int(parent.stdout.readline())
    assert Path(f"/proc/{pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not is_alive(pid))


@AS_ROOT
def test_rows_are_kept_when_an_ordinary_user_starts_it(folder):
    """The interpreter may lie below a folder closed to that user: the capability to read it is all that is added."""
    user = pwd.getpwnam("nobody")
    home = folder / "home"
    script = f"""
from pathlib import Path
from annotator.standalone.home import Home
from tests.annotator.standalone.test_postgres import keeps_rows
home = Home(Path({str(home)!r})); home.make(); keeps_rows(home)"""
    os.chown(folder, user.pw_uid, user.pw_gid)
    command = [
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--", sys.executable, "-c", script,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (home / "postgres" / "data").stat().st_uid == user.pw_uid
