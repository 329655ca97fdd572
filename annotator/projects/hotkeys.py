"""The one key that chooses a label: which there may be, and which are the workspace's own (frontend/src/ui/keys.ts)."""

import unicodedata

from annotator.core.errors import InvalidInput

WORKSPACE_KEYS = {
    "v": "the Move tool",
    "c": "the Click tool",
    "s": "the Squiggle tool",
    "a": "marking a complete area",
    "x": "rejecting",
    "n": "the next proposal",
    "f": "fitting the slide to the screen",
    "h": "hiding all annotations",
    "o": "the fill's opacity",
    "]": "folding the right panel",
    "?": "the list of keys",
    "+": "zooming in",
    "=": "zooming in",
    "-": "zooming out",
    "_": "zooming out",
}
TYPED = ("L", "P", "S")
"""Categories of characters that a key types, beside the ten digits: letters, punctuation and signs."""


def read_hotkey(text: str | None) -> str | None:
    """The key as it is stored, in lower case; None for none. Raises InvalidInput in words."""
    if not text:
        return None
    key = unicodedata.normalize("NFC", text).lower()
    if len(key) != 1 or not _is_typed(key):
        raise InvalidInput("A hotkey is one letter, digit or sign, as q or 7; leave it empty for none.")
    if unicodedata.category(key)[0] == "L" and "LATIN" not in unicodedata.name(key, ""):
        raise InvalidInput(
            f"'{key}' is no Latin letter: give the Latin letter of the same key, which is found on every keyboard."
        )
    if key in WORKSPACE_KEYS:
        raise InvalidInput(f"The key '{key}' is taken in the workspace, by {WORKSPACE_KEYS[key]}: choose another.")
    return key


def _is_typed(key: str) -> bool:
    """Not so: ligatures, digits in a circle, wide letters (what NFKC writes otherwise), digits of other scripts, pictures."""
    if unicodedata.normalize("NFKC", key) != key or unicodedata.category(key) == "So":
        return False
    return key in "0123456789" or unicodedata.category(key).startswith(TYPED)
