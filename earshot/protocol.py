"""The protocol: a study's design as a launch freezes it, in stored bytes.

The frozen protocol is canonical JSON; its hash is taken over the stored bytes and never recomputed from a model, so
that a later Earshot cannot break a preregistered hash. Format 1 is read through `design.upgrade.protocol_to_newest`.
"""

from typing import Literal

from pydantic import Field

from earshot.bundle import Manifest, Sha256
from earshot.design import upgrade
from earshot.design.conditions import Condition
from earshot.design.stimuli import BlockStimuli, plan_stimuli
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.files import Strict, canonical_json, parse_json, read_format, sha256_bytes

FORMAT_NAME: Literal["earshot-protocol"] = "earshot-protocol"
FORMAT_VERSION: Literal[2] = 2

CHANNEL_BY_MASK_MODEL = (
    "correct ~ channel*mask*model_correct + (1 + mask*model_correct || participant) + (1 + channel*mask || stimulus)"
)
CONDITION_MODEL = (
    "correct ~ condition*model_correct + (1 + condition*model_correct || participant) + (1 + condition || stimulus)"
)


class Protocol(Strict):
    """A frozen design: everything that decides what participants meet and what the analysis will test.

    A version after the first one says why it was made, and which one it follows. `upgraded_from` is set where the
    stored bytes are of an older format; such a version takes nobody new. `analysis_sha256` is of the analysis' source.
    """

    format: Literal["earshot-protocol"] = FORMAT_NAME
    format_version: Literal[2] = FORMAT_VERSION
    upgraded_from: Literal[1] | None = None
    version: int = Field(ge=1)
    reason: str | None = None
    previous_sha256: Sha256 | None = None
    design: StudyFile
    bundle_sha256: Sha256
    allocation_seed_sha256: Sha256
    plan: list[BlockStimuli]
    model: str
    analysis_sha256: Sha256 | None = None

    def stimuli_of(self, block: str) -> list[BlockStimuli]:
        """What was drawn for a block, by network."""
        return [each for each in self.plan if each.block == block]


def is_channel_by_mask(design: StudyFile) -> bool:
    """Whether conditions are the four of picture or sound by relevance or its rolled control, and vary in nothing else.

    Then the primary model names both factors; else it has one factor, the condition.
    """
    cells = {(condition.channel, condition.mask) for condition in design.conditions}
    alike = {_beside_channel_and_mask(condition) for condition in design.conditions}
    wanted = {(channel, mask) for channel in ("picture", "sound") for mask in ("relevance", "control")}
    return len(design.conditions) == len(cells) and cells == wanted and len(alike) == 1


def _beside_channel_and_mask(condition: Condition) -> bytes:
    return canonical_json(condition.model_dump(mode="json", exclude={"name", "channel", "mask", "exposure"}))


def primary_model(design: StudyFile) -> str:
    """The formula of the primary model."""
    return CHANNEL_BY_MASK_MODEL if is_channel_by_mask(design) else CONDITION_MODEL


def freeze(
    design: StudyFile,
    *,
    version: int,
    manifest: Manifest,
    bundle_sha256: str,
    allocation_seed: bytes,
    analysis_sha256: str | None = None,
    reason: str | None = None,
    previous_sha256: str | None = None,
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
    # the questions on expertise are written out: a later Earshot may ask them in other words
    spelt_out = {"study": study, "expertise": False, "questionnaires": design.every_questionnaire}
    protocol = Protocol(
        version=version,
        reason=reason,
        previous_sha256=previous_sha256,
        design=design.model_copy(update=spelt_out),
        bundle_sha256=bundle_sha256,
        allocation_seed_sha256=sha256_bytes(allocation_seed),
        plan=plan_stimuli(design, manifest=manifest, bundle_sha256=bundle_sha256),
        model=primary_model(design),
        analysis_sha256=analysis_sha256,
    )
    content = canonical_json(protocol.model_dump(mode="json"))
    return content, sha256_bytes(content)


def parse_protocol(content: bytes) -> Protocol:
    """A frozen protocol from its stored bytes; StudyError when it is of a newer format or damaged."""
    place, way_out = "the frozen protocol", "restore it from its export"
    fields = parse_json(content, place=place, error=StudyError, way_out=way_out)
    return read_format(
        upgrade.protocol_to_newest(fields, place=place),
        Protocol,
        newest=FORMAT_VERSION,
        kind="format",
        place=place,
        error=StudyError,
        way_out=way_out,
    )
