"""A study: a draft that can be edited, and the versions that launches froze."""

import uuid

from django.db import models
from django.db.models import Q

from study.models.stimuli import Bundle


class Stage(models.TextChoices):
    """Where a study stands in its life; `simulated` is the irreversible stage of a clone."""

    DRAFT = "draft", "draft"
    PILOT = "pilot", "pilot"
    RUNNING = "running", "running"
    PAUSED = "paused", "paused"
    CLOSED = "closed", "closed"
    SIMULATED = "simulated", "simulated"


# Stages in which people are enrolled and answers taken.
OPEN_STAGES = frozenset({Stage.PILOT, Stage.RUNNING})
# Stages in which outcomes may be seen: nobody can answer any more, so that seeing them steers nothing that is still to
# come. In every other stage, an open pilot and a pause included, answers, correctness and confidence are withheld.
OUTCOME_STAGES = frozenset({Stage.CLOSED, Stage.SIMULATED})


class Study(models.Model):
    """A study; `draft` holds the fields of its study file while they can be edited, and None once nothing is edited.

    What a launched study does is decided by the frozen protocols of its versions alone; its draft, if any, is of the
    version to come.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=8, default="en")
    stage = models.CharField(max_length=16, choices=Stage.choices, default=Stage.DRAFT)
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="studies")
    draft = models.JSONField(null=True, blank=True)
    cloned_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="clones")
    simulation = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="study_stage_known"),
            models.CheckConstraint(
                condition=~Q(stage="simulated") | Q(cloned_from__isnull=False), name="study_simulated_is_a_clone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.slug})"  # a simulated clone bears its original's title


class Version(models.Model):
    """A frozen protocol: stored bytes, their hash, and the allocation seed that no page, API or file shows.

    A pilot has a version of its own, so that its enrolments never touch the allocation of the study that follows. The
    database itself refuses to change any of the three (see the migration's triggers).
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    protocol = models.BinaryField()
    protocol_sha256 = models.CharField(max_length=64)
    allocation_seed = models.BinaryField()
    reason = models.TextField(blank=True, default="")
    is_pilot = models.BooleanField(default=False)
    n_allocated = models.PositiveIntegerField(default=0)
    frozen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "number"]
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="version_once_per_study")]

    def __str__(self) -> str:
        return f"{self.study.slug} v{self.number}"
