from explainer.selection.balance import pooled_sds
from explainer.selection.pairing import PairRules
from explainer.selection.shortage import describe_shortage
from tests.explainer.selection.made import candidate

# within each kind the durations have a standard deviation of 100 ms
RIGHT = [candidate(0, duration_ms=400), candidate(1, duration_ms=500), candidate(2, duration_ms=600)]
WRONG = [
    candidate(3, said="9", duration_ms=480),
    candidate(4, said="9", duration_ms=580, speaker="b"),
    candidate(5, said="9", duration_ms=680),
]
SDS = pooled_sds([*RIGHT, *WRONG])


def test_each_rule_is_named_with_the_pairs_there_would_be_without_it() -> None:
    rules = PairRules(exact=("speaker", "true_label"), calipers_sd={"duration_ms": 0.3}, sds=SDS)
    # 480 is within 30 ms of 500, 580 of 600 but of another speaker, 680 of nothing
    assert describe_shortage(RIGHT, wrong=WRONG, n_wanted=2, rules=rules) == (
        "2 without 'speaker' in selection.exact; 1 without 'true_label' in selection.exact; "
        "2 without selection.calipers.duration_sd = 0.3, where 0.80 would do"
    )


def test_caliper_that_would_not_do_alone_is_given_no_value() -> None:
    rules = PairRules(exact=("speaker",), calipers_sd={"duration_ms": 0.3, "confidence": 1.0}, sds=SDS)
    told = describe_shortage(RIGHT, wrong=WRONG, n_wanted=3, rules=rules)
    assert "would do" not in told
    assert "2 without selection.calipers.duration_sd = 0.3; " in told
    assert "1 without selection.calipers.confidence_sd = 1; " in told
    assert told.endswith("2 without any caliper")


def test_caliper_that_would_do_is_the_smallest_in_hundredths() -> None:
    rules = PairRules(exact=(), calipers_sd={"duration_ms": 0.1}, sds={**SDS, "duration_ms": 100.0})
    told = describe_shortage(RIGHT, wrong=WRONG, n_wanted=3, rules=rules)
    # 480, 580 and 680 lie 80 ms above 400, 500 and 600
    assert told == "3 without selection.calipers.duration_sd = 0.1, where 0.80 would do"


def test_pairs_are_counted_by_label_where_each_label_is_wanted_equally_often() -> None:
    rules = PairRules(exact=("true_label",), calipers_sd={}, sds=SDS, n_per_true_label=2)
    right = [*RIGHT, candidate(6, true="1")]
    told = describe_shortage(right, wrong=[*WRONG, candidate(7, true="1", said="9")], n_wanted=4, rules=rules)
    assert told == "by true label '0' 2, '1' 1"
