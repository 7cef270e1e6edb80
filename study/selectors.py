"""Every read that more than one caller needs."""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from earshot.design.blocks import QuestionnaireBlock
from earshot.design.study_file import StudyFile, parse_study
from earshot.errors import StudyError
from earshot.files import sha256_bytes
from earshot.protocol import Protocol, parse_protocol
from study.models import OPEN_STAGES, Enrolment, Rendition, Stage, Stimulus, Study, Trial, Version
from study.presentation import LabelWord, label_words

# Rough figures for the start page's estimate: listening, choosing and rating beside the dwell; reading beforehand.
_SECONDS_PER_TRIAL_BESIDE_DWELL = 9
_SECONDS_BEFORE_TRIALS = 120
_SECONDS_HEADPHONES = 60

StepKind = Literal[
    "screens",
    "sound",
    "headphones",
    "questionnaire",
    "trials",
    "complete",
    "screened-out",
    "withdrawn",
    "expired",
]


@dataclass(frozen=True)
class NextStep:
    """What a participant meets next; `name` is that of the questionnaire, or why somebody goes no further.

    Of somebody who withdrew it says what became of their answers.
    """

    kind: StepKind
    name: str = ""


def study_design(study: Study) -> StudyFile:
    """The draft design, validated. StudyError names each fault, or says that nothing is being edited.

    For what a launched study does read `study_protocol`: the frozen bytes are what holds.
    """
    if study.draft is None:
        raise StudyError(f"study '{study.slug}' is {study.stage} and has no draft; begin a new version first")
    return parse_study(study.draft, place=f"study '{study.slug}'")


def shown_design(study: Study) -> StudyFile:
    """The design to look at: that of the current version, of a draft its own."""
    if study.stage == Stage.DRAFT:
        return study_design(study)
    return study_protocol(current_version(study)).design


def study_protocol(version: Version) -> Protocol:
    """The frozen protocol of a version, read from its stored bytes once per process."""
    return _read_protocol(version.protocol_sha256)


@lru_cache(maxsize=32)
def _read_protocol(protocol_sha256: str) -> Protocol:
    stored = Version.objects.filter(protocol_sha256=protocol_sha256).values_list("protocol", flat=True)
    content = bytes(stored[0])
    if sha256_bytes(content) != protocol_sha256:
        raise StudyError(
            f"the frozen protocol {protocol_sha256[:12]} does not match its hash; restore the database from a backup"
        )
    return parse_protocol(content)


def study_by_slug(slug: str) -> Study | None:
    """The study participants find under `slug`; None for an unknown or a simulated one."""
    return Study.objects.filter(slug=slug).exclude(stage=Stage.SIMULATED).defer("draft").first()


def study_is_open(study: Study) -> bool:
    """Whether people are enrolled and answers taken now."""
    return study.stage in OPEN_STAGES


def studies_running() -> QuerySet[Study]:
    """The studies the front page names."""
    return Study.objects.filter(stage__in=OPEN_STAGES).defer("draft").order_by("title")


def studies_simulated() -> QuerySet[Study]:
    """The simulated studies, newest first."""
    return Study.objects.filter(stage=Stage.SIMULATED).defer("draft").order_by("-created_at")


def current_version(study: Study) -> Version:
    """The version new participants meet, in a pilot the pilot's; Version.DoesNotExist for a draft.

    Of a study that was closed after its pilot it is the pilot's, too.
    """
    versions = study.versions.defer("protocol", "allocation_seed")
    if study.stage == Stage.PILOT:
        versions = versions.filter(is_pilot=True)
    return versions.order_by("is_pilot", "-number")[:1].get()


def version_takes_newcomers(version: Version) -> bool:
    """Whether people can be allocated: under a version frozen by an older Earshot only who has a place goes on."""
    return study_protocol(version).upgraded_from is None


def study_minutes(design: StudyFile) -> int:
    """A rough estimate of how long taking part lasts at most, in whole minutes."""
    n_trials = max(design.n_trials(arm) for arm in design.arms)
    dwell_ms = max(design.exposure_of(condition).dwell_ms for condition in design.conditions)
    beforehand = _SECONDS_BEFORE_TRIALS + (_SECONDS_HEADPHONES if design.screens.headphones != "none" else 0)
    per_trial = dwell_ms / 1000 + _SECONDS_PER_TRIAL_BESIDE_DWELL
    return math.ceil((beforehand + n_trials * per_trial) / 60)


def enrolment_by_token(token: str, *, study: Study) -> Enrolment | None:
    """The enrolment of `study` whose cookie holds `token`."""
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    return enrolments_with_study().filter(token_sha256=token_sha256, version__study=study).first()


def enrolments_with_study() -> QuerySet[Enrolment]:
    """Enrolments with version, study and bundle at hand, without those rows' large columns."""
    return Enrolment.objects.select_related("version__study__bundle").defer(
        "version__protocol",
        "version__allocation_seed",
        "version__study__draft",
        "version__study__bundle__manifest",
    )


def enrolment_next_step(enrolment: Enrolment) -> NextStep:
    """What the participant meets next.

    Screens, sound check, headphone check and questionnaires come before allocation, for everyone alike; then trials
    with questionnaires between, and questionnaires at the end. Time runs out for what is not complete alone: whoever
    answered everything has completed, whenever that is noted.
    """
    if enrolment.withdrawn_at is not None:
        return NextStep("withdrawn", enrolment.withdrawal)
    step = _planned_step(enrolment)
    if step.kind not in ("complete", "screened-out") and has_expired(enrolment):
        return NextStep("expired")
    return step


def has_expired(enrolment: Enrolment) -> bool:
    """Whether the time is over in which the participant could come back."""
    return enrolment.expires_at is not None and enrolment.expires_at <= timezone.now()


def _planned_step(enrolment: Enrolment) -> NextStep:
    design = study_protocol(enrolment.version).design
    if enrolment.completed_at is not None:
        return NextStep("complete")
    if enrolment.screened_out:
        return NextStep("screened-out", enrolment.screened_out)
    if enrolment.allocated_at is None:
        return _step_before_allocation(enrolment, design=design)
    answered = set(enrolment.questionnaires.values_list("questionnaire", flat=True))
    trial = unanswered_trials(enrolment).first()
    for block in design.blocks:
        if trial is not None and block.name == trial.block:
            return NextStep("trials")
        if isinstance(block, QuestionnaireBlock) and block.questionnaire not in answered:
            return NextStep("questionnaire", block.questionnaire)
    for questionnaire in design.questionnaires_at("after"):
        if questionnaire.name not in answered:
            return NextStep("questionnaire", questionnaire.name)
    return NextStep("complete")


def _step_before_allocation(enrolment: Enrolment, *, design: StudyFile) -> NextStep:
    """`trials` once all is passed: allocation comes with the last of these steps."""
    if enrolment.screened_at is None and has_screens(design):
        return NextStep("screens")
    if enrolment.sound_checked_at is None:
        return NextStep("sound")
    if enrolment.headphones_checked_at is None and design.screens.headphones != "none":
        return NextStep("headphones")
    answered = set(enrolment.questionnaires.values_list("questionnaire", flat=True))
    for questionnaire in design.questionnaires_at("before"):
        if questionnaire.name not in answered:
            return NextStep("questionnaire", questionnaire.name)
    return NextStep("trials")


def has_screens(design: StudyFile) -> bool:
    """Whether anything is asked or measured beside the sound check."""
    screens = design.screens
    return screens.least_width_px is not None or screens.speaks is not None or screens.hears_well


def unanswered_trials(enrolment: Enrolment) -> QuerySet[Trial]:
    """The enrolment's trials without a response, in order: the first one is where the participant stands."""
    return enrolment.trials.filter(response__isnull=True).order_by("index")


def sound_check_stimulus(version: Version) -> Stimulus:
    """The stimulus of the sound check: one of the training the computer answered rightly, else the first one.

    Everyone hears its original, in all arms, before allocation. A study without training takes one of its bundle's
    training stimuli, and of a bundle without any the first of the study's own.
    """
    protocol = study_protocol(version)
    bundle = Stimulus.objects.filter(bundle=version.study.bundle_id).prefetch_related("renditions")
    names = [name for stimuli in protocol.plan for name in (*stimuli.practice, *stimuli.exemplars)]
    stimuli = list(bundle.filter(name__in=names)) or list(bundle.filter(role="training")) or list(bundle[:1])
    return min(stimuli, key=lambda stimulus: (not stimulus.model_correct, stimulus.name))


def sound_check_original(version: Version) -> Rendition:
    """What is heard in the sound check: the recording, whole."""
    return sound_check_stimulus(version).renditions.filter(mask="none").order_by("number")[:1].get()


def enrolment_labels(enrolment: Enrolment) -> list[LabelWord]:
    """The answers the participant chooses from."""
    version = enrolment.version
    return label_words(study_protocol(version).design, labels=version.study.bundle.labels)
