"""Accuracy of a spectrogram and a waveform network on each task of each corpus; exit code 1 below the targets.

    python benchmarks/accuracy.py [--networks var/networks] [--fsdd ../shared/data/fsdd]

trains what is missing, minutes for each network, and prints a table in Markdown: accuracy on held-out takes of known
speakers (take-disjoint) and on held-out speakers (speaker-disjoint), with 95 % intervals. On digits the first must be
95 % or more for spectrograms and 93 % or more for waveforms. Where the Free Spoken Digit Dataset is absent, its rows
are skipped, and said so.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from earshot.errors import run_command
from explainer.corpora.hearing import hear
from explainer.corpora.layouts import find_recordings
from explainer.corpora.splits import split_clips
from explainer.networks.declared import declared_input
from explainer.networks.description import NetworkDescription, PartAccuracy
from explainer.recipe import Recipe
from explainer.trained import Task, trained_networks

ROOT: Final = Path(__file__).parents[1]
VOICES: Final = ROOT / "fixtures/voices"
FSDD: Final = ROOT.parent / "shared/data/fsdd"
VOICES_HELD_OUT: Final = ("09", "10", "11", "12")  # 2 female, 2 male, as in the recipe of the voices
TARGETS: Final = {"alexnet-quarter": 0.95, "audionet-small": 0.93}
HEADER: Final = (
    "| corpus | task | network | training clips | held-out takes | held-out speakers |",
    "|---|---|---|---|---|---|",
)
REMARK: Final = (
    "Accuracy, its 95 % interval as if clips were drawn independently, and the number of clips. All speakers of the "
    "Free Spoken Digit Dataset (FSDD) are male: it has no sex task. A held-out speaker's label is never trained: the "
    "speaker task has held-out takes only."
)


@dataclass(frozen=True)
class Row:
    """One network on one task: `heldout_speakers` are empty where speakers are what is told."""

    corpus: str
    layout: str
    folder: Path
    label: str
    architecture: str
    heldout_takes: tuple[int, ...]
    heldout_speakers: tuple[str, ...]

    def recipe(self) -> Recipe:
        """The recipe that trains it, of which only corpus, split and network are used."""
        return Recipe.model_validate(
            {
                "recipe": {"name": "accuracy"},
                "corpus": {
                    "name": self.corpus,
                    "path": str(self.folder),
                    "layout": self.layout,
                    "label": self.label,
                    "too_long": "skip",  # 15 clips of the Free Spoken Digit Dataset last more than a second
                },
                "split": {"heldout_takes": self.heldout_takes, "heldout_speakers": self.heldout_speakers},
                # one thread: a number of threads that the machine does not have would only be slow
                "network": {"architecture": self.architecture, "seed": 1, "n_threads": 1},
                "selection": {"n_right": 0, "n_wrong": 0, "n_training": 0, "seed": 1},
            }
        )


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, 1 if a network stays under its target, 2 for bad input."""
    parser = argparse.ArgumentParser(description="accuracy of both kinds of networks on held-out takes and speakers")
    parser.add_argument("--networks", type=Path, default=Path("var/networks"))
    parser.add_argument("--fsdd", type=Path, default=FSDD, help="the Free Spoken Digit Dataset")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as python -m explainer does, with its reason
    under: list[str] = []
    code = run_command(lambda: under.extend(print_table(plan_rows(options.fsdd), networks=options.networks)))
    for line in under:
        print(f"under the target: {line}", file=sys.stderr)
    return code or int(bool(under))


def plan_rows(fsdd: Path) -> list[Row]:
    """What is trained; without the rows of FSDD, and said so, where it is not."""
    labels = ("digit", "sex", "speaker")
    rows = _corpus_rows("voices", "audiomnist", VOICES, labels=labels, takes=(7,), speakers=VOICES_HELD_OUT)
    if fsdd.is_dir():
        takes = tuple(range(5))
        rows += _corpus_rows("FSDD", "fsdd", fsdd, labels=("digit", "speaker"), takes=takes, speakers=("theo",))
    else:
        print(f"FSDD is not in {fsdd}, skipped; name its folder with --fsdd", file=sys.stderr)
    return rows


def _corpus_rows(
    corpus: str, layout: str, folder: Path, *, labels: Sequence[str], takes: tuple[int, ...], speakers: tuple[str, ...]
) -> list[Row]:
    return [
        Row(corpus, layout, folder, label, architecture, takes, () if label == "speaker" else speakers)
        for label in labels
        for architecture in TARGETS
    ]


def print_table(rows: Sequence[Row], *, networks: Path) -> list[str]:
    """Print the table as it is found; gives back one sentence per network under its target."""
    under = []
    print("\n".join(HEADER))
    for row in rows:
        description = measure_row(row, networks=networks)
        print(format_row(row, description=description), flush=True)
        takes = description.heldout_takes
        if row.label == "digit" and takes is not None and takes.share < TARGETS[row.architecture]:
            under.append(f"{row.architecture} on {row.corpus}: {takes.share:.1%}, not {TARGETS[row.architecture]:.0%}")
    print(f"\n{REMARK}")
    return under


def measure_row(row: Row, *, networks: Path) -> NetworkDescription:
    """A row's network, trained unless it is there."""
    recipe = row.recipe()
    transform = declared_input(recipe.network).transform
    heard = hear(
        find_recordings(row.folder, section=recipe.corpus),
        sample_rate_hz=transform.sample_rate_hz,
        window_samples=transform.n_samples,
        shortest_samples=transform.n_stft,
        too_long=recipe.corpus.too_long,
    )
    split = split_clips(heard.recordings, section=recipe.split)
    task = Task(recipe=recipe, recipe_folder=row.folder, heard=heard, split=split)
    (trained,) = trained_networks(task, networks=networks)
    return trained.description


def format_row(row: Row, *, description: NetworkDescription) -> str:
    """A line of the table."""
    parts = [_format(description.heldout_takes), _format(description.heldout_speakers)]
    cells = [row.corpus, row.label, row.architecture, str(description.n_training_clips), *parts]
    return f"| {' | '.join(cells)} |"


def _format(part: PartAccuracy | None) -> str:
    if part is None:
        return "-"
    low, high = part.interval
    return f"{part.share:.1%} ({low:.1%} to {high:.1%}; {part.n_clips})"


if __name__ == "__main__":
    sys.exit(main())
