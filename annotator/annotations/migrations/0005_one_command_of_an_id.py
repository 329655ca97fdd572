"""A command's id belongs to one person: whoever else sends it is refused, and cannot stand between the first and their answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0004_corrections")]

    operations = [
        migrations.RunSQL(
            "DELETE FROM annotations_commandreceipt AS later USING annotations_commandreceipt AS first"
            " WHERE first.command_id = later.command_id AND first.id < later.id",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint("commandreceipt", "one_receipt_of_a_command"),
        migrations.AddConstraint(
            "commandreceipt", models.UniqueConstraint(fields=["command_id"], name="one_receipt_of_a_command")
        ),
    ]
