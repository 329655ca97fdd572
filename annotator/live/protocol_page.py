"""docs/protocol.md, written from the message types: one table a message, with the words of its docstrings."""

from typing import Any

INTRODUCTION = """# The socket of a slide

*Generated from `annotator/live/messages.py` by `make schema`; do not edit.*

A browser opens `/ws/slides/{id}` with its session cookie. It sends **commands** and receives **events**, each one JSON
text frame with a `kind`. Coordinates are level-0 pixels, x then y, origin upper left.

1. The server accepts and sends a `heartbeat`, or closes with 4401 (signed out) or 4403 (no right to this slide). A page that
   names its person, `?person={id}`, is also closed with 4401 while somebody else is signed in.
2. The browser loads `GET /api/slides/{id}/objects?box=…`, which names the number `seq` of the last event it contains, and
   sends `catch_up {since: seq}`.
3. Events of a slide are numbered without gaps. The browser drops what it has, applies last + 1, and on a gap, or when a
   `heartbeat` names a higher number, sends `catch_up` again. `reset` means: load the objects anew.
4. Each command has a `command_id` made by the browser. It is sent until an `ack`, a `command.conflict` or a
   `command.failed` without `retry_after_ms` comes; sending it twice does it once.

## Packed objects

`GET /api/slides/{id}/objects?box=x0,y0,x1,y1&limit=N` answers with bytes, little-endian: a uint32 header length H; H bytes of
JSON, padded with spaces to a multiple of four; then `polygon_counts` (uint32, one for each settled object), `ring_counts`
(uint32, one for each polygon, its exterior ring first), `ring_sizes` (uint32, one for each ring; rings are not closed) and
`coords` (int32, x and y interleaved, in sixteenths of a level-0 pixel). The header holds `seq`, `total` and `shown` (accepted
objects that meet the box, and how many of them follow: the largest first), `settled` (columns `ids`, `versions`, `turns`,
`label_ids`, `model_ids`, `authors`, `scores`, and `changed` in seconds since 1970), `live` (complete `ObjectView`s of what is
asked, failed or proposed) and `counts` (accepted objects of each label on the whole slide, those under correction among them).
"""


def write_protocol_page(schemas: dict[str, Any]) -> str:
    """schemas: components.schemas of the OpenAPI document."""
    commands = _names(schemas["AnyCommand"])
    events = _names(schemas["AnyEvent"])
    shared = [name for name in _reachable(schemas, [*commands, *events]) if name not in {*commands, *events}]
    parts = [INTRODUCTION]
    for title, names in (("Commands", commands), ("Events", events), ("Shared parts", shared)):
        parts.append(f"## {title}\n")
        parts.extend(_describe(name, schemas[name]) for name in names)
    return "\n".join(parts)


def _names(union: dict[str, Any]) -> list[str]:
    return [_target(option) for option in union["oneOf"]]


def _target(reference: dict[str, Any]) -> str:
    return reference["$ref"].rsplit("/", 1)[1]


def _reachable(schemas: dict[str, Any], names: list[str]) -> list[str]:
    seen: dict[str, None] = {}
    queue = list(names)
    while queue:
        name = queue.pop(0)
        if name not in seen:
            seen[name] = None
            queue.extend(_references(schemas[name]))
    return list(seen)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [_target(node)] if "$ref" in node else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []


def _describe(name: str, schema: dict[str, Any]) -> str:
    words = schema.get("description", "").replace("\n", " ")
    kind = schema.get("properties", {}).get("kind", {}).get("const")
    title = f"### `{kind}` ({name})" if kind else f"### {name}"
    lines = [title, "", words, ""]
    if "enum" in schema:
        return "\n".join([*lines, "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".", ""])
    required = set(schema.get("required", []))
    lines += ["| field | type | |", "|---|---|---|"]
    for field, shape in schema.get("properties", {}).items():
        if field == "kind":
            continue
        note = "" if field in required else f"optional, default `{shape.get('default')}`"
        lines.append(f"| `{field}` | {_type(shape)} | {note} |")
    return "\n".join([*lines, ""])


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return _target(shape)
    if "anyOf" in shape:
        return " or ".join(_type(option) for option in shape["anyOf"])
    if shape.get("type") == "array":
        if "prefixItems" in shape:
            return "[" + ", ".join(_type(item) for item in shape["prefixItems"]) + "]"
        return f"list of {_type(shape.get('items', {}))}"
    if "enum" in shape:
        return ", ".join(f"`{value}`" for value in shape["enum"])
    if "const" in shape:
        return f"`{shape['const']}`"
    return f"{shape.get('type', 'any')}{' (' + shape['format'] + ')' if 'format' in shape else ''}"
