"""Which of the two explanations of a preference comes first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("study", "0006_first_answers")]

    operations = [
        migrations.AddField(
            model_name="trial",
            name="is_swapped",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
