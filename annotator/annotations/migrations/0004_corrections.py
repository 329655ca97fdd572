"""Prompts may correct a mask, and an accepted mask may wait behind a correction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_append_only")]
    operations = [
        migrations.AddField("annotation", "start", models.BinaryField(null=True)),
        migrations.AddField("annotation", "accepted_before", models.JSONField(blank=True, null=True)),
        migrations.AddField("revision", "start", models.BinaryField(null=True)),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                fields=["slide", "label"],
                name="annotation_corrections",
                condition=models.Q(accepted_before__isnull=False),
            ),
        ),
    ]
