"""The command line of the inference half: python -m inference, then one of the commands below."""

import argparse
import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from inference.checkpoints import CheckpointError, write_json
from inference.data.samples import DatasetError
from inference.engines import use_threads
from inference.evaluation import EvaluationError
from inference.folders import LEARNING
from inference.jobs import Stage
from inference.protocol import TrainRequest
from inference.training.loop import TrainingError

NUCLEI = "nuclick-nucleus-he"
OBJECTS = ("nucleus", "cell", "gland")


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    use_threads(options.threads)
    try:
        options.command(options)
    except (DatasetError, CheckpointError, EvaluationError, TrainingError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    commands = top.add_subparsers(required=True)

    train = commands.add_parser("train", help="train a network; started again, it goes on where it stopped")
    train.add_argument("method", choices=["nuclick"])
    train.add_argument("--data", type=Path, action="append", required=True, help="labelled images (repeatable)")
    train.add_argument("--object", choices=OBJECTS, default="nucleus", help="its recipe is taken")
    train.add_argument(
        "--published", action="store_true", help="the paper's network and training (66.8 M: needs a GPU)"
    )
    train.add_argument("--kind", help="only images of this kind, of data sets whose dataset.json names kinds")
    train.add_argument("--stain", help="of the images: H&E, IHC, fluorescence, Romanowsky")
    train.add_argument("--out", type=Path, required=True, help="the run's folder, for instance runs/nuclei")
    train.add_argument("--samples", type=positive, help="how many patches in all")
    train.add_argument("--batch", type=positive, help="patches in one step")
    train.add_argument("--seed", type=int, help="of the weights and of every simulated click")
    train.add_argument("--init", help="shipped weights to start from, instead of random ones")
    train.add_argument("--learning-rate", type=float)
    train.add_argument("--patch-px", type=positive, help="what the network is given; with --mpp, its field of view")
    train.add_argument("--crop-px", type=positive, help="what a training step shows of it")
    train.add_argument("--mpp", type=float, help="µm a pixel at which objects are shown")
    train.add_argument("--check-every", type=positive, default=250, help="steps between validations")
    train.set_defaults(command=run_train)

    learn = commands.add_parser(
        "learn", help="train on a frozen snapshot and measure beside a rival, as the training worker does"
    )
    learn.add_argument("--snapshot", required=True, help="its sha256, the name of its folder")
    learn.add_argument("--name", required=True, help="of the weights to make")
    learn.add_argument("--base", help="weights to begin with, instead of random ones")
    learn.add_argument("--rival", help="weights to measure them against; default: those to begin with")
    learn.add_argument("--samples", type=positive, default=4_000, help="how many patches in all")
    learn.add_argument("--seed", type=int, default=1)
    learn.add_argument("--folder", type=Path, default=LEARNING, help="of snapshots, runs and weights")
    learn.add_argument("--json", type=Path, help="write the measurement here")
    learn.set_defaults(command=run_learn)

    export = commands.add_parser("export", help="measure a run's best weights and ship them with a manifest")
    export.add_argument("run", type=Path)
    export.add_argument("--name", default=NUCLEI)
    export.add_argument("--data", type=Path, required=True, help="the folder whose validation images to measure on")
    export.add_argument("--kind", help="only these images, as dataset.json names them")
    export.add_argument("--licence", required=True, help="of the weights: that of the data they were trained on")
    export.add_argument(
        "--mirrored", action="store_true", help="ask about each patch and its mirror image: twice the time"
    )
    export.set_defaults(command=run_export)

    evaluate = commands.add_parser(
        "evaluate", help="point at every object of a folder of labelled images and score the masks"
    )
    evaluate.add_argument("method", choices=["nuclick"])
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--object", choices=OBJECTS, help="default: what dataset.json says")
    evaluate.add_argument("--kind", help="only images of this kind, as dataset.json names it")
    evaluate.add_argument(
        "--checkpoint", help="default: chosen for each image by object and stain, as the product does"
    )
    evaluate.add_argument(
        "--images",
        choices=["validation", "all"],
        default="validation",
        help="validation: those that the weights were not trained on",
    )
    evaluate.add_argument(
        "--click",
        choices=["centroid", "random", "deep"],
        default="centroid",
        help="into nuclei and cells; random and deep are NuClick's training clicks, as printed and as coded",
    )
    evaluate.add_argument(
        "--line",
        choices=["skeleton", "drawn"],
        default="skeleton",
        help="into glands: the whole skeleton, or what a hand draws",
    )
    evaluate.add_argument("--jitter-px", type=not_negative, default=0.0, help="σ of the clicks' displacement")
    evaluate.add_argument(
        "--jitter-unclipped", action="store_true", help="displaced clicks stay where they fall, also outside the object"
    )
    evaluate.add_argument("--no-exclusion", action="store_true", help="the points of the other objects are not known")
    evaluate.add_argument(
        "--baseline",
        choices=["watershed", "region-growing", "active-contour", "grabcut"],
        help="a method without a network, on the same images and clicks",
    )
    evaluate.add_argument("--corrections", action="store_true", help="also count the clicks to IoU .80, .85 and .90")
    evaluate.add_argument("--corrections-objects", type=positive, default=60, help="of each image, evenly picked")
    evaluate.add_argument(
        "--smallest-px", type=int, default=0, help="drop smaller masks; NuClick dropped those under 50"
    )
    evaluate.add_argument("--seed", type=int, default=1)
    evaluate.add_argument("--json", type=Path, help="write the result here")
    evaluate.add_argument("--markdown", type=Path, help="write the table here")
    evaluate.set_defaults(command=run_evaluate)

    bench = commands.add_parser("bench", help="latency of the network in three engines")
    bench.add_argument("method", choices=["nuclick"])
    bench.add_argument(
        "--network", choices=("successor", "gland", "paper"), action="append", help="all, if none is named"
    )
    bench.add_argument("--json", type=Path, help="write the result here")
    bench.set_defaults(command=run_bench)

    reliability = commands.add_parser(
        "reliability", help="train a U-Net on clicked masks and on the truth, and compare"
    )
    reliability.add_argument("method", choices=["nuclick"])
    reliability.add_argument("--data", type=Path, required=True)
    reliability.add_argument("--checkpoint", default=NUCLEI)
    reliability.add_argument(
        "--tested", type=positive, default=8, help="images to test on, among those it was trained on"
    )
    reliability.add_argument("--samples", type=positive, help="crops that each U-Net sees")
    reliability.add_argument("--seed", type=int)
    reliability.add_argument("--json", type=Path, help="write the result here")
    reliability.set_defaults(command=run_reliability)

    al_bench = commands.add_parser(
        "al-bench", help="does it pay to choose what is labelled next? Policies against chance"
    )
    al_bench.add_argument("--data", type=Path, required=True, help="labelled images of nuclei")
    al_bench.add_argument("--kind", help="only images of this kind, as dataset.json names it")
    al_bench.add_argument(
        "--strategies",
        type=lambda text: tuple(text.split(",")),
        default=("random", "combined"),
        help="random, entropy, disagreement, combined, with commas; all are compared with random",
    )
    al_bench.add_argument("--rounds", type=positive, default=4, help="points of each curve, twice the regions at each")
    al_bench.add_argument("--seeds", type=positive, default=3)
    al_bench.add_argument("--first", type=positive, default=4, help="regions of the first round")
    al_bench.add_argument("--region-px", type=positive, default=256)
    al_bench.add_argument("--annotator", "--checkpoint", default=NUCLEI, help="the click model that makes the masks")
    al_bench.add_argument("--learner-start", help="weights that each training begins with; default: random ones")
    al_bench.add_argument("--samples", type=positive, default=2_000, help="patches of each training")
    al_bench.add_argument("--batch", type=positive, default=16)
    al_bench.add_argument("--crop-px", type=positive, default=96, help="what the learner is shown of each")
    al_bench.add_argument("--learning-rate", type=float, default=5e-4)
    al_bench.add_argument("--test-images", type=positive, help="of the validation images; default: all")
    al_bench.add_argument("--out", type=Path, required=True, help="the run's folder; named again, it goes on")
    al_bench.add_argument("--json", type=Path, help="write the result here")
    al_bench.add_argument("--markdown", type=Path, help="write the table here")
    al_bench.set_defaults(command=run_al_bench)

    for command in (train, learn, export, evaluate, bench, reliability, al_bench):
        command.add_argument("--threads", type=positive, default=os.cpu_count() or 1)
    return top


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return number


def run_train(options: argparse.Namespace) -> None:
    from inference.training.runs import train_nuclick

    names = ("stain", "samples", "batch", "seed", "learning_rate", "patch_px", "crop_px", "mpp")
    given = {name: getattr(options, name) for name in names}
    train_nuclick(
        folders=options.data,
        object_type=options.object,
        published=options.published,
        kind=options.kind,
        init=options.init,
        run=options.out,
        changes={k: v for k, v in given.items() if v is not None},
        check_every=options.check_every,
        say=tell,
    )


def run_learn(options: argparse.Namespace) -> None:
    from inference.data.snapshot import open_snapshot
    from inference.training.learning import learn

    manifest = open_snapshot(options.snapshot, options.folder / "snapshots").manifest
    request = TrainRequest(
        job_id=uuid5(NAMESPACE_OID, options.name),  # the same name goes on where it stopped
        attempt=1,
        method="nuclick",
        object_type=manifest.object_type,
        stain=manifest.stain,
        snapshot=options.snapshot,
        base=options.base,
        rival=options.rival or options.base,
        name=options.name,
        samples=options.samples,
        seed=options.seed,
    )

    def told(
        stage: Stage,
        done: int = 0,
        total: int = 0,
        *,
        row: Mapping[str, float] | None = None,
        line: str | None = None,
    ) -> None:
        if row or line:
            tell(line or " ".join(f"{k} {v:.4g}" for k, v in (row or {}).items()))

    folders = {name: options.folder / name for name in ("snapshots", "runs", "weights")}
    trained = learn(request, told, lambda: False, threads=options.threads, **folders)
    tell(json.dumps({k: v for k, v in trained.measurement.items() if k not in ("per_slide", "pictures")}, indent=1))
    if options.json:
        write_json(options.json, trained.measurement)


def run_export(options: argparse.Namespace) -> None:
    from inference.training.runs import export_run

    checkpoint = export_run(
        run=options.run,
        name=options.name,
        folder=options.data,
        kind=options.kind,
        mirrored=options.mirrored,
        licence=options.licence,
        threads=options.threads,
        say=tell,
    )
    tell(f"{checkpoint.path} ({checkpoint.path.stat().st_size / 2**20:.1f} MiB)")


def run_evaluate(options: argparse.Namespace) -> None:
    from inference.evaluation.pointing import Pointing
    from inference.evaluation.report import as_table
    from inference.evaluation.run import Settings, evaluate_folder

    pointing = Pointing(
        click=options.click,
        line=options.line,
        jitter_px=options.jitter_px,
        jitter_clipped=not options.jitter_unclipped,
        exclusion=not options.no_exclusion,
        seed=options.seed,
    )
    settings = Settings(
        object_type=options.object,
        kind=options.kind,
        images=options.images,
        pointing=pointing,
        baseline=options.baseline,
        corrections=options.corrections_objects if options.corrections else 0,
        smallest_px=options.smallest_px,
    )
    report = evaluate_folder(options.data, settings, checkpoint=options.checkpoint, threads=options.threads, say=tell)
    for name, reason in report["chosen"].items():
        tell(f"Weights: {name} ({reason}).")
    if report["mpp_assumed"] and report["mpp"]:
        tell(f"{options.data} states no mpp; its images were taken to have the model's {report['mpp']} µm a pixel.")
    hand_over(report, as_table(report), options)


def run_bench(options: argparse.Namespace) -> None:
    from inference.training.bench import SIZES_PX, as_table, bench

    report = bench(options.network or tuple(SIZES_PX), threads=options.threads, say=tell)
    hand_over(report, as_table(report), options)


def run_reliability(options: argparse.Namespace) -> None:
    from inference.training.reliability import as_table, measure_reliability

    given = {name: getattr(options, name) for name in ("samples", "seed")}
    report = measure_reliability(
        options.data,
        options.checkpoint,
        tested=options.tested,
        changes={k: v for k, v in given.items() if v is not None},
        threads=options.threads,
        say=tell,
    )
    hand_over(report, as_table(report), options)


def run_al_bench(options: argparse.Namespace) -> None:
    from inference.active.bench import Settings, run_bench
    from inference.active.curves import as_table, summarise
    from inference.active.learner import Plan

    plan = Plan(
        start=options.learner_start,
        samples=options.samples,
        batch=options.batch,
        crop_px=options.crop_px,
        learning_rate=options.learning_rate,
    )
    settings = Settings(
        strategies=options.strategies,
        rounds=options.rounds,
        seeds=options.seeds,
        annotator=options.annotator,
        plan=plan,
        kind=options.kind,
        first=options.first,
        region_px=options.region_px,
        test_images=options.test_images,
    )
    report = summarise(run_bench(options.data, settings, run=options.out, threads=options.threads, say=tell))
    hand_over(report, as_table(report), options)


def hand_over(report: dict[str, Any], table: str, options: argparse.Namespace) -> None:
    """The table on the screen, and both where the options ask for them."""
    tell(table)
    if options.json:
        write_json(options.json, report)
    if getattr(options, "markdown", None):
        options.markdown.write_text(table + "\n", encoding="utf-8")


def tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
