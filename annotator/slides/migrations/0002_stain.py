"""A slide's stain; slides imported before it was asked for get the guess that an import makes from their style."""

from typing import Any

from django.db import migrations, models

STAINS = ["H&E", "IHC", "fluorescence", "Romanowsky", "other"]


def guess(apps: Any, schema_editor: Any) -> None:
    for slide in apps.get_model("slides", "Slide").objects.only("style"):
        if len(bands := slide.style.get("bands", [])) > 1 and any(band["max"] != 255 for band in bands):
            slide.stain = "fluorescence"
            slide.save(update_fields=["stain"])


class Migration(migrations.Migration):
    dependencies = [("slides", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="slide",
            name="stain",
            field=models.CharField(
                choices=[(stain, stain) for stain in STAINS],
                default="H&E",
                help_text="Guessed at import; chooses the model.",
                max_length=16,
            ),
        ),
        migrations.RunPython(guess, migrations.RunPython.noop),
    ]
