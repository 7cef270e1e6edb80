"""The report: one self-contained page and `results.json`, from one dataset."""

import platform
from dataclasses import dataclass, field
from importlib import metadata, resources
from pathlib import Path

import jinja2

from analysis import records, wording
from analysis.cells import Cell, describe_cells
from analysis.comparison import Comparison, compare_channels
from analysis.declared import describe_limits, find_unsupported
from analysis.descriptives import ConditionSummary, describe_conditions
from analysis.design_words import describe_design
from analysis.exclusions import AnalysisSet, Exclusion, find_exclusions, select_analysed
from analysis.figures import draw_accuracies
from analysis.flags import find_flags
from analysis.flow import count_flow
from analysis.load import Dataset, load_dataset
from analysis.results import FactRecord, Results, ScopeRecord
from analysis.sensitivity import SensitivityRow, analyse_sensitivity, per_protocol_row
from analysis.strategies import STRATEGIES, StrategyScore, score_strategies
from analysis.verdict import Verdict, decide_verdict
from earshot.errors import DatasetError
from earshot.files import canonical_json, file_written_aside
from earshot.protocol import CHANNEL_BY_MASK_MODEL

REPORT_FILE = "report.html"
RESULTS_FILE = "results.json"

BANNERS = {
    "simulated": "SIMULATED: no person took part",
    "pilot": "PILOT: not confirmatory",
    "running": "RUNNING: interim, nothing is compared",
    "paused": "PAUSED: interim, nothing is compared",
}
_LIBRARIES = ("earshot", "numpy", "pandas", "scipy", "statsmodels", "matplotlib")


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything computed from a dataset, before it is written down.

    In a monitoring export only `analysed` is filled; where the declared contrast is not estimated, `conditions` stand
    in place of cells, strategies and sensitivity.
    """

    analysed: AnalysisSet
    comparison: Comparison
    verdict: Verdict
    exclusions: list[Exclusion] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    strategies: list[StrategyScore] = field(default_factory=list)
    sensitivity: list[SensitivityRow] = field(default_factory=list)
    conditions: list[ConditionSummary] = field(default_factory=list)


def analyse(dataset: Dataset) -> Analysis:
    """All numbers of the report.

    Raises
    ------
    DatasetError
        If the protocol was frozen with another primary model than this version estimates.
    """
    analysed = select_analysed(dataset)
    unsupported = find_unsupported(dataset.protocol.design)
    if dataset.provenance.monitoring:
        reason = "the study is still open, so this export holds no answers; nothing is compared before it is closed"
        return Analysis(analysed, Comparison(decided_by=None, obstacle=reason), Verdict("not_estimable", reason=reason))
    if unsupported:
        return _describe(dataset, analysed=analysed, reason=unsupported)
    return _compare(dataset, analysed=analysed)


def _describe(dataset: Dataset, *, analysed: AnalysisSet, reason: str) -> Analysis:
    """The descriptives of a design whose declared contrast is not estimated."""
    design = dataset.protocol.design
    return Analysis(
        analysed,
        Comparison(decided_by=None, obstacle=reason),
        Verdict("not_estimated", reason=reason),
        exclusions=find_exclusions(analysed, design=design),
        conditions=describe_conditions(analysed.trials, presented=analysed.presented, level=1 - design.analysis.alpha),
    )


def _compare(dataset: Dataset, *, analysed: AnalysisSet) -> Analysis:
    """The comparison of what relevance adds by sound and by picture, and everything beside it."""
    protocol = dataset.protocol
    if protocol.model != CHANNEL_BY_MASK_MODEL:
        raise DatasetError(
            f"the protocol's model is '{protocol.model}'; this version estimates '{CHANNEL_BY_MASK_MODEL}': report "
            "with the Earshot that froze it"
        )
    alpha = protocol.design.analysis.alpha
    cells = describe_cells(analysed.trials, level=1 - alpha)
    comparison = compare_channels(analysed.trials, cells=cells, formula=protocol.model, level=1 - alpha)
    exclusions = find_exclusions(analysed, design=protocol.design)
    return Analysis(
        analysed,
        comparison,
        decide_verdict(comparison, alpha=alpha),
        exclusions=exclusions,
        cells=cells,
        strategies=score_strategies(analysed.trials, presented=analysed.presented),
        sensitivity=_other_ways(analysed, comparison=comparison, exclusions=exclusions, level=1 - alpha),
    )


def _other_ways(
    analysed: AnalysisSet, *, comparison: Comparison, exclusions: list[Exclusion], level: float
) -> list[SensitivityRow]:
    """The sensitivity analyses, without the one that decided; with declared rules the per-protocol one."""
    if comparison.decided_by is None:
        return []
    rows = [row for row in analyse_sensitivity(analysed.trials, level=level) if row.name != comparison.decided_by]
    if exclusions:
        left_out = {subject for exclusion in exclusions for subject in exclusion.subjects}
        kept = analysed.trials[~analysed.trials["subject_id"].isin(list(left_out))]
        rows.append(per_protocol_row(kept, level=level))
    return rows


def build_results(dataset: Dataset, *, analysis: Analysis) -> Results:
    """The analysis as the records of `results.json`."""
    protocol, provenance = dataset.protocol, dataset.provenance
    level = 1 - protocol.design.analysis.alpha
    sentence = wording.verdict_sentence(analysis.verdict, comparison=analysis.comparison, level=level)
    prefix = {"simulated": "Simulated: ", "pilot": "Pilot: "}.get(provenance.stage, "")
    return Results(
        title=provenance.title,
        stage=provenance.stage,
        banner=BANNERS.get(provenance.stage),
        monitoring=provenance.monitoring,
        is_supported=not find_unsupported(protocol.design),
        verdict=analysis.verdict.name,
        sentence=prefix + sentence,
        estimand=_estimand(dataset, analysis=analysis),
        notes=_notes(dataset, analysis=analysis),
        design=[FactRecord(name=name, words=words) for name, words in describe_design(protocol).items()],
        alpha=protocol.design.analysis.alpha,
        interval_level=level,
        scope=_scope(dataset, analysed=analysis.analysed),
        primary=records.primary_record(analysis.comparison, verdict=analysis.verdict),
        secondary=records.stratum_record(
            analysis.comparison.secondary,
            predictions="right",
            extreme_cells=analysis.comparison.unstable_right_cells,
        ),
        cells=records.cell_records(analysis.cells, risks=analysis.comparison.cell_risks),
        conditions=records.condition_records(analysis.conditions),
        strategies=records.strategy_records(analysis.strategies),
        sensitivity=records.sensitivity_records(analysis.sensitivity),
        flow=records.flow_records(count_flow(dataset)),
        arms=records.arm_records(analysis.analysed.arms, protocol=protocol),
        exclusions=records.exclusion_records(analysis.exclusions),
        flags=records.flag_records(
            find_flags(analysis.analysed, participants=dataset.participants, design=protocol.design)
        ),
        n_pilot_left_out=analysis.analysed.n_pilot_left_out,
        n_other_version_left_out=analysis.analysed.n_other_version_left_out,
        model=records.model_record(analysis.comparison.model),
        simulation=provenance.simulation,
        provenance=records.provenance_record(dataset),
        versions={name: metadata.version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
    )


def _estimand(dataset: Dataset, *, analysis: Analysis) -> str:
    if analysis.verdict.name == "not_estimated":
        return f"Declared estimand: {dataset.protocol.design.analysis.estimand}"
    return wording.ESTIMANDS[analysis.comparison.decided_by or "mixed model"]


def _notes(dataset: Dataset, *, analysis: Analysis) -> list[str]:
    """The sentences that must stand with the verdict."""
    notes = wording.verdict_notes(analysis.verdict, comparison=analysis.comparison)
    return notes + (describe_limits(dataset.protocol.design) if analysis.verdict.name == "not_estimated" else [])


def _scope(dataset: Dataset, *, analysed: AnalysisSet) -> ScopeRecord:
    plan = dataset.protocol.plan
    right = {name for block in plan for name in block.right}
    wrong = {name for block in plan for name in block.wrong}
    shown = [stimulus for stimulus in dataset.manifest.stimuli if stimulus.id in right | wrong]
    n_allocated = int(dataset.participants["allocated_at"].notna().sum())
    n_analysed = sum(arm.n_analysed for arm in analysed.arms)
    return ScopeRecord(
        n_participants=n_allocated if dataset.provenance.monitoring else n_analysed,
        n_networks=len({stimulus.network for stimulus in shown}),
        n_stimuli_wrong=len(wrong),
        n_stimuli_right=len(right),
        n_speakers=len({stimulus.speaker for stimulus in shown}),
    )


def draw_figures(dataset: Dataset, *, analysis: Analysis) -> dict[str, str]:
    """Inline SVG by layout; empty when there is no answered trial to draw, or no cell to draw it in."""
    if analysis.analysed.trials.empty or not analysis.cells:
        return {}
    level = 1 - dataset.protocol.design.analysis.alpha
    return {
        layout: draw_accuracies(
            analysis.analysed.trials,
            cells=analysis.cells,
            chance_share=1 / len(dataset.manifest.labels),
            level=level,
            layout=layout,
        )
        for layout in ("wide", "narrow")
    }


_FILTERS = {
    "percent": wording.percent,
    "percent_interval": wording.percent_interval,
    "points": wording.points,
    "points_interval": wording.points_interval,
    "plain": wording.plain,
    "p_value": wording.p_value,
    "ratio": wording.ratio,
    "level": wording.level_name,
}


def render_report(results: Results, *, figures: dict[str, str]) -> str:
    """The page; it asks for nothing outside of itself."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= _FILTERS
    template = resources.files("analysis").joinpath("templates", "report.html.j2").read_text(encoding="utf-8")
    scores = {(s.strategy, s.predictions, s.channel, s.mask): s for s in results.strategies}
    page = environment.from_string(template).render(
        results=results, figures=figures, scores=scores, strategies=list(STRATEGIES)
    )
    return page + "\n"


def write_report(path: Path, *, out: Path) -> Results:
    """Check the export at `path`, analyse it, and write the page and `results.json` into the folder `out`.

    Raises
    ------
    DatasetError
        If the export is not whole, or `out` is a file; nothing is then written.
    """
    if out.exists() and not out.is_dir():
        raise DatasetError(f"--out is {out}, which is a file; name a folder")
    dataset = load_dataset(path)
    analysis = analyse(dataset)
    results = build_results(dataset, analysis=analysis)
    page = render_report(results, figures=draw_figures(dataset, analysis=analysis))
    with file_written_aside(out / REPORT_FILE) as aside:
        aside.write_text(page, encoding="utf-8")
    with file_written_aside(out / RESULTS_FILE) as aside:
        aside.write_bytes(canonical_json(results.model_dump(mode="json")))
    return results
