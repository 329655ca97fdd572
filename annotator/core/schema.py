"""Adds to the OpenAPI document what every address may answer besides its own: errors, all of one shape."""

from typing import Any

REFUSALS = {
    "400": "Something in the request is not valid; the message says what.",
    "403": "Not signed in, or not allowed.",
    "404": "There is no such thing, or it is not for this person to see.",
    "409": "It does not go with what is stored by now.",
    "413": "The request is too large.",
    "415": "The body is not JSON in UTF-8.",
    "429": "Too many requests in a short time.",
    "503": "A server behind the web process is away for a moment.",
}
ERROR = {
    "type": "object",
    "description": "Every error's shape.",
    "properties": {
        "code": {"type": "string", "description": "For programs."},
        "message": {"type": "string", "description": "For people: what happened, to what, and what to do."},
        "details": {"description": "Of code invalid: the faults by field."},
    },
    "required": ["code", "message"],
}


def add_errors(result: dict, generator: Any, request: Any, public: bool) -> dict:
    """A drf-spectacular postprocessing hook."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    components["responses"] = {
        f"Error{status}": {"description": description, "content": content} for status, description in REFUSALS.items()
    }
    for path in result["paths"].values():
        for operation in path.values():
            for status in REFUSALS:
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Error{status}"})
    return result
