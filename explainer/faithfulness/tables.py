"""The tables of an evaluation, as CSV and JSON; equal evaluations give equal bytes."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from typing import Final

from earshot.bundle import Faithfulness, Rendition, Stimulus
from earshot.files import canonical_json
from explainer.faithfulness.differences import Difference
from explainer.faithfulness.flipping import N_STEPS
from explainer.faithfulness.intervals import LEVEL
from explainer.faithfulness.measures import MEASURES, Scores
from explainer.faithfulness.results import Evaluation
from explainer.faithfulness.verdict import Verdict
from explainer.provenance import library_versions

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]

_N_DECIMALS: Final = 6
_QUANTUS: Final = "quantus"


def renditions_table(evaluation: Evaluation) -> bytes:
    """One row per stimulus and rendition: what they are, the probabilities, and every measure."""
    rows: list[Row] = []
    for stimulus, measured in zip(evaluation.manifest.stimuli, evaluation.measured, strict=True):
        for rendition, faithfulness, scores in zip(
            stimulus.renditions, measured.faithfulness, measured.scores, strict=True
        ):
            rows.append(_rendition_row(stimulus, rendition=rendition, faithfulness=faithfulness, scores=scores))
    return write_csv(rows)


def relevance_table(evaluation: Evaluation) -> bytes:
    """One row per stimulus and method: what is measured on relevance itself."""
    rows: list[Row] = []
    for stimulus, measured in zip(evaluation.manifest.stimuli, evaluation.measured, strict=True):
        for found in measured.relevance:
            relevance_area, energy_area, random_area = found.areas
            rows.append(
                _stimulus_cells(stimulus)
                | {
                    "method": found.method,
                    "flipping_area": relevance_area,
                    "flipping_area_by_energy": energy_area,
                    "flipping_area_at_random": random_area,
                    "max_sensitivity": found.max_sensitivity,
                    "sparseness": found.sparseness,
                    "complexity": found.complexity,
                    "relevance_over_logit": found.relevance_over_logit,
                }
            )
    return write_csv(rows)


def differences_table(evaluation: Evaluation) -> bytes:
    """One row per comparison and measure: means, the paired difference, its interval, the pairs of a binary measure."""
    return write_csv([_difference_row(one) for one in evaluation.differences])


def evaluation_record(evaluation: Evaluation) -> bytes:
    """The whole evaluation but for single stimuli, as canonical JSON."""
    versions = library_versions() | {_QUANTUS: metadata.version(_QUANTUS)}
    record = {
        "bundle": evaluation.manifest.name,
        "bundle_sha256": evaluation.bundle_sha256,
        "level": LEVEL,
        "networks": [network.model_dump(mode="json") for network in evaluation.manifest.networks],
        "verdicts": [_verdict_record(one) for one in evaluation.verdicts],
        "differences": [_difference_row(one) for one in evaluation.differences],
        "relevance": [asdict(one) for one in evaluation.orderings],
        "silenced_shares": [step / N_STEPS for step in range(N_STEPS + 1)],
        "randomisation": [asdict(one) for one in evaluation.randomised],
        "versions": versions,
    }
    return canonical_json(_rounded(record))


def write_csv(rows: Sequence[Row]) -> bytes:
    """Rows of equal keys as UTF-8 CSV with a head; None is empty, numbers have six decimals, truth is 1 or 0."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if rows:
        writer.writerow(rows[0].keys())
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue().encode()


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    return round(value, _N_DECIMALS) if isinstance(value, float) else value


def _stimulus_cells(stimulus: Stimulus) -> dict[str, Cell]:
    return {
        "stimulus": stimulus.id,
        "clip": stimulus.clip,
        "network": stimulus.network,
        "speaker": stimulus.speaker,
        "role": stimulus.role,
        "true_label": stimulus.true_label,
        "predicted_label": stimulus.predicted_label,
        "explained_label": stimulus.explained_label,
        "model_correct": stimulus.model_correct,
    }


def _rendition_row(
    stimulus: Stimulus, *, rendition: Rendition, faithfulness: Faithfulness, scores: Scores
) -> dict[str, Cell]:
    return _stimulus_cells(stimulus) | {
        "mask": rendition.mask,
        "method": rendition.method,
        "form": rendition.form,
        "share": rendition.share,
        "confidence_original": faithfulness.confidence_original,
        "confidence": faithfulness.confidence,
        "confidence_removed": faithfulness.confidence_removed,
        **{measure.name: getattr(scores, measure.name) for measure in MEASURES},
        "overlap_share": rendition.overlap_share,
        "energy_difference_share": rendition.energy_difference_share,
        "level_lufs": rendition.sound.level_lufs,
        "gain_db": rendition.sound.gain_db,
        "true_peak_dbtp": rendition.sound.true_peak_dbtp,
        "duration_ms": rendition.sound.duration_ms,
    }


def _difference_row(difference: Difference) -> dict[str, Cell]:
    low, high = difference.interval or (None, None)
    counts = difference.counts
    return {
        **asdict(difference.comparison),
        "measure": difference.measure.name,
        "better": difference.measure.better,
        "n_pairs": difference.n_pairs,
        "explanation_mean": difference.explanation,
        "control_mean": difference.control,
        "difference": difference.difference,
        "interval_low": low,
        "interval_high": high,
        "n_both": counts.n_both if counts else None,
        "n_only_explanation": counts.n_only_explanation if counts else None,
        "n_only_control": counts.n_only_control if counts else None,
        "n_neither": counts.n_neither if counts else None,
    }


def _verdict_record(verdict: Verdict) -> dict[str, Cell]:
    return {
        "network": verdict.network,
        "model_correct": verdict.model_correct,
        "finding": verdict.finding,
        "headline": verdict.headline,
        "numbers": verdict.numbers,
    }


def _rounded(value: object) -> object:
    """The same record with floats of six decimals."""
    if isinstance(value, float):
        return round(value, _N_DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
