"""How long the network takes for one patch and for eight, in each engine of this machine."""

import platform
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from inference.checkpoints import open_checkpoint
from inference.engines import Engine, Shape
from inference.engines.openvino import OpenvinoEngine, has_bf16
from inference.engines.torch import OnnxEngine, TorchEngine
from inference.methods.nuclick.guidance import ENCODINGS
from inference.methods.nuclick.networks import load_network

BATCHES = (1, 8)
WARM_UP, ROUNDS = 10, 100


def bench(checkpoint: str, *, threads: int) -> dict[str, Any]:
    """p50 and p95 in milliseconds, and how far each engine's answer lies from torch's in f32."""
    found = open_checkpoint(checkpoint)
    patch_px = int(found.manifest["patch_px"])
    shape = (3 + ENCODINGS[found.manifest["network"]].channels, patch_px, patch_px)
    engines = dict(_engines(lambda: load_network(found), content=found.sha256, shape=shape, threads=threads))
    rng = np.random.default_rng(1)
    batches = {count: rng.normal(size=(count, *shape)).astype(np.float32) for count in BATCHES}
    truth = {count: engines["torch"].run(batch) for count, batch in batches.items()}
    rows = [
        {
            "engine": name,
            "device": engine.device,
            "patch_px": patch_px,
            "batch": count,
            **_time(engine, batch),
            "largest_difference": float(np.abs(engine.run(batch) - truth[count]).max()),
        }
        for name, engine in engines.items()
        for count, batch in batches.items()
    ]
    return {
        "checkpoint": checkpoint,
        "threads": threads,
        "machine": platform.processor() or platform.machine(),
        "rows": rows,
    }


def as_table(report: dict[str, Any]) -> str:
    head = "| engine | patch | batch | p50 ms | p95 ms | largest difference to torch f32 |\n|---|---|---|---|---|---|"
    row = "| {device} | {patch_px} | {batch} | {p50_ms:.1f} | {p95_ms:.1f} | {largest_difference:.1g} |"
    lines = [row.format(**r) for r in report["rows"]]
    return "\n".join([head, *lines])


def _engines(
    load: Callable[[], torch.nn.Module], *, content: str, shape: Shape, threads: int
) -> Iterator[tuple[str, Engine]]:
    yield "torch", TorchEngine(load(), threads=threads)
    yield "onnxruntime", OnnxEngine(load(), shape=shape, threads=threads)
    yield "openvino", OpenvinoEngine(load, content=content, shape=shape, threads=threads, precision="f32")
    if has_bf16():
        yield "openvino bf16", OpenvinoEngine(load, content=content, shape=shape, threads=threads, precision="bf16")


def _time(engine: Engine, batch: np.ndarray[Any, np.dtype[np.float32]]) -> dict[str, float]:
    times = []
    for _ in range(WARM_UP + ROUNDS):
        started = time.perf_counter()
        engine.run(batch)
        times.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(times[WARM_UP:], [50, 95])
    return {"p50_ms": float(p50), "p95_ms": float(p95)}
