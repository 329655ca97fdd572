"""Patches lie where the objects lie, at the model's scale; what is unknown is unknown; nobody changes them unnoticed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.data.patches import AROUND_UM, CELL_PX, Patches, cut_patches
from inference.data.samples import LabelledImage
from inference.data.snapshot import Snapshot, SnapshotError, open_snapshot
from inference.jobs import Stopped
from tests.inference.conftest import blobs
from tests.inference.frozen import FrozenSlide, accepted, freeze

Freeze = Callable[..., Snapshot]


@pytest.fixture
def frozen(tmp_path: Path) -> Freeze:
    def make(*slides: FrozenSlide, **entries: object) -> Snapshot:
        return open_snapshot(freeze(tmp_path, slides, **entries), tmp_path / "snapshots")

    return make


def cut(snapshot: Snapshot, stop_after: int | None = None, **options: str) -> Patches:
    told: list[int] = []
    return cut_patches(
        snapshot,
        progress=lambda done, total: told.append(done),
        should_stop=lambda: stop_after is not None and len(told) >= stop_after,
        **options,
    )


def disk_slide(*disks: tuple[float, float, float], size: int = 800, **options: object) -> FrozenSlide:
    """Dark disks (x, y, radius) on a light slide."""
    labels = np.zeros((size, size), np.uint16)
    ys, xs = np.mgrid[:size, :size] + 0.5
    for number, (x, y, radius) in enumerate(disks, start=1):
        labels[np.hypot(xs - x, ys - y) < radius] = number
    pixels = np.where(labels[..., None] > 0, (90, 60, 130), (220, 180, 205)).astype(np.uint8)
    return FrozenSlide(pixels, labels, **options)  # type: ignore[arg-type]


def test_cut_patches_when_scale_is_the_slides_own_copies_pixels_and_labels(frozen: Freeze) -> None:
    slide = disk_slide((100, 120, 12), (505, 300, 15), (700, 700, 9))
    patches = cut(frozen(slide))
    assert [row["cell"] for row in patches.rows] == [[0, 0], [1, 1]]
    image = patches.read(patches.rows[0])
    left, top = (int(v) for v in patches.rows[0]["corner"])
    assert (left, top) == (-64, -64)
    truth = slide.labels[: CELL_PX + 64, : CELL_PX + 64]
    assert np.array_equal(image.pixels[64:, 64:], slide.pixels[: CELL_PX + 64, : CELL_PX + 64])
    assert ((image.labels[64:, 64:] > 0) == (truth > 0)).mean() > 0.9999
    assert len(image.pointed or ()) == 2  # the one at 505 reaches into the next cell, and is pointed at here alone
    assert patches.read(patches.rows[1]).labels.any()


@pytest.mark.parametrize("mpp", [0.25, 0.5, 0.36])
def test_cut_patches_when_slide_has_another_scale_keeps_areas_in_um(frozen: Freeze, mpp: float) -> None:
    slide = disk_slide((200, 220, 40), (420, 400, 33), mpp=mpp)
    (row, *_) = cut(frozen(slide)).rows
    patches = cut(frozen(slide))
    areas = {o.id: (slide.labels == n).sum() * mpp**2 for n, o in _numbered(patches)}
    for row in patches.rows:
        image = patches.read(row)
        assert image.mpp == pytest.approx(0.25, rel=0.01)
        for label in row["pointed"]:
            area_um2 = (image.labels == label).sum() * image.mpp**2
            assert area_um2 == pytest.approx(areas[patches.objects_in(row)[label].id], rel=0.01)
    assert sum(len(row["pointed"]) for row in patches.rows) == 2


def _numbered(patches: Patches) -> list[tuple[int, object]]:
    """Objects by their label in `disk_slide`: 1 lies left of 2."""
    ranked = sorted(patches.snapshot.manifest.objects, key=lambda o: o.polygons[0].exterior[0][0])
    return list(enumerate(ranked, start=1))  # type: ignore[arg-type]


def test_known_when_nothing_is_complete_ends_close_around_objects(frozen: Freeze) -> None:
    patches = cut(frozen(disk_slide((200, 200, 12), size=400)))
    known = patches.read(patches.rows[0]).known
    assert known is not None
    radius = np.sqrt(known.sum() / np.pi)
    assert radius == pytest.approx(12 + AROUND_UM / 0.25, abs=0.6)


def test_known_when_a_region_is_complete_covers_it_and_cuts_cells_without_objects(frozen: Freeze) -> None:
    slide = disk_slide((200, 200, 12), size=1200, complete=[(100, 100, 200, 150), (900, 900, 100, 50)])
    patches = cut(frozen(slide))
    assert [row["cell"] for row in patches.rows] == [[0, 0], [1, 1]]
    first, second = (patches.read(row).known for row in patches.rows)
    assert first is not None
    assert second is not None
    assert first[164:314, 164:364].all()
    assert first.sum() == 200 * 150
    assert second.sum() == 100 * 50
    assert patches.of_part("training") == (patches.rows[0],)


def test_draw_when_a_hole_is_in_an_object_leaves_it_open(frozen: Freeze) -> None:
    slide = disk_slide((200, 200, 40), size=400)
    ys, xs = np.mgrid[:400, :400] + 0.5
    slide.labels[np.hypot(xs - 200, ys - 200) < 15] = 0
    image = patches_image(cut(frozen(slide)))
    assert image.labels[264, 264] == 0
    assert (image.labels > 0).sum() == pytest.approx((slide.labels > 0).sum(), rel=0.01)


def test_draw_when_an_object_is_cut_or_hidden_does_not_point_at_it(frozen: Freeze) -> None:
    size = 1400
    labels = np.zeros((size, size), np.uint16)
    labels[100:900, 300:330] = 1  # longer than a patch
    small = labels.copy()
    small[:] = 0
    small[60:80, 60:80] = 2
    slide = FrozenSlide(np.full((size, size, 3), 200, np.uint8), labels + small)
    manifest_objects = [accepted(1, n, slide.labels) for n in (1, 2)]
    twice = {**manifest_objects[1], "id": manifest_objects[1]["id"][:-1] + "0"}
    patches = cut(frozen(slide, objects=sorted([*manifest_objects, twice], key=lambda o: o["id"])))
    pointed = [patches.objects_in(row)[label].id for row in patches.rows for label in row["pointed"]]
    assert len(pointed) == 1
    assert str(pointed[0])[:-1] == twice["id"][:-1]


def patches_image(patches: Patches) -> LabelledImage:
    return patches.read(patches.rows[0])


def test_turns_when_a_correction_goes_on_bring_the_answer_that_it_corrected(frozen: Freeze) -> None:
    slide = disk_slide((200, 200, 30), (200, 260, 20), size=400)
    first = {"kind": "click", "x": 200.0, "y": 200.0, "positive": True}
    second = {"kind": "click", "x": 200.0, "y": 260.0, "positive": False}
    one = accepted(1, 1, slide.labels)
    wrong = accepted(1, 2, slide.labels)["polygons"]
    turns = [
        {"prompts": [first], "start": [], "answer": [*one["polygons"], *wrong], "version": "w"},
        {"prompts": [first, second], "start": [], "answer": one["polygons"], "version": "w"},
        {"prompts": [second], "start": wrong, "answer": one["polygons"], "version": "w"},
    ]
    rejected = [{"slide": 1, "label": 1, "prompts": [first], "polygons": one["polygons"]}]
    patches = cut(frozen(slide, objects=[{**one, "turns": turns, "prompts": [first, second]}], rejected=rejected))
    image = patches_image(patches)
    (label,) = image.pointed or ()
    asked, corrected, begun_anew = image.turns[label]
    assert not asked.before
    assert asked.strokes[0][0].tolist() == [264, 264]
    assert len(corrected.before) == 2
    assert corrected.positive.tolist() == [True, False]
    assert len(begun_anew.before) == 1
    assert len(image.rejected[label]) == 1
    assert len(patches.rejected_in(patches.rows[0])) == 1


def test_cut_patches_when_stopped_goes_on_to_the_same_files(frozen: Freeze, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    snapshot = frozen(*(FrozenSlide(*blobs(rng, width=90, height=90)) for _ in range(4)))
    with pytest.raises(Stopped):
        cut(snapshot, stop_after=2)
    draft = snapshot.folder / "patches" / "cut.jsonl"
    assert len(draft.read_text().splitlines()) == 2
    with draft.open("a") as file:
        file.write('{"file": "half a li')
    broken = snapshot.folder / "patches" / "labels" / "1_0_0.png"
    broken.write_bytes(broken.read_bytes()[:50])  # as after a lost power supply
    resumed = cut(snapshot)
    assert not draft.exists()
    assert resumed.sha256 == cut(snapshot, expected_sha256=resumed.sha256).sha256
    for path in (snapshot.folder / "patches").rglob("*.png"):
        path.unlink()
    (snapshot.folder / "patches" / "index.json").unlink()
    assert cut(snapshot).sha256 == resumed.sha256


def test_cut_patches_when_a_file_was_changed_refuses(frozen: Freeze) -> None:
    snapshot = frozen(disk_slide((200, 200, 30), size=400))
    patches = cut(snapshot)
    path = patches.folder / "labels" / patches.rows[0]["file"]
    labels = np.array(Image.open(path))
    labels[100:110] = 1
    Image.fromarray(labels).save(path)
    with pytest.raises(SnapshotError, match="was changed since it was cut"):
        cut(snapshot)


def test_cut_patches_when_index_was_changed_too_refuses_by_its_hash(frozen: Freeze) -> None:
    snapshot = frozen(disk_slide((200, 200, 30), size=400))
    sha256 = cut(snapshot).sha256
    index = snapshot.folder / "patches" / "index.json"
    rows = json.loads(index.read_text())
    rows[0]["part"] = "held_out"
    index.write_text(json.dumps(rows))
    with pytest.raises(SnapshotError, match="not those that were cut first"):
        cut(snapshot, expected_sha256=sha256)


def test_cut_patches_when_the_slide_is_gone_or_another_says_so(frozen: Freeze, tmp_path: Path) -> None:
    snapshot = frozen(disk_slide((200, 200, 30), size=400))
    path = tmp_path / "slides" / "1.png"
    Image.new("RGB", (300, 300)).save(path)
    with pytest.raises(SnapshotError, match="was replaced"):
        cut(snapshot)
    path.unlink()
    with pytest.raises(SnapshotError, match=r"“1\.png” cannot be cut"):
        cut(snapshot)
