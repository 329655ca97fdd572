"""ModelVersion: weights that can be asked, shipped or trained in a project, never changed once they are here."""

from django.db import models

from annotator.projects.models import ObjectType, Project


class ModelVersion(models.Model):
    """A set of weights with its manifest. Other weights are another version, also where they bear the same name."""

    name = models.CharField(max_length=120)
    """The weights' file, as SegmentRequest names it."""
    method = models.CharField(max_length=40)
    object_type = models.CharField(max_length=16, choices=ObjectType.choices)
    stain = models.CharField(max_length=40, blank=True)
    mpp = models.FloatField(null=True)
    patch_px = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    licence = models.TextField()
    metrics = models.JSONField(default=dict)
    manifest = models.JSONField(default=dict)
    active = models.BooleanField(default=False)
    """Of shipped weights: whether they answer where a project has activated none of its own."""
    replaced = models.BooleanField(default=False)
    """Other weights of this name were installed since: these answer no more, but stay the source of their masks."""
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="model_versions")
    """The project whose work they learnt from, and the only one that they answer in; null for shipped weights."""
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    """The version whose weights the training began with."""
    run = models.OneToOneField(
        "learning.TrainingRun", null=True, blank=True, on_delete=models.PROTECT, related_name="version"
    )
    """The run that made them, and with it the snapshot that they were trained on."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "sha256"], name="one_version_of_weights"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(replaced=False), name="one_installed_version_of_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
