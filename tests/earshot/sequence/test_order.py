import hashlib
import hmac
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from earshot.sequence.order import AssignedStimulus, ImpossibleOrder, OrderRules, order_stimuli
from earshot.shuffle import derive_key

KEYS = st.binary(min_size=32, max_size=32)
MODES = st.sampled_from(["independent", "shuffled"])


def make_stimuli(labels: Sequence[str], *, conditions: Sequence[str] = ("relevance",)) -> list[AssignedStimulus]:
    return [
        AssignedStimulus(f"stimulus-{place:03}", label, conditions[place % len(conditions)])
        for place, label in enumerate(labels)
    ]


def longest_run(values: Iterable[str]) -> int:
    return max((len(list(group)) for _, group in groupby(values)), default=0)


def keys(n: int) -> list[bytes]:
    return [derive_key(b"test", purpose=str(number)) for number in range(n)]


@given(labels=st.lists(st.sampled_from("abcd"), max_size=12), rules=MODES, key=KEYS)
def test_order_holds_every_stimulus_once(labels: list[str], rules: Literal["independent"], key: bytes) -> None:
    stimuli = make_stimuli(labels, conditions=("relevance", "control"))
    order = order_stimuli(stimuli, rules=OrderRules(labels=rules), key=key)
    assert sorted(order, key=lambda each: each.stimulus) == stimuli
    assert order == order_stimuli(stimuli[::-1], rules=OrderRules(labels=rules), key=key)


def test_independent_order_is_the_documented_one() -> None:
    """Written out a second time, without the core's own draws."""

    def draw(key: bytes, purpose: str, n: int) -> int:
        number = int.from_bytes(hmac.digest(key, purpose.encode(), hashlib.sha256), "big") >> (256 - 53)
        return number * n >> 53

    key = bytes(range(32))
    stimuli = make_stimuli("aabbbcc")
    attempt = hmac.digest(key, b"attempt 0", hashlib.sha256)
    tickets = {"a": 2, "b": 3, "c": 2}
    left = list(stimuli)
    expected = []
    for place in range(7):
        labels = list(dict.fromkeys(each.label for each in left))
        bowl = [label for label in labels for _ in range(tickets[label])]
        label = bowl[draw(attempt, f"label {place}", len(bowl))]
        group = [each for each in left if each.label == label]
        expected.append(group[draw(attempt, f"stimulus {place}", len(group))])
        left.remove(expected[-1])
    assert order_stimuli(stimuli, rules=OrderRules(), key=key) == expected


def test_shuffled_orders_are_about_equally_frequent() -> None:
    # 6 orders over 3,000 keys: expected 500 each, sd 20.4; 5 sd on each side.
    stimuli = make_stimuli("aab")
    found = Counter(
        tuple(each.stimulus for each in order_stimuli(stimuli, rules=OrderRules(labels="shuffled"), key=key))
        for key in keys(3000)
    )
    assert len(found) == 6
    assert all(398 <= count <= 602 for count in found.values())


def test_independent_labels_come_by_their_share_of_the_whole() -> None:
    """Orders of the labels a, a, b, c by hand: each label by its share 2:1:1, drawn again where it is used up."""
    shares = {"a": 2, "b": 1, "c": 1}

    def probability(order: Sequence[str]) -> float:
        left, product = Counter("aabc"), 1.0
        for label in order:
            product *= shares[label] / sum(shares[each] for each in left)
            left[label] -= 1
            left += Counter()
        return product

    orders = set(itertools.permutations("aabc"))
    assert sum(map(probability, orders)) == pytest.approx(1.0)
    found = Counter(
        tuple(each.label for each in order_stimuli(make_stimuli("aabc"), rules=OrderRules(), key=key))
        for key in keys(4000)
    )
    for order in orders:
        expected = 4000 * probability(order)
        # 5 binomial sds on each side.
        assert abs(found[order] - expected) <= 5 * (expected * (1 - expected / 4000)) ** 0.5


def share_right_of_never_the_last(rules: OrderRules, *, n_orders: int) -> float:
    """Right guesses of somebody who names, evenly, any of the ten labels but the last predicted one."""
    stimuli = make_stimuli([str(place % 10) for place in range(24)])
    orders = [order_stimuli(stimuli, rules=rules, key=key) for key in keys(n_orders)]
    pairs = [one.label != other.label for order in orders for one, other in pairwise(order)]
    return sum(pairs) / len(pairs) / 9


def test_never_the_last_answer_is_no_strategy_when_labels_are_independent() -> None:
    # Chance is .1, .0993 expected. Over 2,000 orders the Monte-Carlo sd is below .0002: the tolerance is 5 of them.
    assert share_right_of_never_the_last(OrderRules(labels="independent"), n_orders=2000) <= 0.1 + 0.001


def test_never_the_last_answer_is_a_strategy_when_labels_are_shuffled() -> None:
    # Four labels three times, six twice: the next is the same with probability (4 * 3 * 2 + 6 * 2 * 1) / (24 * 23).
    expected = (1 - 36 / (24 * 23)) / 9
    assert expected > 0.1038
    found = share_right_of_never_the_last(OrderRules(labels="shuffled"), n_orders=2000)
    assert found == pytest.approx(expected, abs=0.001)  # 5 Monte-Carlo sds


@settings(max_examples=60)
@given(
    labels=st.lists(st.sampled_from("abc"), min_size=1, max_size=7),
    longest=st.integers(1, 3),
    mode=MODES,
    key=KEYS,
)
def test_order_is_found_at_once_wherever_one_rule_allows_any(
    labels: list[str], longest: int, mode: Literal["shuffled"], key: bytes
) -> None:
    """Against all permutations; one rule alone never leads into a dead end."""
    exists = any(longest_run(order) <= longest for order in itertools.permutations(labels))
    rules = OrderRules(labels=mode, longest_run_of_label=longest)
    if exists:
        order = order_stimuli(make_stimuli(labels), rules=rules, key=key, n_attempts=1)
        assert longest_run(each.label for each in order) <= longest
    else:
        with pytest.raises(ImpossibleOrder, match=f"longest_run_of_label is {longest}, but "):
            order_stimuli(make_stimuli(labels), rules=rules, key=key)


@settings(max_examples=40)
@given(key=KEYS, longest_label=st.integers(1, 3), longest_condition=st.integers(1, 4), mode=MODES)
def test_both_rules_are_kept(key: bytes, longest_label: int, longest_condition: int, mode: Literal["shuffled"]) -> None:
    stimuli = make_stimuli([str(place * 7 % 10) for place in range(24)], conditions=("relevance", "control"))
    rules = OrderRules(labels=mode, longest_run_of_label=longest_label, longest_run_of_condition=longest_condition)
    order = order_stimuli(stimuli, rules=rules, key=key)
    assert sorted(order, key=lambda each: each.stimulus) == stimuli
    assert longest_run(each.label for each in order) <= longest_label
    assert longest_run(each.condition for each in order) <= longest_condition


def test_label_that_is_too_frequent_is_refused_with_the_numbers() -> None:
    stimuli = make_stimuli(["7"] * 14 + [str(place) for place in range(10, 20)])
    message = (
        "longest_run_of_label is 1, but 14 of 24 stimuli have the label '7': the 10 others leave room for 11 of them; "
        "allow runs of 2, or take fewer with this label"
    )
    with pytest.raises(ImpossibleOrder, match=message):
        order_stimuli(stimuli, rules=OrderRules(longest_run_of_label=1), key=bytes(32))


def test_condition_that_is_too_frequent_is_refused_with_the_numbers() -> None:
    message = "longest_run_of_condition is 2, but 6 of 6 stimuli have the condition 'relevance': .* allow runs of 6"
    with pytest.raises(ImpossibleOrder, match=message):
        order_stimuli(make_stimuli("abcdef"), rules=OrderRules(longest_run_of_condition=2), key=bytes(32))


def test_run_that_the_message_proposes_is_possible() -> None:
    stimuli = make_stimuli(["7"] * 14 + [str(place) for place in range(10, 20)])
    order = order_stimuli(stimuli, rules=OrderRules(longest_run_of_label=2), key=bytes(32), n_attempts=1)
    assert longest_run(each.label for each in order) == 2


def test_rules_that_only_together_allow_no_order_are_refused() -> None:
    # Each rule alone allows one; together a-relevance may only be followed by b-control, and that only by the former.
    stimuli = [
        AssignedStimulus(f"{label}-{condition}", label, condition)
        for label in ("a", "b")
        for condition in ("relevance", "control")
    ]
    message = (
        "no order of 4 stimuli was found in 50 attempts with longest_run_of_label 1 and longest_run_of_condition 1; "
        "allow longer runs of one of them"
    )
    rules = OrderRules(longest_run_of_label=1, longest_run_of_condition=1)
    with pytest.raises(ImpossibleOrder, match=message):
        order_stimuli(stimuli, rules=rules, key=bytes(32), n_attempts=50)


def test_run_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="longest_run_of_label"):
        OrderRules(longest_run_of_label=0)
