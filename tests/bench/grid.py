"""Where the crowd of `crowd.py` stands, and where a click falls between: on an accepted object it would only select."""

import math

WIDTH_PX, HEIGHT_PX = 600, 330


def cells(count: int) -> tuple[int, int]:
    """Columns and rows of `count` objects over WIDTH_PX × HEIGHT_PX."""
    columns = round(math.sqrt(count * WIDTH_PX / HEIGHT_PX))
    return columns, math.ceil(count / columns)


def places(x: float, y: float, count: int) -> list[tuple[float, float]]:
    """The middles of the cells around (x, y), level-0 px."""
    columns, rows = cells(count)
    return [
        (x + WIDTH_PX * ((n % columns + 0.5) / columns - 0.5), y + HEIGHT_PX * ((n // columns + 0.5) / rows - 0.5))
        for n in range(count)
    ]


def nearest_corner(x: float, y: float, count: int, at: tuple[float, float]) -> tuple[float, float]:
    """The corner of four cells that is nearest to `at`, level-0 px."""
    columns, rows = cells(count)
    width, height = WIDTH_PX / columns, HEIGHT_PX / rows
    left, top = x - WIDTH_PX / 2, y - HEIGHT_PX / 2
    return left + width * round((at[0] - left) / width), top + height * round((at[1] - top) / height)
