"""A project's months of labelling and training, written as rows and files: what its pages then show is known.

Run beside a running system: manage.py shell -c "from tests.browser.past_learning import write; write('Colon')"
"""

import hashlib
import math
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from annotator.annotations import services
from annotator.learning.kinds import Kind
from annotator.learning.models import (
    Activation,
    DatasetSnapshot,
    JobLine,
    JobState,
    ModelVersion,
    SamplingRun,
    TrainingRun,
)
from annotator.learning.preferences import record_refusal, set_preferences
from annotator.projects.models import Project
from annotator.regions.models import Region
from tests.annotator.factories import TIMES, accept_ref, answer, ref, square, target

NOW = timezone.now()
UNHEARD = timedelta(hours=2)
"""The heartbeat of a run that goes on lies so far ahead that nobody finds it lost."""
SAMPLES = 8_000
BATCH = 32
PICTURES = 6
NUCLEI = Kind("nucleus", "H&E")


@transaction.atomic
def write(project_name: str) -> None:
    project = Project.objects.get(name=project_name)
    project.slides.update(stain=NUCLEI.stain)
    Past(project).write()


class Past:
    def __init__(self, project: Project) -> None:
        self.project = project
        users = get_user_model().objects
        self.ada, self.ann, self.bob = (users.get(username=name) for name in ("ada", "ann", "bob"))
        self.shipped = ModelVersion.objects.get(name="nuclick-nucleus-he", replaced=False)
        self.random = random.Random(1)
        self.first_slide, *self.other_slides = project.slides.order_by("pk")

    def write(self) -> None:
        with at(days=12):
            set_preferences(
                project=self.project, kind=NUCLEI, new_objects=250, promotes=True, samples=SAMPLES,
                schedule={"enabled": True, "hour": 3, "minute": 0, "day_of_week": "*", "timezone": "Europe/London"},
            )  # fmt: skip
        self.label(days=10, by=self.shipped, count=24, seconds=6.2, wrong=6)
        self.label(days=9, by=self.shipped, count=30, seconds=5.4, wrong=4)
        refused = self.train(days=9, base=self.shipped, gain=-0.012, verdict="refused", slides=6, objects=(310, 96))
        self.label(days=6, by=self.shipped, count=36, seconds=4.9, wrong=4)
        better = self.train(days=5, base=self.shipped, gain=0.027, verdict="promoted", slides=6, objects=(742, 188))
        self.activate(better, days=5)
        self.label(days=4, by=better, count=40, seconds=3.8, wrong=2)
        self.label(days=2, by=better, count=44, seconds=3.1, wrong=1)
        self.end_early(days=3, base=better, state=JobState.CANCELLED, line="Cancelled by ada.")
        self.train(days=1, base=better, gain=0.009, verdict="admin", slides=4, objects=(1130, 274))
        self.end_early(
            days=0.4, base=better, state=JobState.FAILED,
            line="The slide biopsy-7.svs cannot be read any more: was it moved? Put it back, then train again.",
        )  # fmt: skip
        self.go_on(base=better)
        self.look_for_regions()
        with at(days=1):
            set_preferences(
                project=self.project, kind=Kind("gland", NUCLEI.stain), new_objects=50, promotes=False,
                samples=SAMPLES, schedule=None,
            )  # fmt: skip
            record_refusal(
                project=self.project, kind=Kind("gland", NUCLEI.stain),
                words="12 glands to train on (at least 20): accept 8 more.",
            )  # fmt: skip
        assert refused.active is False

    # --- labelling ------------------------------------------------------------------------------------------------

    def label(self, *, days: float, by: ModelVersion, count: int, seconds: float, wrong: int) -> None:
        """`count` objects accepted in a morning, of which `wrong` took a second click, and as many rejected ones."""
        labels = list(self.project.labels.filter(object_type="nucleus"))
        for number in range(count + wrong):
            with at(days=days, seconds=20 * number):
                slide = self.random.choice([self.first_slide, *self.other_slides])
                x, y = self.random.uniform(100, 900), self.random.uniform(100, 900)
                label = labels[number % 5 % len(labels)]
                fields: dict[str, Any] = {"user": self.ann, "slide": slide, "label": label, "model_id": by.pk}
                [asked] = services.ask(**fields, targets=[target(at=(x, y))])
                self.reply(asked, by, square(x - 10, y - 10))
                asked.refresh_from_db()
                if number >= count:
                    services.reject(user=self.ann, slide=slide, refs=[ref(asked)], elapsed_ms=1500)
                    continue
                if number < wrong:
                    again = target(
                        object_id=asked.pk, turn=2, base_version=asked.version,
                        prompts=[*target(at=(x, y)).prompts, *target(at=(x + 6, y)).prompts],
                    )  # fmt: skip
                    [asked] = services.ask(**fields, targets=[again])
                    self.reply(asked, by, square(x - 12, y - 12, 25))
                    asked.refresh_from_db()
                elapsed_ms = 1000 * seconds * self.random.uniform(0.6, 1.7)
                refs = [accept_ref(asked)]
                services.accept(user=self.ann, slide=slide, refs=refs, how="key", elapsed_ms=elapsed_ms)

    def reply(self, asked: Any, by: ModelVersion, polygon: Any) -> None:
        objects = [answer(asked.pk, turn=asked.turn, polygon=polygon)]
        services.record_segmentation(slide=asked.slide, model_id=by.pk, objects=objects, times=TIMES)

    # --- training -------------------------------------------------------------------------------------------------

    def freeze(self, *, objects: tuple[int, int], slides: int) -> DatasetSnapshot:
        training, held_out = objects
        summary = {
            "slides": {"training": 3 * slides, "held_out": slides},
            "objects": {"training": training, "held_out": held_out},
            "labels": {"Nucleus": round(0.7 * (training + held_out)), "Lymphocyte": round(0.3 * (training + held_out))},
            "rejected": 17, "complete_regions": 9, "prompts": 2 * training, "accepted_by": {"key": training + held_out},
        }  # fmt: skip
        sha256 = hashlib.sha256(repr((objects, slides, self.project.pk)).encode()).hexdigest()
        return DatasetSnapshot.objects.get_or_create(
            sha256=sha256,
            defaults={
                "project": self.project, "object_type": "nucleus", "stain": NUCLEI.stain, "summary": summary,
                "by": None,
            },
        )[0]  # fmt: skip

    def ask(self, *, base: ModelVersion, objects: tuple[int, int], slides: int = 6, **fields: Any) -> TrainingRun:
        return TrainingRun.objects.create(
            id=uuid4(), project=self.project, method=base.method, object_type="nucleus", stain=NUCLEI.stain,
            snapshot=self.freeze(objects=objects, slides=slides), base=base, rival=base, attempt=1,
            sent_at=timezone.now(), **fields,
        )  # fmt: skip

    def train(
        self, *, days: float, base: ModelVersion, gain: float, verdict: str, slides: int, objects: tuple[int, int]
    ) -> ModelVersion:
        with at(days=days):
            run = self.ask(
                base=base, objects=objects, slides=slides, trigger="schedule", state=JobState.DONE, stage="measuring",
                started_at=timezone.now() + timedelta(seconds=4), ended_at=timezone.now() + timedelta(minutes=41),
                curve=curve(SAMPLES, gain), verdict=verdict,
            )  # fmt: skip
        with at(days=days, seconds=41 * 60):
            version = self.make_version(run, base)
            run.measurement = self.measure(version, base, gain=gain, n_slides=slides, n_objects=objects[1])
            run.reason = reason(run.measurement, verdict)
            run.save()
            self.draw_pictures(run.pk)
            self.log(run, "Cut 742 patches from 18 slides.", "Best weights at 6,400 patches.", run.reason)
        return version

    def make_version(self, run: TrainingRun, base: ModelVersion) -> ModelVersion:
        """Its weights are a copy of the shipped ones, so that it can really answer."""
        name = f"nuclick-nucleus-p{self.project.pk}-{run.pk.hex[:12]}"
        folder = settings.LEARNING_FOLDER / "weights"
        folder.mkdir(parents=True, exist_ok=True)
        for ending in (".safetensors", ".json"):
            shutil.copy(settings.WEIGHTS_FOLDER / f"{self.shipped.name}{ending}", folder / f"{name}{ending}")
        return ModelVersion.objects.create(
            name=name, method=base.method, object_type="nucleus", stain=NUCLEI.stain, mpp=base.mpp,
            patch_px=base.patch_px, sha256=self.shipped.sha256, licence=base.licence, project=self.project,
            parent=base, run=run, manifest={**self.shipped.manifest, "name": name},
        )  # fmt: skip

    def measure(
        self, version: ModelVersion, base: ModelVersion, *, gain: float, n_slides: int, n_objects: int
    ) -> dict[str, Any]:
        rival = {
            "aji": 0.701, "dice": 0.842, "pq": 0.655, "iou_at_1": 0.733, "noc_80": 1.62, "noc_85": 2.31,
            "noc_90": 4.02, "ms_per_click_p50": 26.0,
        }  # fmt: skip
        candidate = {
            key: score - 12 * gain if key.startswith("noc") else score + (1.4 if key.startswith("ms") else gain)
            for key, score in rival.items()
        }
        labels = list(self.project.labels.filter(object_type="nucleus"))
        shares = [1 / len(labels)] * len(labels)

        def part(share: float, shift: float) -> dict[str, Any]:
            return {
                "n_objects": round(n_objects * share), "candidate": 0.733 + gain + shift, "rival": 0.733,
                "difference": gain + shift,
            }  # fmt: skip

        slides = [self.first_slide, *self.other_slides]
        return {
            "candidate": version.name, "rival": base.name, "n_slides": n_slides, "n_groups": n_slides - 1,
            "n_objects": n_objects, "scores": {"candidate": candidate, "rival": rival},
            "difference": {
                "score": "iou_at_1", "mean": gain, "low90": gain - 0.011, "high90": gain + 0.012, "resamples": 1000,
                "clustered_by": "slide",
            },
            "per_label": [
                {"label_id": label.pk, "label": label.name, **part(share, 0.006 * (-1) ** place)}
                for place, (label, share) in enumerate(zip(labels, shares, strict=True))
            ],
            "per_slide": [
                {"slide_id": slide.pk, "slide": slide.name, **part(1 / len(slides), 0.01 * (-1) ** place)}
                for place, slide in enumerate(slides)
            ],
            "real_prompts": {
                "n_objects": n_objects, "candidate": 0.761 + gain, "rival": 0.761, "difference": gain, "n_rejected": 17,
                "candidate_rejected_iou": 0.58, "rival_rejected_iou": 0.64,
            },
            "pictures": [
                {
                    "file": f"{number}.png", "slide": slides[number % len(slides)].name, "label": labels[0].name,
                    "object_id": str(uuid4()), "candidate": 0.6 + 0.05 * number, "rival": 0.71 - 0.02 * number,
                }
                for number in range(PICTURES)
            ],
            "command": "one simulated click at each accepted object's centre, up to 20 corrections, neighbours told",
        }  # fmt: skip

    def draw_pictures(self, run_id: UUID) -> None:
        folder = settings.LEARNING_FOLDER / "runs" / str(run_id) / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(PICTURES):
            picture = Image.new("RGB", (516, 256), "#f4eef3")
            draw = ImageDraw.Draw(picture)
            for left, wobble in ((0, 26), (260, 6)):
                middle = (left + 128, 128)
                draw.ellipse([left + 58, 70, left + 198, 186], fill="#8a6bb1")
                draw.line(blob(middle, 70, 58, wobble, number), fill="#4fc3c7", width=3)
                draw.line(blob(middle, 70, 58, 0, number), fill="#1d1f22", width=2)
            picture.save(folder / f"{number}.png")

    def activate(self, version: ModelVersion, *, days: float) -> None:
        with at(days=days, seconds=42 * 60):
            Activation.objects.create(
                project=self.project, object_type="nucleus", stain=NUCLEI.stain, version=version, before=self.shipped,
                reason=Activation.Reason.MEASURED, note=version.run.reason,
            )  # fmt: skip

    def end_early(self, *, days: float, base: ModelVersion, state: JobState, line: str) -> None:
        with at(days=days):
            now = timezone.now()
            failed = state == JobState.FAILED
            run = self.ask(
                base=base, objects=(742, 188), trigger="hand", by=self.ada, state=state, stage="training", done=90,
                total=250, failure=line if failed else "", started_at=now, ended_at=now + timedelta(minutes=14),
                curve=curve(SAMPLES // 3, 0.01),
            )  # fmt: skip
            self.log(run, "Cut 742 patches from 18 slides.", line)

    def go_on(self, *, base: ModelVersion) -> None:
        with at(days=0, seconds=-19 * 60):
            run = self.ask(
                base=base, objects=(1240, 310), trigger="threshold", state=JobState.RUNNING, stage="training", done=163,
                total=250, started_at=timezone.now() + timedelta(seconds=9), heartbeat_at=NOW + UNHEARD,
                curve=curve(163 * BATCH, 0.02),
            )  # fmt: skip
            self.log(run, "Cut 1,240 patches from 18 slides.", "step 160 samples 5120 loss 0.412 iou_at_1 0.755")

    def log(self, run: Any, *lines: str) -> None:
        for line in lines:
            JobLine.objects.create(job_id=run.pk, text=line)

    # --- regions --------------------------------------------------------------------------------------------------

    def look_for_regions(self) -> None:
        fields = {"project": self.project, "by": self.ada, "model_version": self.shipped, "region_um": 64.0}
        with at(days=3):
            now = timezone.now()
            found = SamplingRun.objects.create(
                **fields, strategy="combined", wanted=14, state=JobState.DONE, started_at=now,
                ended_at=now + timedelta(minutes=3),
            )  # fmt: skip
        SamplingRun.objects.create(
            **fields, strategy="entropy", wanted=20, state=JobState.RUNNING, attempt=1, stage="sampling", done=11,
            total=36, started_at=NOW, sent_at=NOW, heartbeat_at=NOW + UNHEARD,
        )  # fmt: skip
        for rank in range(14):
            closed = {}
            if rank < 5:
                state = Region.State.SKIPPED if rank == 3 else Region.State.COMPLETE
                closed = {"state": state, "closed_by": self.bob, "closed_at": NOW - timedelta(hours=5 * (6 - rank))}
            if rank == 5:
                closed = {"leased_by": self.ann, "leased_until": NOW + timedelta(minutes=12)}
            slides = [self.first_slide, *self.other_slides]
            Region.objects.create(
                project=self.project, slide=slides[rank % len(slides)], x=50.0 * rank, y=40.0 * rank, width=256,
                height=256, object_type="nucleus", strategy="combined", score=0.94 - 0.04 * rank, rank=rank,
                sampling_id=found.pk, **closed,
            )  # fmt: skip


@contextmanager
def at(*, days: float, seconds: float = 0) -> Iterator[None]:
    """Rows that are written meanwhile say that it was then."""
    moment: datetime = NOW - timedelta(days=days) + timedelta(seconds=seconds)
    with patch("django.utils.timezone.now", return_value=moment):
        yield


def curve(samples: int, gain: float) -> list[dict[str, float]]:
    rows = []
    for shown in range(10 * BATCH, samples + 1, 10 * BATCH):
        learnt = 1 - math.exp(-shown / 1800)
        wave = 0.004 * math.sin(shown / 211)
        rows.append(
            {
                "step": shown / BATCH, "samples": shown, "loss": 0.78 - 0.4 * learnt + 4 * wave,
                "iou_at_1": 0.728 + (gain + 0.01) * learnt + wave, "ms_per_sample": 290.0,
            }
        )  # fmt: skip
    return rows


def reason(measurement: dict[str, Any], verdict: str) -> str:
    difference = measurement["difference"]
    found = (
        f"IoU at the first click: {difference['mean']:+.3f} (90 % interval {difference['low90']:+.3f} to "
        f"{difference['high90']:+.3f}) on {measurement['n_objects']} objects of {measurement['n_slides']} held-out slides."
    )
    ends = {
        "promoted": "It takes over.",
        "refused": "Refused: it is not better on average; it may be worse by more than 0.005.",
        "admin": "An admin decides: it was measured on fewer than 5 held-out slides.",
    }
    return f"{found} {ends[verdict]}"


def blob(middle: tuple[int, int], across: float, down: float, wobble: float, seed: int) -> list[tuple[float, float]]:
    """A closed line around the middle."""
    return [
        (
            middle[0] + (across + wobble * math.sin(3 * angle + seed)) * math.cos(angle),
            middle[1] + (down + wobble * math.cos(2 * angle + seed)) * math.sin(angle),
        )
        for angle in (2 * math.pi * step / 60 for step in range(61))
    ]
