"""The protocol: a study's design as a researcher writes it (TOML) and as a launch freezes it (stored bytes).

The frozen protocol is canonical JSON; its hash is taken over the stored bytes and never recomputed from a model, so
that a later Earshot cannot break a preregistered hash.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from earshot.bundle import Manifest, Sha256
from earshot.errors import StudyError, describe_validation
from earshot.files import Strict, canonical_json, parse_json, read_format, read_toml, sha256_bytes
from earshot.sequence import TrialMask, counterbalance
from earshot.shuffle import derive_key, shuffled

FORMAT_NAME: Literal["earshot-protocol"] = "earshot-protocol"
FORMAT_VERSION: Literal[1] = 1

Channel = Literal["picture", "sound"]
Given = Literal["nothing", "original", "original-and-word"]
Task = Literal["forward-simulation"]
# A language comes with its catalogue: German is taken up here and in the settings when its pages are translated.
Language = Literal["en"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
StandardDeviation = Annotated[float, Field(ge=0.0, le=10.0)]


class StudySection(Strict):
    """What the study is called, in which language it speaks, and which bundle it shows."""

    slug: Name
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    language: Language = "en"
    bundle: Annotated[str, Field(min_length=1, max_length=200)]
    bundle_sha256: Sha256 | None = None


class Texts(Strict):
    """What participants read beside the pages' own words; paragraphs are separated by empty lines."""

    information: Text
    consent: Text
    debrief: Text
    contact: Text
    labels: dict[str, Word] = Field(default_factory=dict)

    @field_validator("labels")
    @classmethod
    def _check_words(cls, labels: dict[str, str]) -> dict[str, str]:
        words = list(labels.values())
        doubled = sorted({word for word in words if words.count(word) > 1})
        if doubled:
            raise ValueError(f"two labels have the word '{doubled[0]}'; give each label a word of its own")
        return labels

    def word(self, label: str) -> str:
        """The label as it is said to participants ("seven"); the label itself when the file names no word."""
        return self.labels.get(label, label)


class Allocation(Strict):
    """Permuted blocks; a block holds every arm `weight * n_repeats` times per counterbalanced list."""

    method: Literal["permuted-blocks"] = "permuted-blocks"
    n_repeats: int = Field(default=1, ge=1, le=8)


class Arm(Strict):
    """What varies between participants: the channel of the explanation."""

    name: Name
    channel: Channel
    weight: int = Field(default=1, ge=1, le=20)


class Condition(Strict):
    """What a trial gives and asks; conditions of one study vary in their mask, within participants."""

    given: Given
    mask: TrialMask
    task: Task = "forward-simulation"


class Training(Strict):
    """How many items are practised with feedback before the main trials; never analysed."""

    n_items: int = Field(default=10, ge=2, le=50)


class Main(Strict):
    """How many right and wrong predictions each participant meets; even, to be halved between the masks."""

    n_right: int = Field(default=12, ge=2, le=200, multiple_of=2)
    n_wrong: int = Field(default=12, ge=2, le=200, multiple_of=2)

    @model_validator(mode="after")
    def _check_balance(self) -> "Main":
        if self.n_right != self.n_wrong:
            raise ValueError(
                f"n_right is {self.n_right} and n_wrong is {self.n_wrong}; give both the same number, because every "
                "participant is told that half of the computer's answers are wrong"
            )
        return self


class Exposure(Strict):
    """The same in all arms: when answering opens after the explanation's onset, how often each sound may be played."""

    dwell_ms: int = Field(default=4000, ge=0, le=60_000)
    max_plays: int = Field(default=3, ge=1, le=20)


class AnalysisPlan(Strict):
    """The one primary contrast: what relevance adds over its control by sound minus by picture, wrong predictions."""

    primary: Literal["channel:mask among wrong predictions"] = "channel:mask among wrong predictions"
    alpha: float = Field(default=0.05, gt=0.0, le=0.05)


class Betas(Strict):
    """Log-odds of the primary model that `--effect` does not set; every factor is coded -.5/+.5."""

    intercept: float = 0.0
    channel: float = 0.0
    mask: float = 0.3
    model_correct: float = 1.0
    channel_model_correct: float = 0.0
    mask_model_correct: float = 0.0


class Simulation(Strict):
    """What `simulate` assumes of people: coefficients and standard deviations, all in log-odds."""

    betas: Betas = Field(default_factory=Betas)
    participant_sd: StandardDeviation = 0.7
    stimulus_sd: StandardDeviation = 0.7
    slope_sd: StandardDeviation = 0.3
    true_label_share: float = Field(default=0.6, ge=0.0, le=1.0)


class StudyFile(Strict):
    """A study as a researcher writes it."""

    study: StudySection
    texts: Texts
    allocation: Allocation = Field(default_factory=Allocation)
    arms: list[Arm] = Field(min_length=2, max_length=20)
    conditions: list[Condition] = Field(min_length=2, max_length=2)
    training: Training = Field(default_factory=Training)
    main: Main = Field(default_factory=Main)
    exposure: Exposure = Field(default_factory=Exposure)
    analysis: AnalysisPlan = Field(default_factory=AnalysisPlan)
    simulation: Simulation = Field(default_factory=Simulation)

    @model_validator(mode="after")
    def _check_design(self) -> "StudyFile":
        check_arms(self.arms)
        masks = sorted(condition.mask for condition in self.conditions)
        if masks != ["control", "relevance"]:
            raise ValueError(
                f"conditions have the masks {masks}; the primary contrast needs one of each: relevance, control"
            )
        if len({(condition.given, condition.task) for condition in self.conditions}) > 1:
            raise ValueError("conditions differ in more than their mask; give both the same 'given' and 'task'")
        return self

    @property
    def given(self) -> Given:
        """What every trial gives beforehand."""
        return self.conditions[0].given

    @property
    def weights(self) -> dict[str, int]:
        """Allocation weight by arm name."""
        return {arm.name: arm.weight for arm in self.arms}

    def arm(self, name: str) -> Arm:
        """The arm with this name; StudyError when the study has none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise StudyError(f"arm is '{name}'; this study has {', '.join(sorted(self.weights))}")


def check_arms(arms: list[Arm]) -> None:
    """Refuse arms with one name, or of one channel only.

    Raises
    ------
    ValueError
        The sentence names the arms and what was allowed.
    """
    names = [arm.name for arm in arms]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"arms share the name '{doubled[0]}'; give each arm a name of its own")
    channels = {arm.channel for arm in arms}
    if channels != {"picture", "sound"}:
        raise ValueError(
            f"arms have only the channel '{channels.pop()}'; the primary contrast needs 'picture' and 'sound'"
        )


class StimulusPlan(Strict):
    """Which stimuli a study shows; `halves` says on which list each main stimulus comes with relevance."""

    training: list[str]
    right: list[str]
    wrong: list[str]
    halves: dict[str, Literal[0, 1]]


class Protocol(Strict):
    """A frozen design: everything that decides what participants meet and what the analysis will test."""

    format: Literal["earshot-protocol"] = FORMAT_NAME
    format_version: Literal[1] = FORMAT_VERSION
    version: int = Field(ge=1)
    design: StudyFile
    bundle_sha256: Sha256
    allocation_seed_sha256: Sha256
    n_lists: Literal[2] = 2
    plan: StimulusPlan
    model: str


PRIMARY_MODEL = (
    "correct ~ channel*mask*model_correct + (1 + mask*model_correct || participant) + (1 + channel*mask || stimulus)"
)


def read_study(path: Path) -> StudyFile:
    """The study file at `path`; StudyError names each fault."""
    return read_toml(path, StudyFile, error=StudyError)


def parse_study(fields: dict[str, Any], *, place: str) -> StudyFile:
    """A study file from already parsed fields, by the same validator as a file; `place` names it in errors."""
    try:
        return StudyFile.model_validate(fields)
    except ValidationError as fault:
        raise StudyError(f"{place}: {describe_validation(fault)}") from fault


def plan_stimuli(design: StudyFile, *, manifest: Manifest, bundle_sha256: str) -> StimulusPlan:
    """The stimuli of a study and their halves, drawn by the bundle's hash and the study's slug.

    The draw is public on purpose: it concerns which stimuli are shown, never who gets which arm.

    Raises
    ------
    StudyError
        If the bundle lacks stimuli, or a rendition that an arm needs.
    """
    seed = derive_key(bytes.fromhex(bundle_sha256), purpose=design.study.slug)
    pools = {
        "training": [stimulus.id for stimulus in manifest.stimuli if stimulus.role == "training"],
        "right": [s.id for s in manifest.stimuli if s.role == "main" and s.model_correct],
        "wrong": [s.id for s in manifest.stimuli if s.role == "main" and not s.model_correct],
    }
    wanted = {"training": design.training.n_items, "right": design.main.n_right, "wrong": design.main.n_wrong}
    drawn = {kind: _draw(pools[kind], wanted[kind], kind=kind, design=design, seed=seed) for kind in pools}
    _check_renditions(design, manifest=manifest, stimuli={name for names in drawn.values() for name in names})
    halves = counterbalance([drawn["right"], drawn["wrong"]], seed=seed)
    return StimulusPlan.model_validate({**drawn, "halves": halves})


def _draw(pool: list[str], n_wanted: int, *, kind: str, design: StudyFile, seed: bytes) -> list[str]:
    if len(pool) < n_wanted:
        raise StudyError(
            f"study '{design.study.slug}' wants {n_wanted} {kind} stimuli; bundle '{design.study.bundle}' has "
            f"{len(pool)}: ask for fewer, or build a bundle with more"
        )
    return sorted(shuffled(sorted(pool), key=derive_key(seed, purpose=f"draw {kind}"))[:n_wanted])


def _check_renditions(design: StudyFile, *, manifest: Manifest, stimuli: set[str]) -> None:
    """Every arm must find its file for every stimulus under every mask, and the original."""
    for stimulus in manifest.stimuli:
        if stimulus.id not in stimuli:
            continue
        masks = {rendition.mask for rendition in stimulus.renditions}
        for needed in ("none", *(condition.mask for condition in design.conditions)):
            if needed not in masks:
                arms = ", ".join(sorted(design.weights))
                raise StudyError(
                    f"arms {arms} need mask '{needed}' of stimulus '{stimulus.id}', which bundle "
                    f"'{design.study.bundle}' has not; rebuild the bundle with this rendition"
                )


def freeze(
    design: StudyFile, *, version: int, manifest: Manifest, bundle_sha256: str, allocation_seed: bytes
) -> tuple[bytes, str]:
    """The bytes of the frozen protocol and their SHA-256.

    Raises
    ------
    StudyError
        If the design asks for another bundle than this one, or cannot be served from it.
    """
    asked = design.study.bundle_sha256
    if asked is not None and asked != bundle_sha256:
        raise StudyError(
            f"bundle_sha256 is {asked}; bundle '{design.study.bundle}' has {bundle_sha256}: load the bundle the study "
            "file was written for, or take the line out"
        )
    study = design.study.model_copy(update={"bundle_sha256": bundle_sha256})
    protocol = Protocol(
        version=version,
        design=design.model_copy(update={"study": study}),
        bundle_sha256=bundle_sha256,
        allocation_seed_sha256=sha256_bytes(allocation_seed),
        plan=plan_stimuli(design, manifest=manifest, bundle_sha256=bundle_sha256),
        model=PRIMARY_MODEL,
    )
    content = canonical_json(protocol.model_dump(mode="json"))
    return content, sha256_bytes(content)


def parse_protocol(content: bytes) -> Protocol:
    """A frozen protocol from its stored bytes; StudyError when it is of a newer format or damaged."""
    place, way_out = "the frozen protocol", "restore it from its export"
    fields = parse_json(content, place=place, error=StudyError, way_out=way_out)
    return read_format(
        fields, Protocol, newest=FORMAT_VERSION, kind="format", place=place, error=StudyError, way_out=way_out
    )
