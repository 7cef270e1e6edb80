"""The launch checklist: everything that has to be so before people are invited, each item with its way out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, lcm
from pathlib import Path
from typing import Literal

from django.conf import settings

from earshot.design.analysis_plan import Contrast
from earshot.design.blocks import MainBlock
from earshot.design.stimuli import BlockStimuli, block_plans, plan_key
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.files import sha256_file
from earshot.sequence.participant import check_order
from earshot.sequence.plan import BlockPlan
from study.feasibility import bundle_manifest, check_design, find_bundle
from study.models import Bundle, Enrolment, Study
from study.selectors import study_design

CheckCode = Literal[
    "design",
    "bundle",
    "stimuli",
    "sound-check",
    "orders",
    "media",
    "texts",
    "quotas",
    "versions",
    "analysis",
    "power",
]
LinkHint = Literal["bundles", "conditions", "blocks", "texts", "recruitment", "analysis"]

# Sequences of an arm that are built beforehand: all that differ in stimuli and conditions, as far as somebody can be
# kept waiting for it (a millisecond or two each).
_LEAST_SEQUENCES_CHECKED = 60
_MOST_SEQUENCES_CHECKED = 1000
_MOST_NAMED = 3
# Weights are typed as decimals, whose sum in binary is not quite 0.
_WEIGHTS_TOLERANCE = 1e-9


@dataclass(frozen=True)
class CheckItem:
    """One thing to be so before launch.

    `sentence` says what was found, and of a failing item the way out; `link_hint` names the part of the design where it
    is mended.
    """

    code: CheckCode
    ok: bool
    sentence: str
    link_hint: LinkHint


def checklist(study: Study) -> list[CheckItem]:
    """All items for the study's draft, in the order in which they are mended; later ones may need earlier ones.

    Raises
    ------
    StudyError
        If the study has no draft.
    """
    if study.draft is None:
        raise StudyError(f"study '{study.slug}' is {study.stage} and has no draft to check; begin a new version first")
    try:
        design = study_design(study)
    except StudyError as fault:
        return [CheckItem("design", False, _as_sentence(str(fault)), "conditions")]
    try:
        bundle = find_bundle(design)
    except StudyError as fault:
        return [CheckItem("bundle", False, _as_sentence(str(fault)), "bundles")]
    found = CheckItem("bundle", True, f"The bundle '{bundle.name}' is loaded, with hash {bundle.sha256}.", "bundles")
    return [
        found,
        *_check_serving(design, bundle=bundle),
        _check_texts(design, labels=bundle.labels),
        _check_quotas(design),
        *_describe_earlier_versions(design, study=study),
        _check_analysis(design),
        _check_power(design),
    ]


def pilot_checklist(study: Study) -> list[CheckItem]:
    """The items that a pilot needs: all but the power figure, which a pilot may be there to find."""
    return [item for item in checklist(study) if item.code != "power"]


def refuse_failing(items: Iterable[CheckItem], *, study: Study, deed: str) -> None:
    """Raise StudyError with the sentence of every failing item; `deed` is what cannot be done to the study."""
    failing = [item.sentence for item in items if not item.ok]
    if failing:
        raise StudyError(f"study '{study.slug}' cannot be {deed}: {' '.join(failing)}")


def _check_serving(design: StudyFile, *, bundle: Bundle) -> list[CheckItem]:
    """Whether every arm can be served to the end: stimuli, orders, media."""
    try:
        plan = check_design(design, bundle=bundle)
    except StudyError as fault:
        return [CheckItem("stimuli", False, _as_sentence(str(fault)), "blocks")]
    arms = _plans_by_arm(design, plan=plan, bundle=bundle)
    n_stimuli = len({name for stimuli in plan for name in _names(stimuli)})
    return [
        CheckItem("stimuli", True, f"The bundle has all of the {n_stimuli} stimuli that are shown.", "blocks"),
        _check_sound_check(bundle),
        _check_orders(design, arms=arms, bundle=bundle),
        _check_media(plan, bundle=bundle),
    ]


def _plans_by_arm(design: StudyFile, *, plan: Sequence[BlockStimuli], bundle: Bundle) -> dict[str, list[BlockPlan]]:
    predicted = dict(bundle.stimuli.values_list("name", "predicted_label"))
    return {
        arm.name: block_plans(design, arm=arm, plan=plan, predicted=predicted, labels=bundle.labels)
        for arm in design.arms
    }


def _check_sound_check(bundle: Bundle) -> CheckItem:
    """Everybody hears the sound check's stimulus before allocation; training blocks draw from the same ones."""
    if not bundle.stimuli.filter(role="training").exists():
        sentence = (
            f"The bundle '{bundle.name}' has no training stimuli, so that the sound check would play one that is "
            "analysed; build a bundle with training stimuli, and load it."
        )
        return CheckItem("sound-check", False, sentence, "bundles")
    return CheckItem(
        "sound-check", True, "The sound check plays a training stimulus, which is never analysed.", "bundles"
    )


def _check_orders(design: StudyFile, *, arms: dict[str, list[BlockPlan]], bundle: Bundle) -> CheckItem:
    key = plan_key(design, bundle_sha256=bundle.sha256)
    periods = {arm: _period(blocks) for arm, blocks in arms.items()}
    for arm in design.arms:
        n_sequences = min(max(periods[arm.name], _LEAST_SEQUENCES_CHECKED), _MOST_SEQUENCES_CHECKED, design.quota(arm))
        try:
            check_order(arms[arm.name], n_sequences=n_sequences, plan_key=key)
        except (StudyError, ValueError) as fault:
            return CheckItem("orders", False, _as_sentence(f"arm '{arm.name}': {fault}"), "blocks")
    period = max(periods.values())
    balance = (
        f"after {period} participants of an arm each stimulus was met equally often under each of its conditions"
        if period > 1
        else "everybody in an arm meets each stimulus under the same condition"
    )
    return CheckItem("orders", True, f"Every arm can be served to the end; {balance}.", "blocks")


def _period(blocks: Sequence[BlockPlan]) -> int:
    """After how many participants of an arm conditions have been rotated over all stimuli of all blocks."""
    return lcm(1, *(n * len(block.conditions) for block in blocks for n in block.n_windows()))


def _check_media(plan: Sequence[BlockStimuli], *, bundle: Bundle) -> CheckItem:
    shown = {name for stimuli in plan for name in _names(stimuli)}
    wanted: dict[str, str] = {}
    for stimulus in bundle_manifest(bundle).stimuli:
        for rendition in stimulus.renditions if stimulus.id in shown else ():
            wanted[rendition.sound.file] = rendition.sound.sha256
            wanted |= {picture.file: picture.sha256 for picture in (rendition.picture, *rendition.more_pictures)}
    folder = Path(settings.MEDIA_ROOT)
    lost = sorted(file for file, sha256 in wanted.items() if not _is_whole(folder / file, sha256=sha256))
    if lost:
        named = ", ".join(lost[:_MOST_NAMED]) + (" …" if len(lost) > _MOST_NAMED else "")
        sentence = (
            f"{len(lost)} of {len(wanted)} media are missing or damaged in {folder} ({named}); load the bundle again: "
            "it brings them back."
        )
        return CheckItem("media", False, sentence, "bundles")
    return CheckItem("media", True, f"All {len(wanted)} pictures and sounds are there and whole.", "bundles")


def _is_whole(path: Path, *, sha256: str) -> bool:
    return path.is_file() and sha256_file(path) == sha256


def _names(stimuli: BlockStimuli) -> list[str]:
    return [*stimuli.right, *stimuli.wrong, *stimuli.practice, *stimuli.exemplars]


def _check_texts(design: StudyFile, *, labels: Sequence[str]) -> CheckItem:
    for language, texts in design.texts.items():
        missing = [label for label in labels if label not in texts.labels]
        # Without any words the labels are said as they stand, which is right for words of their own.
        if missing and (texts.labels or any(other.labels for other in design.texts.values())):
            sentence = f"texts.{language}.labels has no word for {', '.join(missing)}; give every label a word."
            return CheckItem("texts", False, sentence, "texts")
    spoken = ", ".join(design.study.languages)
    return CheckItem("texts", True, f"Every text and every answer's word is there (languages: {spoken}).", "texts")


def _check_quotas(design: StudyFile) -> CheckItem:
    for arm in design.arms:
        n_planned = arm.weight * design.recruitment.n_per_arm
        if design.quota(arm) < n_planned:
            sentence = (
                f"Arm '{arm.name}' takes at most {design.quota(arm)}, and {n_planned} are planned for it; raise its "
                "quota, lower its weight, or plan fewer."
            )
            return CheckItem("quotas", False, sentence, "recruitment")
    sentence = f"{design.n_planned} participants are planned, and every arm's quota can be reached."
    return CheckItem("quotas", True, sentence, "recruitment")


def _describe_earlier_versions(design: StudyFile, *, study: Study) -> list[CheckItem]:
    """At an amendment: how many places earlier versions hold, beside which the new quotas come; no fault."""
    earlier = study.versions.filter(is_pilot=False).order_by("number").values_list("id", "number")
    if not earlier:
        return []
    holding = Enrolment.objects.filter(place__isnull=False, released_at__isnull=True)
    held = ", ".join(f"version {number} holds {holding.filter(version=pk).count()}" for pk, number in earlier)
    n_more = sum(design.quota(arm) for arm in design.arms)
    sentence = (
        f"{held}; version {study.versions.count() + 1} takes {n_more} more: its quotas begin anew, whatever places "
        "earlier versions hold."
    )
    return [CheckItem("versions", True, f"{sentence[:1].upper()}{sentence[1:]}", "recruitment")]


def _check_analysis(design: StudyFile) -> CheckItem:
    places = _places_of_conditions(design)
    for contrast in design.analysis.contrasts:
        fault = _find_unmet(contrast, places=places) or _find_unbalanced(contrast, places=places)
        if fault:
            return CheckItem("analysis", False, f"Contrast '{contrast.name}' {fault}", "analysis")
    sentence = (
        f"The primary contrast '{design.analysis.primary.name}' weighs conditions that are measured; how hard the "
        "stimuli of a block are drops out of it."
    )
    return CheckItem("analysis", True, sentence, "analysis")


def _places_of_conditions(design: StudyFile) -> dict[str, frozenset[str]]:
    """The main blocks in which each condition is met; a block that repeats another counts as that one."""
    places: dict[str, frozenset[str]] = {}
    for block in design.trial_blocks:
        if isinstance(block, MainBlock):
            for name in {condition.name for arm in design.arms for condition in design.conditions_of(arm, block=block)}:
                places[name] = places.get(name, frozenset()) | {block.repeats or block.name}
    return places


def _find_unmet(contrast: Contrast, *, places: Mapping[str, frozenset[str]]) -> str:
    """What to say of a contrast that weighs what no main block holds; empty if it does not."""
    unmet = sorted(name for name, weight in contrast.weights.items() if weight and name not in places)
    if not unmet:
        return ""
    return (
        f"weighs the condition '{unmet[0]}', which no main block holds; nothing would be measured of it: add it to a "
        "block, or take it out of the contrast."
    )


def _find_unbalanced(contrast: Contrast, *, places: Mapping[str, frozenset[str]]) -> str:
    """What to say of a contrast that would measure how hard the stimuli of a block are, too; empty if it does not."""
    weighed = {name: weight for name, weight in contrast.weights.items() if weight}
    if len({places[name] for name in weighed}) == 1:
        return ""
    for block in sorted(frozenset[str]().union(*(places[name] for name in weighed))):
        total = fsum(weight for name, weight in weighed.items() if block in places[name])
        if abs(total) > _WEIGHTS_TOLERANCE:
            return (
                f"gives the conditions met in block '{block}' weights that sum to {total:g}, while others meet the "
                "stimuli of another block, so that it would measure how hard those stimuli are, too; let weights sum "
                "to 0 within each block (as a difference of gains between arms does), or let one block repeat the "
                "other's stimuli."
            )
    return ""


def _check_power(design: StudyFile) -> CheckItem:
    power = design.recruitment.power
    if power is None:
        sentence = (
            "No power is stated; give recruitment.power a figure with its effect and basis, or say in missing_because "
            "why there is none."
        )
        return CheckItem("power", False, sentence, "recruitment")
    if power.power is None:
        return CheckItem("power", True, f"No power figure is given: {power.missing_because}", "recruitment")
    sentence = f"Power {power.power:g} for an effect of {power.effect_log_odds:g} log-odds: {power.basis}"
    return CheckItem("power", True, sentence, "recruitment")


def _as_sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."
