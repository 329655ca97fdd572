"""Geometry between its three forms: messages (Polygon), rows (WKB MultiPolygon) and the packed bytes of a viewport."""

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry import Polygon as ShapelyPolygon

from annotator.core.errors import InvalidInput
from inference.protocol import Polygon

UNITS_PER_PX = 16
"""Packed coordinates are int32 in sixteenths of a level-0 pixel: exact to 0.06 px up to 134 million px."""


def to_geometry(polygons: Sequence[Polygon]) -> MultiPolygon:
    """Polygons of a message as one valid MultiPolygon, level-0 px.

    Raises InvalidInput when nothing with an area is left (fewer than three points, or all on one line).
    """
    try:
        shapes = shapely.make_valid([ShapelyPolygon(polygon.exterior, polygon.holes) for polygon in polygons])
    except ValueError as error:
        raise InvalidInput(f"An outline cannot be read ({error}): each ring needs at least three points.") from None
    flat = shapely.get_parts(shapely.get_parts(shapes))  # a repaired shape may be a collection of several
    parts = [part for part in flat if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        raise InvalidInput("An outline encloses no area: draw or click again.")
    return MultiPolygon(parts)


def to_polygons(wkb: bytes | memoryview | None) -> tuple[Polygon, ...]:
    """A row's geometry as a message's polygons; rings are not closed."""
    if wkb is None:
        return ()
    return tuple(
        Polygon(exterior=_ring(part.exterior), holes=tuple(_ring(hole) for hole in part.interiors))
        for part in shapely.from_wkb(bytes(wkb)).geoms
    )


def _ring(ring: Any) -> tuple[tuple[float, float], ...]:
    return tuple((round(x, 2), round(y, 2)) for x, y in ring.coords[:-1])


def pack_objects(header: dict[str, Any], geometries: Sequence[bytes | memoryview]) -> bytes:
    """The packed form of a viewport (docs/protocol.md, "Packed objects").

    A uint32 header length, the JSON header padded to a multiple of four bytes, then polygon_counts, ring_counts and
    ring_sizes (uint32) and coords (int32, interleaved x and y), all little-endian.
    """
    shapes = shapely.from_wkb([bytes(wkb) for wkb in geometries])
    polygons, object_of = shapely.get_parts(shapes, return_index=True)
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    sizes = np.bincount(ring_of, minlength=len(rings))
    closing = np.cumsum(sizes) - 1
    points = np.delete(points, closing, axis=0)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    arrays = [
        np.bincount(object_of, minlength=len(shapes)).astype("<u4"),
        np.bincount(polygon_of, minlength=len(polygons)).astype("<u4"),
        (sizes - 1).astype("<u4"),
        np.rint(points * UNITS_PER_PX).astype("<i4"),
    ]
    return b"".join([struct.pack("<I", len(text)), text, *(array.tobytes() for array in arrays)])
