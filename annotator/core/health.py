"""Three questions to the web side.

GET /livez: does the process live? Answered by the event loop itself (asgi.py).
GET /readyz: can it serve people? A missing model worker is no reason to send them elsewhere: clicks wait safely.
GET /healthz: for people: what each part says of itself. 200 only when all serve that a click needs. Strangers hear which
parts serve; versions, queues and reasons are for the signed in.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from annotator.core import disk
from annotator.core.heartbeats import list_heartbeats
from annotator.core.redis import get_redis
from inference.protocol import (
    INTERACTIVE_KEY_PREFIX,
    INTERACTIVE_QUEUE,
    MODEL_WORKERS_KEY,
    TRAINING_KEY_PREFIX,
    TRAINING_QUEUE,
    TRAINING_WORKERS_KEY,
)

CHORES_KEY = "squiggle:chores"
"""Unix time at which beat's last chore reached the replies worker."""
CHORES_LIFE_S = 15


def beat_alive() -> None:
    """Called by the chore of each second: it shows that beat and the replies worker both live."""
    get_redis().set(CHORES_KEY, time.time(), ex=CHORES_LIFE_S)


def healthz(request: HttpRequest) -> JsonResponse:
    components = {name: _try(check) for name, check in CHECKS.items()}
    healthy = all(component["ok"] for name, component in components.items() if name not in NOT_NEEDED)
    if not _is_signed_in(request):
        components = {name: {"ok": component["ok"]} for name, component in components.items()}
    status = "ok" if healthy else "degraded"
    return JsonResponse({"status": status, "components": components}, status=200 if healthy else 503)


def readyz(request: HttpRequest) -> JsonResponse:
    missing = [name for name in NEEDED_TO_SERVE if not _try(CHECKS[name])["ok"]]
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


def _is_signed_in(request: HttpRequest) -> bool:
    try:
        return request.user.is_authenticated
    except DatabaseError:  # then it cannot be known, and the answer is still due
        return False


def _try(check: Callable[[], str]) -> dict:
    try:
        return {"ok": True, "detail": check()}
    except (RedisError, DatabaseError, OSError, LookupError) as error:
        return {"ok": False, "detail": str(error).strip() or type(error).__name__}


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"Postgres {cursor.fetchone()[0]}"


def _redis() -> str:
    get_redis().ping()
    return "answers"


def _disk() -> str:
    enough, words = disk.room_in_words()
    if not enough:
        raise LookupError(words)
    return words


def _worker() -> str:
    heartbeats = list_heartbeats(MODEL_WORKERS_KEY)
    if not heartbeats:
        raise LookupError("no model worker sends a heartbeat")
    queued = get_redis().llen(INTERACTIVE_KEY_PREFIX + INTERACTIVE_QUEUE)
    return f"{len(heartbeats)} on {heartbeats[0].device}, {queued} queued"


def _trainer() -> str:
    heartbeats = list_heartbeats(TRAINING_WORKERS_KEY)
    if not heartbeats:
        raise LookupError("no training worker sends a heartbeat: clicks are answered, trainings wait")
    busy = sum(heartbeat.request_id is not None for heartbeat in heartbeats)
    queued = get_redis().llen(TRAINING_KEY_PREFIX + TRAINING_QUEUE)
    return f"{len(heartbeats)} on {heartbeats[0].device}, {busy} busy, {queued} queued"


def _chores() -> str:
    last = get_redis().get(CHORES_KEY)
    if last is None:
        raise LookupError("beat or the replies worker has not run a chore for 15 s")
    return f"last chore {time.time() - float(last):.1f} s ago"


def _frontend() -> str:
    if not (settings.FRONTEND_DIST / "index.html").is_file():
        raise LookupError("the frontend is not built: run `make setup`")
    return "built"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "disk": _disk,
    "worker": _worker,
    "trainer": _trainer,
    "replies_and_beat": _chores,
    "frontend": _frontend,
}
NOT_NEEDED = {"trainer"}
"""It is told of, and no click misses it."""
NEEDED_TO_SERVE = ("database", "redis", "frontend")
