"""The report page and results.json."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analysis.exclusions import select_analysed
from analysis.load import load_dataset
from analysis.report import REPORT_FILE, RESULTS_FILE, analyse, build_results, write_report
from analysis.results import Results
from earshot.dataset import PARTICIPANTS_FILE, TRIALS_FILE, DatasetVersion
from earshot.errors import DatasetError
from earshot.protocol import CHANNEL_BY_MASK_MODEL
from tests.designs import condition_fields

Study = Callable[..., Path]
PLANS: dict[str, dict[str, Any]] = {
    "simulated": {"n_participants": 16, "seed": 3, "dropouts": (1,), "refused": 1},
    "floor": {"n_participants": 16, "listeners": "never-wrong-ones"},
    "few": {"n_participants": 6},
    "nobody": {"n_participants": 0, "stage": "closed", "row_stage": "running"},
    "closed": {"n_participants": 16, "seed": 4, "stage": "closed", "row_stage": "running"},
    "pilot": {"n_participants": 8, "seed": 4, "stage": "pilot", "row_stage": "pilot"},
    "running": {"n_participants": 8, "stage": "running", "row_stage": "running", "monitoring": True},
}
BANNERS = {
    "simulated": "SIMULATED: no person took part",
    "floor": "SIMULATED: no person took part",
    "few": "SIMULATED: no person took part",
    "pilot": "PILOT: not confirmatory",
    "running": "RUNNING: interim, nothing is compared",
    "closed": None,
    "nobody": None,
}


@pytest.fixture(scope="module")
def reports(study_zip: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict[str, Any]]]:
    """Page and results of each plan."""
    found = {}
    for name, plan in PLANS.items():
        out = tmp_path_factory.mktemp("report") / "out"
        write_report(study_zip(**plan), out=out)
        assert sorted(path.name for path in out.iterdir()) == [REPORT_FILE, RESULTS_FILE]
        found[name] = ((out / REPORT_FILE).read_text(), json.loads((out / RESULTS_FILE).read_text()))
    return found


class Links(HTMLParser):
    """Collects whatever a browser would fetch, and checks that elements are closed in order."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]
        assert tag not in ("script", "iframe", "object")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", PLANS)
def test_the_page_is_well_formed_and_asks_for_nothing_outside(reports: Any, name: str) -> None:
    page, _ = reports[name]
    links = Links()
    links.feed(page)
    assert links.open == []
    assert all(link.startswith(("#", "data:")) for link in links.fetched)
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)


@pytest.mark.parametrize("name", PLANS)
def test_the_stage_stands_on_the_page_and_in_the_results(reports: Any, name: str) -> None:
    page, results = reports[name]
    banner = BANNERS[name]
    assert results["banner"] == banner
    assert (f"<span>{banner}</span>" in page) == (banner is not None)
    assert ('class="banner"' in page) == (banner is not None)


@pytest.mark.parametrize("name", PLANS)
def test_results_fit_their_schema_and_hold_no_nan(reports: Any, name: str) -> None:
    _, results = reports[name]
    assert Results.model_validate(results).model_dump(mode="json") == results
    assert "NaN" not in json.dumps(results)


@pytest.mark.parametrize("name", PLANS)
def test_no_p_is_zero_and_nothing_is_called_no_difference(reports: Any, name: str) -> None:
    page, results = reports[name]
    text = page + json.dumps(results["notes"]) + results["sentence"]
    assert not re.search(r"\bp = \.?0?\.?0+\b(?!\d)", text)
    assert "no difference" not in text.lower()
    assert "nan" not in re.sub(r"<[^>]*>", " ", page).lower().split()


def test_a_simulated_report_says_so_in_the_sentence_and_lists_its_parameters(reports: Any) -> None:
    page, results = reports["simulated"]
    assert results["sentence"].startswith("Simulated: ")
    assert results["simulation"] == {"effect": 0.0, "seed": 3, "listeners": "model"}
    assert "<dt>listeners</dt><dd>model</dd>" in page


def test_what_users_wrote_is_escaped(reports: Any) -> None:
    page, results = reports["closed"]
    assert results["title"] == "Spoken digits: <seen> & heard"
    assert "Spoken digits: &lt;seen&gt; &amp; heard" in page
    assert "<seen>" not in page


def test_the_estimated_report_has_every_part(reports: Any) -> None:
    page, results = reports["closed"]
    assert results["verdict"] in ("sound_adds_more", "picture_adds_more", "no_evidence")
    primary = results["primary"]
    assert primary["decided_by"] == "mixed model"
    assert primary["p"] == primary["log_odds"]["p"]
    assert primary["log_odds"]["interval"][0] < primary["log_odds"]["estimate"] < primary["log_odds"]["interval"][1]
    assert primary["risk"]["interval"][0] < primary["risk"]["estimate"] < primary["risk"]["interval"][1]
    assert results["secondary"]["predictions"] == "right"
    assert len(results["cells"]) == 8
    assert {score["strategy"] for score in results["strategies"]} == {
        "truth-namer",
        "uniform guesser",
        "best constant answer",
        "previous-answer rule",
    }
    assert results["model"]["formula"] == CHANNEL_BY_MASK_MODEL
    assert len(results["model"]["coefficients"]) == 8
    assert len(results["model"]["variance_components"]) == 8
    assert results["scope"] == {
        "n_participants": 16,
        "n_networks": 1,
        "n_stimuli_wrong": 12,
        "n_stimuli_right": 12,
        "n_speakers": 4,
    }
    for part in ("Needs no understanding", "naming the spoken word is correct without any understanding", "glmmTMB("):
        assert part in page
    for sha256 in (results["provenance"][key] for key in ("protocol_sha256", "bundle_sha256", "dataset_sha256")):
        assert sha256 in page


def test_a_monitoring_report_shows_the_flow_and_compares_nothing(reports: Any) -> None:
    page, results = reports["running"]
    assert results["verdict"] == "not_estimable"
    assert "still open" in results["sentence"]
    assert results["cells"] == results["strategies"] == results["sensitivity"] == []
    assert results["model"] is None
    assert results["primary"]["p"] is results["primary"]["log_odds"] is results["primary"]["risk"] is None
    assert [step["n"] for step in results["flow"]] == [8] * 4
    assert all(step["by_arm"] is None for step in results["flow"])
    assert results["arms"] == []
    assert "Accuracy by condition" not in page
    assert "<figure>" not in page


def test_few_participants_have_a_reason_and_descriptives_all_the_same(reports: Any) -> None:
    page, results = reports["few"]
    assert results["verdict"] == "not_estimable"
    assert "3 participants answered a main trial by picture" in results["primary"]["reason_not_estimable"]
    assert all(cell["accuracy"] is not None for cell in results["cells"])
    assert results["sensitivity"] == []
    assert "<figure>" in page


def test_a_study_without_anybody_is_reported(reports: Any) -> None:
    page, results = reports["nobody"]
    assert results["verdict"] == "not_estimable"
    assert all(cell["accuracy"] is None for cell in results["cells"])
    assert "Nothing to draw" in page


def test_a_floor_prints_the_permutation_and_calls_odds_unstable(reports: Any) -> None:
    page, results = reports["floor"]
    assert results["primary"]["decided_by"] == "participant permutation"
    assert results["primary"]["permutation"]["n_permutations"] == 9999
    assert results["primary"]["permutation"]["n_kept"] == {"picture": 8, "sound": 8}
    assert results["primary"]["permutation"]["n_dropped"] == {"picture": 0, "sound": 0}
    assert results["primary"]["log_odds"] is None
    assert results["model"]["converged"] is False
    assert all(c["se"] is None for c in results["model"]["coefficients"])
    assert "Odds of wrong predictions are unstable" in page
    assert "participant permutation" not in {row["name"] for row in results["sensitivity"]}


def test_whom_the_permutation_drops_is_counted_and_said(study_zip: Study, tmp_path: Path) -> None:
    path = study_zip(n_participants=24, listeners="never-wrong-ones", dropouts=tuple(range(12)))
    trials = select_analysed(load_dataset(path)).trials
    wrong = trials[~trials["model_correct"]]
    both = wrong.groupby("subject_id")["mask"].nunique().reindex(trials["subject_id"].unique(), fill_value=0) == 2
    assert not both.all(), "the plan has somebody to drop"
    results = write_report(path, out=tmp_path)
    permutation = results.primary.permutation
    assert permutation
    assert sum(permutation.n_kept.values()) == both.sum()
    assert sum(permutation.n_dropped.values()) == (~both).sum()
    (note,) = [note for note in results.notes if "leaves out" in note]
    assert f"{permutation.n_dropped['sound']} of 12 by sound" in note
    assert note in (tmp_path / REPORT_FILE).read_text()


def test_secondary_odds_are_called_unstable_where_a_right_cell_is_near_its_limit(
    study_zip: Study, tmp_path: Path
) -> None:
    path = study_zip(n_participants=40, seed=4, betas=(2.0, 0.0, 0.0, 5.0), sds=(0.3, 0.3, 0.1))
    results = write_report(path, out=tmp_path)
    assert results.primary.decided_by == "mixed model"
    assert results.primary.log_odds
    assert not results.primary.log_odds.unstable
    assert results.secondary.log_odds
    assert results.secondary.log_odds.unstable
    assert all("right predictions" in cell for cell in results.secondary.extreme_cells)
    assert "Odds of right predictions are unstable" in (tmp_path / REPORT_FILE).read_text()


def test_a_damaged_export_is_refused_and_nothing_is_written(study_zip: Study, tmp_path: Path) -> None:
    path = study_zip(n_participants=4)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DatasetError):
        write_report(damaged, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_older_report_is_replaced_and_other_files_stay(study_zip: Study, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / REPORT_FILE).write_text("older")
    write_report(study_zip(n_participants=6), out=tmp_path)
    assert (tmp_path / REPORT_FILE).read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", REPORT_FILE, RESULTS_FILE]


def test_a_file_as_folder_is_refused(study_zip: Study, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(DatasetError, match="which is a file"):
        write_report(study_zip(n_participants=6), out=tmp_path / "x")


def test_a_protocol_with_another_model_is_refused(study_zip: Study) -> None:
    dataset = load_dataset(study_zip(n_participants=6))
    protocol = dataset.protocol.model_copy(update={"model": "correct ~ channel + (1|participant)"})
    other = replace(dataset, protocols={1: protocol})
    with pytest.raises(DatasetError, match="report with the Earshot that froze it"):
        analyse(other)


def test_the_same_export_gives_the_same_bytes(study_zip: Study, tmp_path: Path) -> None:
    path = study_zip(n_participants=8, seed=4)
    for name in ("a", "b"):
        write_report(path, out=tmp_path / name)
    for name in (REPORT_FILE, RESULTS_FILE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


PLAIN_DESIGN = json.dumps(
    {
        "conditions": [
            condition_fields(channel, "relevance", given="nothing", ask_perceived_label=True)
            for channel in ("picture", "sound")
        ],
        "arms": [{"name": name, "conditions": [f"{name}-relevance"]} for name in ("picture", "sound")],
        "analysis": {
            "estimand": "the plain difference",
            "primary": {"name": "sound minus picture", "weights": {"sound-relevance": 1, "picture-relevance": -1}},
        },
        "exclusions": [{"rule": "incomplete"}],
    }
)


def test_a_design_with_another_contrast_is_described_and_not_estimated(study_zip: Study, tmp_path: Path) -> None:
    results = write_report(study_zip(n_participants=12, dropouts=(3,), design=PLAIN_DESIGN), out=tmp_path)
    page = (tmp_path / REPORT_FILE).read_text()
    assert results.verdict == "not_estimated"
    assert results.sentence.startswith("Simulated: This version of Earshot does not estimate the declared primary")
    assert any("cannot tell the channel of an explanation apart" in note for note in results.notes)
    assert (results.primary.p, results.model, results.provenance.r_call) == (None, None, None)
    assert [*results.cells, *results.strategies, *results.sensitivity] == []
    assert [(one.condition, one.predictions) for one in results.conditions] == [
        ("picture-relevance", "wrong"),
        ("sound-relevance", "wrong"),
        ("picture-relevance", "right"),
        ("sound-relevance", "right"),
    ]
    assert all(one.strategies["truth-namer"] == (one.predictions == "right") for one in results.conditions)
    assert [(rule.rule, rule.n) for rule in results.exclusions] == [("not all main trials answered", 1)]
    assert results.estimand == "Declared estimand: the plain difference"
    assert "Not estimated by this version" in page
    assert "glmmTMB" not in page
    links = Links()
    links.feed(page)
    assert links.open == []


def test_other_versions_of_a_study_are_left_out_and_counted(study_zip: Study) -> None:
    dataset = load_dataset(study_zip(n_participants=12, seed=4))
    participants = dataset.participants.assign(version=[2] * 8 + [1] * 4).astype({"version": "Int64"})
    version_of = participants.set_index("subject_id")["version"]
    trials = dataset.trials.assign(version=dataset.trials["subject_id"].map(version_of))
    versions = [DatasetVersion(number=number, protocol_sha256="a" * 64) for number in (1, 2)]
    two = replace(
        dataset,
        tables={TRIALS_FILE: trials, PARTICIPANTS_FILE: participants},
        provenance=dataset.provenance.model_copy(update={"versions": versions}),
        protocols={1: dataset.protocol, 2: dataset.protocol.model_copy(update={"version": 2})},
    )
    results = build_results(two, analysis=analyse(two))
    assert results.n_other_version_left_out == 4
    assert results.scope.n_participants == 8
    assert results.flow[0].n == 8


def test_declared_exclusions_make_a_per_protocol_line_and_change_no_verdict(study_zip: Study, tmp_path: Path) -> None:
    plan = {"n_participants": 16, "seed": 4, "dropouts": (1,)}
    whole = write_report(study_zip(**plan), out=tmp_path / "a")
    rules = json.dumps({"exclusions": [{"rule": "incomplete"}]})
    ruled = write_report(study_zip(**plan, design=rules), out=tmp_path / "b")
    assert ruled.sensitivity[:-1] == whole.sensitivity
    assert ruled.sensitivity[-1].name.startswith("per protocol")
    assert "15 participants" in ruled.sensitivity[-1].note
    assert ruled.sentence == whole.sentence


def test_signs_are_printed_with_their_rules_and_leave_nobody_out(
    reports: dict[str, tuple[str, dict[str, Any]]],
) -> None:
    page, results = reports["simulated"]
    assert "Signs of careless or automated answers" in page
    signs = {one["flag"]: one for one in results["flags"]}
    assert signs["too fast"]["subjects"] == []
    assert signs["looked elsewhere"]["subjects"] is None  # the plan stores no circumstances
    assert "not recorded" in page
    for one in signs.values():
        assert one["rule"] in page.replace("&#39;", "'")
    page, results = reports["running"]
    assert results["flags"] == []
    assert "Signs of careless" not in page
