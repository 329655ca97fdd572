"""Runs a network as fast as the machine allows with full accuracy: CUDA by torch, else OpenVINO in f32.

Measured for the successor of NuClick in `methods/nuclick/README.md`; every engine takes and gives numpy arrays.
"""

import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Batch = NDArray[np.float32]


class Engine(Protocol):
    device: str

    def run(self, batch: Batch) -> Batch:
        """(B, C, H, W) → (B, H, W) probability."""


class MaskProbability(nn.Module):
    """A network as it is served: the first output alone, as a probability."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.network(x)[:, 0])


def cache_folder() -> Path:
    """Where converted networks are kept: $SQUIGGLE_HOME/cache, `var/cache` in the checkout by default."""
    home = os.environ.get("SQUIGGLE_HOME") or str(Path(__file__).parents[1] / "var")
    return Path(home) / "cache"


def open_engine(load: Callable[[], nn.Module], *, content: str, shape: tuple[int, int, int], threads: int) -> Engine:
    """The fastest engine of this machine, warmed up. `load` builds the network with its weights, and is called only when it
    is not in the cache; `content` is the hash of the weights, `shape` one sample's (C, H, W)."""
    engine = (
        TorchEngine(load(), threads=threads)
        if torch.cuda.is_available()
        else OpenvinoEngine(load, content=content, shape=shape, threads=threads)
    )
    for count in (1, 2, 8):
        engine.run(np.zeros((count, *shape), np.float32))
    return engine


class OpenvinoEngine:
    """One graph for exactly one sample, where a click is fastest, and one for any number."""

    def __init__(
        self,
        load: Callable[[], nn.Module],
        *,
        content: str,
        shape: tuple[int, int, int],
        threads: int,
        precision: str = "f32",
    ) -> None:
        model = converted(load, content=content, shape=shape)
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision,  # else bf16 where the processor has it
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,  # the machine is shared with the web side
        }
        core = openvino.Core()
        self.any = core.compile_model(model, "CPU", settings)
        model.reshape([1, *shape])
        self.one = core.compile_model(model, "CPU", settings)
        self.requests = {True: self.one.create_infer_request(), False: self.any.create_infer_request()}
        self.device = f"CPU, OpenVINO {precision}, {threads} threads"

    def run(self, batch: Batch) -> Batch:
        request = self.requests[len(batch) == 1]
        request.infer([batch], share_inputs=True)
        return np.array(request.get_output_tensor(0).data)


class TorchEngine:
    """torch on CUDA when there is one; on the CPU it serves comparison only."""

    def __init__(self, network: nn.Module, *, threads: int) -> None:
        self.where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self.where.type == "cpu":
            torch.set_num_threads(threads)
        self.network = MaskProbability(network).eval().to(self.where)
        name = torch.cuda.get_device_name() if self.where.type == "cuda" else f"CPU, {threads} threads"
        self.device = f"{name}, torch f32"

    @torch.inference_mode()
    def run(self, batch: Batch) -> Batch:
        x = torch.from_numpy(batch).to(self.where, memory_format=torch.channels_last)
        return np.asarray(self.network(x).float().cpu().numpy())


class OnnxEngine:
    """ONNX Runtime, for comparison."""

    def __init__(self, network: nn.Module, *, shape: tuple[int, int, int], threads: int) -> None:
        import onnxruntime

        file = io.BytesIO()
        # The newer exporter needs a further package and gives the same graph for these layers.
        torch.onnx.export(
            MaskProbability(network).eval(),
            (torch.zeros(1, *shape),),
            file,  # type: ignore[arg-type]  # a stream is taken as well
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "batch"}},
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
        self.device = f"CPU, ONNX Runtime f32, {threads} threads"

    def run(self, batch: Batch) -> Batch:
        return np.asarray(self.session.run(None, {"x": batch})[0])


def converted(load: Callable[[], nn.Module], *, content: str, shape: tuple[int, int, int]) -> openvino.Model:
    """The network as an OpenVINO graph for any batch size, from the cache or converted into it.

    A cached graph that cannot be read is converted anew.
    """
    version = openvino.__version__.split("-")[0]
    path = cache_folder() / f"{content[:32]}-{'x'.join(map(str, shape))}-openvino-{version}.xml"
    if path.exists() and path.with_suffix(".bin").exists():
        try:
            return openvino.Core().read_model(path)
        except RuntimeError:
            path.unlink(missing_ok=True)
    network = MaskProbability(load()).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # OpenVINO reads torch.jit traces, which torch calls old
        model = openvino.convert_model(network, example_input=torch.zeros(2, *shape), input=[-1, *shape])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{os.getpid()}-{path.name}")
    openvino.save_model(model, draft, compress_to_fp16=False)
    # The graph is there once its .xml is; two workers that start together write the same content.
    os.replace(draft.with_suffix(".bin"), path.with_suffix(".bin"))
    os.replace(draft, path)
    return model
