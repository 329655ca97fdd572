"""`python -m annotator.config.server`: the web process, with every limit of its server in one place."""

import resource
from typing import Any

import uvicorn
from django.conf import settings

from annotator.config.asgi import application
from annotator.core.impatience import ImpatientHttp, ImpatientSocket
from annotator.live.messages import MAX_FRAME_BYTES

OPEN_FILES = 65_536
"""Each connection is one, and each open slide a few."""
GRACE_S = 3


def main() -> None:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    uvicorn.Server(configure(application, host=settings.SQUIGGLE_HOST, port=settings.SQUIGGLE_PORT)).run()


def configure(served: Any, *, host: str, port: int) -> uvicorn.Config:
    """How the ASGI application is served.

    Where a request comes from, and whether by HTTPS, is settled here for all that lies behind: Django, its REST framework,
    sockets and tiles. uvicorn would believe this machine's own word by default.
    """
    return uvicorn.Config(
        served,
        host=host,
        port=port,
        http=ImpatientHttp,
        ws=ImpatientSocket,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a few bytes on the wire would become hundreds of frames of this size
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=GRACE_S,
        access_log=False,
    )


if __name__ == "__main__":
    main()
