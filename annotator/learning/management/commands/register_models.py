"""Make a model version of each manifest in the weights folder."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.core.errors import SquiggleError
from annotator.learning.versions import register_models


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for model in register_models():
                self.stdout.write(f"{model.name}: {model.object_type}, {model.licence}")
        except SquiggleError as error:
            raise CommandError(error.message) from None
