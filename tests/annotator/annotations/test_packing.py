import json
import struct

import numpy as np
import pytest
import shapely

from annotator.annotations.packing import pack_objects, to_geometry, to_polygons
from annotator.core.errors import InvalidInput
from inference.protocol import Polygon
from tests.annotator.factories import square


def test_polygons_with_holes_survive_the_row():
    polygons = (square(hole=True), square(x=200.5, y=10.25))
    assert to_polygons(shapely.to_wkb(to_geometry(polygons))) == polygons


def test_to_geometry_repairs_a_bow_tie():
    bow_tie = Polygon(exterior=((0, 0), (10, 10), (10, 0), (0, 10)))
    shape = to_geometry([bow_tie])
    assert shape.is_valid
    assert shape.area == pytest.approx(50)


@pytest.mark.parametrize("exterior", [((0, 0), (1, 1)), ((0, 0), (5, 0), (10, 0), (3, 0))])
def test_to_geometry_refuses_what_has_no_area(exterior):
    with pytest.raises(InvalidInput, match=r"again|points"):
        to_geometry([Polygon(exterior=exterior)])


def unpack(packed: bytes):
    (size,) = struct.unpack_from("<I", packed)
    header = json.loads(packed[4 : 4 + size])
    assert (4 + size) % 4 == 0
    words = np.frombuffer(packed, "<u4", offset=4 + size)
    n = header["n"]
    polygons, words = words[:n], words[n:]
    rings, words = words[: polygons.sum()], words[polygons.sum() :]
    sizes, words = words[: rings.sum()], words[rings.sum() :]
    return polygons, rings, sizes, words.view("<i4").reshape(-1, 2) / 16


def test_pack_objects_keeps_every_ring():
    shapes = [to_geometry([square(hole=True)]), to_geometry([square(0, 0), square(100, 0)])]
    packed = pack_objects({"n": 2, "word": "Drüse"}, [shapely.to_wkb(shape) for shape in shapes])
    polygons, rings, sizes, coords = unpack(packed)
    assert polygons.tolist() == [1, 2]
    assert rings.tolist() == [2, 1, 1]
    assert sizes.tolist() == [4, 4, 4, 4]
    assert {tuple(point) for point in coords[4:8]} == {(95, 95), (105, 95), (105, 105), (95, 105)}
    assert coords.max() == 120


def test_pack_objects_with_nothing_inside():
    polygons, rings, sizes, coords = unpack(pack_objects({"n": 0}, []))
    assert len(polygons) == len(rings) == len(sizes) == len(coords) == 0
