"""From a websocket's address to its consumer, behind the checks of Origin and sign-in."""

from typing import Any
from urllib.parse import urlsplit

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from annotator.live.consumer import SlideConsumer

routes = URLRouter([path("ws/slides/<id:slide_id>", SlideConsumer.as_asgi())])
guarded = AllowedHostsOriginValidator(AuthMiddlewareStack(routes))


async def websocket_application(scope: Any, receive: Any, send: Any) -> None:
    """What is no address here, or no Origin at all, is refused as an Origin of somebody else's is: with 403."""
    if _is_addressed(scope) and _has_sound_origin(scope):
        await guarded(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})


def _is_addressed(scope: Any) -> bool:
    return any(route.pattern.match(scope["path"].removeprefix("/")) for route in routes.routes)


def _has_sound_origin(scope: Any) -> bool:
    origin = dict(scope["headers"]).get(b"origin", b"")
    try:
        _ = urlsplit(origin.decode("latin-1")).port  # read when it is asked for, by the validator too
    except ValueError:
        return False
    return True
