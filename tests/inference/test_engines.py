"""Every engine gives torch's answer; a converted network is kept, and a spoilt copy of it is made anew."""

from pathlib import Path

import numpy as np
import pytest
import torch
from openvino import Core
from torch import nn

from inference.engines.openvino import OpenvinoEngine
from inference.engines.torch import OnnxEngine, TorchEngine
from inference.methods.nuclick.successor import SuccessorNetwork

SHAPE = (7, 32, 32)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(1)
    return SuccessorNetwork(widths=(8, 8, 16, 16), detail=8).eval()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SQUIGGLE_HOME", str(tmp_path))
    return tmp_path


def batch(count: int) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 3])
def test_engines_when_run_agree_with_torch(network: nn.Module, home: Path, count: int) -> None:
    truth = TorchEngine(network, threads=1).run(batch(count))
    assert truth.shape == (count, 32, 32)
    openvino = OpenvinoEngine(lambda: network, content="a", shape=SHAPE, threads=1, precision="f32")
    onnx = OnnxEngine(network, shape=SHAPE, threads=1)
    assert np.abs(openvino.run(batch(count)) - truth).max() < 1e-5
    assert np.abs(onnx.run(batch(count)) - truth).max() < 1e-5


def test_openvino_when_made_for_two_samples_takes_multiples_of_two(network: nn.Module, home: Path) -> None:
    single = OpenvinoEngine(lambda: network, content="a", shape=SHAPE, threads=1)
    pairs = OpenvinoEngine(lambda: network, content="a", shape=SHAPE, threads=1, samples=2)
    assert np.abs(pairs.run(batch(6)) - single.run(batch(6))).max() < 1e-2  # bf16 where the processor has it
    with pytest.raises(ValueError, match="multiple of the 2"):
        pairs.run(batch(3))


def test_precision_is_the_processor_s_unless_it_is_asked_for(
    network: nn.Module, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    native = "bf16" if "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
    assert native in OpenvinoEngine(lambda: network, content="p", shape=SHAPE, threads=1).device
    monkeypatch.setenv("SQUIGGLE_PRECISION", "f32")
    assert "f32" in OpenvinoEngine(lambda: network, content="p", shape=SHAPE, threads=1).device
    monkeypatch.setenv("SQUIGGLE_PRECISION", "f23")
    with pytest.raises(ValueError, match="SQUIGGLE_PRECISION"):
        OpenvinoEngine(lambda: network, content="p", shape=SHAPE, threads=1)


def test_openvino_when_opened_again_takes_the_kept_network(network: nn.Module, home: Path) -> None:
    first = OpenvinoEngine(lambda: network, content="b", shape=SHAPE, threads=1).run(batch(2))

    def never() -> nn.Module:
        raise AssertionError("the network is in the cache")

    assert (OpenvinoEngine(never, content="b", shape=SHAPE, threads=1).run(batch(2)) == first).all()
    assert len(list((home / "cache").iterdir())) == 2


def test_openvino_when_kept_network_is_spoilt_converts_anew(network: nn.Module, home: Path) -> None:
    OpenvinoEngine(lambda: network, content="c", shape=SHAPE, threads=1)
    next((home / "cache").glob("*.xml")).write_text("<net")
    OpenvinoEngine(lambda: network, content="c", shape=SHAPE, threads=1).run(batch(1))
