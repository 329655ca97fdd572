"""Team, Membership, Project, Label."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
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


class Label(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=80)
    colour = models.CharField(
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Give the colour as #rrggbb, in lower case.")],
    )
    object_type = models.CharField(max_length=16, choices=ObjectType.choices, default=ObjectType.NUCLEUS)
    key = models.PositiveSmallIntegerField(
        help_text="The number key that chooses it, 1 to 9.",
        validators=[MinValueValidator(1), MaxValueValidator(9)],
    )

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_label_of_a_name"),
            models.UniqueConstraint(fields=["project", "key"], name="one_label_of_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.name}"
