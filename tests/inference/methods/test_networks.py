"""The networks: the sizes that were measured, and what they take and give."""

import pytest
import torch

from inference.methods.nuclick.guidance import ENCODINGS
from inference.methods.nuclick.networks import NETWORKS


@pytest.mark.parametrize(("name", "millions"), [("successor", 3.28), ("gland", 2.29), ("paper", 66.80)])
def test_network_when_built_has_its_parameters(name: str, millions: float) -> None:
    assert sum(p.numel() for p in NETWORKS[name]().parameters()) / 1e6 == pytest.approx(millions, abs=0.005)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_when_run_gives_a_mask_of_the_same_size(name: str) -> None:
    network = NETWORKS[name]().eval()
    with torch.inference_mode():
        logits = network(torch.zeros(1, 3 + ENCODINGS[name].channels, 64, 64))
    assert logits.shape[2:] == (64, 64)
    assert logits.isfinite().all()


def test_paper_network_when_seen_from_far_has_the_published_shape() -> None:
    network = NETWORKS["paper"]()
    kernels = [(m.kernel_size[0], m.dilation[0]) for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert kernels[:3] == [(7, 1), (5, 1), (3, 1)]
    assert [k for k in kernels if k[1] > 1] == [(3, 3), (5, 3), (5, 6), (3, 3), (5, 2), (5, 3), (3, 3), (5, 3), (7, 6)]
    assert sum(isinstance(m, torch.nn.ConvTranspose2d) for m in network.modules()) == 5
