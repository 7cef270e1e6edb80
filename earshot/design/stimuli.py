"""Which stimuli fill the blocks of a study, drawn from its bundle by a public key."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from earshot.bundle import Manifest, Picture, Rendition, Role, Stimulus
from earshot.design.blocks import MainBlock, TrainingBlock, TrialBlock
from earshot.design.conditions import Arm, Condition
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.files import Strict
from earshot.sequence.plan import BlockPlan
from earshot.shuffle import derive_key, shuffled


class BlockStimuli(Strict):
    """The stimuli of one block as one network heard them: `practice` of a training block, else `right` and `wrong`."""

    block: str
    network: str | None = None
    right: list[str] = Field(default_factory=list)
    wrong: list[str] = Field(default_factory=list)
    practice: list[str] = Field(default_factory=list)
    exemplars: list[str] = Field(default_factory=list)


def plan_key(design: StudyFile, *, bundle_sha256: str) -> bytes:
    """The key of everything that is the same for all participants.

    It is public on purpose: it concerns which stimuli are shown, never who gets which arm.
    """
    return derive_key(bytes.fromhex(bundle_sha256), purpose=design.study.slug)


def plan_stimuli(design: StudyFile, *, manifest: Manifest, bundle_sha256: str) -> list[BlockStimuli]:
    """The stimuli of each block, and of each network where arms differ in it; no recording is in two blocks.

    Practice has right and wrong predictions in the proportion that participants are told.

    Raises
    ------
    StudyError
        If the bundle lacks stimuli, or a rendition that a condition needs.
    """
    plan: list[BlockStimuli] = []
    key, blocks_by_clip = plan_key(design, bundle_sha256=bundle_sha256), dict[str, str]()
    for network in _networks(design):
        drawer = _Drawer(design, manifest=manifest, network=network, key=key, blocks_by_clip=blocks_by_clip)
        plan += [drawer.draw(block) for block in design.trial_blocks if _meets(design, block=block, network=network)]
    for stimuli in plan:
        _check_renditions(design, manifest=manifest, stimuli=stimuli)
    return plan


class _Drawer:
    """Draws blocks one after the other from the stimuli of one network that are left.

    `blocks_by_clip` says in which block a recording is met, by whatever network; it grows.
    """

    def __init__(
        self,
        design: StudyFile,
        *,
        manifest: Manifest,
        network: str | None,
        key: bytes,
        blocks_by_clip: dict[str, str],
    ) -> None:
        self._design, self._network, self._blocks_by_clip = design, network, blocks_by_clip
        self._key = derive_key(key, purpose=f"network {network}") if network else key
        self._every = [each for each in manifest.stimuli if network is None or each.network == network]
        self._drawn: dict[str, BlockStimuli] = {}
        self._clips_here = set[str]()

    def draw(self, block: TrialBlock) -> BlockStimuli:
        """The stimuli of a block."""
        if isinstance(block, TrainingBlock):
            drawn = self._draw_training(block)
        elif block.repeats is not None:
            drawn = self._drawn[block.repeats].model_copy(update={"block": block.name})
        else:
            sizes = {"right": block.pool_right or block.n_right, "wrong": block.pool_wrong or block.n_wrong}
            drawn = BlockStimuli(
                block=block.name,
                network=self._network,
                right=self._take("main", sizes["right"], right=True, block=block),
                wrong=self._take("main", sizes["wrong"], right=False, block=block),
            )
        self._drawn[block.name] = drawn
        return drawn

    def _draw_training(self, block: TrainingBlock) -> BlockStimuli:
        exemplars = self._exemplars(block) if block.exemplars else []
        n_wrong = round(block.n_items * self._design.wrong_share)
        right = self._take("training", block.n_items - n_wrong, right=True, block=block)
        wrong = self._take("training", n_wrong, right=False, block=block)
        return BlockStimuli(
            block=block.name, network=self._network, practice=sorted([*right, *wrong]), exemplars=exemplars
        )

    def _exemplars(self, block: TrainingBlock) -> list[str]:
        """One right training stimulus for each label, in the order of the labels of all stimuli."""
        labels = sorted({each.true_label for each in self._every})
        pool = self._shuffled(self._left("training", right=True, block=block), purpose=f"exemplars {block.name}")
        found = {each.predicted_label: each for each in pool}
        missing = [label for label in labels if label not in found]
        if missing:
            raise StudyError(
                f"block '{block.name}' wants an exemplar for each label; bundle '{self._design.study.bundle}' has no"
                f" training stimulus that was named rightly for {', '.join(missing)}: set exemplars to false, or build"
                " a bundle with more training stimuli"
            )
        return self._set_aside([found[label] for label in labels], block=block)

    def _left(self, role: Role, *, right: bool, block: TrialBlock) -> list[Stimulus]:
        """What the block may still take: recordings that no other block has, nor this one of this network."""
        return [
            each
            for each in self._every
            if each.role == role
            and each.model_correct == right
            and self._blocks_by_clip.get(each.clip, block.name) == block.name
            and each.clip not in self._clips_here
        ]

    def _take(self, role: Role, n_wanted: int, *, right: bool, block: TrialBlock) -> list[str]:
        """Draw, sort and set aside."""
        kind = "right" if right else "wrong"
        what = kind if role == "main" else f"{kind} training"
        pool = self._left(role, right=right, block=block)
        if len(pool) < n_wanted:
            of = f" of network '{self._network}'" if self._network else ""
            raise StudyError(
                f"block '{block.name}' of study '{self._design.study.slug}' wants {n_wanted} {what} stimuli{of}; bundle"
                f" '{self._design.study.bundle}' has {len(pool)} left: ask for fewer, or build a bundle with more"
            )
        taken = self._shuffled(pool, purpose=f"draw {block.name} {what}")[:n_wanted]
        return sorted(self._set_aside(taken, block=block))

    def _set_aside(self, taken: Sequence[Stimulus], *, block: TrialBlock) -> list[str]:
        self._clips_here |= {each.clip for each in taken}
        self._blocks_by_clip |= {each.clip: block.name for each in taken}
        return [each.id for each in taken]

    def _shuffled(self, pool: Iterable[Stimulus], *, purpose: str) -> list[Stimulus]:
        return shuffled(sorted(pool, key=lambda each: each.id), key=derive_key(self._key, purpose=purpose))


def _networks(design: StudyFile) -> list[str | None]:
    """The networks that conditions name; None stands for all of the bundle."""
    return sorted({condition.network for condition in design.conditions}, key=lambda name: name or "")


def _meets(design: StudyFile, *, block: TrialBlock, network: str | None) -> bool:
    return any(
        condition.network == network for arm in design.arms for condition in design.conditions_of(arm, block=block)
    )


def _check_renditions(design: StudyFile, *, manifest: Manifest, stimuli: BlockStimuli) -> None:
    """Every condition of the block must find what it shows of every stimulus."""
    block = design.block(stimuli.block)
    if not isinstance(block, TrainingBlock | MainBlock):
        return
    met = [
        condition
        for arm in design.arms
        for condition in design.conditions_of(arm, block=block)
        if condition.network == stimuli.network
    ]
    shown = {condition.name: condition for condition in met}
    # what a preference is compared against may be in no arm
    shown |= {one.against: design.condition(one.against) for one in met if one.against is not None}
    wanted = {*stimuli.right, *stimuli.wrong, *stimuli.practice, *stimuli.exemplars}
    for stimulus in manifest.stimuli:
        if stimulus.id in wanted:
            for condition in shown.values():
                _check_stimulus(design, stimulus=stimulus, condition=condition)


def _check_stimulus(design: StudyFile, *, stimulus: Stimulus, condition: Condition) -> None:
    shown = find_shown(stimulus, condition=condition)
    lacking = None
    if shown is None:
        lacking = f"mask '{condition.mask}' (method {condition.method or 'any'}, form {condition.form or 'any'})"
    elif condition.uses_picture and not any(one.kind == condition.picture for one in _pictures(shown)):
        lacking = f"picture '{condition.picture}' of mask '{condition.mask}'"
    elif condition.given != "nothing" and find_original(stimulus) is None:
        lacking = "the original"
    elif condition.changed is not None and find_answer_to(stimulus, mask=condition.changed) is None:
        lacking = f"the network's answer to mask '{condition.changed}'"
    if lacking is not None:
        raise StudyError(
            f"condition '{condition.name}' needs {lacking} of stimulus '{stimulus.id}', which bundle"
            f" '{design.study.bundle}' has not; rebuild the bundle with it, or change the condition"
        )


def find_shown(stimulus: Stimulus, *, condition: Condition) -> Rendition | None:
    """The first rendition that is what a condition shows; None if the bundle has none."""
    return next(
        (
            one
            for one in stimulus.renditions
            if one.mask == condition.mask
            and condition.method in (None, one.method)
            and condition.form in (None, one.form)
        ),
        None,
    )


def find_original(stimulus: Stimulus) -> Rendition | None:
    """The rendition of the whole clip."""
    return next((one for one in stimulus.renditions if one.mask == "none"), None)


def find_answer_to(stimulus: Stimulus, *, mask: str) -> str | None:
    """The network's answer to the first rendition with a mask, as it was played back to it; None where not recorded."""
    found = next((one for one in stimulus.renditions if one.mask == mask), None)
    return None if found is None or found.faithfulness is None else found.faithfulness.answered_label


def _pictures(rendition: Rendition) -> list[Picture]:
    return [rendition.picture, *rendition.more_pictures]


def block_plans(
    design: StudyFile, *, arm: Arm, plan: Sequence[BlockStimuli], predicted: dict[str, str], labels: Sequence[str]
) -> list[BlockPlan]:
    """What `sequence.participant_trials` takes: the blocks of one arm.

    Parameters
    ----------
    plan : sequence of BlockStimuli
        As `plan_stimuli` gave it.
    predicted : dict
        The network's answer by stimulus.
    labels : sequence of str
        Of the bundle; attention trials name one of them.
    """
    plans = []
    for block in design.trial_blocks:
        conditions = design.conditions_of(arm, block=block)
        if conditions:
            stimuli = _stimuli_of(plan, block=block, network=conditions[0].network)
            plans.append(_block_plan(block, conditions=conditions, stimuli=stimuli, predicted=predicted, labels=labels))
    return plans


def _stimuli_of(plan: Sequence[BlockStimuli], *, block: TrialBlock, network: str | None) -> BlockStimuli:
    return next(each for each in plan if each.block == block.name and each.network == network)


def _block_plan(
    block: TrialBlock,
    *,
    conditions: Sequence[Condition],
    stimuli: BlockStimuli,
    predicted: dict[str, str],
    labels: Sequence[str],
) -> BlockPlan:
    names = tuple(condition.name for condition in conditions)
    known = {name: predicted[name] for name in (*stimuli.right, *stimuli.wrong, *stimuli.practice, *stimuli.exemplars)}
    if isinstance(block, MainBlock):
        return BlockPlan(
            name=block.name,
            kind="main",
            conditions=names,
            right=tuple(stimuli.right),
            wrong=tuple(stimuli.wrong),
            n_right=block.n_right,
            n_wrong=block.n_wrong,
            predicted=known,
            order=block.order,
            arrangement=block.arrangement,
            square=block.square,
            n_attention=block.n_attention,
            attention_labels=tuple(labels),
            repeats=block.repeats,
        )
    return BlockPlan(
        name=block.name,
        kind="training",
        conditions=names,
        practice=tuple(stimuli.practice),
        predicted=known,
        exemplars=tuple(stimuli.exemplars),
    )
