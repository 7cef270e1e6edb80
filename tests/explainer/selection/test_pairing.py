from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest

from explainer.selection.balance import pooled_sds
from explainer.selection.candidates import Candidate
from explainer.selection.pairing import Pair, PairRules, count_pairs, pair_rules, pick_pairs
from tests.explainer.selection.made import candidate, section

ONE_SD = {"duration_ms": 100.0, "energy_kept_share": 0.1, "confidence": 0.1}


def rules(
    *, exact: Sequence[str] = (), duration_sd: float | None = None, n_per_true_label: int | None = None
) -> PairRules:
    chosen = section(exact=list(exact)).exact
    limits = {} if duration_sd is None else {"duration_ms": duration_sd}
    return PairRules(exact=tuple(chosen), calipers_sd=limits, sds=ONE_SD, n_per_true_label=n_per_true_label)  # type: ignore[arg-type]  # keys are measures


def indices(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    return sorted((pair.right.index, pair.wrong.index) for pair in pairs)


def random_candidates(seed: int, *, n: int, correct: bool) -> list[Candidate]:
    generator = np.random.default_rng(seed)
    return [
        candidate(
            index + (0 if correct else 100),
            speaker="ab"[generator.integers(2)],
            true=(true := str(generator.integers(3))),
            said=true if correct else str(3 + generator.integers(3)),
            duration_ms=float(generator.uniform(300, 700)),
            energy=float(generator.uniform()),
            confidence=float(generator.uniform()),
        )
        for index in range(n)
    ]


def test_recipe_gives_the_rules_and_the_candidates_their_unit() -> None:
    made = [candidate(0, duration_ms=400), candidate(1, duration_ms=600), candidate(2, said="1")]
    found = pair_rules(
        section(exact=["speaker"], calipers={"confidence_sd": "off", "duration_sd": 0.5}), candidates=made
    )
    assert found.exact == ("speaker",)
    assert found.calipers_sd == {"duration_ms": 0.5, "energy_kept_share": 1.0}
    assert found.sds == pooled_sds(made)


@pytest.mark.parametrize("seed", range(4))
def test_partners_are_those_nearest_in_sum(seed: int) -> None:
    right, wrong = random_candidates(seed, n=4, correct=True), random_candidates(seed + 9, n=4, correct=False)
    found = indices(pick_pairs(right, wrong=wrong, n_wanted=4, rules=rules()))

    # every way to pair them, one by one
    def cost(one: Candidate, other: Candidate) -> float:
        apart = abs(one.duration_ms - other.duration_ms) / 100
        apart += abs(one.energy_kept_share - other.energy_kept_share) / 0.1
        apart += abs(one.confidence - other.confidence) / 0.1
        return apart + 10 * ((one.speaker != other.speaker) + (one.true_label != other.true_label))

    best = min(permutations(right), key=lambda order: sum(map(cost, order, wrong)))
    assert found == sorted((one.index, other.index) for one, other in zip(best, wrong, strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_most_pairs_are_counted_and_picked(seed: int) -> None:
    right, wrong = random_candidates(seed, n=5, correct=True), random_candidates(seed + 9, n=5, correct=False)
    limits = rules(exact=["speaker"], duration_sd=0.5)

    def fit(one: Candidate, other: Candidate) -> bool:
        return one.speaker == other.speaker and abs(one.duration_ms - other.duration_ms) <= 50

    most = max(sum(map(fit, order, wrong)) for order in permutations(right))
    assert count_pairs(right, wrong=wrong, rules=limits) == most
    pairs = pick_pairs(right, wrong=wrong, n_wanted=5, rules=limits)
    assert len(pairs) == most
    assert all(fit(pair.right, pair.wrong) for pair in pairs)
    assert len({pair.right.index for pair in pairs}) == most


def test_what_must_match_exactly_does() -> None:
    right = [candidate(0, speaker="a"), candidate(1, speaker="b"), candidate(2, speaker="a", true="3")]
    wrong = [candidate(3, speaker="a", said="9")]
    for exact, n_fitting in (([], 3), (["speaker"], 2), (["true_label"], 2), (["speaker", "true_label"], 1)):
        fitting = [one for one in right if count_pairs([one], wrong=wrong, rules=rules(exact=exact))]
        assert len(fitting) == n_fitting


def test_what_need_not_match_does_where_it_can() -> None:
    right = [candidate(0, speaker="b"), candidate(1, speaker="a", duration_ms=900)]
    found = pick_pairs(right, wrong=[candidate(2, speaker="a", said="9")], n_wanted=1, rules=rules())
    assert indices(found) == [(1, 2)]


def test_wrong_one_that_needs_no_other_speaker_comes_first() -> None:
    wrong = [candidate(1, speaker="b", said="9"), candidate(2, speaker="a", said="9")]
    found = pick_pairs([candidate(0, speaker="a")], wrong=wrong, n_wanted=1, rules=rules())
    assert indices(found) == [(0, 2)]


def test_caliper_holds_at_its_very_value_and_not_beyond() -> None:
    right = [candidate(0, duration_ms=500)]
    for duration_ms, n_pairs in ((550, 1), (551, 0)):
        wrong = [candidate(1, said="9", duration_ms=duration_ms)]
        assert count_pairs(right, wrong=wrong, rules=rules(duration_sd=0.5)) == n_pairs


def test_wrong_one_that_would_leave_another_without_partner_is_passed_over() -> None:
    # both of the first labels fit the same right one only
    right = [candidate(0, speaker="a"), candidate(1, speaker="b")]
    wrong = [
        candidate(2, speaker="a", said="7"),
        candidate(3, speaker="a", said="8"),
        candidate(4, speaker="b", said="7"),
    ]
    found = pick_pairs(right, wrong=wrong, n_wanted=2, rules=rules(exact=["speaker"]))
    assert indices(found) == [(0, 2), (1, 4)]


def test_rarest_predicted_label_comes_first_then_true_label_then_speaker() -> None:
    right = [candidate(index) for index in range(4)]
    wrong = [
        candidate(4, said="7"),
        candidate(5, said="7", true="1"),
        candidate(6, said="8"),
        candidate(7, said="8", true="1", speaker="b"),
        candidate(8, said="8", true="1"),
    ]
    found = pick_pairs(right, wrong=wrong, n_wanted=2, rules=rules())
    assert {pair.wrong.index for pair in found} == {4, 6}  # "8" of the word that all right ones speak
    found = pick_pairs(right, wrong=wrong, n_wanted=4, rules=rules())
    assert Counter(pair.wrong.predicted_label for pair in found) == {"7": 2, "8": 2}


def test_most_pairs_of_one_true_label_are_not_passed() -> None:
    right = [candidate(index, true=str(index % 2)) for index in range(6)]
    wrong = [candidate(6 + index, true=str(index % 2), said="9") for index in range(6)]
    limits = rules(exact=["true_label"], n_per_true_label=2)
    assert count_pairs(right, wrong=wrong, rules=limits) == 4
    found = pick_pairs(right, wrong=wrong, n_wanted=6, rules=limits)
    assert Counter(pair.wrong.true_label for pair in found) == {"0": 2, "1": 2}


@pytest.mark.parametrize(("n_right", "n_wrong"), [(0, 0), (0, 2), (2, 0)])
def test_nothing_has_no_pairs(n_right: int, n_wrong: int) -> None:
    right = [candidate(index) for index in range(n_right)]
    wrong = [candidate(9 + index, said="9") for index in range(n_wrong)]
    assert count_pairs(right, wrong=wrong, rules=rules()) == 0
    assert pick_pairs(right, wrong=wrong, n_wanted=1, rules=rules()) == []
