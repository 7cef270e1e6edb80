"""The report: one self-contained page and `results.json`, from one dataset."""

import platform
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

import jinja2

from analysis import records, wording
from analysis.cells import Cell, describe_cells
from analysis.comparison import Comparison, compare_channels
from analysis.exclusions import AnalysisSet, select_analysed
from analysis.figures import draw_accuracies
from analysis.flow import count_flow
from analysis.load import Dataset, load_dataset
from analysis.results import Results, ScopeRecord
from analysis.sensitivity import SensitivityRow, analyse_sensitivity
from analysis.strategies import STRATEGIES, StrategyScore, score_strategies
from analysis.verdict import Verdict, decide_verdict
from earshot.errors import DatasetError
from earshot.files import canonical_json, file_written_aside
from earshot.protocol import PRIMARY_MODEL, Protocol

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

    In a monitoring export only `analysed` is filled: cells, strategies and sensitivity are empty.
    """

    analysed: AnalysisSet
    cells: list[Cell]
    strategies: list[StrategyScore]
    comparison: Comparison
    verdict: Verdict
    sensitivity: list[SensitivityRow]


def analyse(dataset: Dataset) -> Analysis:
    """All numbers of the report.

    Raises
    ------
    DatasetError
        If the protocol was frozen with another primary model than this version estimates.
    """
    protocol = dataset.protocol
    if protocol.model != PRIMARY_MODEL:
        raise DatasetError(
            f"the protocol's model is '{protocol.model}'; this version estimates '{PRIMARY_MODEL}': report with the "
            "Earshot that froze it"
        )
    analysed = select_analysed(dataset)
    if dataset.provenance.monitoring:
        reason = "the study is still running, so this export holds no answers; nothing is compared before it is closed"
        comparison = Comparison(decided_by=None, obstacle=reason)
        return Analysis(analysed, [], [], comparison, Verdict("not_estimable", reason=reason), [])
    alpha = protocol.design.analysis.alpha
    cells = describe_cells(analysed.trials, level=1 - alpha)
    comparison = compare_channels(analysed.trials, cells=cells, formula=protocol.model, level=1 - alpha)
    return Analysis(
        analysed=analysed,
        cells=cells,
        strategies=score_strategies(analysed.trials, presented=analysed.presented),
        comparison=comparison,
        verdict=decide_verdict(comparison, alpha=alpha),
        sensitivity=_other_ways(analysed, comparison=comparison, level=1 - alpha),
    )


def _other_ways(analysed: AnalysisSet, *, comparison: Comparison, level: float) -> list[SensitivityRow]:
    """The sensitivity analyses, without the one that decided."""
    if comparison.decided_by is None:
        return []
    return [row for row in analyse_sensitivity(analysed.trials, level=level) if row.name != comparison.decided_by]


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
        verdict=analysis.verdict.name,
        sentence=prefix + sentence,
        estimand=wording.ESTIMANDS[analysis.comparison.decided_by or "mixed model"],
        notes=wording.verdict_notes(analysis.verdict, comparison=analysis.comparison),
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
        strategies=records.strategy_records(analysis.strategies),
        sensitivity=records.sensitivity_records(analysis.sensitivity),
        flow=records.flow_records(count_flow(dataset)),
        arms=records.arm_records(analysis.analysed.arms, protocol=protocol),
        n_pilot_left_out=analysis.analysed.n_pilot_left_out,
        model=records.model_record(analysis.comparison.model),
        simulation=provenance.simulation,
        provenance=records.provenance_record(dataset),
        versions={name: metadata.version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
    )


def _scope(dataset: Dataset, *, analysed: AnalysisSet) -> ScopeRecord:
    plan = dataset.protocol.plan
    shown = {*plan.right, *plan.wrong}
    return ScopeRecord(
        n_participants=sum(arm.n_analysed for arm in analysed.arms),
        n_stimuli_wrong=len(plan.wrong),
        n_stimuli_right=len(plan.right),
        n_speakers=len({stimulus.speaker for stimulus in dataset.manifest.stimuli if stimulus.id in shown}),
    )


def draw_figures(dataset: Dataset, *, analysis: Analysis) -> dict[str, str]:
    """Inline SVG by layout; empty when there is no answered trial to draw."""
    if analysis.analysed.trials.empty:
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


def render_report(results: Results, *, protocol: Protocol, figures: dict[str, str]) -> str:
    """The page; it asks for nothing outside of itself."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= _FILTERS
    template = resources.files("analysis").joinpath("templates", "report.html.j2").read_text(encoding="utf-8")
    scores = {(s.strategy, s.predictions, s.channel, s.mask): s for s in results.strategies}
    page = environment.from_string(template).render(
        results=results, design=protocol.design, figures=figures, scores=scores, strategies=list(STRATEGIES)
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
    page = render_report(results, protocol=dataset.protocol, figures=draw_figures(dataset, analysis=analysis))
    with file_written_aside(out / REPORT_FILE) as aside:
        aside.write_text(page, encoding="utf-8")
    with file_written_aside(out / RESULTS_FILE) as aside:
        aside.write_bytes(canonical_json(results.model_dump(mode="json")))
    return results
