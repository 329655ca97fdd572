"""Numbers that JSON has no words for: Postgres takes no NaN and no infinity, and a training that diverges has both."""

import math
from typing import Any


def without_nan(value: Any) -> Any:
    """The same JSON with null for each number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return value
