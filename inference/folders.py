"""The folder that the web side and the workers share: what a project's own learning reads and writes."""

import os
from pathlib import Path

LEARNING = Path(os.environ.get("SQUIGGLE_LEARNING") or Path(__file__).parents[1] / "var" / "learning")
SNAPSHOTS = LEARNING / "snapshots"
"""One folder for each frozen data set, named by the sha256 of its manifest."""
RUNS = LEARNING / "runs"
"""One folder for each training, named by its job's id: checkpoints, log and pictures."""
WEIGHTS = LEARNING / "weights"
"""Weights that the trainings made, with their manifests."""
