"""What a manifest says of how a set was drawn: rules, seed, pairs, and how alike right and wrong ones came out."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from explainer.sections.selection import SelectionSection
from explainer.selection.balance import Balance, find_balance
from explainer.selection.candidates import Candidate
from explainer.selection.chosen import Chosen
from explainer.selection.pairing import CALIPER_KEYS, pair_rules

_N_DECIMALS = 6
_HOW = (
    "Among clips with a fair control, shuffled by the seed: wrong main stimuli one by one, each time of the predicted "
    "label that is rarest so far, then of the rarest true label and speaker, as long as all picked can have partners "
    "of their own within the rules; partners are the right clips nearest in the sum of standardised differences. "
    "Training items have distinct predicted labels and share words where they can. Attention items are the most "
    "confident right clips that are left, one per label in turn."
)


def explain_selection(
    chosen: Chosen, *, candidates: Sequence[Candidate], section: SelectionSection, names: Mapping[int, str]
) -> dict[str, JsonValue]:
    """How a set was drawn and what came of it, in plain values; floats are rounded to 6 decimals.

    Parameters
    ----------
    chosen : Chosen
        As `select_stimuli` gave it for the same candidates and section.
    names : mapping of int to str
        What a chosen candidate is called elsewhere (a stimulus's id), by its index.
    """
    by_index = {one.index: one for one in candidates}
    fair = [one for one in candidates if one.has_fair_control]
    rules = pair_rules(section, candidates=fair)
    after = find_balance([by_index[index] for index in chosen.main], candidates=candidates, pairs=chosen.pairs)
    paired = {index for pair in chosen.pairs for index in pair}
    return {
        "how": _HOW,
        "seed": section.seed,
        "source": section.source,
        "noise_snr_db": section.noise_snr_db,
        "n_per_true_label": section.n_per_true_label,
        "exact": list(rules.exact),
        "calipers": {CALIPER_KEYS[measure]: limit for measure, limit in rules.calipers_sd.items()},
        "sd": {measure: round(sd, _N_DECIMALS) for measure, sd in rules.sds.items()},
        "pairs": [{"right": names[right], "wrong": names[wrong]} for right, wrong in chosen.pairs],
        "unpaired": [names[index] for index in chosen.main if index not in paired],
        "training": [names[index] for index in chosen.training],
        "attention": [names[index] for index in chosen.attention],
        "before_matching": _describe_measures(find_balance(fair, candidates=candidates)),
        "after_matching": _describe_measures(after),
        "wrong_by_predicted_label": dict(after.predicted_label_counts),
    }


def _describe_measures(balance: Balance) -> dict[str, JsonValue]:
    """Standardised differences and what one threshold tells, by measure; empty without right or without wrong ones."""
    return {
        one.measure: {
            "right_mean": round(one.right_mean, _N_DECIMALS),
            "wrong_mean": round(one.wrong_mean, _N_DECIMALS),
            "standardised_difference": round(one.standardised_difference, _N_DECIMALS),
            "threshold_share": None if one.threshold_share is None else round(one.threshold_share, _N_DECIMALS),
        }
        for one in balance.measures
    }
