"""Why a command that is no valid message was refused, in words for the person who drew or clicked."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from inference.protocol import MAX_COORDINATE_PX

NO_PLACE = {"finite_number", "less_than_equal", "greater_than_equal"}
"""pydantic's names for a coordinate that is NaN, infinite or beyond all slides."""
BEYOND = {"less_than_equal", "greater_than_equal", "int_parsing_size"}
"""… and for a number that is none of a row, a turn or a count."""
NUMBERS: dict[int | str, str] = {
    "label_id": "label of a project",
    "model_id": "model that there is",
    "base_version": "version that an object has",
    "turn": "turn that an object has",
    "since": "event of a slide",
}
MAX_PLACE = 200

MANY_COMPLAINTS = 100


def in_words(error: ValidationError) -> str:
    """The first complaint as a sentence. Where there are very many, nobody drew that, and only their number is told: to put
    a hundred thousand complaints into words would keep everybody else waiting."""
    if error.error_count() > MANY_COMPLAINTS:
        return f"The command is not valid: {error.error_count():,} things in it are wrong."
    first = error.errors(include_url=False, include_input=False)[0]
    return _about_prompts(first) or _about_numbers(first) or _about_a_field(first)


def _about_prompts(complaint: ErrorDetails) -> str | None:
    place, kind, details = complaint["loc"], complaint["type"], complaint.get("ctx", {})
    if "prompts" not in place:
        return None
    if kind == "too_long" and place[-1] == "points":
        return (
            f"This line has {details['actual_length']:,} points, and a line takes at most {details['max_length']:,}: "
            "draw it in several strokes."
        )
    if kind == "too_long" and place[-1] == "prompts":
        return (
            f"This object has {details['actual_length']} clicks and lines, and one takes at most "
            f"{details['max_length']}: accept it as it is, then correct its mask with new ones."
        )
    if kind in NO_PLACE:
        return (
            "A click or line has a coordinate that is no place on a slide (not a number, or beyond "
            f"{MAX_COORDINATE_PX:,} px): click or draw on the image."
        )
    return None


def _about_numbers(complaint: ErrorDetails) -> str | None:
    place, kind = complaint["loc"], complaint["type"]
    if kind not in BEYOND or not place or place[-1] not in NUMBERS:
        return None
    return f"The command's {place[-1]} is no {NUMBERS[place[-1]]}: reload the page to see the slide as it is now."


def _about_a_field(complaint: ErrorDetails) -> str:
    """Names of fields are the sender's words too: bounded, and in one line of the log."""
    place = ascii(".".join(str(part) for part in complaint["loc"]))[1:-1] or "the message"
    return f"The command is not valid: {_shorten(place)}: {_shorten(complaint['msg'])}."


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_PLACE else text[:MAX_PLACE] + "…"
