"""Make the demo project and its slides, if they are not there yet, and print a link that signs in to it once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotator.core.errors import SquiggleError
from annotator.projects.demo import make_demo_project
from annotator.projects.models import Project
from annotator.projects.services import make_sign_in_link
from annotator.slides.models import Slide
from annotator.slides.services import import_slide, set_landing
from annotator.slides.stains import Stain

SLIDES: dict[str, tuple[str, Stain, list[str]]] = {
    "Synthetic H&E": ("synthetic-he.tif", Stain.HE, ["--size", "8192", "--seed", "1"]),
    "Real DAB (scikit-image)": ("real-dab.tif", Stain.IHC, ["--immunohistochemistry"]),
}
"""Name → file, stain, and how inference.data.synthetic makes it. The first is where the link leads."""


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.LOOPBACK_ONLY and settings.DEMO):
            raise CommandError(
                "The demo account has no password, so it exists on this machine only. Unset SQUIGGLE_HOST, or set "
                "SQUIGGLE_DEMO=0 and make accounts with `python manage.py createsuperuser`."
            )
        user, project = make_demo_project()
        try:
            slides = [_find_or_make(project, name) for name in SLIDES]
        except SquiggleError as error:
            raise CommandError(error.message) from None
        self.stdout.write(make_sign_in_link(user=user, next_path=f"/slides/{slides[0].pk}"))


def _find_or_make(project: Project, name: str) -> Slide:
    return Slide.objects.filter(project=project, name=name).first() or _make(project, name)


def _make(project: Project, name: str) -> Slide:
    file_name, stain, arguments = SLIDES[name]
    path = settings.SQUIGGLE_HOME / "demo" / file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        _generate(path, arguments)
    slide = import_slide(project=project, path=path, name=name, stain=stain)
    truth = path.with_suffix(".json")
    if truth.is_file():
        set_landing(slide=slide, **json.loads(truth.read_text())["landing"])
    return slide


def _generate(path: Path, arguments: list[str]) -> None:
    """The model side makes the pixels, in a process of its own; a file that is there is complete."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "inference.data.synthetic", str(unfinished), *arguments]
    made = subprocess.run(command, cwd=settings.REPOSITORY, env=environment, stdout=sys.stderr)
    if made.returncode != 0:
        raise CommandError("The demo slide could not be made: the reason stands above.")
    if (truth := unfinished.with_suffix(".json")).is_file():
        truth.replace(path.with_suffix(".json"))
    unfinished.replace(path)
