from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("study", "0003_first_studies_moved")]

    operations = [
        migrations.RemoveField(
            model_name="enrolment",
            name="list_index",
        ),
        migrations.RemoveField(
            model_name="rendition",
            name="ceiling_db",
        ),
        migrations.RemoveField(
            model_name="rendition",
            name="floor_db",
        ),
        migrations.RemoveField(
            model_name="rendition",
            name="frequency_max_hz",
        ),
        migrations.RemoveField(
            model_name="rendition",
            name="frequency_min_hz",
        ),
        migrations.RemoveField(
            model_name="rendition",
            name="picture_duration_ms",
        ),
        migrations.RemoveField(
            model_name="rendition",
            name="picture_file",
        ),
        migrations.RemoveField(
            model_name="response",
            name="answer",
        ),
        migrations.RemoveField(
            model_name="response",
            name="confidence",
        ),
        migrations.RemoveField(
            model_name="study",
            name="design",
        ),
        migrations.RemoveField(
            model_name="trial",
            name="mask",
        ),
        migrations.RemoveField(
            model_name="trial",
            name="phase",
        ),
        migrations.RemoveField(
            model_name="enrolment",
            name="arm",
        ),
        migrations.RenameField(
            model_name="enrolment",
            old_name="arm_name",
            new_name="arm",
        ),
        migrations.DeleteModel(
            name="Arm",
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("allocated_at__isnull", True), ("arm", ""), ("place__isnull", True), ("sequence__isnull", True)
                    ),
                    models.Q(
                        models.Q(("arm", ""), _negated=True),
                        ("allocated_at__isnull", False),
                        ("place__isnull", False),
                        ("sequence__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="enrolment_allocated_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.UniqueConstraint(fields=("stimulus", "number"), name="rendition_once_per_number"),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.UniqueConstraint(
                fields=("enrolment", "block", "stimulus"), name="trial_stimulus_once_per_block"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("exemplar", "training", "main", "attention"))), name="trial_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("condition", ""),
                        ("kind", "attention"),
                        ("stimulus__isnull", True),
                        models.Q(("instructed_label", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("kind", "attention"), _negated=True),
                        ("instructed_label", ""),
                        ("stimulus__isnull", False),
                        models.Q(("condition", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="trial_has_stimulus_or_instruction",
            ),
        ),
    ]
