import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("study", "0001_first_rooms")]

    operations = [
        migrations.RemoveConstraint(
            model_name="enrolment",
            name="enrolment_allocated_whole",
        ),
        migrations.RemoveConstraint(
            model_name="rendition",
            name="rendition_once_per_mask",
        ),
        migrations.RemoveConstraint(
            model_name="response",
            name="response_confidence_in_tens",
        ),
        migrations.RemoveConstraint(
            model_name="trial",
            name="trial_stimulus_once",
        ),
        migrations.RemoveConstraint(
            model_name="trial",
            name="trial_mask_known",
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=32)),
                ("enrolment", models.CharField(blank=True, default="", max_length=16)),
                ("data", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("file", models.CharField(db_index=True, max_length=80)),
                ("alternative_text", models.TextField(blank=True, default="")),
                ("duration_ms", models.FloatField()),
                ("frequency_min_hz", models.FloatField()),
                ("frequency_max_hz", models.FloatField()),
                ("floor_db", models.FloatField()),
                ("ceiling_db", models.FloatField()),
            ],
            options={
                "ordering": ["rendition", "id"],
            },
        ),
        migrations.CreateModel(
            name="QuestionnaireResponse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("questionnaire", models.CharField(max_length=63)),
                ("answers", models.JSONField(default=dict)),
                ("answered_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["enrolment", "id"],
            },
        ),
        migrations.AlterModelOptions(
            name="rendition",
            options={"ordering": ["stimulus", "number"]},
        ),
        migrations.AddField(
            model_name="enrolment",
            name="factors",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="last_seen_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="release_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("idle", "idle"),
                    ("withdrawn", "withdrawn"),
                    ("returned", "returned"),
                    ("timed-out", "timed-out"),
                    ("screened-out", "screened-out"),
                ],
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="released_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="screened_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="screened_out",
            field=models.CharField(blank=True, default="", max_length=32),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="sequence",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rendition",
            name="answered_label",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="rendition",
            name="form",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="rendition",
            name="method",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddField(
            model_name="rendition",
            name="number",
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="response",
            name="answers",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="stimulus",
            name="network",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="study",
            name="draft",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="trial",
            name="block",
            field=models.CharField(default=0, max_length=63),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="trial",
            name="condition",
            field=models.CharField(blank=True, default="", max_length=63),
        ),
        migrations.AddField(
            model_name="trial",
            name="instructed_label",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="trial",
            name="kind",
            field=models.CharField(
                choices=[
                    ("exemplar", "exemplar"),
                    ("training", "training"),
                    ("main", "main"),
                    ("attention", "attention"),
                ],
                default=0,
                max_length=16,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="version",
            name="is_pilot",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="version",
            name="reason",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AlterField(
            model_name="rendition",
            name="mask",
            field=models.CharField(max_length=32),
        ),
        migrations.AlterField(
            model_name="stimulus",
            name="role",
            field=models.CharField(
                choices=[("main", "main"), ("training", "training"), ("attention", "attention")], max_length=16
            ),
        ),
        migrations.AlterField(
            model_name="trial",
            name="stimulus",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trials",
                to="study.stimulus",
            ),
        ),
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(fields=["version", "last_seen_at"], name="enrolment_by_last_sign_of_life"),
        ),
        migrations.AddField(
            model_name="event",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="study.study"
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="study.version",
            ),
        ),
        migrations.AddField(
            model_name="picture",
            name="rendition",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="study.rendition"
            ),
        ),
        migrations.AddField(
            model_name="questionnaireresponse",
            name="enrolment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="questionnaires", to="study.enrolment"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["version", "id"], name="event_of_version_in_order"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["study", "id"], name="event_of_study_in_order"),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("release_reason", ""), ("released_at__isnull", True)),
                    models.Q(("released_at__isnull", False), models.Q(("release_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="enrolment_reason_when_released",
            ),
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.UniqueConstraint(fields=("rendition", "kind"), name="picture_once_per_kind"),
        ),
        migrations.AddConstraint(
            model_name="questionnaireresponse",
            constraint=models.UniqueConstraint(
                fields=("enrolment", "questionnaire"), name="questionnaire_once_per_enrolment"
            ),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="arm_name",
            field=models.CharField(blank=True, default="", max_length=63),
        ),
    ]
