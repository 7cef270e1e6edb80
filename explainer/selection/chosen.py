"""Which clips become stimuli: wrong answers, right ones that are like them, and items for training and attention.

The main wrong ones are picked first, balanced in predicted label; each gets a right one of its speaker and word that
is near it in duration, energy kept and confidence. A participant hears the speaker and is shown the word: were these
balanced only within each kind, they could tell whether the computer was right.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from earshot.errors import RecipeError
from explainer.sections.selection import SelectionSection
from explainer.selection.attention_items import pick_attention
from explainer.selection.candidates import MEASURES, Candidate, Pool, count_choice, count_wrong, find_giveaway
from explainer.selection.main_stimuli import MainRequest, MainStimuli, can_give_main, pick_main
from explainer.selection.pairing import count_pairs, pair_rules
from explainer.selection.shortage import describe_shortage
from explainer.selection.training_items import pick_training

_SOURCES = {
    "heldout-speakers": "the held-out speakers give",
    "heldout-takes": "the held-out takes give",
    "both": "the held-out speakers and takes give",
}


@dataclass(frozen=True)
class Chosen:
    """Indices of the candidates that become stimuli; no index has two of the three roles.

    Attributes
    ----------
    main, training, attention : tuple of int
    pairs : tuple of (int, int)
        The right and the wrong main stimulus of each pair. Where more right than wrong ones were asked for, or the
        other way round, the surplus is in no pair.
    """

    main: tuple[int, ...]
    training: tuple[int, ...]
    attention: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Asked:
    """What a recipe asks for, and all there is."""

    section: SelectionSection
    candidates: tuple[Candidate, ...]
    main: MainRequest

    @property
    def labels(self) -> set[str]:
        return {one.true_label for one in self.candidates}


_Way = tuple[MainStimuli, list[Candidate]]


def select_stimuli(candidates: Sequence[Candidate], *, section: SelectionSection) -> Chosen:
    """The main stimuli, training and attention items among candidates with a fair control.

    The main wrong ones are balanced in predicted label first, then in true label and speaker, each with a right one
    that the rules of `pairing` allow. Training items have distinct predicted labels, half of them wrong where the
    candidates allow it, their words shared by right and wrong ones where that is possible; they are picked after the
    main ones or before, whichever leaves predicted labels and training words more even. Attention items are the most
    confident right ones of what is left.

    Parameters
    ----------
    candidates : sequence of Candidate
        All clips of the sources that the section names; no two with the same `index`.
    section : SelectionSection
        How many of each kind, what pairs share, and the seed that breaks ties.

    Raises
    ------
    RecipeError
        If there are too few, or too few alike; the message counts what there was and says what would give more.
    ValueError
        If two candidates have one index, or one with a fair control a measure that is no number.
    """
    _check_candidates(candidates)
    fair = [candidate for candidate in candidates if candidate.has_fair_control]
    request = MainRequest(section.n_right, section.n_wrong, rules=pair_rules(section, candidates=fair))
    asked = _Asked(section=section, candidates=tuple(candidates), main=request)
    random.Random(section.seed).shuffle(fair)  # noqa: S311  # ties only, nothing secret
    pool = Pool.of(fair)
    _check_per_label(asked)
    _check_main(pool, asked=asked)
    main, training = _pick_main_and_training(pool, asked=asked)
    attention = pick_attention(pool.without([*main.stimuli, *training]).right, n_wanted=section.n_attention)
    if len(attention) < section.n_attention:
        raise _too_few(f"{len(attention)} right ones for attention items beside the others", asked=asked)
    return Chosen(
        main=_indices(main.stimuli),
        training=_indices(training),
        attention=_indices(attention),
        pairs=tuple(sorted((pair.right.index, pair.wrong.index) for pair in main.pairs)),
    )


def _indices(candidates: Iterable[Candidate]) -> tuple[int, ...]:
    return tuple(sorted(candidate.index for candidate in candidates))


def _pick_main_and_training(pool: Pool, *, asked: _Asked) -> _Way:
    """Main stimuli and training items that are apart: main ones first, or training first, whichever is better."""
    main = pick_main(pool, request=asked.main)
    if asked.section.n_training == 0:
        return main, []
    left = pool.without(main.stimuli)
    ways: list[_Way] = [(main, _pick_training(left, wrong=left.wrong, n_wrong_free=len(left.wrong), asked=asked))]
    n_wrong_free = len(pool.wrong) - asked.section.n_wrong
    firsts = [
        _pick_training(pool, wrong=wrong, n_wrong_free=n_wrong_free, asked=asked)
        for wrong in (pool.wrong, _spare_wrong(pool, n_labels=(asked.section.n_training + 1) // 2))
    ]
    for training in firsts:
        rest = pool.without(training)
        if can_give_main(rest, request=asked.main):
            ways.append((pick_main(rest, request=asked.main), training))
    best = max(ways, key=lambda way: _evenness(*way, asked=asked))
    if not _is_complete(best[1], asked=asked):
        whole = next((training for training in firsts if _is_complete(training, asked=asked)), None)
        if whole is not None:
            _check_main(pool.without(whole), asked=asked, beside=" beside the training ones")
        _refuse_training(max([best[1], *firsts], key=len), asked=asked)
    return best


def _pick_training(pool: Pool, *, wrong: Sequence[Candidate], n_wrong_free: int, asked: _Asked) -> list[Candidate]:
    return pick_training(pool.right, wrong=wrong, n_wanted=asked.section.n_training, n_wrong_free=n_wrong_free)


def _spare_wrong(pool: Pool, *, n_labels: int) -> list[Candidate]:
    """Wrong ones of the predicted labels that have most of them, so that the main ones keep a choice of labels.

    Those of a label without right ones are always among them.
    """
    counts = Counter(one.predicted_label for one in pool.wrong)
    plentiful = {label for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n_labels]}
    spare = plentiful | (counts.keys() - {one.predicted_label for one in pool.right})
    return [one for one in pool.wrong if one.predicted_label in spare]


def _is_complete(training: Sequence[Candidate], *, asked: _Asked) -> bool:
    n_labels = len({one.predicted_label for one in training})
    n_wanted = asked.section.n_training
    return len(training) == n_wanted and n_labels >= min(n_wanted, len(asked.labels))


def _evenness(main: MainStimuli, training: Sequence[Candidate], *, asked: _Asked) -> tuple[float, ...]:
    """What is better, the first difference first: training complete, main labels even, training half wrong, words even.

    The answers to main stimuli are what is analysed, so that training gives way to them.
    """
    predicted = Counter(one.predicted_label for one in main.stimuli if not one.model_correct)
    return (
        _is_complete(training, asked=asked),
        -sum(count**2 for count in predicted.values()),
        min(count_wrong(training), asked.section.n_training // 2),
        -find_giveaway(training).by_speaker_and_true_label_share,
    )


def _check_candidates(candidates: Sequence[Candidate]) -> None:
    """Raise ValueError unless the candidates can be told apart and compared."""
    twice = [index for index, count in Counter(one.index for one in candidates).items() if count > 1]
    if twice:
        raise ValueError(f"index is {twice[0]} in more than one candidate; expected a different one in each")
    for one in candidates:
        for measure in MEASURES:
            if one.has_fair_control and not isfinite(getattr(one, measure)):
                raise ValueError(
                    f"{measure} of candidate {one.index} is {getattr(one, measure)}; expected a number, or "
                    "has_fair_control=False where there is none"
                )


def _check_per_label(asked: _Asked) -> None:
    """Raise RecipeError if every true label equally often makes another number of wrong ones than is asked for."""
    section = asked.section
    if section.n_per_true_label is None:
        return
    n_needed = section.n_per_true_label * len(asked.labels)
    if section.n_wrong != n_needed:
        raise RecipeError(
            f"selection.n_per_true_label is {section.n_per_true_label} with {len(asked.labels)} true labels, and "
            f"n_right and n_wrong are {section.n_wrong}; set both to {n_needed}, or take n_per_true_label out"
        )


def _check_main(pool: Pool, *, asked: _Asked, beside: str = "") -> None:
    """Raise RecipeError if the pool cannot give the main stimuli."""
    request = asked.main
    if len(pool.right) < request.n_right or len(pool.wrong) < request.n_wrong:
        raise _too_few(f"{len(pool.right)} right and {len(pool.wrong)} wrong main stimuli{beside}", asked=asked)
    n_pairs = count_pairs(pool.right, wrong=pool.wrong, rules=request.rules)
    if n_pairs < request.n_pairs:
        why = describe_shortage(pool.right, wrong=pool.wrong, n_wanted=request.n_pairs, rules=request.rules)
        raise _too_few(f"{n_pairs} pairs of a right and a wrong main stimulus{beside} ({why})", asked=asked)


def _refuse_training(training: Sequence[Candidate], *, asked: _Asked) -> None:
    """Raise RecipeError that says what the training items have."""
    labels = sorted({one.predicted_label for one in training})
    found = f"{len(labels)} distinct predicted labels among {len(training)} training items"
    raise _too_few(f"{found} ({', '.join(labels) or 'none'})", asked=asked)


def _too_few(found: str, *, asked: _Asked) -> RecipeError:
    section = asked.section
    return RecipeError(
        f"{_SOURCES[section.source]} only {found}; wanted are {section.n_wrong} wrong and {section.n_right} right main "
        f"stimuli, {section.n_training} for training and {section.n_attention} for attention, from "
        f"{count_choice(asked.candidates)}; for more wrong ones hold out more speakers (split.heldout_speakers), add "
        "noise (selection.noise_snr_db) or train for fewer epochs (network.n_epochs), for more right ones or more "
        "labels train longer or hold out others, for more pairs widen selection.calipers or shorten selection.exact, "
        "or ask for fewer under [selection]"
    )
