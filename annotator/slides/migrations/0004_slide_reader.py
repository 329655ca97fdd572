from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("slides", "0003_slide_patient")]

    operations = [
        migrations.AddField(
            model_name="slide",
            name="reader",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Which of large_image's readers opens the file, here and in the model workers; empty: the first that can.",
                max_length=16,
            ),
        ),
    ]
