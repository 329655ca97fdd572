import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Slide",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "path",
                    models.TextField(
                        help_text="Absolute path on the server. The file is referenced in place, never copied."
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(help_text="Its storey in the plane of `Annotation.place`.", unique=True),
                ),
                (
                    "version",
                    models.CharField(
                        help_text="Content version of the file: part of every tile's address.", max_length=32
                    ),
                ),
                (
                    "style",
                    models.JSONField(
                        help_text="How its channels become RGB, as large_image takes it; the same for all readers."
                    ),
                ),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("levels", models.PositiveSmallIntegerField()),
                ("tile_width", models.PositiveIntegerField()),
                ("tile_height", models.PositiveIntegerField()),
                ("mpp", models.FloatField(help_text="µm per level-0 px.")),
                ("vendor", models.CharField(blank=True, max_length=80)),
                ("magnification", models.FloatField(help_text="Of the objective, where the file says so.", null=True)),
                (
                    "landing",
                    models.JSONField(
                        blank=True, help_text="Where the viewer opens: {x, y, width_px}, level-0 px.", null=True
                    ),
                ),
                ("imported_at", models.DateTimeField(auto_now_add=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="slides", to="projects.project"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "path"), name="one_slide_of_a_file"),
                    models.CheckConstraint(condition=models.Q(("height__lt", 4194304)), name="slide_fits_its_storey"),
                    models.CheckConstraint(condition=models.Q(("mpp__gt", 0)), name="slide_has_a_scale"),
                ],
            },
        ),
    ]
