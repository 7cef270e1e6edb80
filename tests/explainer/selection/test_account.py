import json

import pytest

from earshot.files import canonical_json
from explainer.selection.account import explain_selection
from explainer.selection.balance import find_balance, pooled_sds
from explainer.selection.chosen import select_stimuli
from tests.explainer.selection.made import plenty, section

MADE = plenty(unfair_every=7)
SECTION = section(n_right=13, n_attention=2, seed=4, calipers={"confidence_sd": "off"}, noise_snr_db=6)
CHOSEN = select_stimuli(MADE, section=SECTION)
NAMES = {index: f"clip-{index}" for index in (*CHOSEN.main, *CHOSEN.training, *CHOSEN.attention)}
ACCOUNT = explain_selection(CHOSEN, candidates=MADE, section=SECTION, names=NAMES)


def test_account_names_seed_rules_and_source() -> None:
    assert ACCOUNT["seed"] == 4
    assert ACCOUNT["source"] == "heldout-speakers"
    assert ACCOUNT["noise_snr_db"] == 6
    assert ACCOUNT["exact"] == []
    assert ACCOUNT["calipers"] == {"duration_sd": 1.0, "energy_kept_sd": 1.0}
    fair = [one for one in MADE if one.has_fair_control]
    assert ACCOUNT["sd"] == pytest.approx(pooled_sds(fair), abs=1e-6)  # rounded to six decimals


def test_account_names_every_stimulus_once_by_its_role() -> None:
    pairs = ACCOUNT["pairs"]
    assert isinstance(pairs, list)
    assert pairs == [{"right": f"clip-{right}", "wrong": f"clip-{wrong}"} for right, wrong in CHOSEN.pairs]
    assert len(pairs) == 12
    (unpaired,) = {*CHOSEN.main} - {index for pair in CHOSEN.pairs for index in pair}
    assert ACCOUNT["unpaired"] == [f"clip-{unpaired}"]
    assert ACCOUNT["training"] == [f"clip-{index}" for index in CHOSEN.training]
    assert ACCOUNT["attention"] == [f"clip-{index}" for index in CHOSEN.attention]


def test_account_has_the_differences_before_and_after() -> None:
    before, after = ACCOUNT["before_matching"], ACCOUNT["after_matching"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert list(before) == list(after) == ["duration_ms", "energy_kept_share", "confidence"]
    duration = find_balance([MADE[index] for index in CHOSEN.main], candidates=MADE, pairs=CHOSEN.pairs).measures[0]
    assert after["duration_ms"] == {
        "right_mean": duration.right_mean,
        "wrong_mean": duration.wrong_mean,
        "standardised_difference": duration.standardised_difference,
        "threshold_share": duration.threshold_share,
    }
    counts = ACCOUNT["wrong_by_predicted_label"]
    assert isinstance(counts, dict)
    assert sorted(counts) == list("0123456789")


def test_account_is_plain_json() -> None:
    assert json.loads(canonical_json(ACCOUNT)) == ACCOUNT


def test_account_of_one_kind_alone_has_no_differences() -> None:
    alone = section(n_right=3, n_wrong=0, n_training=0)
    chosen = select_stimuli(MADE, section=alone)
    account = explain_selection(
        chosen, candidates=MADE, section=alone, names={index: str(index) for index in chosen.main}
    )
    assert account["after_matching"] == {}
    assert account["pairs"] == []
