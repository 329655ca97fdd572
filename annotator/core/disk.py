"""How much room is left where the work is stored, and words for when it is too little.

Postgres stops in the middle of a write when its disk is full. So new work is refused while there is still room for what
is under way, and whoever cannot store something looks here for the reason first.
"""

import logging
import shutil
import time
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

FULL_MB = 64
"""Below this no new work is taken: four segments of Postgres' log."""
LOW_MB = 500
SAID_EACH_S = 60

_said_at: dict[int, float] = {}


def full_in_words() -> str | None:
    """Which disk is full, and how much is left; None while there is room. Written to the log, too."""
    folder, free_mb = _tightest()
    if free_mb >= FULL_MB:
        return None
    words = (
        f"The server's disk is full: {free_mb} MB are left under {folder}, and {FULL_MB} MB are kept free. What is stored "
        "is safe; unsent work waits in your browser until somebody frees some space on the server."
    )
    _log(logging.ERROR, words)
    return words


def room_in_words() -> tuple[bool, str]:
    """Whether there is enough, and how much."""
    folder, free_mb = _tightest()
    if free_mb >= LOW_MB:
        return True, f"{free_mb} MB free under {folder}"
    words = f"only {free_mb} MB free under {folder}; below {FULL_MB} MB nothing new is stored"
    _log(logging.WARNING, words)
    return free_mb >= FULL_MB, words


def _tightest() -> tuple[Path, int]:
    """Of the folders that hold state, the one with the least room, and its free MB. Those not made yet do not count."""
    rooms = [(folder, shutil.disk_usage(folder).free // 2**20) for folder in _folders() if folder.exists()]
    return min(rooms, key=lambda room: room[1])


def _folders() -> list[Path]:
    return [Path(settings.SQUIGGLE_HOME), Path(settings.LEARNING_FOLDER)]


def _log(level: int, words: str) -> None:
    """Not at each click."""
    now = time.monotonic()
    if now - _said_at.get(level, -SAID_EACH_S) >= SAID_EACH_S:
        _said_at[level] = now
        logger.log(level, "%s", words)
