"""Slide: a whole-slide image that lies on the server, and what was read from it when it was imported."""

from django.db import models

from annotator.projects.models import Project
from annotator.slides.stains import Stain

HEIGHT_LIMIT_PX = 2**22
"""`Annotation.place` stacks all slides in one plane, this far apart; a slide as high or higher is refused."""


class Slide(models.Model):
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="slides")
    name = models.CharField(max_length=200)
    path = models.TextField(help_text="Absolute path on the server. The file is referenced in place, never copied.")
    number = models.PositiveIntegerField(unique=True, help_text="Its storey in the plane of `Annotation.place`.")
    version = models.CharField(max_length=32, help_text="Content version of the file: part of every tile's address.")
    style = models.JSONField(
        help_text="How its channels become RGB, as large_image takes it; the same for all readers."
    )
    reader = models.CharField(
        max_length=16,
        blank=True,
        default="",
        help_text="Which of large_image's readers opens the file, here and in the model workers; empty: the first that can.",
    )
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    levels = models.PositiveSmallIntegerField()
    tile_width = models.PositiveIntegerField()
    tile_height = models.PositiveIntegerField()
    mpp = models.FloatField(help_text="µm per level-0 px.")
    stain = models.CharField(
        max_length=16,
        choices=[(stain.value, stain.value) for stain in Stain],
        default=Stain.HE,
        help_text="Guessed at import; chooses the model.",
    )
    patient = models.CharField(
        max_length=120,
        blank=True,
        help_text="Whose tissue it is, in any code: slides of one patient never stand on both sides of a split.",
    )
    vendor = models.CharField(max_length=80, blank=True)
    magnification = models.FloatField(null=True, help_text="Of the objective, where the file says so.")
    landing = models.JSONField(null=True, blank=True, help_text="Where the viewer opens: {x, y, width_px}, level-0 px.")
    imported_at = models.DateTimeField(auto_now_add=True)
    notes: tuple[str, ...] = ()
    """What the import had to decide, in words for whoever ran it; not stored."""

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "path"], name="one_slide_of_a_file"),
            models.CheckConstraint(condition=models.Q(height__lt=HEIGHT_LIMIT_PX), name="slide_fits_its_storey"),
            models.CheckConstraint(condition=models.Q(mpp__gt=0), name="slide_has_a_scale"),
        ]

    def __str__(self) -> str:
        return self.name
