"""Names that people give to labels, projects and teams: one line, something to see in it, and one spelling for one look."""

import unicodedata

from rest_framework import serializers

JOINERS = "\u200c\u200d"
"""Invisible, and needed to write Persian and the languages of India."""
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs by their category, and empty to the eye."""
SHOWN = "LNPS"
"""Categories of characters that are seen: letters, numbers, punctuation and signs."""


class NameField(serializers.CharField):
    """Text as it is stored: composed (NFC), with ordinary blanks. Refused: several lines, control characters, characters that
    are invisible or turn the text round, and names of which nothing can be seen."""

    def to_internal_value(self, data: object) -> str:
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        text = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text).strip()
        hidden = [each for each in text if unicodedata.category(each)[0] in "CZ" and each not in f" {JOINERS}"]
        if hidden or any(each in FILLERS for each in text):
            raise serializers.ValidationError("Give it in one line, without invisible or control characters.")
        if not any(unicodedata.category(each)[0] in SHOWN for each in text):
            raise serializers.ValidationError("Give it at least one character that can be seen.")
        return text
