import os
import stat
import subprocess
import sys

import pytest

from annotator.standalone.errors import StandaloneError
from annotator.standalone.home import LONGEST_SOCKET_NAME, SOCKET_PATH_LIMIT, Home, adopt_running_servers


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_state_is_private_when_it_is_made(home):
    home.secret()
    assert [mode(path) for path in (home.path, home.run, home.logs)] == [0o700] * 3
    assert mode(home.path / "secret") == 0o600


def test_state_that_was_open_is_closed(folder):
    """Made by an older release, or by a person's mkdir."""
    home = Home(folder / "home")
    for name in ("thumbnails", "learning/runs/1", "demo", "cache", "postgres/data", "somebody-elses"):
        (home.path / name).mkdir(parents=True)
        (home.path / name / "file").write_text("x")
    (home.path / "learning" / "elsewhere").symlink_to(folder / "target")
    (folder / "target").mkdir(mode=0o755)
    (home.path / "secret").write_text("x")
    for path in (home.path, *home.path.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o444 if "runs" in path.parts else 0o644)
    home.make()
    closed = [home.path, home.path / "postgres", home.path / "secret"]
    for name in ("thumbnails", "learning", "demo", "cache"):
        closed += [home.path / name, *(home.path / name).rglob("*")]
    for path in closed:
        if not path.is_symlink():
            assert mode(path) == (0o700 if path.is_dir() else 0o400 if "runs" in path.parts else 0o600), path
    assert mode(home.path / "postgres" / "data") == 0o755, "Postgres's own business"
    assert mode(home.path / "somebody-elses") == mode(folder / "target") == 0o755, "nobody asked"


def test_secret_stays_the_same_when_asked_again(home):
    assert home.secret() == Home(home.path).secret()
    assert len(home.secret()) >= 50


def test_error_says_who_holds_the_folder_when_it_is_held(home):
    home.write_json(home.processes, {"supervisor": {"pid": 4711}, "address": "http://127.0.0.1:8000"})
    holder = subprocess.Popen(
        [sys.executable, "-c", f"from annotator.standalone.home import Home; from pathlib import Path\n"
         f"with Home(Path({str(home.path)!r})).held(): print('held', flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StandaloneError, match=r"already runs.*4711.*8000"), home.held():
            pass
    finally:
        holder.kill()
        holder.wait()
    with home.held():  # the kernel let go
        pass


def test_sockets_lie_in_the_run_folder_when_the_path_is_short(home):
    assert home.socket_folder() == home.run


def test_sockets_move_to_a_private_short_folder_when_the_path_is_too_long(folder):
    home = Home(folder / ("deep" * 30))
    home.make()
    sockets = home.socket_folder()
    assert len(os.fsencode(sockets / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT
    assert mode(sockets) == 0o700
    again = home.socket_folder()  # after a kill: the one before is cleared away
    assert again != sockets
    assert not sockets.exists()
    home.forget_sockets()
    assert not again.exists()


def test_error_names_the_folder_when_it_cannot_be_made(folder):
    (folder / "file").write_text("in the way")
    with pytest.raises(StandaloneError, match="SQUIGGLE_HOME"):
        Home(folder / "file" / "home").make()


def test_error_says_so_when_the_disk_is_full(home, monkeypatch):
    monkeypatch.setattr("annotator.standalone.home.MIN_FREE_MB", 10**9)
    with pytest.raises(StandaloneError, match="nearly full"):
        home.make()


def test_a_command_finds_the_running_servers_but_keeps_what_is_set(home):
    home.write_json(home.environment, {"DATABASE_URL": "theirs", "REDIS_URL": "theirs"})
    environ = {"SQUIGGLE_HOME": str(home.path), "REDIS_URL": "mine"}
    adopt_running_servers(environ)
    assert (environ["DATABASE_URL"], environ["REDIS_URL"]) == ("theirs", "mine")
