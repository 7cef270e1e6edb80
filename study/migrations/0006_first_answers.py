"""Answers given before the computer's answer was told, and the plays of a trial's second sound."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("study", "0005_what_never_changes")]

    operations = [
        migrations.AddField(
            model_name="trial",
            name="first_answers",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="response",
            name="second_plays",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
