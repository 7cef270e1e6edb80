from explainer.selection.attention_items import pick_attention
from tests.explainer.selection.made import candidate


def test_clearest_of_each_label_come_in_turn() -> None:
    right = [
        candidate(0, true="0", confidence=0.99),
        candidate(1, true="0", confidence=0.98),
        candidate(2, true="1", confidence=0.7),
        candidate(3, true="1", confidence=0.6),
        candidate(4, true="2", confidence=0.9),
    ]
    assert [one.index for one in pick_attention(right, n_wanted=5)] == [0, 4, 2, 1, 3]
    assert [one.index for one in pick_attention(right, n_wanted=2)] == [0, 4]


def test_equally_clear_ones_come_in_the_order_given() -> None:
    right = [candidate(index) for index in (5, 3, 4)]
    assert [one.index for one in pick_attention(right, n_wanted=2)] == [5, 3]


def test_what_is_not_there_is_not_given() -> None:
    assert pick_attention([candidate(0)], n_wanted=3) == [candidate(0)]
