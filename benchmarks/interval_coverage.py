"""Does the whole way from a simulated study to its verdict tell the truth? Exit code 1 when it does not.

    python benchmarks/interval_coverage.py [--studies 40] [--participants 60] [--processes 2]

Simulates studies of the default design twice over, each by the real way: simulate, export, read the export, compare.

- People who follow the primary model with a contrast of 1.0 among wrong predictions: the 95 % interval must cover 1.0
  in at least 35 of 40 studies; bias and mean width are printed.
- Truth-namers, who understand nothing of the network and name the digit they recognise: the verdict must be
  `no_evidence` in at least 35 of 40, although accuracies by channel differ.

The stimuli are made by hand: no answer here depends on what a file sounds like.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

EFFECT_LOG_ODDS = 1.0
# 35 of 40: a 95 % interval falls below with probability .014, were each study a toss of its own.
REQUIRED_SHARE = 35 / 40
STUDY_FILE = ROOT / "fixtures" / "studies" / "demo.toml"
LABELS = [str(digit) for digit in range(10)]


@dataclass(frozen=True)
class Task:
    """One simulated study to be made."""

    listeners: str
    seed: int
    n_per_arm: int


@dataclass(frozen=True)
class Outcome:
    """What one simulated study came to.

    Parameters
    ----------
    estimate, interval : float, tuple of (float, float)
        Conditional log-odds of the primary contrast; None without a converged fit.
    accuracies : dict of (str, bool) to float
        Mean of both masks' accuracies by channel and by whether the network was right.
    """

    seed: int
    verdict: str
    decided_by: str | None
    estimate: float | None
    interval: tuple[float, float] | None
    accuracies: dict[tuple[str, bool], float]

    @property
    def covers_effect(self) -> bool:
        """Whether the interval holds the simulated effect."""
        return self.interval is not None and self.interval[0] <= EFFECT_LOG_ODDS <= self.interval[1]


def load_default_study(folder: Path) -> None:
    """Load and launch the demo's study on a bundle of 24 and 10 stimuli made by hand, written into `folder`."""
    from study.services.bundles import bundle_load
    from study.services.studies import study_launch, study_load
    from tests.tiny_bundle import write_tiny_bundle

    bundle = folder / "voices"
    write_tiny_bundle(bundle, name="voices", n_training=10, n_right=12, n_wrong=12, labels=LABELS, duration_ms=20.0)
    bundle_load(folder=bundle)
    study_launch(study=study_load(path=STUDY_FILE))


def run_task(task: Task, *, folder: Path) -> Outcome:
    """Simulate one study, export it into `folder`, read the export and compare."""
    from analysis.cells import CHANNELS, describe_cells
    from analysis.comparison import compare_channels
    from analysis.exclusions import select_analysed
    from analysis.load import load_dataset
    from analysis.verdict import decide_verdict
    from study.export.dataset import dataset_export
    from study.models import Study
    from study.simulation.runs import SimulationPlan, study_simulate

    plan = SimulationPlan(
        n_per_arm=task.n_per_arm,
        effect_log_odds=EFFECT_LOG_ODDS,
        listeners="truth-namer" if task.listeners == "truth-namer" else "model",
        seed=task.seed,
    )
    clone = study_simulate(study=Study.objects.get(slug="demo"), plan=plan)
    out = folder / f"{clone.slug}.zip"
    dataset_export(study=clone, out=out)
    dataset = load_dataset(out)
    trials = select_analysed(dataset).trials
    alpha = dataset.protocol.design.analysis.alpha
    cells = describe_cells(trials, level=1 - alpha)
    comparison = compare_channels(trials, cells=cells, formula=dataset.protocol.model, level=1 - alpha)
    log_odds = comparison.primary.log_odds if comparison.primary else None
    return Outcome(
        seed=task.seed,
        verdict=decide_verdict(comparison, alpha=alpha).name,
        decided_by=comparison.decided_by,
        estimate=log_odds.estimate if log_odds else None,
        interval=log_odds.interval if log_odds else None,
        accuracies={
            (channel, right): fmean(c.accuracy for c in cells if c.channel == channel and c.model_correct == right)
            for channel in CHANNELS
            for right in (False, True)
        },
    )


class _Worker:
    """A process with a database and a folder of its own."""

    folder: Path

    @classmethod
    def start(cls, parent: str) -> None:
        """Make the database; runs once in each process."""
        cls.folder = Path(parent) / f"process-{os.getpid()}"
        os.environ |= {"EARSHOT_VAR": str(cls.folder), "DJANGO_SETTINGS_MODULE": "study.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        load_default_study(cls.folder)

    @classmethod
    def run(cls, task: Task) -> Outcome:
        """One study."""
        return run_task(task, folder=cls.folder)


def run_tasks(tasks: list[Task], *, n_processes: int) -> list[Outcome]:
    """All outcomes in the order of the tasks; prints a line for each as it comes."""
    # Small matrices: threads of the linear algebra would only stand in each other's way.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    context = multiprocessing.get_context("spawn")
    outcomes = []
    with (
        tempfile.TemporaryDirectory(prefix="earshot-coverage-") as folder,
        context.Pool(n_processes, initializer=_Worker.start, initargs=(folder,)) as pool,
    ):
        for outcome in pool.imap(_Worker.run, tasks):
            outcomes.append(outcome)
            print(f"  seed {outcome.seed}: {_describe(outcome)}", flush=True)
    return outcomes


def _describe(outcome: Outcome) -> str:
    if outcome.estimate is None or outcome.interval is None:
        return f"{outcome.verdict}, by {outcome.decided_by}, no odds"
    low, high = outcome.interval
    return f"{outcome.verdict}, by {outcome.decided_by}, {outcome.estimate:+.2f} [{low:+.2f}, {high:+.2f}]"


def report_model(outcomes: list[Outcome]) -> bool:
    """Print coverage, bias and width; whether enough intervals covered the effect."""
    n_covering = sum(outcome.covers_effect for outcome in outcomes)
    estimates = [outcome.estimate for outcome in outcomes if outcome.estimate is not None]
    widths = [outcome.interval[1] - outcome.interval[0] for outcome in outcomes if outcome.interval is not None]
    print(f"the 95 % interval covers {EFFECT_LOG_ODDS} in {n_covering} of {len(outcomes)} studies")
    if len(estimates) > 1:
        spread = stdev(estimates)
        print(
            f"bias {fmean(estimates) - EFFECT_LOG_ODDS:+.3f} (Monte-Carlo error {spread / len(estimates) ** 0.5:.3f}), "
            f"standard deviation of the estimates {spread:.3f}, mean width {fmean(widths):.3f}"
        )
    print(f"verdicts: {_count(outcome.verdict for outcome in outcomes)}")
    return n_covering >= REQUIRED_SHARE * len(outcomes)


def report_truth_namers(outcomes: list[Outcome]) -> bool:
    """Print verdicts and accuracies; whether enough found no evidence."""
    n_quiet = sum(outcome.verdict == "no_evidence" for outcome in outcomes)
    print(f"no_evidence in {n_quiet} of {len(outcomes)} studies; {_count(outcome.verdict for outcome in outcomes)}")
    for right, kind in ((True, "right"), (False, "wrong")):
        sound, picture = (
            fmean(outcome.accuracies[channel, right] for outcome in outcomes) for channel in ("sound", "picture")
        )
        print(f"accuracy on {kind} predictions: {sound:.3f} by sound, {picture:.3f} by picture")
    return n_quiet >= REQUIRED_SHARE * len(outcomes)


def _count(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(f"{name} {found.count(name)}" for name in sorted(set(found)))


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 1 when a share was missed."""
    parser = argparse.ArgumentParser(description="coverage and false alarms of simulated studies")
    parser.add_argument("--studies", type=int, default=40, help="of each kind")
    parser.add_argument("--participants", type=int, default=60, help="per arm")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    passed = True
    for listeners, report in (("model", report_model), ("truth-namer", report_truth_namers)):
        started = time.monotonic()
        print(f"{options.studies} studies of {options.participants} per arm, listeners {listeners}", flush=True)
        tasks = [Task(listeners, seed, options.participants) for seed in range(1, options.studies + 1)]
        passed &= report(run_tasks(tasks, n_processes=options.processes))
        print(f"took {time.monotonic() - started:.0f} s", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
