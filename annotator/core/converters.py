"""What may stand in an address: ids and names that the database can hold. Anything else is no address."""

from django.urls.converters import IntConverter, StringConverter

from inference.protocol import MAX_ID


class IdConverter(IntConverter):
    """`<id:project_id>`: the primary key of a row."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if not 1 <= number <= MAX_ID:
            raise ValueError(value)
        return number


class UsernameConverter(StringConverter):
    """`<username:username>`: as long as Django's may be, without what no name has."""

    regex = r"[^/\x00-\x1f\x7f]{1,150}"
