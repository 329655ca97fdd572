"""Reads tiles on threads of their own, from bounded sets of open files and of tiles in memory."""

import asyncio
import gc
import logging
import os
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from annotator.slides.sources import encode, open_source, read_tile
from annotator.slides.stored_tiles import StoredTiles
from annotator.slides.versions import content_version, read_signature
from inference.pixels import AS_STORED

logger = logging.getLogger(__name__)

READERS = max(2, min(os.cpu_count() or 2, 8))
WAITING_LIMIT = 512
"""Tiles that may wait for a reader; beyond that the browser is asked to come back."""
CHECKED_FOR_S = 1.0
"""How long an open file is taken to be the one that was imported, without another look at its size and time."""
OPEN_FILES = 32
EVICTIONS_A_COLLECTION = 4
"""Some handles of a dropped large_image source hang in reference cycles; the collector is not left to its own pace."""
CACHED_TILE_BYTES = 64 * 2**20
_one_picture = threading.Lock()
"""A picture of one tile takes up to 200 MB while it is decoded: one at a time, whoever asks."""
HAS_CHANGED = "The slide's file has changed since it was imported."


class Tile(NamedTuple):
    jpeg: bytes
    encoded: bool
    """False: as it lies in the file, where the operating system's cache keeps it."""


FileKey = tuple[int, str]
TileKey = tuple[int, str, int, int, int]


class TileError(Exception):
    """An answer that is not a tile: HTTP status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True)
class TiledFile:
    """What reading a tile takes to know of a slide."""

    id: int
    path: str
    version: str
    style: dict[str, Any]
    width: int
    height: int
    levels: int
    tile_width: int
    tile_height: int
    reader: str = ""

    def has_tile(self, z: int, x: int, y: int) -> bool:
        if z >= self.levels:
            return False
        shrink = 2 ** (self.levels - 1 - z)
        columns = ceil(ceil(self.width / shrink) / self.tile_width)
        rows = ceil(ceil(self.height / shrink) / self.tile_height)
        return x < columns and y < rows

    def is_sliver(self, z: int, x: int, y: int) -> bool:
        """Whether the tile holds less than a pixel of the level: half of an odd width, which most files round away.

        The first tile of a narrow slide never is one: it holds all there is.
        """
        shrink = 2 ** (self.levels - 1 - z)
        return (x > 0 and x * self.tile_width >= self.width // shrink) or (
            y > 0 and y * self.tile_height >= self.height // shrink
        )


class OpenFile:
    """A slide's file: its stored tiles, and for all other tiles a large_image source, opened when first needed."""

    def __init__(self, file: TiledFile) -> None:
        """Raises TileError when it is not the file that was imported, and whatever the readers raise."""
        self.file = file
        self.signature = read_signature(file.path)
        if content_version(file.path) != file.version:
            raise TileError(410, HAS_CHANGED)
        self._stored = self._find_stored()
        self._source: Any = None
        self._checked_at = 0.0
        self._lock = threading.Lock()

    def read_at_once(self, z: int, x: int, y: int) -> bytes | None:
        """A stored tile that lies in the operating system's memory, on the event loop: saves a change of thread, which
        costs more than the rest of the answer. None wherever waiting could be needed."""
        if self._stored is None or time.monotonic() - self._checked_at > CHECKED_FOR_S:
            return None
        return self._stored.read_at_once(z, x, y)

    def read_tile(self, z: int, x: int, y: int) -> Tile:
        """Raises TileError when the file was replaced, and whatever the readers raise.

        libtiff maps files into memory, where reading beyond the end of a file that was cut short kills the process:
        hence the look at size and time (2 µs) before every tile.
        """
        if read_signature(self.file.path) != self.signature:
            raise TileError(410, HAS_CHANGED)
        self._checked_at = time.monotonic()
        stored = self._stored.read(z, x, y) if self._stored else None
        if stored is not None:
            return Tile(stored, encoded=False)
        if self.file.is_sliver(z, x, y):
            return Tile(encode(np.full((self.file.tile_height, self.file.tile_width, 3), 255, np.uint8)), encoded=True)
        if self.file.levels == 1:  # a picture of one tile, which TileCache keeps; not to be held decoded as well
            with _one_picture:
                return Tile(
                    read_tile(open_source(self.file.path, self.file.style, self.file.reader), z, x, y), encoded=True
                )
        with self._lock:
            if self._source is None:
                self._source = open_source(self.file.path, self.file.style, self.file.reader)
        return Tile(read_tile(self._source, z, x, y), encoded=True)

    def _find_stored(self) -> StoredTiles | None:
        file = self.file
        if file.style != AS_STORED:
            return None
        stored = StoredTiles(
            file.path, levels=file.levels, width=file.width, height=file.height,
            tile_width=file.tile_width, tile_height=file.tile_height,
        )  # fmt: skip
        return stored if len(stored) else None


class OpenFiles:
    """Open slides, the last used ones. A file closes when the last reader lets go of its evicted source."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._files: OrderedDict[FileKey, OpenFile] = OrderedDict()
        self._opening: dict[FileKey, threading.Lock] = {}
        self._opened = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._files)

    def get(self, file: TiledFile) -> OpenFile:
        """Raises what opening raises."""
        key = (file.id, file.version)
        opened = self._find(key)
        if opened is None:
            with self._lock:
                opening = self._opening.setdefault(key, threading.Lock())
            with opening:  # forty tiles ask for a fresh slide at once; one of them opens it
                opened = self._find(key) or self._open(key, file)
        return opened

    def peek(self, file: TiledFile) -> OpenFile | None:
        """The open file if it is open; on the event loop, hence without the lock."""
        return self._files.get((file.id, file.version))

    def drop(self, file: TiledFile) -> None:
        with self._lock:
            self._files.pop((file.id, file.version), None)

    def _find(self, key: FileKey) -> OpenFile | None:
        with self._lock:
            opened = self._files.get(key)
            if opened is not None:
                self._files.move_to_end(key)
            return opened

    def _open(self, key: FileKey, file: TiledFile) -> OpenFile:
        try:
            opened = OpenFile(file)
        finally:
            with self._lock:
                self._opening.pop(key, None)
        with self._lock:
            self._files[key] = opened
            evicted = len(self._files) > self.capacity and self._files.popitem(last=False)
        del evicted  # here, outside the lock: closing takes a while
        self._opened += 1
        if self._opened > self.capacity and self._opened % EVICTIONS_A_COLLECTION == 0:
            gc.collect()
        return opened


class TileCache:
    """The tiles encoded last, up to a number of bytes. Used on the event loop only, hence without a lock."""

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self.size_bytes = 0
        self._tiles: OrderedDict[TileKey, bytes] = OrderedDict()

    def get(self, key: TileKey) -> bytes | None:
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def put(self, key: TileKey, tile: bytes) -> None:
        self.size_bytes += len(tile) - len(self._tiles.pop(key, b""))
        self._tiles[key] = tile
        while self.size_bytes > self.capacity_bytes:
            self.size_bytes -= len(self._tiles.popitem(last=False)[1])


class TileReader:
    """Tiles from memory, else from their file on a reader thread: the event loop only looks things up."""

    def __init__(self) -> None:
        self.files = OpenFiles(OPEN_FILES)
        self.cache = TileCache(CACHED_TILE_BYTES)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="tiles")
        self._waiting = 0

    async def get(self, file: TiledFile, z: int, x: int, y: int) -> bytes:
        """The tile as JPEG. Raises TileError."""
        key = (file.id, file.version, z, x, y)
        kept = self.cache.get(key)
        if kept is not None:
            return kept
        opened = self.files.peek(file)
        stored = opened.read_at_once(z, x, y) if opened else None
        if stored is not None:
            return stored
        if self._waiting >= WAITING_LIMIT:
            raise TileError(503, "Too many tiles are waiting. Try again soon.")
        self._waiting += 1
        try:
            tile = await asyncio.get_running_loop().run_in_executor(self._threads, self._read, file, z, x, y)
        finally:
            self._waiting -= 1
        if tile.encoded:
            self.cache.put(key, tile.jpeg)
        return tile.jpeg

    def _read(self, file: TiledFile, z: int, x: int, y: int) -> Tile:
        """On a reader thread."""
        try:
            return self.files.get(file).read_tile(z, x, y)
        except TileError:
            self.files.drop(file)
            raise
        except FileNotFoundError as error:
            self.files.drop(file)
            logger.error("tiles: %s is gone", file.path)
            raise TileError(410, "The slide's file is not there any more.") from error
        except Exception as error:  # half a dozen readers, each with errors of its own
            logger.error("tiles: %s, tile %s/%s_%s: %r", file.path, z, x, y, error)
            raise TileError(500, "This tile of the slide's file cannot be read.") from error
