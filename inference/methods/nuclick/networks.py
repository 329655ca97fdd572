"""The networks by name, as recipes and manifests name them. Importing this imports torch."""

from collections.abc import Callable

from torch import nn

from inference.checkpoints import Checkpoint, CheckpointError
from inference.methods.nuclick.guidance import ENCODINGS
from inference.methods.nuclick.paper import PaperNetwork
from inference.methods.nuclick.successor import SuccessorNetwork, WideBlock


def _successor() -> nn.Module:
    return SuccessorNetwork(3 + ENCODINGS["successor"].channels)


def _gland() -> nn.Module:
    return SuccessorNetwork(3 + ENCODINGS["gland"].channels, widths=(32, 64, 112, 160), detail=8, fine=WideBlock)


NETWORKS: dict[str, Callable[[], nn.Module]] = {"successor": _successor, "gland": _gland, "paper": PaperNetwork}


def load_network(checkpoint: Checkpoint) -> nn.Module:
    """The checkpoint's network with its weights; CheckpointError when they do not fit its layers."""
    network = NETWORKS[checkpoint.manifest["network"]]().eval()
    try:
        network.load_state_dict(checkpoint.tensors())
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"The weights “{checkpoint.name}” do not fit NuClick's network: {reason}") from None
    return network
