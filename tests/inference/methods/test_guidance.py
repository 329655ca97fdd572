"""Clicks as channels: disks of the right size at the right pixel, also half outside the patch."""

import numpy as np

from inference.methods.nuclick.guidance import ENCODINGS, Guidance, draw_disks, draw_strokes, network_input, trace


def test_draw_disks_when_inside_is_a_disk_around_the_clicked_pixel() -> None:
    channel = np.zeros((32, 32), np.float32)
    draw_disks(channel, np.array([[10.2, 20.9]]), 3)
    assert channel.sum() == 29  # pixels within 3 of a pixel
    ys, xs = np.nonzero(channel)
    assert (xs.mean(), ys.mean()) == (10, 20)


def test_draw_disks_when_at_or_beyond_the_rim_is_cut_off() -> None:
    channel = np.zeros((32, 32), np.float32)
    draw_disks(channel, np.array([[0.0, 0.0]]), 3)
    assert 0 < channel.sum() < 29
    channel[:] = 0
    draw_disks(channel, np.array([[-50.0, 5], [5, 1e9], [40, 40]]), 3)
    assert channel.sum() == 0


def test_trace_when_line_is_long_has_a_point_for_each_pixel() -> None:
    assert trace(np.array([[3.0, 4.0]])).tolist() == [[3, 4]]
    along = trace(np.array([[0.5, 0.5], [30.5, 0.5], [30.5, 20.5]]))
    assert np.hypot(*np.diff(along, axis=0).T).max() <= 1
    assert along[0].tolist() == [0.5, 0.5]
    assert along[-1].tolist() == [30.5, 20.5]


def test_draw_strokes_when_line_crosses_the_patch_draws_its_part_inside() -> None:
    channel = np.zeros((32, 32), np.float32)
    draw_strokes(channel, (np.array([[-20.5, 10.5], [60.5, 10.5]]),), 0)
    assert channel.sum() == 32
    assert channel[10].all()


def click(x: float, y: float) -> np.ndarray:
    return np.array([[x, y]])


def test_network_input_when_told_everything_fills_the_successors_channels() -> None:
    pixels = np.full((32, 32, 3), 255, np.uint8)
    previous = np.full((32, 32), 0.25, np.float32)
    told = Guidance((click(5.5, 5.5),), (click(9.5, 9.5),), click(20.5, 20.5), previous)
    batch = network_input([pixels, pixels], [told, Guidance((click(5.5, 5.5),))], ENCODINGS["successor"])
    assert batch.shape == (2, 7, 32, 32)
    assert (batch[:, :3] == 2).all()
    assert batch[0, 3:].sum(axis=(1, 2)).tolist() == [29, 29, 13, 0.25 * 32 * 32]
    assert batch[1, 4:].sum() == 0


def test_network_input_when_line_is_drawn_tells_how_near_every_pixel_is() -> None:
    pixels = np.full((64, 64, 3), 255, np.uint8)
    line = np.array([[32.5, 10.5], [32.5, 50.5]])
    batch = network_input([pixels], [Guidance((line,))], ENCODINGS["gland"])[0]
    assert batch.shape == (9, 64, 64)
    assert batch[7, 30, 32] == 1
    assert batch[7, 30, 20] == 1 - (12 - 2) * 2 / 64
    assert batch[8].sum() == 0  # nothing was taken away


def test_network_input_when_published_has_single_pixels() -> None:
    pixels = np.full((32, 32, 3), 255, np.uint8)
    told = Guidance((click(5.5, 7.5),), (), np.array([[20.5, 20.5], [3.5, 30.5]]))
    batch = network_input([pixels], [told], ENCODINGS["paper"])[0]
    assert batch.shape == (5, 32, 32)
    assert (batch[:3] == 1).all()
    assert np.argwhere(batch[3]).tolist() == [[7, 5]]
    assert batch[4].sum() == 2
