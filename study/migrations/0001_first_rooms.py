import uuid

import django.db.models.deletion
from django.db import migrations, models

import study.models.enrolment


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Arm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=63)),
                ("channel", models.CharField(choices=[("picture", "picture"), ("sound", "sound")], max_length=16)),
                ("weight", models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("manifest", models.BinaryField()),
                ("labels", models.JSONField(default=list)),
                ("loaded_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        default=study.models.enrolment.make_code, editable=False, max_length=16, unique=True
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "stage",
                    models.CharField(
                        choices=[("pilot", "pilot"), ("running", "running"), ("simulated", "simulated")], max_length=16
                    ),
                ),
                ("place", models.PositiveIntegerField(blank=True, null=True)),
                ("list_index", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("consented_at", models.DateTimeField()),
                ("sound_checked_at", models.DateTimeField(blank=True, null=True)),
                ("allocated_at", models.DateTimeField(blank=True, null=True)),
                ("training_completed_at", models.DateTimeField(blank=True, null=True)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("completion_code", models.CharField(blank=True, default="", max_length=16)),
                (
                    "arm",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrolments",
                        to="study.arm",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Stimulus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("role", models.CharField(choices=[("main", "main"), ("training", "training")], max_length=16)),
                ("true_label", models.CharField(max_length=64)),
                ("predicted_label", models.CharField(max_length=64)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stimuli", to="study.bundle"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stimuli",
                "ordering": ["role", "name"],
            },
        ),
        migrations.CreateModel(
            name="Rendition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mask",
                    models.CharField(
                        choices=[("none", "none"), ("relevance", "relevance"), ("control", "control")], max_length=16
                    ),
                ),
                ("sound_file", models.CharField(db_index=True, max_length=80)),
                ("sound_duration_ms", models.FloatField()),
                ("picture_file", models.CharField(db_index=True, max_length=80)),
                ("picture_duration_ms", models.FloatField()),
                ("frequency_min_hz", models.FloatField()),
                ("frequency_max_hz", models.FloatField()),
                ("floor_db", models.FloatField()),
                ("ceiling_db", models.FloatField()),
                (
                    "stimulus",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="renditions", to="study.stimulus"
                    ),
                ),
            ],
            options={
                "ordering": ["stimulus", "mask"],
            },
        ),
        migrations.CreateModel(
            name="Study",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("slug", models.SlugField(max_length=63, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("language", models.CharField(default="en", max_length=8)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("pilot", "pilot"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("closed", "closed"),
                            ("simulated", "simulated"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("design", models.JSONField()),
                ("simulation", models.JSONField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="studies", to="study.bundle"
                    ),
                ),
                (
                    "cloned_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clones",
                        to="study.study",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "studies",
                "ordering": ["-created_at"],
            },
        ),
        migrations.AddField(
            model_name="arm",
            name="study",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="arms", to="study.study"),
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("index", models.PositiveSmallIntegerField()),
                ("phase", models.CharField(choices=[("training", "training"), ("main", "main")], max_length=16)),
                ("mask", models.CharField(choices=[("relevance", "relevance"), ("control", "control")], max_length=16)),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("n_begun", models.PositiveSmallIntegerField(default=0)),
                ("begin_id", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="study.enrolment"
                    ),
                ),
                (
                    "stimulus",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="study.stimulus"
                    ),
                ),
            ],
            options={
                "ordering": ["enrolment", "index"],
            },
        ),
        migrations.CreateModel(
            name="Response",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.UUIDField(unique=True)),
                ("answer", models.CharField(max_length=64)),
                ("confidence", models.PositiveSmallIntegerField()),
                ("rt_ms", models.PositiveIntegerField()),
                ("onset_to_response_ms", models.PositiveIntegerField()),
                ("plays", models.PositiveSmallIntegerField()),
                ("original_plays", models.PositiveSmallIntegerField()),
                ("heard_share", models.FloatField()),
                ("answered_at", models.DateTimeField()),
                (
                    "trial",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="response", to="study.trial"
                    ),
                ),
            ],
            options={
                "ordering": ["trial"],
            },
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("protocol", models.BinaryField()),
                ("protocol_sha256", models.CharField(max_length=64)),
                ("allocation_seed", models.BinaryField()),
                ("n_allocated", models.PositiveIntegerField(default=0)),
                ("frozen_at", models.DateTimeField(auto_now_add=True)),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="study.study"
                    ),
                ),
            ],
            options={
                "ordering": ["study", "number"],
            },
        ),
        migrations.AddField(
            model_name="enrolment",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="enrolments", to="study.version"
            ),
        ),
        migrations.AddConstraint(
            model_name="stimulus",
            constraint=models.UniqueConstraint(fields=("bundle", "name"), name="stimulus_once_per_bundle"),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.UniqueConstraint(fields=("stimulus", "mask"), name="rendition_once_per_mask"),
        ),
        migrations.AddConstraint(
            model_name="study",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__in", ["draft", "pilot", "running", "paused", "closed", "simulated"])),
                name="study_stage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="study",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage", "simulated"), _negated=True), ("cloned_from__isnull", False), _connector="OR"
                ),
                name="study_simulated_is_a_clone",
            ),
        ),
        migrations.AddConstraint(
            model_name="arm",
            constraint=models.UniqueConstraint(fields=("study", "name"), name="arm_once_per_study"),
        ),
        migrations.AddConstraint(
            model_name="arm",
            constraint=models.CheckConstraint(condition=models.Q(("weight__gte", 1)), name="arm_weight_positive"),
        ),
        migrations.AddConstraint(
            model_name="arm",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["picture", "sound"])), name="arm_channel_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.UniqueConstraint(fields=("enrolment", "index"), name="trial_once_per_place"),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.UniqueConstraint(fields=("enrolment", "stimulus"), name="trial_stimulus_once"),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("mask__in", ["relevance", "control"])), name="trial_mask_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__in", range(10, 101, 10))), name="response_confidence_in_tens"
            ),
        ),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.CheckConstraint(
                condition=models.Q(("heard_share__gte", 0.0), ("heard_share__lte", 1.0)),
                name="response_heard_share_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.UniqueConstraint(fields=("study", "number"), name="version_once_per_study"),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(fields=("version", "place"), name="enrolment_once_per_place"),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("allocated_at__isnull", True),
                        ("arm__isnull", True),
                        ("list_index__isnull", True),
                        ("place__isnull", True),
                    ),
                    models.Q(
                        ("allocated_at__isnull", False),
                        ("arm__isnull", False),
                        ("list_index__isnull", False),
                        ("place__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="enrolment_allocated_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completed_at__isnull", True), ("completion_code", "")),
                    models.Q(("completed_at__isnull", False), models.Q(("completion_code", ""), _negated=True)),
                    _connector="OR",
                ),
                name="enrolment_code_when_complete",
            ),
        ),
    ]
