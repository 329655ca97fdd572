"""What a training step sees: patches around what was pointed at, and simulated annotators who correct."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.data.mosaic import ACROSS, TILE_PX, mosaic
from inference.data.samples import LabelledImage, Turn, find_objects, open_dataset
from inference.methods.nuclick.losses import paper_loss, successor_loss, targets
from inference.methods.nuclick.recipe import RECIPES, Recipe, as_published
from inference.methods.nuclick.sampling import Sampler, corrupt, held_out_batch
from inference.methods.nuclick.task import Task

TINY = Recipe(samples=80, batch=4, patch_px=64, crop_px=48)
GLANDS = dataclasses.replace(RECIPES["gland"], batch=4, patch_px=64, crop_px=64, mpp=0.25, shift_px=4)


@pytest.fixture(scope="module")
def images(dataset_folder: Path) -> list[LabelledImage]:
    dataset = open_dataset(dataset_folder)
    return [dataset.read(i) for i in dataset.ids]


@pytest.mark.parametrize("recipe", [TINY, GLANDS, as_published(TINY)], ids=["nucleus", "gland", "published"])
def test_batch_when_drawn_twice_is_the_same_and_differs_between_steps(
    images: list[LabelledImage], recipe: Recipe
) -> None:
    recipe = dataclasses.replace(recipe, batch=4)
    sampler = Sampler(images, recipe)
    first, again, other = sampler.batch(3), sampler.batch(3), sampler.batch(4)
    assert torch.equal(first.inputs(), again.inputs())
    assert not torch.equal(first.inputs(), other.inputs())
    assert first.truth.any(axis=(1, 2)).all()
    assert not (first.truth & first.others).any()
    for told, truth in zip(first.guidance, first.truth, strict=True):
        columns, rows = np.floor(told.exclusion).astype(int).T
        assert not truth[rows, columns].any()


def test_batch_when_drawn_points_at_the_object_near_the_middle(images: list[LabelledImage]) -> None:
    recipe = dataclasses.replace(TINY, batch=32, corrupted_start=0)
    batch = Sampler(images, recipe).batch(1)
    clicks = np.array([told.positive[0][0] for told in batch.guidance])
    assert np.abs(clicks - 24).max() <= recipe.shift_px + 1e-9
    columns, rows = np.floor(clicks).astype(int).T
    assert batch.truth[np.arange(32), rows, columns].mean() > 0.8  # a few clicks miss, as people's do


@pytest.mark.parametrize("recipe", [TINY, GLANDS], ids=["nucleus", "gland"])
def test_held_out_batch_when_made_is_what_the_product_would_show(images: list[LabelledImage], recipe: Recipe) -> None:
    batch = held_out_batch(images[0], recipe, 5)
    assert batch.truth.any(axis=(1, 2)).all()
    for told, truth in zip(batch.guidance, batch.truth, strict=True):
        columns, rows = np.floor(np.vstack(told.positive)).astype(int).T
        assert truth[rows, columns].mean() > 0.9


def test_task_when_scored_before_training_gives_a_share(images: list[LabelledImage]) -> None:
    task = Task(TINY, images[:4], images[4:], objects_per_image=3)
    assert 0 <= task.validate(task.network().eval())["iou_at_1"] <= 1


def test_targets_when_made_have_weights_of_mean_one_and_bounded_distances(images: list[LabelledImage]) -> None:
    truth = targets(Sampler(images, TINY).batch(1))
    assert truth.weight.mean(dim=(1, 2)).numpy() == pytest.approx(1, abs=1e-4)
    assert truth.distance.abs().max() <= 1
    assert ((truth.distance > 0) == (truth.mask > 0)).all()


def test_paper_loss_when_right_is_near_zero_and_grows_with_errors_on_neighbours(images: list[LabelledImage]) -> None:
    batch = Sampler(images, as_published(dataclasses.replace(TINY, batch=4, patch_px=64))).batch(1)
    truth, others = (torch.from_numpy(m.astype(np.float32)) for m in (batch.truth, batch.others))
    right = 40 * (truth - 0.5)[:, None]
    taken = right + 40 * others[:, None]
    assert float(paper_loss(right, batch)) < 0.01
    assert float(paper_loss(taken, batch)) > float(paper_loss(-right.abs(), batch)) * 0.1 > 0.1


def test_loss_when_part_is_unknown_has_no_gradient_there(images: list[LabelledImage]) -> None:
    known = np.zeros(images[0].labels.shape, bool)
    known[20:60, 20:60] = True
    image = dataclasses.replace(images[0], known=known | (images[0].labels > 0))
    for recipe in (TINY, as_published(dataclasses.replace(TINY, batch=4, patch_px=48))):
        batch = Sampler([image], dataclasses.replace(recipe, batch=4)).batch(1)
        assert batch.known is not None
        assert 0 < batch.known.mean() < 1
        output = torch.randn(4, 3, 48, 48, requires_grad=True)
        deep = [torch.randn(4, 1, 48 // f, 48 // f, requires_grad=True) for f in (2, 4)]
        loss = (
            paper_loss(output, batch) if recipe.network == "paper" else successor_loss((output, deep), targets(batch))
        )
        loss.backward()
        assert output.grad is not None
        unknown = torch.from_numpy(~batch.known)[:, None]
        assert (output.grad * unknown).abs().max() == 0
        assert (output.grad[:, :1] * ~unknown).abs().max() > 0


def test_loss_when_all_is_known_is_that_of_a_plain_image(images: list[LabelledImage]) -> None:
    whole = [dataclasses.replace(i, known=np.ones(i.labels.shape, bool)) for i in images]
    sampler = Sampler(images, dataclasses.replace(TINY, shift_px=0))
    plain = sampler.batch(1)
    batch = dataclasses.replace(plain, known=np.ones_like(plain.truth))
    torch.manual_seed(1)
    output, deep = torch.randn(4, 3, 48, 48), [torch.randn(4, 1, 48 // f, 48 // f) for f in (2, 4)]
    losses = [float(successor_loss((output, deep), targets(b))) for b in (plain, batch)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert np.array_equal(Sampler(whole, TINY).batch(1).truth, Sampler(images, TINY).batch(1).truth)


def test_batch_when_people_said_something_shows_it_with_what_it_corrected(images: list[LabelledImage]) -> None:
    image = images[0]
    objects = find_objects(image.labels)
    x, y = objects.inner_points[0]
    square = ((np.array([(x - 6, y - 6), (x + 6, y - 6), (x + 6, y + 6), (x - 6, y + 6)]),),)
    first = Turn((np.array([[x, y]]),), np.array([True]))
    corrected = Turn((np.array([[x, y]]), np.array([[x + 9, y]])), np.array([True, False]), square)
    taken_away = Turn((np.array([[x + 5, y]]),), np.array([False]), square)
    label = int(objects.labels[0])
    told = dataclasses.replace(image, pointed=(label,), turns={label: (first, corrected, taken_away)})
    recipe = dataclasses.replace(TINY, batch=24, replayed=1.0, scale=1.0, shift_px=0)
    guidance = Sampler([told], recipe).batch(1).guidance
    assert {(len(g.positive), len(g.negative), g.previous is not None) for g in guidance} == {
        (1, 0, False),
        (1, 1, True),
    }
    for g in guidance:
        assert len(g.exclusion) < len(objects.labels)
        if g.previous is not None:
            assert g.previous.sum() == pytest.approx(144, abs=15)
            column, row = np.floor(g.positive[0][0]).astype(int)
            assert g.previous[row, column] == 1


def test_batch_when_a_proposal_was_turned_down_may_begin_with_it(images: list[LabelledImage]) -> None:
    image = images[0]
    objects = find_objects(image.labels)
    x, y = objects.inner_points[0]
    label = int(objects.labels[0])
    strip = ((np.array([(x - 2, y - 15), (x + 2, y - 15), (x + 2, y + 15), (x - 2, y + 15)]),),)
    told = dataclasses.replace(image, pointed=(label,), rejected={label: (strip,)})
    recipe = dataclasses.replace(TINY, batch=8, replayed=1.0, corrupted_start=1.0, scale=1.0, shift_px=0)
    guidance = Sampler([told], recipe).batch(1).guidance
    assert all(g.previous is not None and g.previous.sum() == pytest.approx(120, abs=25) for g in guidance)
    assert all(len(g.positive) + len(g.negative) == 2 for g in guidance)


def test_corrupt_when_drawn_often_spoils_but_keeps_the_object_in_sight() -> None:
    truth, others = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    truth[10:25, 10:25] = True
    others[10:25, 26:35] = True
    rng = np.random.default_rng(1)
    spoilt = [corrupt(truth, others, rng) for _ in range(40)]
    assert sum((s != truth).any() for s in spoilt) > 30
    assert any((s & others).any() for s in spoilt)
    assert all((s & truth).any() for s in spoilt)


def test_mosaic_when_made_holds_each_tile_once_with_its_own_labels(images: list[LabelledImage]) -> None:
    together = mosaic(images, np.random.default_rng(1))
    assert together.pixels.shape == (ACROSS * TILE_PX, ACROSS * TILE_PX, 3)
    for row in range(ACROSS):
        tiles = [
            set(np.unique(together.labels[row * TILE_PX : (row + 1) * TILE_PX, c * TILE_PX : (c + 1) * TILE_PX])) - {0}
            for c in range(ACROSS)
        ]
        assert not tiles[0] & tiles[1]
        assert all(tiles)
