"""A proposal names the accepted objects that it covers, and a deletion the object that took the deleted one's place."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0005_one_command_of_an_id")]
    operations = [
        migrations.AddField("annotation", "covers", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "revision",
            "replaced_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="annotations.annotation",
            ),
        ),
    ]
