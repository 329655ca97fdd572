"""The pass to a slide's tiles: a signed cookie, so that who was never let in asks the database nothing.

It names the slide, the person, the session in which it was given, and its end: signed out, or in another browser's
session, it opens nothing. Whether session and right still hold is looked up beside it (tile_rights.py).
"""

import hashlib
import hmac
import time
from functools import lru_cache

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request

from annotator.slides.models import Slide

PASS_LIFE_S = 600


def make_pass(slide_id: int, user_id: int, session_key: str, *, now: float | None = None) -> str:
    end = int(time.time() if now is None else now) + PASS_LIFE_S
    return f"{user_id}-{end}-{_sign(slide_id, str(user_id), str(end), session_key)}"


def check_pass(slide_id: int, value: str, session_key: str, *, now: float | None = None) -> int | None:
    """The id of the person to whom this session got the pass for this slide; None if it is not valid (any more)."""
    user_id, _, rest = value.partition("-")
    end, _, signature = rest.partition("-")
    if not hmac.compare_digest(signature.encode(), _sign(slide_id, user_id, end, session_key).encode()):
        return None
    return int(user_id) if int(end) > (time.time() if now is None else now) else None  # numbers: we signed them


def pass_cookie_name(slide_id: int) -> str:
    return f"tile_pass_{slide_id}"


def set_pass_cookie(response: HttpResponseBase, slide: Slide, request: Request) -> None:
    """Put a fresh pass on the response; call it only after the right to see the slide was checked."""
    response.set_cookie(
        pass_cookie_name(slide.pk),
        make_pass(slide.pk, int(request.user.pk), request.session.session_key),
        max_age=PASS_LIFE_S,
        path=f"/tiles/{slide.pk}/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def _sign(slide_id: int, user_id: str, end: str, session_key: str) -> str:
    signed = f"{slide_id}-{user_id}-{end}-{session_key}".encode()
    return hmac.digest(_key(settings.SECRET_KEY), signed, "sha256").hex()


@lru_cache(maxsize=2)
def _key(secret: str) -> bytes:
    """A key of its own, so that no other signature made with the secret can pass for a tile pass."""
    return hashlib.sha256(b"squiggle.slides.tile-pass:" + secret.encode()).digest()
