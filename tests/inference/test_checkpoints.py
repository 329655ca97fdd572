"""Weights that are missing, altered, cut short or foreign are refused in words."""

import json
import os
import stat
from pathlib import Path

import pytest
import torch

from inference.checkpoints import (
    CheckpointError,
    list_checkpoints,
    load_tensors,
    open_checkpoint,
    read_manifest,
    save_tensors,
    write_weights,
)

MANIFEST = {
    "method": "nuclick",
    "object_type": "nucleus",
    "stain": "H&E",
    "mpp": 0.25,
    "patch_px": 128,
    "data": [],
    "licence": "CC0",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_weights(tmp_path, "small", {"a": torch.arange(6.0)}, MANIFEST)
    return tmp_path


def test_open_checkpoint_when_intact_gives_its_tensors(folder: Path) -> None:
    found = open_checkpoint("small", folder)
    assert torch.equal(found.tensors()["a"], torch.arange(6.0))
    assert found.manifest["licence"] == "CC0"
    assert list_checkpoints(folder) == ["small"]


def test_open_checkpoint_when_one_byte_is_altered(folder: Path) -> None:
    path = folder / "small.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="altered or cut short"):
        open_checkpoint("small", folder)


def test_open_checkpoint_when_cut_short(folder: Path) -> None:
    path = folder / "small.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CheckpointError, match="altered or cut short"):
        open_checkpoint("small", folder)


@pytest.mark.parametrize("name", ["other", "../small", "", "SMALL", "a" * 200])
def test_open_checkpoint_when_name_is_unknown_or_no_name(folder: Path, name: str) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(name, folder)


def test_read_manifest_when_entry_is_missing(folder: Path) -> None:
    path = folder / "small.json"
    manifest = json.loads(path.read_text())
    del manifest["licence"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="lacks: licence"):
        read_manifest(path)
    path.write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_manifest(path)


def test_load_tensors_when_file_is_no_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"not this")
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        load_tensors(path)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_save_tensors_when_written_leaves_no_draft_and_the_umask_says_who_may_read(
    tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        save_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(2)}, {"step": "3"})
    finally:
        os.umask(before)
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]
    assert stat.S_IMODE((tmp_path / "x.safetensors").stat().st_mode) == mode
    assert load_tensors(tmp_path / "x.safetensors")[1]["step"] == "3"


def test_shipped_weights_when_opened_match_their_manifests() -> None:
    assert list_checkpoints()
    for name in list_checkpoints():
        found = open_checkpoint(name)
        assert found.path.stat().st_size < 16 * 2**20
        assert found.manifest["name"] == name
        assert found.manifest["metrics"]["aji"] >= 0.70
        for entry in found.manifest["data"]:
            assert not set(entry["train_images"]) & set(entry["validation_images"])
