"""Write the OpenAPI document of REST and socket, from which the browser's types are generated."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from drf_spectacular.generators import SchemaGenerator

from annotator.live.protocol_page import write_protocol_page

GENERATED = settings.REPOSITORY / "frontend" / "src" / "generated" / "openapi.json"
PROTOCOL_PAGE = settings.REPOSITORY / "docs" / "protocol.md"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = SchemaGenerator().get_schema(request=None, public=True)
        files = {
            GENERATED: json.dumps(schema, indent=1, sort_keys=True) + "\n",
            PROTOCOL_PAGE: write_protocol_page(schema["components"]["schemas"]),
        }
        for path, text in files.items():
            if options["check"]:
                _refuse_stale(path, text)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)


def _refuse_stale(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text() != text:
        raise CommandError(f"{path.relative_to(settings.REPOSITORY)} is stale: run `make schema` and commit it.")
