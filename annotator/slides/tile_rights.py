"""Whether a tile pass's session and right still hold: looked up at most each second, however many tiles are asked for.

Thousands of tiles a second pass here, so their common answer is kept in the process. Nothing needs to be told: whatever
ends the right (sign-out, another password, a membership taken away, by any path) is seen at the next look.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import Error as DatabaseError

from annotator.core.connections import KeepingConnection
from annotator.projects.sessions import find_user
from annotator.slides.selectors import list_slides

logger = logging.getLogger(__name__)

KNOWN_FOR_S = 1.0
KNOWN_RIGHTS = 4096

threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tile-rights")


@dataclass(frozen=True)
class KnownRight:
    look: "asyncio.Task[bool]"
    until: float


class TileRights:
    """The answers of one event loop, those of the sessions that asked last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, int, str], KnownRight] = OrderedDict()

    async def hold(self, slide_id: int, user_id: int, session_key: str) -> bool:
        """Ask it only of a pass that is valid: strangers must not fill the memory or reach the database."""
        asked = (slide_id, user_id, session_key)
        known = self._known.get(asked)
        # While the database is slow, the look that is under way is waited for: no second one is begun beside it.
        if known is None or (known.until <= time.monotonic() and known.look.done()):
            known = KnownRight(asyncio.create_task(_look(*asked)), until=time.monotonic() + KNOWN_FOR_S)
            self._known[asked] = known
            self._known.move_to_end(asked)
            while len(self._known) > KNOWN_RIGHTS:
                self._known.popitem(last=False)
        # All tiles of the moment wait for the one look, which goes on when the browser that caused it has gone.
        return known.look.result() if known.look.done() else await asyncio.shield(known.look)


async def _look(slide_id: int, user_id: int, session_key: str) -> bool:
    try:
        return await KeepingConnection(_holds, thread_sensitive=False, executor=threads)(slide_id, user_id, session_key)
    except DatabaseError as error:
        logger.warning("tiles: the database does not answer: %s", error)
        return True  # nobody can be signed out or lose a right just now; the pass ends by itself


def _holds(slide_id: int, user_id: int, session_key: str) -> bool:
    user = find_user(session_key)
    return user is not None and user.pk == user_id and list_slides(user=user).filter(pk=slide_id).exists()
