from collections.abc import Callable
from dataclasses import replace

import pytest

from earshot.sequence.plan import BlockPlan, check_blocks


def make_block(*, name: str = "main", pool: str = "a", n_pool: int = 4, n_stimuli: int = 4) -> BlockPlan:
    right = tuple(f"{pool}-right-{place}" for place in range(n_pool))
    wrong = tuple(f"{pool}-wrong-{place}" for place in range(n_pool))
    return BlockPlan(
        name=name,
        kind="main",
        conditions=("relevance", "control"),
        predicted={stimulus: stimulus[-1] for stimulus in right + wrong},
        right=right,
        wrong=wrong,
        n_right=n_stimuli,
        n_wrong=n_stimuli,
    )


def test_blocks_with_their_own_stimuli_fit_one_another() -> None:
    check_blocks([make_block(name="first", pool="a"), make_block(name="second", pool="b")])


def test_block_without_conditions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"block 'main' has the conditions \(\); name at least one"):
        replace(make_block(), conditions=())


def test_condition_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'relevance', 'relevance'"):
        replace(make_block(), conditions=("relevance", "relevance"))


@pytest.mark.parametrize(
    "make",
    [
        lambda block: replace(block, wrong=(*block.wrong[:3], "a-right-0")),
        lambda block: replace(block, practice=("a-right-0",)),
        lambda block: replace(block, exemplars=("a-right-0",)),
    ],
    ids=["wrong", "practice", "exemplars"],
)
def test_stimulus_that_is_named_twice_is_refused(make: Callable[[BlockPlan], BlockPlan]) -> None:
    with pytest.raises(ValueError, match="block 'main' names the stimulus 'a-right-0' twice"):
        make(make_block())


def test_stimulus_without_a_predicted_label_is_refused() -> None:
    with pytest.raises(ValueError, match="block 'main' has no predicted label of 'a-right-0'"):
        replace(make_block(), predicted={})


def test_exemplars_need_no_predicted_label() -> None:
    assert replace(make_block(), exemplars=("seven",)).stimuli()[0] == "seven"


def test_number_that_conditions_cannot_share_is_refused_with_the_block() -> None:
    with pytest.raises(ValueError, match="block 'main': 3 stimuli per participant cannot be shared equally by 2"):
        make_block(n_pool=3, n_stimuli=3)


def test_pool_that_leaves_a_rest_is_refused_with_the_block() -> None:
    with pytest.raises(ValueError, match="block 'main': a pool of 6 stimuli cannot be dealt out 4 at a time"):
        make_block(n_pool=6)


def test_attention_trials_in_training_are_refused() -> None:
    with pytest.raises(ValueError, match="block 'main' is a training block with 1 attention trials"):
        replace(make_block(), kind="training", n_attention=1, attention_labels=("7",))


def test_attention_trials_without_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="1 attention trials and 0 attention labels"):
        replace(make_block(), n_attention=1)


@pytest.mark.parametrize("n_attention", [-1, 9])
def test_more_attention_trials_than_others_are_refused(n_attention: int) -> None:
    with pytest.raises(ValueError, match=f"{n_attention} attention trials among 8 others; .* give it 0 to 8"):
        replace(make_block(), n_attention=n_attention, attention_labels=("7",))


def test_two_blocks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two blocks have the name 'main'"):
        check_blocks([make_block(pool="a"), make_block(pool="b")])


def test_stimulus_in_two_blocks_is_refused() -> None:
    training = replace(make_block(name="training", pool="b"), kind="training", exemplars=("a-right-2",))
    with pytest.raises(ValueError, match="blocks 'training' and 'main' share the stimulus 'a-right-2'; take it out of"):
        check_blocks([training, make_block()])


def test_declared_repetition_is_allowed_more_than_once() -> None:
    first = make_block(name="first", n_pool=8)
    check_blocks([first, replace(first, name="second", repeats="first"), replace(first, name="third", repeats="first")])


def test_repetition_under_another_number_of_conditions_is_allowed_where_everybody_gets_all() -> None:
    first = make_block(name="first")
    check_blocks([first, replace(first, name="second", repeats="first", conditions=("relevance",))])


def test_repetition_under_another_number_of_conditions_is_refused_where_stimuli_are_dealt_out() -> None:
    first = make_block(name="first", n_pool=8)
    with pytest.raises(ValueError, match="block 'second' repeats 'first' with other pools or numbers"):
        check_blocks([first, replace(first, name="second", repeats="first", conditions=("relevance",))])


def test_repetition_with_another_pool_is_refused() -> None:
    with pytest.raises(ValueError, match="block 'second' repeats 'first' with other pools or numbers"):
        check_blocks([make_block(name="first"), replace(make_block(name="second", pool="b"), repeats="first")])


@pytest.mark.parametrize("name", ["second", "later", "nowhere"])
def test_repetition_of_no_earlier_block_is_refused(name: str) -> None:
    second = replace(make_block(name="second", pool="b"), repeats=name)
    with pytest.raises(ValueError, match=f"block 'second' repeats '{name}'; expected an earlier block .* of .'first'"):
        check_blocks([make_block(name="first"), second, make_block(name="later", pool="c")])
