"""The web process: tiles on a raw route, websockets by Channels, everything else by Django."""

import os
import sys
from typing import Any

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.config.settings")
django.setup(set_prefix=False)

# The event loop shares Python's lock with the database threads: at the default of 5 ms it waits for them, not for the wire.
sys.setswitchinterval(0.0005)

from annotator.core.gate import Gate  # noqa: E402 (needs Django set up)
from annotator.core.headers import raw_headers  # noqa: E402
from annotator.core.requests import Handler  # noqa: E402
from annotator.live.routing import websocket_application  # noqa: E402
from annotator.slides.tiles import tile_app  # noqa: E402

django_application = Handler()
# Each of Django's requests runs in a thread with a database connection of its own: more at once would use up Postgres's.
pages = Gate(django_application, places=8, body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
sign_in = Gate(django_application, places=1, body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, waiting_limit=32)
"""Looking at a password takes a processor for a good part of a second: a flood of guesses must not fill the other places."""
health = Gate(django_application, places=1, body_limit=0)
"""A place of its own: whoever watches over the system hears from it however busy it is."""
HEALTH_ADDRESSES = {"/healthz", "/readyz"}
PASSWORD_ADDRESSES = {"/api/session", "/api/session/password", "/admin/login/"}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Route one ASGI connection; tiles skip Django's request cycle."""
    if scope["type"] == "websocket":
        await websocket_application(scope, receive, send)
    elif scope["type"] != "http":
        await answer_lifespan(receive, send)
    elif scope["path"].startswith("/tiles/"):
        await tile_app(scope, receive, send)
    elif scope["path"] == "/livez":
        await say_that_we_live(send)
    elif scope["path"] in HEALTH_ADDRESSES:
        await health(scope, receive, send)
    elif scope["method"] == "POST" and scope["path"] in PASSWORD_ADDRESSES:
        await sign_in(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def say_that_we_live(send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": [*headers, *raw_headers()]})
    await send({"type": "http.response.body", "body": b"lives"})


async def answer_lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
