"""OpenVINO on the CPU; converted networks are kept from one start to the next."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino

from inference.engines import Batch, Shape

if TYPE_CHECKING:
    from torch import nn


PRECISIONS = ("f32", "bf16")


class OpenvinoEngine:
    """A graph for exactly as many samples as one click asks about. More are looked at one after another: about as quick on a
    CPU as all at once, and a second graph for any number would double what the network takes of memory."""

    def __init__(
        self,
        load: Callable[[], nn.Module],
        *,
        content: str,
        shape: Shape,
        threads: int,
        samples: int = 1,
        precision: str | None = None,
    ) -> None:
        core = openvino.Core()
        precision = precision or choose_precision()
        model = kept_or_converted(load, content=content, shape=shape)
        model.reshape([samples, *shape])
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,  # the machine is shared with the web side
        }
        self.samples = samples
        self.request = core.compile_model(model, "CPU", settings).create_infer_request()
        self.device = f"CPU, OpenVINO {precision}, {threads} threads"

    def run(self, batch: Batch) -> Batch:
        if len(batch) % self.samples:
            raise ValueError(f"{len(batch)} samples are no multiple of the {self.samples} that the graph takes.")
        answer = np.empty((len(batch), *batch.shape[2:]), np.float32)
        for start in range(0, len(batch), self.samples):
            part = slice(start, start + self.samples)
            self.request.infer([batch[part]], share_inputs=True)
            answer[part] = self.request.get_output_tensor(0).data
        return answer


def choose_precision() -> str:
    """What SQUIGGLE_PRECISION says, else bf16 where the processor computes in it, else f32."""
    asked = os.environ.get("SQUIGGLE_PRECISION") or "auto"
    if asked in PRECISIONS:
        return asked
    if asked != "auto":
        raise ValueError(f"SQUIGGLE_PRECISION is “{asked}”; set it to {', '.join(PRECISIONS)} or auto.")
    return "bf16" if has_bf16() else "f32"


def has_bf16() -> bool:
    """Whether the processor computes in bf16 by itself; elsewhere OpenVINO would silently take f32."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor() -> str:
    """Its name, for people."""
    return str(openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"))


def cache_folder() -> Path:
    """Where converted networks are kept: $SQUIGGLE_HOME/cache, `var/cache` in the checkout by default."""
    home = os.environ.get("SQUIGGLE_HOME") or str(Path(__file__).parents[2] / "var")
    return Path(home) / "cache"


def kept_or_converted(load: Callable[[], nn.Module], *, content: str, shape: Shape) -> openvino.Model:
    """The network as an OpenVINO graph for any batch size. A kept one that cannot be read is converted anew."""
    version = openvino.__version__.split("-")[0]
    path = cache_folder() / f"{content[:32]}-{'x'.join(map(str, shape))}-openvino-{version}.xml"
    if path.exists() and path.with_suffix(".bin").exists():
        try:
            return openvino.Core().read_model(path)
        except RuntimeError:
            path.unlink(missing_ok=True)
    from inference.engines.torch import convert_to_openvino

    model = convert_to_openvino(load(), shape)
    keep(model, path)
    return model


def keep(model: openvino.Model, path: Path) -> None:
    """The graph is there once its .xml is; two workers that start together write the same content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{os.getpid()}-{path.name}")
    openvino.save_model(model, draft, compress_to_fp16=False)
    os.replace(draft.with_suffix(".bin"), path.with_suffix(".bin"))
    os.replace(draft, path)
