"""From computed numbers to the records of `results.json`: NaN becomes null."""

import math
from collections.abc import Iterable
from typing import Literal

from analysis.cells import Cell
from analysis.comparison import CellRisk, Comparison, RiskDifference, StratumContrast
from analysis.declared import find_unsupported
from analysis.descriptives import ConditionSummary
from analysis.exclusions import ArmCount, Exclusion
from analysis.flags import Flag
from analysis.flow import FlowStep
from analysis.load import Dataset
from analysis.mixed.result import Contrast, MixedResult
from analysis.permutation import Permutation
from analysis.repeat import r_call, report_command
from analysis.results import (
    ArmRecord,
    CellRecord,
    CoefficientRecord,
    ConditionRecord,
    ExclusionRecord,
    FlagRecord,
    FlowRecord,
    GainRecord,
    Interval,
    ModelRecord,
    NetworkRecord,
    OddsRecord,
    PermutationRecord,
    PrimaryRecord,
    ProvenanceRecord,
    RiskRecord,
    SensitivityRecord,
    StrategyRecord,
    StratumRecord,
    VarianceRecord,
)
from analysis.sensitivity import SensitivityRow
from analysis.strategies import StrategyScore
from analysis.verdict import Verdict
from earshot.protocol import Protocol

ENGINE = "analysis.mixed (Laplace approximation, exact gradient)"


def known(value: float) -> float | None:
    """The number, or None for NaN and infinities."""
    return value if math.isfinite(value) else None


def known_interval(interval: tuple[float, float]) -> Interval | None:
    """The interval, or None when an end is unknown."""
    return interval if all(map(math.isfinite, interval)) else None


def stratum_name(model_correct: bool) -> Literal["wrong", "right"]:
    """The predictions a stratum holds."""
    return "right" if model_correct else "wrong"


def odds_record(contrast: Contrast | None, *, unstable: bool) -> OddsRecord | None:
    """A contrast of the model with its odds ratio."""
    if contrast is None:
        return None
    low, high = contrast.interval
    return OddsRecord(
        estimate=contrast.estimate,
        se=contrast.standard_error,
        df=contrast.df,
        t=contrast.t,
        p=contrast.p,
        interval=contrast.interval,
        odds_ratio=_exp(contrast.estimate),
        odds_ratio_interval=(_exp(low), _exp(high)),
        unstable=unstable,
    )


def _exp(log_odds: float) -> float | None:
    """An odds ratio; None where it exceeds what a float holds."""
    return math.exp(log_odds) if log_odds < 700 else None


def risk_record(risk: RiskDifference | None) -> RiskRecord | None:
    """A difference of differences of accuracies."""
    if risk is None or not math.isfinite(risk.estimate):
        return None
    return RiskRecord(
        estimate=risk.estimate,
        se=known(risk.standard_error),
        df=known(risk.df),
        interval=known_interval(risk.interval),
        method=risk.method,
    )


def gain_records(contrast: StratumContrast | None) -> list[GainRecord]:
    """What relevance adds by each channel."""
    known_risks = [(gain.channel, risk_record(gain.risk)) for gain in contrast.gains] if contrast else []
    return [GainRecord(channel=channel, **risk.model_dump()) for channel, risk in known_risks if risk is not None]


def stratum_record(
    contrast: StratumContrast | None, *, predictions: Literal["wrong", "right"], extreme_cells: Iterable[str]
) -> StratumRecord:
    """The contrast within one stratum; its odds are unstable when it has extreme cells."""
    cells = list(extreme_cells)
    return StratumRecord(
        predictions=predictions,
        log_odds=odds_record(contrast.log_odds, unstable=bool(cells)) if contrast else None,
        risk=risk_record(contrast.risk) if contrast else None,
        gains=gain_records(contrast),
        extreme_cells=cells,
    )


def permutation_record(permutation: Permutation | None) -> PermutationRecord | None:
    """The permutation, with the participants it rests on."""
    if permutation is None:
        return None
    return PermutationRecord(
        p=permutation.p,
        n_permutations=permutation.n_permutations,
        seed=permutation.seed,
        n_kept={count.channel: count.n_kept for count in permutation.counts},
        n_dropped={count.channel: count.n_dropped for count in permutation.counts},
    )


def primary_record(comparison: Comparison, *, verdict: Verdict) -> PrimaryRecord:
    """The contrast that decides, with what decided."""
    stratum = stratum_record(comparison.primary, predictions="wrong", extreme_cells=comparison.extreme_cells)
    return PrimaryRecord(
        predictions="wrong",
        log_odds=stratum.log_odds,
        risk=stratum.risk,
        gains=stratum.gains,
        extreme_cells=stratum.extreme_cells,
        decided_by=comparison.decided_by,
        p=comparison.p,
        reason_not_estimable=comparison.obstacle or None,
        depends_on_scale=verdict.depends_on_scale,
        permutation=permutation_record(comparison.permutation),
    )


def cell_records(cells: list[Cell], *, risks: Iterable[CellRisk]) -> list[CellRecord]:
    """Cells with the model's accuracies beside the observed ones."""
    fitted = {(risk.channel, risk.mask, risk.model_correct): risk for risk in risks}
    found = []
    for cell in cells:
        risk = fitted.get((cell.channel, cell.mask, cell.model_correct))
        found.append(
            CellRecord(
                channel=cell.channel,
                mask=cell.mask,
                predictions=stratum_name(cell.model_correct),
                n_participants=cell.n_participants,
                n_stimuli=cell.n_stimuli,
                n_trials=cell.n_trials,
                n_correct=cell.n_correct,
                accuracy=known(cell.accuracy),
                interval=known_interval(cell.interval),
                model_accuracy=risk.risk if risk else None,
                model_interval=known_interval(risk.interval) if risk else None,
            )
        )
    return found


def condition_records(summaries: Iterable[ConditionSummary]) -> list[ConditionRecord]:
    """Conditions of a design that is described alone."""
    return [
        ConditionRecord(
            block=one.block,
            condition=one.condition,
            task=one.task,
            predictions=stratum_name(one.model_correct),
            n_participants=one.n_participants,
            n_stimuli=one.n_stimuli,
            n_trials=one.n_trials,
            n_correct=one.n_correct,
            accuracy=known(one.accuracy),
            interval=known_interval(one.interval),
            strategies=one.strategies,
        )
        for one in summaries
    ]


def exclusion_records(exclusions: Iterable[Exclusion]) -> list[ExclusionRecord]:
    """The declared rules with their numbers."""
    return [ExclusionRecord(rule=one.words, n=len(one.subjects)) for one in exclusions]


def strategy_records(scores: list[StrategyScore]) -> list[StrategyRecord]:
    """Scores of the strategies that understand nothing."""
    return [
        StrategyRecord(
            strategy=score.strategy,
            predictions=stratum_name(score.model_correct),
            channel=score.channel,
            mask=score.mask,
            n_trials=score.n_trials,
            accuracy=score.accuracy,
            note=score.note,
        )
        for score in scores
    ]


def sensitivity_records(rows: list[SensitivityRow]) -> list[SensitivityRecord]:
    """Other ways to the primary contrast."""
    return [
        SensitivityRecord(
            name=row.name,
            scale=row.scale,
            estimate=known(row.estimate),
            interval=known_interval(row.interval),
            p=known(row.p),
            note=row.note,
        )
        for row in rows
    ]


def flag_records(flags: Iterable[Flag]) -> list[FlagRecord]:
    """Signs of careless or automated answers."""
    return [
        FlagRecord(flag=one.name, rule=one.rule, subjects=None if one.subjects is None else sorted(one.subjects))
        for one in flags
    ]


def flow_records(steps: list[FlowStep]) -> list[FlowRecord]:
    """The participant flow."""
    return [FlowRecord(step=step.name, n=step.n, by_arm=step.by_arm) for step in steps]


def arm_records(arms: Iterable[ArmCount], *, protocol: Protocol) -> list[ArmRecord]:
    """Arms with their conditions and weights."""
    return [
        ArmRecord(
            arm=arm.arm,
            conditions=list(protocol.design.arm(arm.arm).conditions),
            weight=protocol.design.arm(arm.arm).weight,
            n_allocated=arm.n_allocated,
            n_analysed=arm.n_analysed,
            n_without_main_answer=arm.n_without_main_answer,
        )
        for arm in arms
    ]


def model_record(model: MixedResult | None) -> ModelRecord | None:
    """The fitted model, converged or not."""
    if model is None:
        return None
    return ModelRecord(
        formula=model.formula,
        engine=ENGINE,
        converged=model.converged,
        reason=model.reason or None,
        singular=model.singular,
        singular_components=list(model.singular_components),
        log_likelihood=model.log_likelihood,
        aic=model.aic,
        bic=model.bic,
        n_trials=model.n_rows,
        n_participants=model.n_groups["participant"],
        n_stimuli=model.n_groups["stimulus"],
        coefficients=[
            CoefficientRecord(name=c.name, estimate=c.estimate, se=known(c.standard_error), z=known(c.z))
            for c in model.coefficients
        ],
        variance_components=[
            VarianceRecord(group=c.group, name=c.name, sd=c.sd, variance=c.sd**2) for c in model.variance_components
        ],
    )


def provenance_record(dataset: Dataset) -> ProvenanceRecord:
    """Hashes and names that every number hangs on."""
    manifest, protocol = dataset.manifest, dataset.protocol
    return ProvenanceRecord(
        dataset_file=dataset.file_name,
        dataset_sha256=dataset.sha256,
        slug=dataset.provenance.slug,
        protocol_version=protocol.version,
        protocol_sha256=dataset.provenance.deciding_version.protocol_sha256,
        allocation_seed_sha256=protocol.allocation_seed_sha256,
        bundle_name=manifest.name,
        bundle_sha256=dataset.provenance.bundle_sha256,
        corpus=manifest.corpus.name,
        corpus_sha256=manifest.corpus.sha256,
        networks=[
            NetworkRecord(
                name=network.name,
                sha256=network.files,
                accuracy_heldout_takes=network.accuracy_heldout_takes,
                accuracy_heldout_speakers=network.accuracy_heldout_speakers,
                methods=network.methods,
            )
            for network in manifest.networks
        ],
        command=report_command(dataset),
        r_call=None if dataset.provenance.monitoring or find_unsupported(protocol.design) else r_call(dataset),
    )
