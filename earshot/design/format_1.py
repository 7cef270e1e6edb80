"""The study file of format 1: two channels between participants, relevance and its control within."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from earshot.design.assumptions import Simulation
from earshot.design.names import Name
from earshot.files import Strict


class Section(Strict):
    """Which study and bundle."""

    slug: Name
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    language: Literal["en"] = "en"
    bundle: Annotated[str, Field(min_length=1, max_length=200)]
    bundle_sha256: str | None = None


class Texts(Strict):
    """What participants read."""

    information: str
    consent: str
    debrief: str
    contact: str
    labels: dict[str, str] = Field(default_factory=dict)


class Allocation(Strict):
    """Permuted blocks with every arm `weight * n_repeats` times for each of two lists."""

    method: Literal["permuted-blocks"] = "permuted-blocks"
    n_repeats: int = Field(default=1, ge=1, le=8)


class Arm(Strict):
    """One channel."""

    name: Name
    channel: Literal["picture", "sound"]
    weight: int = Field(default=1, ge=1, le=20)


class Condition(Strict):
    """One mask."""

    given: Literal["nothing", "original", "original-and-word"]
    mask: Literal["relevance", "control"]
    task: Literal["forward-simulation"] = "forward-simulation"


class Training(Strict):
    """Practice."""

    n_items: int = Field(default=10, ge=2, le=50)


class Main(Strict):
    """What was analysed."""

    n_right: int = Field(default=12, ge=2, le=200, multiple_of=2)
    n_wrong: int = Field(default=12, ge=2, le=200, multiple_of=2)


class Exposure(Strict):
    """The same in all arms."""

    dwell_ms: int = Field(default=4000, ge=0, le=60_000)
    max_plays: int = Field(default=3, ge=1, le=20)


class AnalysisPlan(Strict):
    """The one contrast there was."""

    primary: Literal["channel:mask among wrong predictions"] = "channel:mask among wrong predictions"
    alpha: float = Field(default=0.05, gt=0.0, le=0.05)


class StudyFile1(Strict):
    """A study file of format 1."""

    study: Section
    texts: Texts
    allocation: Allocation = Field(default_factory=Allocation)
    arms: list[Arm] = Field(min_length=2, max_length=20)
    conditions: list[Condition] = Field(min_length=2, max_length=2)
    training: Training = Field(default_factory=Training)
    main: Main = Field(default_factory=Main)
    exposure: Exposure = Field(default_factory=Exposure)
    analysis: AnalysisPlan = Field(default_factory=AnalysisPlan)
    simulation: Simulation = Field(default_factory=Simulation)


class StimulusPlan1(Strict):
    """Which stimuli a study of format 1 showed, and on which of two lists each main one came with relevance."""

    training: list[str]
    right: list[str]
    wrong: list[str]
    halves: dict[str, Literal[0, 1]]


class Protocol1(Strict):
    """A protocol frozen under format 1."""

    format: Literal["earshot-protocol"]
    format_version: Literal[1]
    version: int = Field(ge=1)
    design: StudyFile1
    bundle_sha256: str
    allocation_seed_sha256: str
    n_lists: Literal[2] = 2
    plan: StimulusPlan1
    model: str
