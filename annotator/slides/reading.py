"""Reads tiles on threads of their own, from bounded sets of open files and of tiles in memory."""

import asyncio
import gc
import logging
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any

from annotator.slides.sources import READ_ERRORS, open_source, read_tile
from annotator.slides.versions import Signature, content_version, read_signature

logger = logging.getLogger(__name__)

READERS = max(2, min(os.cpu_count() or 2, 8))
WAITING_LIMIT = 512
"""Tiles that may wait for a reader; beyond that the browser is asked to come back."""
OPEN_FILES = 16
"""libtiff opens a pyramid of nine levels 18 times, and a process may often have no more than 1024 files open."""
EVICTIONS_A_COLLECTION = 4
"""Half of the handles of a dropped tiff source hang in reference cycles; the collector is not left to its own pace."""
CACHED_TILE_BYTES = 64 * 2**20
HAS_CHANGED = "The slide's file has changed since it was imported."

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

    def has_tile(self, z: int, x: int, y: int) -> bool:
        if z >= self.levels:
            return False
        shrink = 2 ** (self.levels - 1 - z)
        columns = ceil(ceil(self.width / shrink) / self.tile_width)
        rows = ceil(ceil(self.height / shrink) / self.tile_height)
        return x < columns and y < rows


@dataclass(frozen=True)
class OpenFile:
    source: Any
    signature: Signature


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
        """The open file. Raises TileError when it is not what was imported, and sources.READ_ERRORS."""
        key = (file.id, file.version)
        opened = self._find(key)
        if opened is None:
            with self._lock:
                opening = self._opening.setdefault(key, threading.Lock())
            with opening:  # forty tiles ask for a fresh slide at once; one of them opens it
                opened = self._find(key) or self._open(key, file)
        if read_signature(file.path) != opened.signature:
            with self._lock:
                self._files.pop(key, None)
            raise TileError(410, HAS_CHANGED)
        return opened

    def _find(self, key: FileKey) -> OpenFile | None:
        with self._lock:
            opened = self._files.get(key)
            if opened is not None:
                self._files.move_to_end(key)
            return opened

    def _open(self, key: FileKey, file: TiledFile) -> OpenFile:
        try:
            signature = read_signature(file.path)
            if content_version(file.path) != file.version:
                raise TileError(410, HAS_CHANGED)
            opened = OpenFile(open_source(file.path, file.style), signature)
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
    """The tiles sent last, up to a number of bytes. Used on the event loop only, hence without a lock."""

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
        tile = self.cache.get(key)
        if tile is not None:
            return tile
        if self._waiting >= WAITING_LIMIT:
            raise TileError(503, "Too many tiles are waiting. Try again soon.")
        self._waiting += 1
        try:
            tile = await asyncio.get_running_loop().run_in_executor(self._threads, self._read, file, z, x, y)
        finally:
            self._waiting -= 1
        self.cache.put(key, tile)
        return tile

    def _read(self, file: TiledFile, z: int, x: int, y: int) -> bytes:
        """On a reader thread.

        libtiff maps files into memory, where reading beyond the end of a file that was cut short kills the process:
        hence OpenFiles.get's look at size and time (2 µs) before every tile.
        """
        try:
            return read_tile(self.files.get(file).source, z, x, y)
        except FileNotFoundError as error:
            logger.error("tiles: %s is gone", file.path)
            raise TileError(410, "The slide's file is not there any more.") from error
        except READ_ERRORS as error:
            logger.error("tiles: %s, tile %s/%s_%s: %s", file.path, z, x, y, error)
            raise TileError(500, "This tile of the slide's file cannot be read.") from error
