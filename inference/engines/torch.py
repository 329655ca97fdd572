"""Whatever needs torch to serve a network: CUDA, conversion to OpenVINO, and ONNX Runtime for comparison."""

from __future__ import annotations

import io
import warnings

import numpy as np
import onnxruntime
import openvino
import torch
from torch import Tensor, nn

from inference.engines import Batch, Shape


class MaskProbability(nn.Module):
    """A network as it is served: the first output alone, as a probability."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.network(x)[:, 0])


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

    def __init__(self, network: nn.Module, *, shape: Shape, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(convert_to_onnx(network, shape), options, providers=providers)
        self.device = f"CPU, ONNX Runtime f32, {threads} threads"

    def run(self, batch: Batch) -> Batch:
        return np.asarray(self.session.run(None, {"x": batch})[0])


def convert_to_openvino(network: nn.Module, shape: Shape) -> openvino.Model:
    """A graph for any batch size."""
    served = MaskProbability(network).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # OpenVINO reads torch.jit traces, which torch calls old
        return openvino.convert_model(served, example_input=torch.zeros(2, *shape), input=[-1, *shape])


def convert_to_onnx(network: nn.Module, shape: Shape) -> bytes:
    """A graph for any batch size."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs a further package and gives the same graph for these layers.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            MaskProbability(network).eval(),
            (torch.zeros(1, *shape),),
            file,  # type: ignore[arg-type]  # a stream is taken as well
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "batch"}},
        )
    return file.getvalue()
