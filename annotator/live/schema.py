"""Adds the socket's messages to the OpenAPI document, so that one generated file holds all of the browser's types."""

from typing import Any

from annotator.live import messages


def add_messages(result: dict, generator: Any, request: Any, public: bool) -> dict:
    """A drf-spectacular postprocessing hook. Runs after its enum hook, which would rename our enums."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    command_parts = messages.COMMAND.json_schema(ref_template="#/components/schemas/{model}")
    event_parts = messages.EVENT.json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    for name, parts in (("AnyCommand", command_parts), ("AnyEvent", event_parts)):
        shapes = parts.pop("$defs")
        for shape in shapes.values():
            _require_kind(shape)
        schemas.update(shapes)
        schemas[name] = parts
    return result


def _require_kind(shape: dict[str, Any]) -> None:
    """It tells a union's members apart: whoever leaves it out is refused, though each class has a default for it."""
    required = shape.get("required", [])
    if "const" in shape.get("properties", {}).get("kind", {}) and "kind" not in required:
        shape["required"] = ["kind", *required]
