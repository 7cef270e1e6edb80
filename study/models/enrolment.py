"""One participant in one version of one study, the trials handed out, and the answers given."""

import secrets
import uuid

from django.db import models
from django.db.models import Q

from study.models.design import Version
from study.models.stimuli import Stimulus

# No 0/O, 1/I/L: codes are read aloud and typed.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 10

TRIAL_KINDS = ("exemplar", "training", "main", "attention")
ARRIVALS = ("link", "personal", "prolific", "sona", "mturk")
WITHDRAWALS = ("keep", "delete")
RELEASE_REASONS = ("idle", "withdrawn", "returned", "timed-out", "screened-out")


def make_code() -> str:
    """A random code of 10 characters (about 49 bits)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(_CODE_LENGTH))


class Enrolment(models.Model):
    """A participant: known by a random code; the cookie's token is stored as its SHA-256 alone.

    Times are the server's, in UTC; each is set once, when the step is taken. `arm` is a name of the frozen protocol;
    `place` counts the version's allocations, `sequence` those of the arm (a refill inherits the sequence it refills).
    `factors` holds the levels by which allocation was stratified. `headphones_answers` are the attempts at the
    headphone check, each a list of intervals from 1; `headphones_right` counts the right ones of the last attempt.

    `consent_sha256` is of the words that were agreed to, in `language`. After `expires_at` nobody can go on.
    `window_id` is the browser window that leads through the trials, as long as it gives signs of life
    (`window_seen_at`). Somebody who withdrew kept or deleted what they had given; of what was deleted the number of
    answers and a hash remain.
    `is_automated`: the browser said that a program drives it.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="enrolments")
    code = models.CharField(max_length=16, default=make_code, unique=True, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    stage = models.CharField(max_length=16, choices=[(s, s) for s in ("pilot", "running", "simulated")])
    arm = models.CharField(max_length=63, blank=True, default="")
    place = models.PositiveIntegerField(null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    factors = models.JSONField(default=dict, blank=True)
    consented_at = models.DateTimeField()
    consent_sha256 = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    utc_offset_min = models.SmallIntegerField(null=True, blank=True)
    arrival = models.CharField(max_length=16, default="link", choices=[(a, a) for a in ARRIVALS])
    is_automated = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    window_id = models.UUIDField(null=True, blank=True, editable=False)
    window_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    n_windows = models.PositiveSmallIntegerField(default=0)
    screened_at = models.DateTimeField(null=True, blank=True)
    screened_out = models.CharField(max_length=32, blank=True, default="")
    sound_checked_at = models.DateTimeField(null=True, blank=True)
    headphones_checked_at = models.DateTimeField(null=True, blank=True)
    headphones_right = models.PositiveSmallIntegerField(null=True, blank=True)
    headphones_answers = models.JSONField(default=list, blank=True, editable=False)
    allocated_at = models.DateTimeField(null=True, blank=True)
    training_completed_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    release_reason = models.CharField(max_length=16, blank=True, default="", choices=[(r, r) for r in RELEASE_REASONS])
    completion_code = models.CharField(max_length=16, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal = models.CharField(max_length=8, blank=True, default="", choices=[(w, w) for w in WITHDRAWALS])
    n_deleted = models.PositiveIntegerField(null=True, blank=True)
    deleted_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            # One allocation, one enrolment: the last wall against a slot given twice.
            models.UniqueConstraint(fields=["version", "place"], name="enrolment_once_per_place"),
            models.CheckConstraint(
                condition=Q(arm="", place__isnull=True, sequence__isnull=True, allocated_at__isnull=True)
                | (~Q(arm="") & Q(place__isnull=False, sequence__isnull=False, allocated_at__isnull=False)),
                name="enrolment_allocated_whole",
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True, completion_code="")
                | (Q(completed_at__isnull=False) & ~Q(completion_code="")),
                name="enrolment_code_when_complete",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, release_reason="")
                | (Q(released_at__isnull=False) & ~Q(release_reason="")),
                name="enrolment_reason_when_released",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawal="", n_deleted__isnull=True, deleted_sha256="")
                | Q(withdrawn_at__isnull=False, withdrawal="keep", n_deleted__isnull=True, deleted_sha256="")
                | (Q(withdrawn_at__isnull=False, withdrawal="delete", n_deleted__isnull=False) & ~Q(deleted_sha256="")),
                name="enrolment_withdrawal_whole",
            ),
        ]
        indexes = [
            # Finding whose place may be given to somebody else.
            models.Index(fields=["version", "last_seen_at"], name="enrolment_by_last_sign_of_life"),
        ]

    def __str__(self) -> str:
        return self.code


class Trial(models.Model):
    """One stimulus under one condition for one enrolment; an attention trial has no stimulus but an instructed label.

    `block` and `condition` are names of the frozen protocol. `begun_at` is when the page last began it (server clock);
    `n_begun` counts those times. `begin_id` is of the page that began it last, so that a request sent again is no
    second beginning. `first_answers` are those to the first of two steps, stored before the computer's answer was told;
    the first ones stay. `handed_out_at` is when the page first got to know the trial. `is_swapped`: of a preference's
    two explanations, the one compared against comes first.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="trials")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    index = models.PositiveSmallIntegerField()
    block = models.CharField(max_length=63)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in TRIAL_KINDS])
    stimulus = models.ForeignKey(Stimulus, on_delete=models.PROTECT, null=True, blank=True, related_name="trials")
    condition = models.CharField(max_length=63, blank=True, default="")
    instructed_label = models.CharField(max_length=64, blank=True, default="")
    handed_out_at = models.DateTimeField(null=True, blank=True, editable=False)
    begun_at = models.DateTimeField(null=True, blank=True)
    n_begun = models.PositiveSmallIntegerField(default=0)
    begin_id = models.UUIDField(null=True, blank=True, editable=False)
    first_answers = models.JSONField(null=True, blank=True, editable=False)
    is_swapped = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["enrolment", "index"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "index"], name="trial_once_per_place"),
            models.UniqueConstraint(fields=["enrolment", "block", "stimulus"], name="trial_stimulus_once_per_block"),
            models.CheckConstraint(condition=Q(kind__in=TRIAL_KINDS), name="trial_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="attention", stimulus__isnull=True, condition="") & ~Q(instructed_label="")
                | ~Q(kind="attention") & Q(stimulus__isnull=False, instructed_label="") & ~Q(condition=""),
                name="trial_has_stimulus_or_instruction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment} · {self.index}"


class Response(models.Model):
    """The recorded answer to a trial; written once, never updated or deleted.

    `answers` holds the fields that the trial's task yields, by name, as `earshot.tasks` checked them; an exemplar has
    none. `rt_ms` counts from the moment answering opened, `onset_to_response_ms` from the explanation's onset (both the
    browser's clock). `answered_at` is when the answer was given and `received_at` when it came here, both on the
    server's clock: they differ by how long the answer waited for the network. `circumstances` is an
    `earshot.circumstances.Circumstances`, empty for answers of an older Earshot. `plays` counts those of the
    explanation, `second_plays` those of the second explanation of a preference, or of the changed clip of a
    counterfactual simulation.
    """

    trial = models.OneToOneField(Trial, on_delete=models.PROTECT, related_name="response")
    client_id = models.UUIDField(unique=True)
    answers = models.JSONField(default=dict)
    rt_ms = models.PositiveIntegerField()
    onset_to_response_ms = models.PositiveIntegerField()
    plays = models.PositiveSmallIntegerField()
    second_plays = models.PositiveSmallIntegerField(default=0)
    original_plays = models.PositiveSmallIntegerField()
    heard_share = models.FloatField()
    circumstances = models.JSONField(default=dict, blank=True)
    answered_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["trial"]
        constraints = [
            models.CheckConstraint(
                condition=Q(heard_share__gte=0.0, heard_share__lte=1.0), name="response_heard_share_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial}"


class QuestionnaireResponse(models.Model):
    """What a participant answered to one questionnaire; written once, checked by the server."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="questionnaires")
    questionnaire = models.CharField(max_length=63)
    answers = models.JSONField(default=dict)
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["enrolment", "id"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "questionnaire"], name="questionnaire_once_per_enrolment")
        ]

    def __str__(self) -> str:
        return f"{self.enrolment} · {self.questionnaire}"
