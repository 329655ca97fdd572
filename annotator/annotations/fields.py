"""Postgres's own `box` type: no extension needed, GiST built in."""

from typing import Any

from django.db import models

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1"""


class BoxField(models.Field):
    description = "a rectangle, as Postgres's box"

    def db_type(self, connection: Any) -> str:
        return "box"

    def get_prep_value(self, value: Box | None) -> str | None:
        if value is None:
            return None
        x0, y0, x1, y1 = value
        return f"({x1!r},{y1!r}),({x0!r},{y0!r})"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Box | None:
        if value is None:
            return None
        x1, y1, x0, y0 = (float(part) for part in value.replace("(", "").replace(")", "").split(","))
        return x0, y0, x1, y1

    def to_python(self, value: Any) -> Any:
        return value


@BoxField.register_lookup
class Overlaps(models.Lookup):
    lookup_name = "overlaps"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} && {right}::box", (*left_params, *right_params)
