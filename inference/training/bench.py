"""How long the networks take for one patch and for batches, in each engine of this machine; the paper's in the same run."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.checkpoints import list_checkpoints, open_checkpoint
from inference.engines import Engine, Shape
from inference.engines.openvino import OpenvinoEngine, has_bf16, processor
from inference.engines.torch import OnnxEngine, TorchEngine
from inference.methods.nuclick.guidance import ENCODINGS
from inference.methods.nuclick.networks import NETWORKS, load_network

SIZES_PX = {"successor": (96, 128, 256), "gland": (256, 512), "paper": (128, 256, 512)}
"""The patches that each network is made for."""
BATCHES = (1, 2, 8, 32)
WARM_UP_S, MOST_ROUNDS, FEWEST_ROUNDS, LONGEST_S = 0.5, 60, 3, 5.0
LONGEST_RUN_S = 12.0
"""A batch that would take longer is left out."""

Say = Callable[[str], None]


def bench(names: Sequence[str], *, threads: int, say: Say = print) -> dict[str, Any]:
    """p50 and p95 in milliseconds of each network, patch size, batch and engine, and how far each answer lies from torch's.

    The weights are those shipped for the network where there are some, else random: the time is the same.
    """
    rows = [row for name in names for size in SIZES_PX[name] for row in _rows(name, size, threads, say)]
    return {"threads": threads, "machine": processor(), "rows": rows}


def _rows(name: str, patch_px: int, threads: int, say: Say) -> Iterator[dict[str, Any]]:
    network, weights = _network(name)
    shape = (3 + ENCODINGS[name].channels, patch_px, patch_px)
    truth: dict[int, NDArray[np.float32]] = {}
    for engine in _engines(network, content=f"{weights}-{patch_px}", shape=shape, threads=threads):
        single_s = 0.0
        for count in BATCHES:
            if single_s * count > LONGEST_RUN_S:
                continue
            batch = np.random.default_rng(count).normal(size=(count, *shape)).astype(np.float32)
            answer = engine.run(batch)
            times = _time(engine, batch)
            single_s = single_s or times["p50_ms"] / 1000
            row = {
                "network": name,
                "weights": weights,
                "device": engine.device,
                "patch_px": patch_px,
                "batch": count,
                **times,
                "largest_difference": float(np.abs(answer - truth.setdefault(count, answer)).max()),
            }
            say(as_row(row))
            yield row


def _network(name: str) -> tuple[torch.nn.Module, str]:
    for checkpoint in map(open_checkpoint, list_checkpoints()):
        if checkpoint.manifest.get("network") == name:
            return load_network(checkpoint), checkpoint.name
    torch.manual_seed(1)
    return NETWORKS[name]().eval(), f"random-{name}"


def _engines(network: torch.nn.Module, *, content: str, shape: Shape, threads: int) -> Iterator[Engine]:
    yield TorchEngine(network, threads=threads)
    yield OnnxEngine(network, shape=shape, threads=threads)
    for precision in ("f32", "bf16") if has_bf16() else ("f32",):
        yield OpenvinoEngine(lambda: network, content=content, shape=shape, threads=threads, precision=precision)


def _time(engine: Engine, batch: NDArray[np.float32]) -> dict[str, float]:
    times, since = list[float](), time.perf_counter()
    while time.perf_counter() - since < WARM_UP_S:
        engine.run(batch)
    while len(times) < MOST_ROUNDS and (len(times) < FEWEST_ROUNDS or sum(times) < LONGEST_S * 1000):
        started = time.perf_counter()
        engine.run(batch)
        times.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(times, [50, 95])
    return {"p50_ms": float(p50), "p95_ms": float(p95), "rounds": len(times)}


HEAD = "| network | engine | patch | batch | p50 ms | p95 ms | largest difference to torch f32 |\n|---|---|---|---|---|---|---|"


def as_row(row: dict[str, Any]) -> str:
    text = "| {network} | {device} | {patch_px} | {batch} | {p50_ms:.1f} | {p95_ms:.1f} | {largest_difference:.1g} |"
    return text.format(**row)


def as_table(report: dict[str, Any]) -> str:
    return "\n".join([HEAD, *map(as_row, report["rows"])])
