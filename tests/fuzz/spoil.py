"""Makes of a sound JSON value a text that is a little wrong, or wholly: a number beyond its bounds, another type, a torn end."""

import json
from random import Random
from typing import Any

Json = Any

LONG = "a number of 5,000 digits"
EXTREMES: list[Json] = [
    0, -1, 1, 2**15, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 10**400, LONG, 0.1, -0.0,
    1e-320, 1e308, 1e999, -1e999, float("nan"), True, False, None, "", "0", "-1", "NaN", "null", "\0", "a\0b", "\ud800",
    "\udfff\ud800", "\u202e", "é" * 300, "x" * 20_000, "00000000-0000-0000-0000-000000000000", "{" * 300, "'; DROP TABLE x; --",
    "../../etc/passwd", "%00", "🧫", [], {}, [[]], [None], {"": None}, {"kind": "segment"}, [0] * 3000, {"__proto__": {}},
]  # fmt: skip

Path = tuple[Any, ...]


def spoil(value: Json, random: Random) -> str:
    """The text of the value with one to three faults in it."""
    for _ in range(random.choice([1, 1, 2, 3])):
        value = random.choice(FAULTS)(value, random)
    return _tear(write(value), random) if random.random() < 0.2 else write(value)


def write(value: Json) -> str:
    """JSON with NaN and Infinity, as some programs write it, and numbers of any length."""
    return json.dumps(value, ensure_ascii=True).replace(f'"{LONG}"', "9" * 5000)


def _replace(value: Json, random: Random) -> Json:
    """Another value somewhere."""
    return _put(value, random.choice(list_paths(value)), random.choice(EXTREMES))


def _lose(value: Json, random: Random) -> Json:
    """A field or an item less."""
    paths = [path for path in list_paths(value) if path]
    return _put(value, random.choice(paths), lost=True) if paths else value


def _add(value: Json, random: Random) -> Json:
    """A field more, or an item twice."""
    path = random.choice(list_paths(value))
    there = _get(value, path)
    if isinstance(there, dict):
        name = random.choice(["", "extra", "\0", "x" * 5000, "kind", "command_id", "user_id", "a\nb"])
        return _put(value, path, {**there, name: random.choice(EXTREMES)})
    if isinstance(there, list):
        return _put(value, path, there * random.choice([2, 3, 70]))
    return value


def _nest(value: Json, random: Random) -> Json:
    """Deeper somewhere."""
    path = random.choice(list_paths(value))
    there = _get(value, path)
    for _ in range(random.choice([1, 5, 150, 400])):
        there = [there]
    return _put(value, path, there)


FAULTS = [_replace, _replace, _replace, _lose, _add, _nest]


def _tear(text: str, random: Random) -> str:
    """Cut, doubled, or with other characters in it."""
    place = random.randrange(len(text) + 1)
    return random.choice(
        [
            text[:place], text[place:], text + text,
            text[:place] + random.choice(["\0", "\\", '"', "\x7f", "🧫", "]"]) + text[place:],
            "\ufeff" + text, text.replace(":", "", 1), text.replace('"', "'"), " " * 1000 + text, text + "//",
        ]
    )  # fmt: skip


def list_paths(value: Json, path: Path = ()) -> list[Path]:
    """Of the value and all parts of it, at most some hundred."""
    paths = [path]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if len(paths) < 200 and len(path) < 12:
            paths += list_paths(part, (*path, name))
    return paths


def _get(value: Json, path: Path) -> Json:
    for name in path:
        value = value[name]
    return value


def _put(value: Json, path: Path, new: Json = None, *, lost: bool = False) -> Json:
    """A copy with `new` at the path, or without what is there."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and lost:
        del copy[path[0]]
    else:
        copy[path[0]] = _put(value[path[0]], path[1:], new, lost=lost)
    return copy
