"""The web process: tiles on a raw route, websockets by Channels, everything else by Django."""

import asyncio
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.config.settings")
django.setup(set_prefix=False)

# The event loop shares Python's lock with the database threads: at the default of 5 ms it waits for them, not for the wire.
sys.setswitchinterval(0.0005)

from annotator.core.requests import Handler  # noqa: E402 (needs Django set up)
from annotator.live.routing import websocket_application  # noqa: E402
from annotator.slides.tiles import tile_app  # noqa: E402

django_application = Handler()
django_requests = asyncio.Semaphore(8)
"""Each of Django's requests runs in a thread with a database connection of its own: more at once would use up Postgres's."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Route one ASGI connection; tiles skip Django's request cycle."""
    if scope["type"] == "websocket":
        await websocket_application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/tiles/"):
        await tile_app(scope, receive, send)
    elif scope["type"] == "http":
        async with django_requests:
            await django_application(scope, receive, send)
    else:
        await answer_lifespan(receive, send)


async def answer_lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
