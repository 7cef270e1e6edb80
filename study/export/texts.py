"""The words of an export: its README, its list of changes and its one-line description."""

from dataclasses import dataclass

from earshot.dataset import MANIFEST_FILE, PARTICIPANTS_FILE, PROTOCOL_FILE, TRIALS_FILE
from study.models import Stage, Study, Version


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
    "**MONITORING. Taken while the study was open: answers, correctness and confidence are left out on purpose.**"
)

_README = """\
# {title}

{banner}A dataset of Earshot in the form Psych-DS 1.5: {n_participants} participants, {n_trials} trials.
Study `{slug}`, stage {stage}, version {version}, protocol `{protocol_sha256}`.

## What is where

| file | one row per |
|---|---|
| `{trials}` | trial planned for a participant, answered or not; training included |
| `{participants}` | participant who gave consent |
| `{protocol}` | (the frozen design, the very bytes of the launch) |
| `{manifest}` | (the bundle: stimuli, network, renditions, hashes) |
| `dataset_description.json` | (every column with its unit and levels; the SHA-256 of every other file) |

## How to read it

- Participants answered: "Which digit did the computer answer? It may be wrong." `correct` says whether the answer is
  the network's. Where the network was right (`model_correct` true), naming the spoken word is correct without any
  understanding of the network: never pool right and wrong predictions.
- `phase` training came with feedback and is never analysed.
- An empty cell is an unknown value: before allocation, or a trial that was not answered.
- Times are the server's, ISO-8601 in UTC; `rt` and `onset_to_response_ms` are the browser's clock, in ms.
  Sound reaches the ear tens of milliseconds after its onset, over Bluetooth far more: do not compare response times
  across channels.

Check the files with `python -m analysis check FILE.zip`; repeat the report with
`python -m analysis report FILE.zip --out DIR`.
"""


def dataset_readme(study: Study, *, version: Version, exported: Exported, monitoring: bool) -> str:
    """The README.md of an export."""
    banners = [_BANNERS[Stage(study.stage)]] if Stage(study.stage) in _BANNERS else []
    banners += [_MONITORING] if monitoring else []
    return _README.format(
        title=study.title,
        banner="".join(f"{banner}\n\n" for banner in banners),
        n_participants=exported.n_participants,
        n_trials=exported.n_trials,
        slug=study.slug,
        stage=study.stage,
        version=version.number,
        protocol_sha256=version.protocol_sha256,
        trials=TRIALS_FILE,
        participants=PARTICIPANTS_FILE,
        protocol=PROTOCOL_FILE,
        manifest=MANIFEST_FILE,
    )


def dataset_changes(study: Study) -> str:
    """The CHANGES.md of an export: one line per frozen version."""
    lines = [
        f"- version {version.number}: protocol `{version.protocol_sha256}`"
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
        f"{kind} of {exported.n_participants} participants to the question what an audio classifier answered, given "
        "explanations as picture or sound."
    )
