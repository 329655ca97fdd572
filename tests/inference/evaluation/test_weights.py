"""Weights are chosen by object type and stain, and the choice is said in words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.checkpoints import CheckpointError
from inference.data.samples import Dataset
from inference.evaluation.weights import choose_weights, stain_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Manifests alone: the choice reads no weights."""
    for name, object_type, stain, network in (
        ("nuclei-he", "nucleus", "H&E", "successor"),
        ("nuclei-fluorescence", "nucleus", "fluorescence", "successor"),
        ("a-paper", "nucleus", "H&E", "paper"),
        ("glands", "gland", "H&E", "gland"),
        ("cells-paper", "cell", "Romanowsky", "paper"),
    ):
        about = {"name": name, "object_type": object_type, "stain": stain, "network": network}
        rest = {"method": "nuclick", "mpp": 0.25, "patch_px": 128, "sha256": "0", "data": [], "licence": "CC0"}
        (tmp_path / f"{name}.json").write_text(json.dumps(about | rest))
    return tmp_path


def test_choose_weights_when_the_stain_fits_takes_the_successor(folder: Path) -> None:
    assert choose_weights("nucleus", "H&E", folder).name == "nuclei-he"
    assert choose_weights("nucleus", "fluorescence", folder).reason == "for fluorescence"


def test_choose_weights_when_no_stain_fits_takes_another_and_says_so(folder: Path) -> None:
    choice = choose_weights("gland", "IHC", folder)
    assert (choice.name, choice.reason) == ("glands", "for H&E; none for IHC are installed")


def test_choose_weights_when_the_type_has_none_says_so(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="No weights for objects of the type “cell”"):
        choose_weights("cell", "Romanowsky", folder)


def test_stain_of_when_kinds_differ_is_that_of_the_image(disks: Callable[..., Dataset]) -> None:
    dataset = disks(kinds={"a": "fluorescence", "b": "colour", "c": "grey_brightfield"}, stain="rapid blood smear")
    assert [stain_of(dataset, i) for i in "abcd"] == ["fluorescence", "H&E", "H&E", "Romanowsky"]
    dataset.info.clear()
    assert stain_of(dataset, "a") == "H&E"
