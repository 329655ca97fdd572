"""Team, Membership, Project, Label."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models


class Team(models.Model):
    name = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """Each role may do all that the ones before it may."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    ADMIN = "admin"


class Membership(models.Model):
    """A person's role in a team, and so in all projects of the team."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ANNOTATOR)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="one_role_in_a_team")]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.team}"


class Project(models.Model):
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)
    """Counts the changes of labels and guidelines: open slide pages see by it that theirs are old."""
    guidelines = models.TextField(blank=True, default="")
    """How this project wants its objects marked, in Markdown."""
    guidelines_version = models.PositiveIntegerField(default=0)
    guidelines_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    guidelines_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="one_project_of_a_name_in_a_team")]

    def __str__(self) -> str:
        """As commands take it (selectors.find_project)."""
        return f"{self.team}/{self.name}"


class ObjectType(models.TextChoices):
    """What kind of thing a label marks; it chooses the model."""

    NUCLEUS = "nucleus"
    CELL = "cell"
    GLAND = "gland"
    REGION = "region"


class LabelQuerySet(models.QuerySet["Label"]):
    def in_use(self) -> "LabelQuerySet":
        """Without the deleted ones."""
        return self.filter(deleted_at=None)


class Label(models.Model):
    """What the objects of a project are called. Its row outlives its deletion: the history of objects names it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=80)
    colour = models.CharField(
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Give the colour as #rrggbb, in lower case.")],
    )
    object_type = models.CharField(max_length=16, choices=ObjectType.choices, default=ObjectType.NUCLEUS)
    position = models.PositiveIntegerField(default=0)
    """Labels are listed in this order."""
    key = models.CharField(
        max_length=1, null=True, blank=True, help_text="The key that chooses it, in lower case; null: none does."
    )
    version = models.PositiveIntegerField(default=1)
    """Counts its changes: who changes it names the version that they saw."""
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=models.Q(deleted_at=None), name="one_label_of_a_name"
            ),
            models.UniqueConstraint(
                fields=["project", "key"], condition=models.Q(deleted_at=None), name="one_label_of_a_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.name}"
