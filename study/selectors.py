"""Every read that more than one caller needs."""

import hashlib
import math
from functools import lru_cache

from django.db.models import QuerySet
from django.urls import reverse

from earshot.errors import StudyError
from earshot.files import sha256_bytes
from earshot.protocol import Channel, Protocol, StudyFile, parse_protocol, parse_study
from study.models import OPEN_STAGES, Enrolment, Stage, Stimulus, Study, Trial, Version
from study.presentation import (
    N_TRIALS_NAMED_AHEAD,
    LabelWord,
    State,
    TrialState,
    label_words,
    media_urls,
    n_trials,
    trial_state,
)

# Rough figures for the start page's estimate: listening, choosing and rating beside the dwell; reading beforehand.
_SECONDS_PER_TRIAL_BESIDE_DWELL = 9
_SECONDS_BEFORE_TRIALS = 120


def study_design(study: Study) -> StudyFile:
    """The study's design with its arms, validated; for a draft. StudyError names each fault.

    For a launched study read `study_protocol`: the frozen bytes are what holds.
    """
    arms = [{"name": arm.name, "channel": arm.channel, "weight": arm.weight} for arm in study.arms.all()]
    return parse_study({**study.design, "arms": arms}, place=f"study '{study.slug}'")


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
    return Study.objects.filter(slug=slug).exclude(stage=Stage.SIMULATED).defer("design").first()


def study_running(slug: str) -> Study | None:
    """The study under `slug` if it takes participants now."""
    study = study_by_slug(slug)
    return study if study is not None and study_is_open(study) else None


def study_is_open(study: Study) -> bool:
    """Whether people are enrolled and answers taken now."""
    return study.stage in OPEN_STAGES


def studies_running() -> QuerySet[Study]:
    """The studies the front page names."""
    return Study.objects.filter(stage__in=OPEN_STAGES).defer("design").order_by("title")


def studies_simulated() -> QuerySet[Study]:
    """The simulated studies, newest first."""
    return Study.objects.filter(stage=Stage.SIMULATED).defer("design").order_by("-created_at")


def current_version(study: Study) -> Version:
    """The version new participants meet; Version.DoesNotExist for a draft."""
    return study.versions.defer("protocol", "allocation_seed").order_by("-number")[:1].get()


def study_minutes(design: StudyFile) -> int:
    """A rough estimate of how long taking part lasts, in whole minutes."""
    per_trial = design.exposure.dwell_ms / 1000 + _SECONDS_PER_TRIAL_BESIDE_DWELL
    return math.ceil((_SECONDS_BEFORE_TRIALS + n_trials(design) * per_trial) / 60)


def enrolment_by_token(token: str, *, study: Study) -> Enrolment | None:
    """The enrolment of `study` whose cookie holds `token`."""
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    return enrolments_with_study().filter(token_sha256=token_sha256, version__study=study).first()


def enrolments_with_study() -> QuerySet[Enrolment]:
    """Enrolments with arm, version, study and bundle at hand, without those rows' large columns."""
    return Enrolment.objects.select_related("version__study__bundle", "arm").defer(
        "version__protocol",
        "version__allocation_seed",
        "version__study__design",
        "version__study__bundle__manifest",
    )


def unanswered_trials(enrolment: Enrolment) -> QuerySet[Trial]:
    """The enrolment's trials without a response, in order: the first one is where the participant stands."""
    return enrolment.trials.filter(response__isnull=True).order_by("index")


def sound_check_stimulus(version: Version) -> Stimulus:
    """The stimulus of the sound check: a training one the computer answered rightly, else the first one.

    Everyone hears its original, in all arms, before allocation.
    """
    names = study_protocol(version).plan.training
    stimuli = Stimulus.objects.filter(bundle=version.study.bundle_id, name__in=names).prefetch_related("renditions")
    ordered = sorted(stimuli, key=lambda stimulus: (not stimulus.model_correct, stimulus.name))
    return ordered[0]


def enrolment_labels(enrolment: Enrolment) -> list[LabelWord]:
    """The answers the participant chooses from."""
    version = enrolment.version
    return label_words(study_protocol(version).design, labels=version.study.bundle.labels)


def enrolment_state(enrolment: Enrolment) -> State:
    """Where the participant stands: the first unanswered trial, and the media of what follows.

    Read without a cache: the database's word alone holds.
    """
    version = enrolment.version
    design = study_protocol(version).design
    total = n_trials(design)
    pending = unanswered_trials(enrolment).select_related("stimulus").prefetch_related("stimulus__renditions")
    ahead = [
        _trial_state_of(trial, enrolment=enrolment, design=design) for trial in pending[: 1 + N_TRIALS_NAMED_AHEAD]
    ]
    return {
        "n_trials": total,
        "n_answered": enrolment.trials.filter(response__isnull=False).count(),
        "n_training": design.training.n_items,
        "complete": enrolment.completed_at is not None,
        "debrief_url": reverse("participant-debrief", args=[version.study.slug]),
        "trial": ahead[0] if ahead else None,
        "preload": [url for trial in ahead[1:] for url in media_urls(trial)],
    }


def _trial_state_of(trial: Trial, *, enrolment: Enrolment, design: StudyFile) -> TrialState:
    return trial_state(
        trial.stimulus,
        code=str(trial.code),
        index=trial.index,
        phase=trial.phase,  # type: ignore[arg-type]  # a choice field holds one of Phase
        mask=trial.mask,  # type: ignore[arg-type]  # held to TrialMask by trial_mask_known
        channel=enrolment_channel(enrolment),
        design=design,
        labels=enrolment.version.study.bundle.labels,
    )


def enrolment_channel(enrolment: Enrolment) -> Channel:
    """How explanations reach this participant; StudyError before allocation."""
    if enrolment.arm is None:
        raise StudyError(f"enrolment '{enrolment.code}' has no arm yet; pass the sound check first")
    return enrolment.arm.channel  # type: ignore[return-value]  # held to Channel by arm_channel_known
