"""A study's whole design: its parts, and the way to find one of them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from earshot.allocation.settings import AllocationSettings
from earshot.bundle import Sha256
from earshot.design.analysis_plan import AnalysisPlan
from earshot.design.assumptions import Simulation
from earshot.design.blocks import Block, MainBlock, TrainingBlock, TrialBlock
from earshot.design.conditions import Arm, Condition, Exposure
from earshot.design.conduct import ExclusionRule, Recruitment, Release, Screens
from earshot.design.names import Language, Name, Text, Word
from earshot.design.participation import Participation
from earshot.design.questionnaire_expertise import expertise_in
from earshot.design.questionnaires import Questionnaire
from earshot.errors import StudyError
from earshot.files import Strict
from earshot.tasks.task import TaskSettings

FORMAT_NAME: Literal["earshot-study"] = "earshot-study"
FORMAT_VERSION: Literal[2] = 2


class StudySection(Strict):
    """What the study is called, in which languages it speaks (the first by default), and which bundle it shows."""

    slug: Name
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)
    bundle: Annotated[str, Field(min_length=1, max_length=200)]
    bundle_sha256: Sha256 | None = None


class Texts(Strict):
    """What participants read beside the pages' own words, in limited Markdown; `labels` are words for the answers."""

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


class Design(Strict):
    """A study's whole design."""

    format: Literal["earshot-study"] = FORMAT_NAME
    format_version: Literal[2] = FORMAT_VERSION
    study: StudySection
    texts: dict[Language, Texts] = Field(min_length=1)
    conditions: list[Condition] = Field(min_length=1, max_length=100)
    arms: list[Arm] = Field(min_length=1, max_length=50)
    blocks: list[Block] = Field(min_length=1, max_length=50)
    exposure: Exposure = Field(default_factory=Exposure)
    exposure_differs_because: Text | None = None
    tasks: TaskSettings = Field(default_factory=TaskSettings)
    questionnaires: list[Questionnaire] = Field(default_factory=list, max_length=20)
    expertise: bool = True
    screens: Screens = Field(default_factory=Screens)
    participation: Participation = Field(default_factory=Participation)
    allocation: AllocationSettings = Field(default_factory=AllocationSettings)
    release: Release = Field(default_factory=Release)
    recruitment: Recruitment = Field(default_factory=Recruitment)
    exclusions: list[ExclusionRule] = Field(default_factory=list, max_length=20)
    analysis: AnalysisPlan
    simulation: Simulation = Field(default_factory=Simulation)

    @property
    def default_texts(self) -> Texts:
        """The texts of the study's first language."""
        return self.texts[self.study.languages[0]]

    @property
    def trial_blocks(self) -> list[TrialBlock]:
        """The blocks that hold trials, in their order."""
        return [block for block in self.blocks if isinstance(block, TrainingBlock | MainBlock)]

    @property
    def every_questionnaire(self) -> list[Questionnaire]:
        """The study's own questionnaires, after that on expertise unless it is left out."""
        return [*([expertise_in(*self.study.languages)] if self.expertise else []), *self.questionnaires]

    def questionnaires_at(self, when: Literal["before", "after"]) -> list[Questionnaire]:
        """The questionnaires before allocation, or after the last block."""
        return [questionnaire for questionnaire in self.every_questionnaire if questionnaire.when == when]

    def questionnaire(self, name: str) -> Questionnaire:
        """The questionnaire with this name; StudyError when the study has none."""
        found: Questionnaire = _find(self.every_questionnaire, name, what="questionnaire")
        return found

    def arm(self, name: str) -> Arm:
        """The arm with this name; StudyError when the study has none."""
        found: Arm = _find(self.arms, name, what="arm")
        return found

    def condition(self, name: str) -> Condition:
        """The condition with this name; StudyError when the study has none."""
        found: Condition = _find(self.conditions, name, what="condition")
        return found

    def block(self, name: str) -> Block:
        """The block with this name; StudyError when the study has none."""
        found: Block = _find(self.blocks, name, what="block")
        return found

    def conditions_of(self, arm: Arm, *, block: TrialBlock) -> list[Condition]:
        """The conditions that participants of an arm meet in a block, in the arm's order."""
        named = [name for name in arm.conditions if not block.conditions or name in block.conditions]
        return [self.condition(name) for name in named]

    def exposure_of(self, condition: Condition) -> Exposure:
        """The condition's own exposure, else the study's."""
        return condition.exposure or self.exposure

    def n_trials(self, arm: Arm) -> int:
        """How many trials with a stimulus to answer, attention trials included, a participant of the arm meets."""
        return sum(
            block.n_items + (block.n_attention if isinstance(block, MainBlock) else 0)
            for block in self.trial_blocks
            if self.conditions_of(arm, block=block)
        )

    @property
    def wrong_share(self) -> float:
        """The share of wrong predictions that participants are told: the same in every main block."""
        block = next(block for block in self.blocks if isinstance(block, MainBlock))
        return block.n_wrong / block.n_items

    def quota(self, arm: Arm) -> int:
        """The most enrolments an arm takes."""
        return arm.quota if arm.quota is not None else arm.weight * self.recruitment.n_per_arm

    @property
    def n_planned(self) -> int:
        """How many participants are planned over all arms."""
        return sum(arm.weight for arm in self.arms) * self.recruitment.n_per_arm


def _find(items: Any, name: str, *, what: str) -> Any:
    """The item with this name (Any: arms, conditions, blocks and questionnaires share no base)."""
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(sorted(item.name for item in items)) or "none"
    raise StudyError(f"{what} is '{name}'; this study has {known}")
