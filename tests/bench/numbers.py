"""Medians and percentiles, and the table that they are printed in."""

import statistics
from collections.abc import Iterable, Sequence

Row = tuple[str, str, str]
"""What was measured, the number with its unit, the target."""


def percentile(values: Sequence[float], p: float) -> float:
    """p in 0 … 100, by linear interpolation; one value is its own percentile."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[max(0, min(98, round(p) - 1))]


def median_of(runs: Iterable[float]) -> float:
    return statistics.median(runs)


def print_table(title: str, rows: Iterable[Row]) -> None:
    print_columns(title, list(rows))


def print_columns(title: str, rows: Sequence[tuple[str, ...]]) -> None:
    """The first and the last column to the left, those between to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for what, *numbers, last in rows:
        middle = "".join(f"  {number:>{width}}" for number, width in zip(numbers, widths[1:], strict=False))
        print(f"  {what:<{widths[0]}}{middle}  {last}")
