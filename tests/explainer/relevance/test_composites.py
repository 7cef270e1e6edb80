"""Which layer gets which rule, and layer maps that are refused."""

import pytest
from torch import nn

from earshot.errors import RecipeError
from explainer.networks.architectures import make_network
from explainer.relevance.composites import COMPOSITES, composite_rules, describe_composite, describe_layer_map
from explainer.relevance.composites import layer_map_rules as find_rules
from explainer.relevance.plain import plain_copy
from explainer.relevance.rules import Epsilon, Flat, Gamma, Norm, Pass, Winner, ZPlus


def _network() -> nn.Sequential:
    return nn.Sequential(
        nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.MaxPool1d(2)),
        nn.Conv1d(2, 2, 3),
        nn.GELU(),
        nn.AvgPool1d(2),
        nn.Flatten(),
        nn.Linear(4, 2),
    )


_WHOLE = [("0.0", "flat"), ("Conv1d", "gamma"), ("GELU", "pass"), ("Linear", "epsilon")]


def test_composite_covers_every_layer() -> None:
    rules = composite_rules(plain_copy(make_network("resnet-small", n_labels=2, seed=1)), name="epsilon-plus-flat")
    assert rules["convolution"] == Flat()
    assert rules["stage1block1.main.convolution1"] == ZPlus()
    assert rules["stage1block1.sum"] == Norm()
    assert rules["pool"] == Winner()
    assert rules["average"] == Norm()
    assert rules["relu"] == Pass()
    assert rules["dense"] == Epsilon()


def test_first_layer_may_be_dense() -> None:
    rules = composite_rules(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), name="epsilon-plus-flat")
    assert rules == {"0": Flat(), "1": Epsilon()}


def test_composite_names_a_layer_it_has_no_rule_for() -> None:
    with pytest.raises(
        RecipeError, match=r"composite 'epsilon' has no rule for layer '2' \(GELU\); give the network a"
    ):
        composite_rules(_network(), name="epsilon")


def test_unknown_composite_is_refused() -> None:
    with pytest.raises(RecipeError, match="composite is 'deeplift'; expected one of epsilon, epsilon-alpha2-beta1"):
        describe_composite("deeplift")


@pytest.mark.parametrize("name", COMPOSITES)
def test_description_names_rules_and_batch_norm(name: str) -> None:
    assert describe_composite(name).startswith(f"{name}: ")
    assert describe_composite(name).endswith("batch norm folded")


def test_description_is_that_of_the_rules() -> None:
    assert describe_composite("epsilon-plus-flat") == (
        "epsilon-plus-flat: flat in the first layer, z-plus in convolutions, epsilon in dense layers; batch norm folded"
    )
    assert describe_layer_map(_WHOLE[1:3]) == "layer map: Conv1d gamma, GELU pass; batch norm folded"


def test_first_entry_that_names_a_layer_counts() -> None:
    rules = find_rules(_network(), layer_map=_WHOLE)
    assert rules == {
        "0.0": Flat(),
        "0.1": Pass(),
        "0.2": Winner(),
        "1": Gamma(),
        "2": Pass(),
        "3": Norm(),
        "4": Pass(),
        "5": Epsilon(),
    }


@pytest.mark.parametrize(
    ("layer_map", "message"),
    [
        (_WHOLE[:-1], r"no rule for layer '5' \(Linear\); add an entry that names it"),
        ([*_WHOLE[:2], _WHOLE[3]], r"no rule for layer '2' \(GELU\)"),
        ([("Conv3d", "flat"), *_WHOLE], "names 'Conv3d', which is no layer, class or family"),
        ([("0.0", "zplus"), *_WHOLE[1:]], "gives '0.0' the rule 'zplus'; expected one of epsilon,"),
        ([("0.0", "pass"), *_WHOLE[1:]], r"gives layer '0.0' \(Conv1d\) the rule 'pass', which shares nothing"),
    ],
)
def test_layer_map_that_does_not_fit_is_refused(layer_map: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        find_rules(_network(), layer_map=layer_map)


@pytest.mark.parametrize("wide", ["Module", "AnyLinear", "AnyConvolution", "_ConvNd", "Conv1d"])
def test_entry_that_swallows_a_later_one_is_refused(wide: str) -> None:
    layer_map = [(wide, "epsilon"), *_WHOLE]
    with pytest.raises(RecipeError, match=rf"entry '{wide}' swallows layer '0.0' \(Conv1d\), which the later entry '0"):
        find_rules(_network(), layer_map=layer_map)


def test_family_may_stand_behind_its_members() -> None:
    rules = find_rules(_network(), layer_map=[("Conv1d", "z-plus"), ("GELU", "pass"), ("AnyLinear", "epsilon")])
    assert (rules["0.0"], rules["5"]) == (ZPlus(), Epsilon())
