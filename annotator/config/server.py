"""`python -m annotator.config.server`: the web process, with every limit of its server in one place."""

import resource

import uvicorn
from django.conf import settings

from annotator.config.asgi import application
from annotator.core.impatience import ImpatientHttp
from annotator.live.messages import MAX_FRAME_BYTES

OPEN_FILES = 65_536
"""Each connection is one, and each open slide a few."""
GRACE_S = 3


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    uvicorn.run(
        application,
        host=settings.SQUIGGLE_HOST,
        port=settings.SQUIGGLE_PORT,
        http=ImpatientHttp,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a few bytes on the wire would become hundreds of frames of this size
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=GRACE_S,
        access_log=False,
    )


if __name__ == "__main__":
    main()
