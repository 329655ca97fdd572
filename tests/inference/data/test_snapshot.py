"""A snapshot is taken only as it was frozen, and only with a split that does not leak."""

import json
from pathlib import Path

import numpy as np
import pytest

from inference.data.snapshot import SnapshotError, open_snapshot
from tests.inference.conftest import blobs
from tests.inference.frozen import FrozenSlide, freeze


@pytest.fixture
def slides() -> list[FrozenSlide]:
    rng = np.random.default_rng(1)
    return [FrozenSlide(*blobs(rng, width=90, height=90), group="patient:a") for _ in range(2)]


def test_open_snapshot_when_intact_gives_what_was_frozen(slides: list[FrozenSlide], tmp_path: Path) -> None:
    sha256 = freeze(tmp_path, slides)
    snapshot = open_snapshot(sha256, tmp_path / "snapshots")
    assert snapshot.manifest.mpp == 0.25
    assert {o.slide for o in snapshot.manifest.objects} == {1, 2}
    assert snapshot.name == f"snapshot {sha256[:12]}"


def test_open_snapshot_when_manifest_was_changed_refuses(slides: list[FrozenSlide], tmp_path: Path) -> None:
    sha256 = freeze(tmp_path, slides)
    path = tmp_path / "snapshots" / sha256 / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["objects"].pop()
    path.write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match="was changed"):
        open_snapshot(sha256, tmp_path / "snapshots")


@pytest.mark.parametrize("name", ["../../etc", "a" * 63, "A" * 64, "a" * 63 + "/"])
def test_open_snapshot_when_name_is_no_hash_refuses(name: str, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no snapshot's name"):
        open_snapshot(name, tmp_path)


def test_open_snapshot_when_missing_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="SQUIGGLE_LEARNING"):
        open_snapshot("0" * 64, tmp_path)


def test_open_snapshot_when_a_patient_stands_on_both_sides_refuses(slides: list[FrozenSlide], tmp_path: Path) -> None:
    slides[1].part = "held_out"
    with pytest.raises(SnapshotError, match="split leaks"):
        open_snapshot(freeze(tmp_path, slides), tmp_path / "snapshots")


def test_open_snapshot_when_an_entry_is_unknown_refuses_in_words(slides: list[FrozenSlide], tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="differ in version"):
        open_snapshot(freeze(tmp_path, slides, colour="red"), tmp_path / "snapshots")
