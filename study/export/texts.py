"""The words of an export: its README, its list of changes and its one-line description."""

from dataclasses import dataclass

from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    EVENTS_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    TRIALS_FILE,
    Provenance,
    Tables,
    protocol_file,
)
from study.models import Stage, Study


@dataclass(frozen=True)
class Exported:
    """What an export held."""

    n_participants: int
    n_trials: int


_BANNERS = {
    Stage.SIMULATED: "**SIMULATED. No person took part: every answer was drawn by a computer.**",
    Stage.PILOT: "**PILOT. Not for confirmatory analysis.**",
}

_MONITORING = (
    "**MONITORING. Taken while the study was open: answers, correctness and confidence are left out on purpose, and "
    "whatever tells who is in which arm.**"
)

_ROWS = {
    TRIALS_FILE: "trial planned for a participant, answered or not; training included",
    PARTICIPANTS_FILE: "participant who gave consent",
    EVENTS_FILE: "event of the study, in order",
}

_README = """\
# {title}

{banner}A dataset of Earshot in the form Psych-DS 1.5: {n_participants} participants, {n_trials} trials.
Study `{slug}`, stage {stage}, version {version}, protocol `{protocol_sha256}`.

## What is where

| file | one row per |
|---|---|
{tables}
| `{protocol}` | (the frozen design, the very bytes of the launch; one for each version) |
| `{manifest}` | (the bundle: stimuli, networks, renditions, hashes) |
| `{allocation}` | (how places were allocated; once closed with the seed, so that all can be derived again) |
| `{codebook}` | column of a table: type, unit, levels, meaning |
| `dataset_description.json` | (every column with its unit and levels; the SHA-256 of every other file) |

## How to read it

- `correct` says whether the answer is what the task asks for; in forward simulation ("Which digit did the computer
  answer? It may be wrong.") that is the network's answer. Where the network was right (`model_correct` true), naming
  the spoken word is correct without any understanding of the network: never pool right and wrong predictions.
- `kind` main is analysed; training came with feedback, an exemplar only shows, an attention trial tells what to choose.
- `version` is the protocol a participant met; `stage` pilot is never analysed with the study that follows.
- An empty cell is an unknown value: before allocation, or a trial that was not answered.
- Times are the server's, ISO-8601 in UTC; `rt` and everything that ends in `_ms` are the browser's clock, in ms, a
  moment since the trial began on the page. How a trial was met (devices, window, lapses) describes; nobody was left out
  for it.
  Sound reaches the ear tens of milliseconds after its onset, over Bluetooth far more: do not compare response times
  across channels.

Check the files, and derive allocation and trials again, with `python -m analysis check FILE.zip`; repeat the report
with `python -m analysis report FILE.zip --out DIR`.
"""


def dataset_readme(provenance: Provenance, *, tables: Tables, exported: Exported) -> str:
    """The README.md of an export."""
    stage, version = Stage(provenance.stage), provenance.deciding_version
    banners = [_BANNERS[stage]] if stage in _BANNERS else []
    banners += [_MONITORING] if provenance.monitoring else []
    return _README.format(
        title=provenance.title,
        banner="".join(f"{banner}\n\n" for banner in banners),
        n_participants=exported.n_participants,
        n_trials=exported.n_trials if TRIALS_FILE in tables else "no",
        slug=provenance.slug,
        stage=provenance.stage,
        version=version.number,
        protocol_sha256=version.protocol_sha256,
        tables="\n".join(
            f"| `{table}` | {_ROWS.get(table, 'participant who answered the questionnaire')} |" for table in tables
        ),
        protocol=protocol_file(version.number),
        manifest=MANIFEST_FILE,
        allocation=ALLOCATION_FILE,
        codebook=CODEBOOK_FILE,
    )


def dataset_changes(study: Study) -> str:
    """The CHANGES.md of an export: one line per frozen version, with its reason."""
    lines = [
        f"- version {version.number}{' (pilot)' if version.is_pilot else ''}: protocol `{version.protocol_sha256}`"
        + (f": {' '.join(version.reason.split())}" if version.reason else "")
        for version in study.versions.order_by("number")
    ]
    return "\n".join(["# Changes", "", *lines, ""])


def dataset_description(study: Study, *, exported: Exported) -> str:
    """One sentence on what the dataset is, for `dataset_description.json`."""
    kind = {
        Stage.SIMULATED: "Simulated answers",
        Stage.PILOT: "Pilot answers",
    }.get(Stage(study.stage), "Answers")
    return (
        f"{kind} of {exported.n_participants} participants to questions about what an audio classifier does, given "
        "explanations as picture or sound."
    )
