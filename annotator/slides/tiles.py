"""Tiles over HTTP: a raw ASGI application, in front of Django's request cycle.

GET or HEAD /tiles/{slide}/{version}/{z}/{x}_{y}.jpg. The address names the content, so a browser may keep it for ever;
the right is a signed cookie (tile_pass.py), checked on every request, and looked up each second (tile_rights.py).
"""

import logging
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from annotator.core.headers import raw_headers
from annotator.core.hosts import is_our_host
from annotator.slides.models import Slide
from annotator.slides.reading import TiledFile, TileError, TileReader
from annotator.slides.tile_pass import check_pass, pass_cookie_name
from annotator.slides.tile_rights import TileRights

logger = logging.getLogger(__name__)

ADDRESS = re.compile(r"/tiles/([0-9]{1,18})/([0-9a-f]{8,32})/([0-9]{1,2})/([0-9]{1,7})_([0-9]{1,7})\.jpg")
KNOWN_SLIDES = 256
KNOWN_FOR_S = 60.0
"""How long a slide's row is believed without another look at the database."""
FOR_EVER = b"private, max-age=31536000, immutable"

Headers = list[tuple[bytes, bytes]]


async def tile_app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI 3; mounted for http paths that begin with /tiles/."""
    try:
        status, headers, body = await _answer(scope)
    except TileError as error:
        status, body = error.status, error.words.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    if status != 304:
        headers.append((b"content-length", b"%d" % len(body)))
    headers += raw_headers()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _answer(scope: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """Status, headers and body. Raises TileError."""
    if not is_our_host(scope["headers"]):
        raise TileError(400, "This server is not reached by that name. Open it by one of SQUIGGLE_ALLOWED_HOSTS.")
    if scope["method"] not in ("GET", "HEAD"):
        raise TileError(405, "Tiles are only read: GET or HEAD.")
    address = ADDRESS.fullmatch(scope["path"])
    if address is None:
        raise TileError(404, "No such tile.")
    slide_id, version = int(address[1]), address[2]
    z, x, y = int(address[3]), int(address[4]), int(address[5])
    asked = _read_headers(scope, pass_cookie_name(slide_id))
    user_id = check_pass(slide_id, asked.tile_pass, asked.session_key)
    if user_id is None or not await _rights.hold(slide_id, user_id, asked.session_key):
        raise TileError(403, "No valid pass for this slide's tiles. Open the slide again.")
    file = await _find_file(slide_id)
    if file.version != version:
        raise TileError(410, "The slide has changed. Open it again.")
    if not file.has_tile(z, x, y):
        raise TileError(404, "No such tile.")
    etag = f'"{version}-{z}-{x}-{y}"'.encode()
    headers: Headers = [(b"cache-control", FOR_EVER), (b"etag", etag)]
    if etag in asked.known_etags:
        return 304, headers, b""
    tile = await _reader.get(file, z, x, y)
    return 200, [*headers, (b"content-type", b"image/jpeg")], tile


class Asked(NamedTuple):
    """What the headers say; empty where they say nothing."""

    tile_pass: str
    session_key: str
    known_etags: bytes


def _read_headers(scope: dict[str, Any], pass_name: str) -> Asked:
    """Browsers may send cookies in several headers."""
    cookies, known_etags = {pass_name: "", settings.SESSION_COOKIE_NAME: ""}, b""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            known_etags = value
        elif name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                cookie, _, content = part.strip().partition("=")
                if cookie in cookies:
                    cookies[cookie] = content
    return Asked(cookies[pass_name], cookies[settings.SESSION_COOKIE_NAME], known_etags)


# --- slides, read from their rows once in a while ---------------------------------------------------------------

_reader = TileReader()
_rights = TileRights()


@dataclass(frozen=True)
class KnownSlide:
    file: TiledFile
    until: float


_known: OrderedDict[int, KnownSlide] = OrderedDict()


async def _find_file(slide_id: int) -> TiledFile:
    """Raises TileError."""
    known = _known.get(slide_id)
    if known is not None and known.until > time.monotonic():
        return known.file
    try:
        file = await _load_file(slide_id)
    except DatabaseError as error:
        logger.warning("tiles: the database does not answer: %s", error)
        if known is None:
            raise TileError(503, "The database does not answer. Try again soon.") from error
        return known.file  # what was true a minute ago will do until it is back
    if file is None:
        _known.pop(slide_id, None)
        raise TileError(404, "No such slide.")
    _known[slide_id] = KnownSlide(file, time.monotonic() + KNOWN_FOR_S)
    while len(_known) > KNOWN_SLIDES:
        _known.popitem(last=False)
    return file


@database_sync_to_async
def _load_file(slide_id: int) -> TiledFile | None:
    row = Slide.objects.filter(pk=slide_id).values(*TiledFile.__dataclass_fields__).first()
    return TiledFile(**row) if row else None
