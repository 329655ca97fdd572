"""Small slide files of many kinds, made on the spot."""

from pathlib import Path

import numpy as np
import pytest

from inference.data.pyramid import write_pyramid


def draw_gradient(left, top, width, height):
    x, y = np.arange(left, left + width)[None, :], np.arange(top, top + height)[:, None]
    planes = np.broadcast_arrays(x * 255 // 1200, y * 255 // 900, (x + y) % 256)
    return np.stack(planes, axis=2).astype(np.uint8)


@pytest.fixture(scope="session")
def pyramid_path(tmp_path_factory) -> Path:
    """1200 × 900 px at 0.25 µm, 256-px JPEG tiles stored with shared tables."""
    path = tmp_path_factory.mktemp("slides") / "gradient.tif"
    write_pyramid(path, draw_gradient, width=1200, height=900, mpp=0.25, description="gradient")
    return path


@pytest.fixture(autouse=True)
def home(settings, tmp_path_factory) -> Path:
    settings.SQUIGGLE_HOME = tmp_path_factory.mktemp("home")
    return settings.SQUIGGLE_HOME


@pytest.fixture
def thumbnails(home):
    """What lies in the folder of thumbnails, unfinished files included."""
    return lambda: (
        sorted(path.name for path in home.glob("thumbnails/*"))
        + sorted(path.name for path in home.glob("thumbnails/.*"))
    )
