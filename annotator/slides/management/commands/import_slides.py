"""`manage.py import_slides PATH… --project PROJECT [--mpp X] [--stain S] [--patient P] [--plane N]`: files become slides."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.core.errors import InvalidInput
from annotator.projects.models import Project
from annotator.projects.selectors import find_project
from annotator.slides.ingest import SlideRefused
from annotator.slides.models import Slide
from annotator.slides.services import import_slide
from annotator.slides.stains import Stain


class Command(BaseCommand):
    help = "Import whole-slide images, referenced in place: SVS, TIFF, OME-TIFF, QPTIFF, DICOM folders, PNG, JPEG."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--project", required=True, metavar="PROJECT", help="TEAM/NAME, id, or NAME if only one team has it"
        )
        parser.add_argument(
            "--mpp", type=float, metavar="X", help="µm per pixel, where the file does not say, or wrongly"
        )
        parser.add_argument(
            "--plane", type=int, metavar="N", help="the focal plane to show, of several, from 0; default: the sharpest"
        )
        parser.add_argument(
            "--stain",
            choices=[stain.value for stain in Stain],
            help="chooses the model; default: fluorescence for composed channels, else H&E",
        )

        parser.add_argument(
            "--patient",
            default="",
            metavar="CODE",
            help="whose tissue all of these are: slides of one patient are never trained on and measured on at once",
        )

    def handle(
        self,
        *,
        paths: list[Path],
        project: str,
        mpp: float | None,
        stain: str | None,
        patient: str,
        plane: int | None,
        **_: Any,
    ) -> None:
        patient = self._check_patient(patient)
        owner = self._find_project(project)
        refused = 0
        for path in paths:
            try:
                slide = import_slide(
                    project=owner,
                    path=path,
                    mpp=mpp,
                    stain=Stain(stain) if stain else None,
                    patient=patient,
                    plane=plane,
                )
            except SlideRefused as refusal:
                refused += 1
                self.stderr.write(self.style.ERROR(refusal.message))
            else:
                self.stdout.write(
                    f"{slide.name}: {slide.width} × {slide.height} px, {slide.levels} levels, "
                    f"{slide.mpp:.4g} µm/px{', ' + slide.vendor if slide.vendor else ''}, {slide.stain}, slide {slide.pk}"
                )
                for note in slide.notes:
                    self.stdout.write(self.style.WARNING(f"  {slide.name}: {note}"))
        if refused:
            raise CommandError(f"{refused} of {len(paths)} could not be imported.")

    def _check_patient(self, patient: str) -> str:
        longest = Slide._meta.get_field("patient").max_length
        if longest and len(patient.strip()) > longest:
            raise CommandError(f"--patient takes a code of at most {longest} characters.")
        return patient.strip()

    def _find_project(self, name: str) -> Project:
        try:
            return find_project(name)
        except InvalidInput as error:
            raise CommandError(error.message) from None
