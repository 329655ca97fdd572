"""From a websocket's address to its consumer, behind the checks of Origin and sign-in."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from annotator.live.consumer import SlideConsumer

websocket_application = AllowedHostsOriginValidator(
    AuthMiddlewareStack(URLRouter([path("ws/slides/<id:slide_id>", SlideConsumer.as_asgi())]))
)
