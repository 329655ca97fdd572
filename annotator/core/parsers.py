"""Bodies of REST requests: JSON in UTF-8, bounded in size and depth, and nothing in it that JSON does not have."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from pydantic_core import from_json
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from annotator.core.errors import TooLarge


class BoundedJSONParser(JSONParser):
    """pydantic's parser instead of Python's: it ends at a depth of 200 instead of in a RecursionError, takes no NaN, no half
    of a character (a lone surrogate, which no answer could repeat) and no number of thousands of digits."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Raises ParseError in words, or TooLarge above settings.DATA_UPLOAD_MAX_MEMORY_SIZE."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"This request has more than {limit // 1024} KiB, which is more than is taken here.")
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise ParseError(f"The request is not JSON in UTF-8 that can be read: {error}.") from None
