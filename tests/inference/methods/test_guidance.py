"""Clicks as channels: disks of the right size at the right pixel, also half outside the patch."""

import numpy as np

from inference.methods.nuclick.guidance import CLICK_RADIUS_PX, Guidance, draw_disks, network_input


def test_draw_disks_when_inside_is_a_disk_around_the_clicked_pixel() -> None:
    channel = np.zeros((32, 32), np.float32)
    draw_disks(channel, np.array([[10.2, 20.9]]), CLICK_RADIUS_PX)
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


def test_network_input_when_told_everything_fills_seven_channels() -> None:
    pixels = np.full((32, 32, 3), 255, np.uint8)
    previous = np.full((32, 32), 0.25, np.float32)
    told = Guidance(np.array([[5.5, 5.5]]), np.array([[9.5, 9.5]]), np.array([[20.5, 20.5]]), previous)
    batch = network_input([pixels, pixels], [told, Guidance(np.array([[5.5, 5.5]]))])
    assert batch.shape == (2, 7, 32, 32)
    assert (batch[:, :3] == 2).all()
    assert batch[0, 3:].sum(axis=(1, 2)).tolist() == [29, 29, 13, 0.25 * 32 * 32]
    assert batch[1, 4:].sum() == 0
