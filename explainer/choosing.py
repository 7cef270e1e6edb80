"""From a trained network to the stimuli it gives: its answers, the candidates among them, and those that are chosen."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from earshot.bundle import Role, Selection
from earshot.compute import Workers
from explainer.batches.job import Job
from explainer.batches.preparing import Chosen as ChosenStimulus
from explainer.batches.preparing import ChosenBatch
from explainer.batches.stages import ExplainedClip, batch_chosen, explain_clips
from explainer.batches.writing import stimulus_id
from explainer.corpora.clips import Clip
from explainer.corpora.splits import Split
from explainer.sections.selection import SelectionSection
from explainer.selection.account import explain_selection
from explainer.selection.balance import find_balance
from explainer.selection.candidates import Candidate, count_choice, find_giveaway
from explainer.selection.chosen import Chosen, select_stimuli

_N_DECIMALS = 6
_NUMBER = re.compile(r"[+-]?(\d+\.\d+|\d+%)")


@dataclass(frozen=True)
class NetworkStimuli:
    """What one network gives a bundle: its stimuli in batches, and how they were chosen."""

    batches: list[ChosenBatch]
    selection: Selection


def hard_clips(clips: Sequence[Clip], *, split: Split, section: SelectionSection) -> list[Clip]:
    """The clips among which errors are looked for."""
    indices = {
        "heldout-speakers": split.heldout_speakers,
        "heldout-takes": split.heldout_takes,
        "both": (*split.heldout_takes, *split.heldout_speakers),
    }
    return [clips[index] for index in indices[section.source]]


def choose_stimuli(job: Job, *, clips: Sequence[Clip], workers: Workers) -> NetworkStimuli:
    """Explain the clips and choose the stimuli among them; what there was and how it balances is printed.

    Raises
    ------
    RecipeError
        If the clips do not give what the recipe asks for.
    """
    explained = explain_clips(job, clips=clips, workers=workers)
    labels = job.tools().labels
    candidates = [_candidate(index, one=one, labels=labels) for index, one in enumerate(explained)]
    choice = count_choice(candidates)
    print(f"{job.network_name}: {_describe_conservation(explained)}")
    print(f"{job.network_name}: to choose from: {choice}")
    for reason, n_clips in _count_unfair(explained).most_common():
        print(f"  {n_clips} clips can be no stimulus: {reason}")
    chosen = select_stimuli(candidates, section=job.recipe.selection)
    main = [candidates[index] for index in chosen.main]
    balance = find_balance(main, candidates=candidates, pairs=chosen.pairs)
    print(f"main stimuli: {balance}")
    print(f"training items: {find_giveaway([candidates[index] for index in chosen.training])}")
    selection = Selection(
        network=job.network_name,
        heldout_speakers=sorted({clip.speaker for clip in clips}),
        n_right=choice.n_right,
        n_wrong=choice.n_wrong,
        n_right_with_fair_control=choice.n_right_with_fair_control,
        n_wrong_with_fair_control=choice.n_wrong_with_fair_control,
        n_matched_speaker_and_label=balance.giveaway.n_matched,
        best_rule_by_true_label_share=round(balance.giveaway.by_true_label_share, _N_DECIMALS),
        best_rule_by_speaker_and_true_label_share=round(balance.giveaway.by_speaker_and_true_label_share, _N_DECIMALS),
        drawn=explain_selection(
            chosen,
            candidates=candidates,
            section=job.recipe.selection,
            names={index: stimulus_id(one.clip, network=job.network_name) for index, one in enumerate(explained)},
        ),
    )
    return NetworkStimuli(
        batches=batch_chosen(job, chosen=_with_roles(chosen, explained=explained)), selection=selection
    )


def _describe_conservation(explained: Sequence[ExplainedClip]) -> str:
    """How much of the explained output the relevance adds up to: 1 where it is conserved."""
    ratios = sorted(one.answered.relevance_over_logit for one in explained)
    low, middle, high = (ratios[round(share * (len(ratios) - 1))] for share in (0.1, 0.5, 0.9))
    return f"sum of relevance over the explained output: median {middle:.3f}, 10 % to 90 % {low:.3f} to {high:.3f}"


def _count_unfair(explained: Sequence[ExplainedClip]) -> Counter[str]:
    """Clips by why they have no fair control, the numbers in the reasons left out."""
    reasons = (one.answered.unfair for one in explained)
    return Counter(_NUMBER.sub("…", reason) for reason in reasons if reason is not None)


def _candidate(index: int, *, one: ExplainedClip, labels: Sequence[str]) -> Candidate:
    answered = one.answered
    return Candidate(
        index=index,
        speaker=one.clip.speaker,
        true_label=one.clip.label,
        predicted_label=labels[answered.predicted],
        has_fair_control=answered.unfair is None,
        duration_ms=answered.duration_ms,
        energy_kept_share=answered.energy_kept_share,
        confidence=max(answered.probabilities),
    )


def _with_roles(chosen: Chosen, *, explained: Sequence[ExplainedClip]) -> list[ChosenStimulus]:
    roles: dict[Role, tuple[int, ...]] = {
        "main": chosen.main,
        "training": chosen.training,
        "attention": chosen.attention,
    }
    return [explained[index].chosen(role) for role, indices in roles.items() for index in indices]
