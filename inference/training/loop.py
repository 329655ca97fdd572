"""The training loop, read from top to bottom. A run is a folder; started again, it goes on where it stopped."""

import json
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from inference.checkpoints import load_tensors, save_tensors, write_json
from inference.jobs import JobError, ShouldStop, Stopped

LAST, BEST, LOG, SETTINGS = "last.safetensors", "best.safetensors", "log.jsonl", "run.json"


class TrainingError(JobError):
    """A run cannot start or go on; the message says why."""


class Settings(Protocol):
    """The hyperparameters that the loop itself reads; a recipe is a frozen dataclass that has these and more."""

    samples: int
    batch: int
    optimiser: str
    """AdamW or Adam."""
    schedule: str
    """cosine or constant."""
    learning_rate: float
    weight_decay: float
    warmup_steps: int
    gradient_clip: float
    ema: float
    seed: int
    steps: int


class Task(Protocol):
    """What a method brings: its network, the loss of step n (a function of n alone), and a score, higher is better."""

    recipe: Any

    def network(self) -> nn.Module: ...
    def step_loss(self, network: Any, step: int) -> Tensor: ...
    def validate(self, network: Any) -> dict[str, float]: ...


class Watcher(Protocol):
    """Who looks on: is told of every step, and of every row of the log."""

    def step(self, done: int, total: int) -> None: ...
    def row(self, row: dict[str, float]) -> None: ...


def train(
    task: Task,
    run: Path,
    *,
    about: dict[str, Any],
    score: str = "iou_at_1",
    check_every: int = 250,
    start: Path | None = None,
    start_counts: bool = False,
    stop_after: int | None = None,
    should_stop: ShouldStop = lambda: False,
    watcher: Watcher | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Train until the recipe's samples are spent, keeping in `run` the last state, the best averaged weights and a log.

    `about` (data, split) is stored beside the recipe; a folder that holds another recipe or other data is refused.
    `start`: weights to begin with instead of random ones; where it counts, its own score at step 0 is the one to beat.
    `stop_after` ends early at that step, as an interruption would. Stopped, with the state kept, as soon as `should_stop`.
    """
    recipe = task.recipe
    torch.manual_seed(recipe.seed)
    network = channels_last(task.network())
    if start:
        begin_with(network, start)
    average = channels_last(task.network())
    average.load_state_dict(network.state_dict())
    kind = {"AdamW": torch.optim.AdamW, "Adam": torch.optim.Adam}[recipe.optimiser]
    optimiser = kind(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    claim_folder(run, {"recipe": asdict(recipe), **about})
    is_new = not (run / LAST).exists()
    step, best = (0, -math.inf) if is_new else restore(run / LAST, network, average, optimiser)
    forget_after(run / LOG, -1 if is_new else step)

    def note(row: dict[str, Any]) -> None:
        """Into the log before the state is kept: whatever interrupts this, `forget_after` makes both agree again."""
        nonlocal best
        if row.get(score, 0.0) >= best:
            best = row.get(score, 0.0)
            save_tensors(run / BEST, average.state_dict(), {"step": str(step), score: str(best)})
        with (run / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        keep(run / LAST, network, average, optimiser, step, best)
        if watcher is not None:
            watcher.row(row)
        say(" ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))

    if start_counts and is_new:
        note({"step": 0, "samples": 0, **task.validate(average.eval())})
    last_step = min(recipe.steps, stop_after or recipe.steps)
    started, recent = time.monotonic(), []
    while step < last_step:
        if should_stop():
            keep(run / LAST, network, average, optimiser, step, best)
            raise Stopped
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * schedule(step, recipe)
        network.train()
        loss = task.step_loss(network, step)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
        optimiser.step()
        step += 1
        if watcher is not None:
            watcher.step(step, recipe.steps)
        follow(average, network, min(recipe.ema, (1 + step) / (10 + step)))
        recent.append(loss.item())
        if not math.isfinite(recent[-1]):
            raise TrainingError(f"The loss became {recent[-1]} at step {step}; lower the learning rate.")

        if step % check_every == 0 or step == last_step:
            average.eval()
            scores = task.validate(average)
            row = {"step": step, "samples": step * recipe.batch, "loss": sum(recent) / len(recent), **scores}
            row["ms_per_sample"] = (time.monotonic() - started) * 1000 / (len(recent) * recipe.batch)
            note(row)
            started, recent = time.monotonic(), []


def begin_with(network: nn.Module, start: Path) -> None:
    """Load weights of the same network; TrainingError when their layers differ."""
    try:
        network.load_state_dict(load_tensors(start)[0])
    except RuntimeError as error:
        raise TrainingError(f"{start.name} does not fit this network: {str(error).splitlines()[0]}") from None


def channels_last(network: nn.Module) -> nn.Module:
    """The memory order in which convolutions are fastest on CPU and GPU."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def schedule(step: int, recipe: Settings) -> float:
    """Linear warm-up, then constant, or a half cosine down to 1 % at the end of the samples."""
    if step < recipe.warmup_steps:
        return (step + 1) / recipe.warmup_steps
    if recipe.schedule == "constant":
        return 1.0
    progress = (step - recipe.warmup_steps) / max(1, recipe.steps - recipe.warmup_steps)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Exponential moving average of weights and batch-norm statistics."""
    for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def forget_after(log: Path, step: int) -> None:
    """Leave out of the log what an interrupted run had not kept, and half a last line."""
    if not log.exists():
        return
    kept = []
    for line in log.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):
            kept += [line] if json.loads(line)["step"] <= step else []
    draft = log.with_suffix(".draft")
    draft.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    os.replace(draft, log)


def claim_folder(run: Path, settings: dict[str, Any]) -> None:
    """Store what this run is, or refuse a folder that holds another run."""
    run.mkdir(parents=True, exist_ok=True)
    stored = run / SETTINGS
    settings = json.loads(json.dumps(settings))
    if not stored.exists():
        write_json(stored, settings)
    elif json.loads(stored.read_text(encoding="utf-8")) != settings:
        raise TrainingError(f"{run} holds a run with another recipe or other data; name another folder with --out.")


def keep(
    path: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, step: int, best: float
) -> None:
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for name, parameter in network.named_parameters():
        tensors |= {f"optimiser.{name}.{k}": v for k, v in optimiser.state[parameter].items()}
    save_tensors(path, tensors, {"step": str(step), "best": repr(best)})


def restore(path: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
    """Load what `keep` wrote; (step, best score)."""
    tensors, metadata = load_tensors(path)
    network.load_state_dict(_under("network.", tensors))
    average.load_state_dict(_under("average.", tensors))
    for name, parameter in network.named_parameters():
        # In the parameter's own memory order: in another, the same sums are rounded differently.
        optimiser.state[parameter] = {
            k: torch.empty_like(parameter).copy_(v) if v.shape == parameter.shape else v
            for k, v in _under(f"optimiser.{name}.", tensors).items()
        }
    return int(metadata["step"]), float(metadata["best"])


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
