"""Manifests on disk: whole or not there, named by their content, whatever interrupts the writing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotator.core.errors import Unavailable
from annotator.learning import manifests
from annotator.learning.manifests import read_manifest, write_manifest


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.LEARNING_FOLDER = tmp_path / "learning"
    return settings.LEARNING_FOLDER / "snapshots"


WRITER = """
import itertools, sys, time
from pathlib import Path
import django
from django.conf import settings
settings.configure(LEARNING_FOLDER=Path(sys.argv[1]))
django.setup()
from annotator.learning.manifests import write_manifest
def items():
    for number in itertools.count():
        yield {"id": number, "filler": "x" * 1000}
        if number == 2000:
            print("under way", flush=True)
        time.sleep(0.001 if number > 2000 else 0)
write_manifest({"objects": items()})
"""


def test_a_freezing_that_is_killed_leaves_no_half_snapshot(folder):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder.parent)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"under way\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    [draft] = folder.iterdir()
    assert draft.name.startswith(manifests.DRAFT_PREFIX)
    sha256 = write_manifest({"objects": []})
    assert {path.name for path in folder.iterdir()} == {draft.name, sha256}
    long_ago = time.time() - 2 * manifests.DRAFT_LIFE_S
    os.utime(draft, (long_ago, long_ago))
    write_manifest({"objects": []})
    assert [path.name for path in folder.iterdir()] == [sha256]


def test_what_fails_under_way_leaves_nothing(folder):
    def items():
        yield {"id": 1}
        raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match="No space left on device"):
        write_manifest({"objects": items()})
    assert list(folder.iterdir()) == []


def test_a_number_that_is_none_is_never_written(folder):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_manifest({"mpp": float("nan")})
    assert list(folder.iterdir()) == []


def test_what_lies_beside_a_manifest_stays_when_it_is_written_again(folder):
    sha256 = write_manifest({"a": iter([1, 2]), "b": "µ"})
    patches = folder / sha256 / "patches"
    patches.mkdir()
    assert write_manifest({"a": [1, 2], "b": "µ"}) == sha256
    assert patches.is_dir()
    assert read_manifest(sha256) == {"a": [1, 2], "b": "µ"}
