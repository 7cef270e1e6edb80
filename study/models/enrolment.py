"""One participant in one version of one study, the trials handed out, and the answers given."""

import secrets
import uuid

from django.db import models
from django.db.models import Q

from study.models.design import Arm, Version
from study.models.stimuli import Stimulus

# No 0/O, 1/I/L: codes are read aloud and typed.
_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 10


def make_code() -> str:
    """A random code of 10 characters (about 49 bits)."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))


class Enrolment(models.Model):
    """A participant: known by a random code; the cookie's token is stored as its SHA-256 alone.

    Times are the server's, in UTC; each is set once, when the step is taken.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="enrolments")
    code = models.CharField(max_length=16, default=make_code, unique=True, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    stage = models.CharField(max_length=16, choices=[(s, s) for s in ("pilot", "running", "simulated")])
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, null=True, blank=True, related_name="enrolments")
    place = models.PositiveIntegerField(null=True, blank=True)
    list_index = models.PositiveSmallIntegerField(null=True, blank=True)
    consented_at = models.DateTimeField()
    sound_checked_at = models.DateTimeField(null=True, blank=True)
    allocated_at = models.DateTimeField(null=True, blank=True)
    training_completed_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    completion_code = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            # One allocation, one enrolment: the last wall against a slot given twice.
            models.UniqueConstraint(fields=["version", "place"], name="enrolment_once_per_place"),
            models.CheckConstraint(
                condition=Q(arm__isnull=True, place__isnull=True, list_index__isnull=True, allocated_at__isnull=True)
                | Q(arm__isnull=False, place__isnull=False, list_index__isnull=False, allocated_at__isnull=False),
                name="enrolment_allocated_whole",
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True, completion_code="")
                | (Q(completed_at__isnull=False) & ~Q(completion_code="")),
                name="enrolment_code_when_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Trial(models.Model):
    """One stimulus under one condition for one enrolment.

    `begun_at` is when the page last began it (server clock); `n_begun` counts those times. `begin_id` is of the page
    that began it last, so that a request sent again is no second beginning.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="trials")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    index = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=16, choices=[("training", "training"), ("main", "main")])
    stimulus = models.ForeignKey(Stimulus, on_delete=models.PROTECT, related_name="trials")
    mask = models.CharField(max_length=16, choices=[("relevance", "relevance"), ("control", "control")])
    begun_at = models.DateTimeField(null=True, blank=True)
    n_begun = models.PositiveSmallIntegerField(default=0)
    begin_id = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["enrolment", "index"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "index"], name="trial_once_per_place"),
            models.UniqueConstraint(fields=["enrolment", "stimulus"], name="trial_stimulus_once"),
            models.CheckConstraint(condition=Q(mask__in=["relevance", "control"]), name="trial_mask_known"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment} · {self.index}"


class Response(models.Model):
    """The recorded answer to a trial; written once, never updated or deleted.

    `rt_ms` counts from the moment answering opened, `onset_to_response_ms` from the explanation's onset (both the
    browser's clock); `answered_at` is the server's clock.
    """

    trial = models.OneToOneField(Trial, on_delete=models.PROTECT, related_name="response")
    client_id = models.UUIDField(unique=True)
    answer = models.CharField(max_length=64)
    confidence = models.PositiveSmallIntegerField()
    rt_ms = models.PositiveIntegerField()
    onset_to_response_ms = models.PositiveIntegerField()
    plays = models.PositiveSmallIntegerField()
    original_plays = models.PositiveSmallIntegerField()
    heard_share = models.FloatField()
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["trial"]
        constraints = [
            models.CheckConstraint(condition=Q(confidence__in=range(10, 101, 10)), name="response_confidence_in_tens"),
            models.CheckConstraint(
                condition=Q(heard_share__gte=0.0, heard_share__lte=1.0), name="response_heard_share_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial} · {self.answer}"
