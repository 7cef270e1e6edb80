"""Whether the parts of a design fit each other; what the bundle must hold is asked in `feasibility`."""

from collections.abc import Iterable, Sequence

from earshot.design.blocks import MainBlock, QuestionnaireBlock, TrainingBlock
from earshot.design.conditions import Arm, Condition, refuse_doubled
from earshot.design.conduct import AttentionRule, TrainingRule
from earshot.design.languages import find_missing_languages
from earshot.design.questionnaire_columns import factor_levels
from earshot.design.whole import Design


def check_coherence(design: Design) -> None:
    """Refuse a design whose parts do not fit each other.

    Raises
    ------
    ValueError
        With the first fault: the part, the value found, what was allowed and the way out.
    """
    _check_names(design)
    _check_conditions(design)
    _check_blocks(design)
    for arm in design.arms:
        _check_arm(design, arm=arm)
    _check_texts(design)
    _check_recruitment(design)
    _check_plan(design)


def _check_names(design: Design) -> None:
    for what, items in (
        ("arm", design.arms),
        ("condition", design.conditions),
        ("block", design.blocks),
        ("questionnaire", design.every_questionnaire),
    ):
        names = [item.name for item in items]
        refuse_doubled(names, what=f"the design has the {what}", way_out=f"give each {what} a name of its own")


def _check_conditions(design: Design) -> None:
    used = {name for arm in design.arms for name in arm.conditions}
    used |= {condition.against for condition in design.conditions if condition.against}
    known = {condition.name for condition in design.conditions}
    for arm in design.arms:
        _refuse_unknown(arm.conditions, known=known, what=f"arm '{arm.name}' has the condition")
    for condition in design.conditions:
        if condition.name not in used:
            raise ValueError(f"condition '{condition.name}' is in no arm; add it to one, or take it out")
        if condition.against is not None:
            _check_preference(design, condition=condition, known=known)
        if condition.task == "rating" and design.tasks.rating is None:
            raise ValueError(
                f"condition '{condition.name}' has the task 'rating'; say what is rated, and on which scale, in"
                " [tasks.rating]"
            )
    exposures = {design.exposure_of(condition) for condition in design.conditions}
    if len(exposures) > 1 and design.exposure_differs_because is None:
        found = "; ".join(sorted(str(exposure) for exposure in exposures))
        raise ValueError(
            f"conditions differ in their exposure ({found}); give all the same, or the reason in"
            " exposure_differs_because"
        )


def _check_preference(design: Design, *, condition: Condition, known: set[str]) -> None:
    other = condition.against or ""
    _refuse_unknown([other], known=known, what=f"condition '{condition.name}' is compared against")
    if design.condition(other).channel != condition.channel or other == condition.name:
        raise ValueError(
            f"condition '{condition.name}' is compared against '{other}'; name another condition of the channel"
            f" '{condition.channel}'"
        )


def _check_blocks(design: Design) -> None:
    known, earlier = {condition.name for condition in design.conditions}, set[str]()
    for block in design.blocks:
        if isinstance(block, TrainingBlock | MainBlock):
            _refuse_unknown(block.conditions, known=known, what=f"block '{block.name}' has the condition")
            if not any(design.conditions_of(arm, block=block) for arm in design.arms):
                raise ValueError(f"block '{block.name}' is met by no arm; give it conditions that an arm has")
        if isinstance(block, MainBlock):
            if block.repeats is not None:
                _check_repeated(design, block=block, earlier=earlier)
            earlier.add(block.name)
    _check_announced_share(design)
    _check_questionnaires(design)


def _check_repeated(design: Design, *, block: MainBlock, earlier: set[str]) -> None:
    _refuse_unknown([block.repeats or ""], known=earlier, what=f"block '{block.name}' repeats")
    repeated = design.block(block.repeats or "")
    sizes = {
        (each.n_right, each.n_wrong, each.pool_right, each.pool_wrong)
        for each in (block, repeated)
        if isinstance(each, MainBlock)
    }
    if len(sizes) > 1:
        raise ValueError(f"block '{block.name}' repeats '{block.repeats}' but has other numbers; give both the same")
    for arm in design.arms:
        _check_repeats_for(arm, design=design, block=block, repeated=repeated)


def _check_repeats_for(arm: Arm, *, design: Design, block: MainBlock, repeated: object) -> None:
    """Whoever meets a repeating block has met the repeated one, as the same network heard it."""
    if not isinstance(repeated, MainBlock):
        return
    later, earlier = (design.conditions_of(arm, block=each) for each in (block, repeated))
    networks = [{condition.network for condition in each} for each in (later, earlier)]
    if later and (len(later) != len(earlier) or networks[0] != networks[1]):
        raise ValueError(
            f"arm '{arm.name}' has {len(later)} conditions in block '{block.name}' and {len(earlier)} in"
            f" '{repeated.name}', which it repeats; give as many in both, of the same network"
        )
    if repeated.repeats is not None:
        raise ValueError(
            f"block '{block.name}' repeats '{repeated.name}', which repeats '{repeated.repeats}' itself; name that one"
        )


def _check_announced_share(design: Design) -> None:
    shares = {block.n_wrong / block.n_items for block in design.blocks if isinstance(block, MainBlock)}
    if not shares:
        raise ValueError("the design has no block of kind 'main'; nothing would be analysed: add one")
    if len(shares) > 1:
        raise ValueError(
            f"blocks hold {', '.join(f'{share:.0%}' for share in sorted(shares))} wrong predictions; give all the same"
            " share, because participants are told it once"
        )


def _check_questionnaires(design: Design) -> None:
    placed = [block.questionnaire for block in design.blocks if isinstance(block, QuestionnaireBlock)]
    refuse_doubled(placed, what="blocks place the questionnaire", way_out="place it once")
    meant = {questionnaire.name for questionnaire in design.every_questionnaire if questionnaire.when == "block"}
    _refuse_unknown(placed, known=meant, what="a block places the questionnaire")
    if set(placed) != meant:
        raise ValueError(
            f"questionnaire '{min(meant - set(placed))}' comes at a block, but no block places it; add a block of kind"
            " 'questionnaire', or let it come before or after"
        )


def _check_arm(design: Design, *, arm: Arm) -> None:
    if not any(design.conditions_of(arm, block=block) for block in design.trial_blocks if isinstance(block, MainBlock)):
        raise ValueError(f"arm '{arm.name}' has no condition in a main block; give it one")
    for block in design.trial_blocks:
        conditions = design.conditions_of(arm, block=block)
        if isinstance(block, TrainingBlock):
            if not conditions:
                raise ValueError(
                    f"arm '{arm.name}' has no condition in training block '{block.name}'; training has the same length"
                    " in all arms: give it one"
                )
            continue
        for kind, n in (("right", block.n_right), ("wrong", block.n_wrong)):
            if conditions and n % len(conditions):
                raise ValueError(
                    f"block '{block.name}' has n_{kind} {n}, and arm '{arm.name}' has {len(conditions)} conditions in"
                    f" it; give a multiple of {len(conditions)}, so that each condition gets as many"
                )
        networks = {condition.network for condition in conditions}
        if len(networks) > 1:
            raise ValueError(
                f"arm '{arm.name}' meets several networks in block '{block.name}'; a stimulus is a clip as one network"
                " heard it: vary the network between arms or blocks"
            )


def _check_texts(design: Design) -> None:
    missing = find_missing_languages(design)
    if missing is not None:
        raise ValueError(missing)


def _check_recruitment(design: Design) -> None:
    total = sum(design.quota(arm) for arm in design.arms)
    if total < design.n_planned:
        raise ValueError(
            f"quotas sum to {total}, and {design.n_planned} participants are planned (n_per_arm times the weights);"
            " raise the quotas, or plan fewer"
        )
    factors = {
        f"{questionnaire.name}-{item.name}": (questionnaire, item)
        for questionnaire in design.questionnaires_at("before")
        for item in questionnaire.items
    }
    for name in design.allocation.strata:
        _refuse_unknown([name], known=set(factors), what="allocation.strata has")
        questionnaire, item = factors[name]
        factor_levels(questionnaire, item=item.name)
        if not item.required or item.shown_if is not None:
            raise ValueError(
                f"allocation.strata has '{name}', which not everybody answers; make the item required and unconditional"
            )


def _check_plan(design: Design) -> None:
    known = {condition.name for condition in design.conditions}
    for contrast in design.analysis.contrasts:
        _refuse_unknown(contrast.weights, known=known, what=f"contrast '{contrast.name}' weighs the condition")
        needed = [kind for kind in ("right", "wrong") if contrast.among in (kind, "all")]
        for kind in needed:
            if not any(getattr(block, f"n_{kind}") for block in design.blocks if isinstance(block, MainBlock)):
                raise ValueError(f"contrast '{contrast.name}' is among {kind} predictions, and no block has any")
    names = {block.name for block in design.blocks if isinstance(block, TrainingBlock) and block.pass_mark is not None}
    for rule in design.exclusions:
        if isinstance(rule, TrainingRule):
            _refuse_unknown([rule.block], known=names, what="an exclusion rule has the training block with a pass mark")
        if isinstance(rule, AttentionRule) and not any(
            block.n_attention for block in design.blocks if isinstance(block, MainBlock)
        ):
            raise ValueError("exclusions has the rule 'attention', and no block has attention trials; give n_attention")


def _refuse_unknown(names: Iterable[str], *, known: set[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{what} '{name}'; the design has {_listed(sorted(known))}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
